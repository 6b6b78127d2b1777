"""Where a person may be, and what is no phone number."""

import pytest

from api.customers.zones import (
    normal_phone,
    only_plausible,
    where,
    zones_of_country,
    zones_of_phone,
)
from domain.errors import DomainError, ErrorCode

YEAR = 2028


@pytest.mark.parametrize(
    ("text", "country", "normal"),
    [
        ("+1 (415) 555-0101", "US", "+14155550101"),
        ("415 555 0101", "US", "+14155550101"),
        ("00 49 30 901820", "DE", "+4930901820"),
        ("030/90 18 20", "DE", "+4930901820"),
        ("+44 7700 900123", "GB", "+447700900123"),
        ("+14155550101", "IN", "+14155550101"),
        ("+1４１５５５５０１０１", "US", "+14155550101"),
    ],
)
def test_numbers_are_kept_in_one_form(text: str, country: str, normal: str) -> None:
    assert normal_phone(text, country) == normal


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("call me", "US"),
        ("555 0101", "US"),
        ("+1 415 555 0101 ext. 7", "US"),
        ("+999 123456789", "US"),
        ("+1 115 555 0101", "US"),
        ("415 555 0101", "ZZ"),
        ("+4477009001234", "GB"),
        ("0" * 32, "DE"),
    ],
)
def test_what_is_no_number_is_refused_without_an_echo(text: str, country: str) -> None:
    with pytest.raises(DomainError) as caught:
        normal_phone(text, country)
    assert caught.value.code is ErrorCode.INVALID_CONTACT
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("country", "phone", "zone"),
    [
        ("DE", None, "Europe/Berlin"),  # Büsingen has shown the same time for years
        ("IN", None, "Asia/Kolkata"),
        ("IN", "+919876543210", "Asia/Kolkata"),  # known to the prefix table as Asia/Calcutta
        ("GB", "+447911123456", "Europe/London"),
        ("US", "+14155550101", "America/Los_Angeles"),
        ("US", None, None),
        ("US", "+18005550100", None),  # toll-free: anywhere
        ("AU", "+61412345678", None),  # mobile: anywhere in the country
        ("GB", "+14155550101", None),  # lives here with a number from there
        ("ZZ", None, None),
    ],
)
def test_a_zone_is_known_only_if_no_other_is_plausible(
    country: str, phone: str | None, zone: str | None
) -> None:
    assert only_plausible(country, phone, YEAR) == zone


@pytest.mark.parametrize(
    ("declared", "phone", "zones"),
    [
        (None, None, ()),
        (None, "+14155550101", ()),
        ("America/New_York", None, ("America/New_York",)),
        ("America/New_York", "+12125550123", ("America/New_York",)),
        ("America/New_York", "+14155550101", ("America/New_York", "America/Los_Angeles")),
        ("America/Detroit", "+12125550123", ("America/Detroit",)),  # the same time of day
        ("America/New_York", "+18005550100", ("America/New_York",)),  # one of its many
        ("Europe/Berlin", "+919876543210", ("Europe/Berlin", "Asia/Kolkata")),
        ("Europe/London", "+447911123456", ("Europe/London",)),
    ],
)
def test_a_prefix_from_elsewhere_adds_its_zone(
    declared: str | None, phone: str | None, zones: tuple[str, ...]
) -> None:
    assert where(declared, phone, YEAR) == zones


def test_a_prefix_with_many_zones_adds_each_time_once() -> None:
    zones = where("Europe/Berlin", "+18005550100", YEAR)
    assert zones[0] == "Europe/Berlin"
    assert len(zones) > 8
    assert len(set(zones)) == len(zones)


def test_zones_are_those_of_the_database() -> None:
    assert zones_of_country("NP") == ("Asia/Kathmandu",)
    assert len(zones_of_country("US")) > 20
    assert zones_of_country("ZZ") == ()
    assert zones_of_phone("+12125550123") == ("America/New_York",)
