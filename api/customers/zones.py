"""Where a person may be: the time zones that an address, a country or a phone number suggest."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumberFormat, format_number, parse, region_code_for_number
from phonenumbers.phonenumberutil import NumberParseException, is_possible_number, is_valid_number
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from domain.calendar import check_zone
from domain.errors import DomainError, ErrorCode

_YEARS_AHEAD = 8
_FICTION = ("+447700900",)
"""Ranges never assigned, so that books and demonstrations may use them (Ofcom, 07700 900xxx)."""
_STEP = timedelta(days=7)
"""Clocks never change back and forth within a week."""


def normal_phone(text: str, country: str) -> str:
    """A number in E.164 form; one without `+` is read as people dial it in the country.

    Raises `INVALID_CONTACT` for what is no number that could be assigned, or has an extension.
    """
    try:
        number = parse(text, country)
    except NumberParseException:
        raise _no_number() from None
    normal = format_number(number, PhoneNumberFormat.E164)
    assignable = is_valid_number(number) or (
        is_possible_number(number) and normal.startswith(_FICTION)
    )
    if number.extension or not assignable:
        raise _no_number()
    return normal


def _no_number() -> DomainError:
    return DomainError(
        ErrorCode.INVALID_CONTACT,
        "The phone number is not one; write it in international form, with + and country code.",
        {"field": "phone"},
    )


@lru_cache(maxsize=4096)
def zones_of_phone(phone: str) -> tuple[str, ...]:
    """The zones a number's prefix stands for; many for mobile and toll-free ones, none if unknown.

    Zones known under an old name come under their present one where the country's list has it.
    """
    number = parse(phone)
    present = zones_of_country(region_code_for_number(number) or "")
    names: list[str] = []
    for name in time_zones_for_number(number):
        if name == UNKNOWN_TIMEZONE or not _exists(name):
            continue
        names.append(name if name in present else _renamed(name, present))
    return tuple(sorted(set(names)))


def _renamed(name: str, present: Sequence[str]) -> str:
    """A zone of the country that has always shown the same time (`Asia/Calcutta`), or itself."""
    return next((zone for zone in present if _history(zone) == _history(name)), name)


@lru_cache(maxsize=512)
def zones_of_country(country: str) -> tuple[str, ...]:
    """The zones of a country (ISO 3166 code), as the IANA database lists them."""
    return _zones_by_country().get(country, ())


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, []).append(zone)
    return {country: tuple(sorted(zones)) for country, zones in found.items()}


def only_plausible(country: str, phone: str | None, year: int) -> str | None:
    """The zone a person must be in, going by country and number; null where several could be.

    Zones that show the same time from `year` on are one: where among them he is does not matter.
    """
    by_country = zones_of_country(country)
    by_phone = () if phone is None else zones_of_phone(phone)
    within = tuple(zone for zone in by_phone if zone in by_country)
    if within:
        plausible: tuple[str, ...] = within
    else:
        # A foreign number says where he was once, not that he left.
        plausible = (*by_country, *by_phone)
    if not plausible or len({_clock(zone, year) for zone in plausible}) > 1:
        return None
    return plausible[0]


def where(declared: str | None, phone: str | None, year: int) -> tuple[str, ...]:
    """Every zone a person may be in: the declared one, and the number's where they conflict.

    None is known as long as none was declared. A number whose prefix allows the declared zone
    does not conflict with it. Contact must then be convenient in all of them (Regulation F,
    12 CFR 1006.6(b)(1), where what is known of the consumer's location conflicts).
    """
    if declared is None:
        return ()
    others = () if phone is None else zones_of_phone(phone)
    if not others or _clock(declared, year) in {_clock(zone, year) for zone in others}:
        return (declared,)
    return (declared, *_one_each(others, year))


def _one_each(zones: Iterable[str], year: int) -> tuple[str, ...]:
    """One of each group of zones that show the same time."""
    kept: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        kept.setdefault(_clock(zone, year), zone)
    return tuple(kept.values())


@lru_cache(maxsize=2048)
def _clock(zone: str, year: int) -> tuple[timedelta | None, ...]:
    """What a zone's clock shows in the coming years, sampled so that no change slips through."""
    return _offsets(zone, year, year + _YEARS_AHEAD)


@lru_cache(maxsize=2048)
def _history(zone: str) -> tuple[timedelta | None, ...]:
    return _offsets(zone, 1971, 2038)


def _offsets(zone: str, first: int, last: int) -> tuple[timedelta | None, ...]:
    place = ZoneInfo(zone)
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    samples = []
    while at < end:
        samples.append(at.astimezone(place).utcoffset())
        at += _STEP
    return tuple(samples)


def _exists(zone: str) -> bool:
    try:
        check_zone(zone)
    except DomainError:
        return False
    return True
