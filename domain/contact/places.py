"""Where a rule pack binds, and whether a person may live there.

What is known of an address may be little, and may conflict. A pack is left out only where
something that is known rules it out: what is unknown counts as inside, the stricter reading.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import check_zone
from domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of where a person lives; None for what is not.

    Attributes:
        country: ISO 3166-1 alpha-2 code.
        region: ISO 3166-2 code of the state or province, with its country: `US-MA`.
        city: Name of the town, as people write it.
        postcode: Postal code, as people write it.
        zones: IANA names of every zone they may be in.
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """Where a pack binds: in countries, or in a part of them.

    Attributes:
        countries: ISO 3166-1 alpha-2 codes.
        regions: ISO 3166-2 codes; empty: the whole of the countries.
        cities: Names of towns inside the regions, plain (see `plain`); empty: all of them.
        postcodes: Beginnings of the postal codes of the area, plain; empty: they say nothing.
        zones: IANA names of the zones the area lies in; empty: they say nothing.
    """

    countries: frozenset[str]
    regions: frozenset[str] = frozenset()
    cities: frozenset[str] = frozenset()
    postcodes: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()

    def may_hold(self, place: Place) -> bool:
        """Tell whether a person may live in the area; never with another country, or none.

        A postal code inside binds whatever else is known, and so does a town inside unless the
        region is another one. Else anything that lies outside rules the area out; what remains
        open is settled by the clocks of the place.
        """
        if place.country not in self.countries:
            return False
        by_region = _within(place.region, self.regions)
        by_postcode = None
        if self.postcodes and place.postcode:
            by_postcode = plain(place.postcode).startswith(tuple(self.postcodes))
        by_city = _within(place.city and plain(place.city), self.cities)
        if by_postcode or (by_city and by_region is not False):
            return True
        if False in (by_region, by_postcode, by_city):
            return False
        return by_region is True or not self.zones or self._same_clocks(place.zones)

    def surely_holds(self, place: Place) -> bool:
        """Tell whether a person certainly lives in the area, going by country and region."""
        whole = not (self.regions or self.cities or self.postcodes)
        return place.country in self.countries and (whole or place.region in self.regions)

    def _same_clocks(self, zones: Sequence[str]) -> bool:
        """Whether any plausible zone goes like one of the area's; true when nothing is known."""
        known = [zone for zone in zones if _is_zone(zone)]
        own = {_clock(zone) for zone in self.zones}
        return not known or any(_clock(zone) in own for zone in known)


def plain(text: str) -> str:
    """A name or code as it is compared: small letters and figures alone, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if letter.isalnum())


def _within(value: str | None, allowed: frozenset[str]) -> bool | None:
    """Whether a known value is one of the allowed ones; None where either side says nothing."""
    return None if not value or not allowed else value in allowed


def _is_zone(name: str) -> bool:
    try:
        check_zone(name)
    except DomainError:
        return False
    return True


def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """The offsets of a zone in the two halves of a year: zones that share them go alike."""
    return tuple(
        datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
        for month in (1, 7)
    )
