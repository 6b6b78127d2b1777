"""Where a customer lives and when he asked to be contacted: kept for the choice of rules."""

from collections.abc import Sequence

from api.customers.tables import CustomerRow
from api.security.vault import Cipher
from contracts.parties import ContactHours
from domain.contact.hours import WEEKDAYS, HourRules, Window
from domain.errors import DomainError, ErrorCode


def set_region(holder: CustomerRow, region: str | None) -> None:
    """Keep the region; `INVALID_CONTACT` for one of another country."""
    if region is not None and not region.startswith(f"{holder.country}-"):
        raise DomainError(
            ErrorCode.INVALID_CONTACT,
            f"A region of this customer begins with {holder.country}-, as ISO 3166-2 has it.",
            {"field": "region"},
        )
    holder.region = region


def set_city(holder: CustomerRow, cipher: Cipher, city: str | None) -> None:
    """Keep the town, encrypted."""
    holder.city_ct = cipher.maybe_encrypt(city, "customers.city")


def set_postcode(holder: CustomerRow, cipher: Cipher, postcode: str | None) -> None:
    """Keep the postal code, encrypted."""
    holder.postcode_ct = cipher.maybe_encrypt(postcode, "customers.postcode")


def set_hours(holder: CustomerRow, hours: Sequence[ContactHours]) -> None:
    """Keep the spans of time; `INVALID_CONTACT` for one that ends before it begins."""
    for span in hours:
        _window(span)
    holder.contact_hours = [
        {
            "days": list(span.days),
            "opens": span.opens.isoformat(),
            "closes": span.closes.isoformat(),
        }
        for span in hours
    ]


def hours(holder: CustomerRow) -> list[ContactHours]:
    """The spans of time he named, as they go over the wire."""
    return [ContactHours.model_validate(span) for span in holder.contact_hours]


def wishes(holder: CustomerRow) -> HourRules | None:
    """The spans of time he named, as a rule; None when he named none."""
    named = hours(holder)
    return HourRules(windows=tuple(_window(span) for span in named)) if named else None


def _window(span: ContactHours) -> Window:
    return Window(span.opens, span.closes, frozenset(WEEKDAYS.index(day) for day in span.days))
