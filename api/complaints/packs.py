"""The rulebooks of complaints that Tenor brings, and the working days of a country."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from api.messages.packs import contact_packs
from domain.complaints.clocks import Rulebook, Term, Unit, WorkingDay, rulebook_for
from domain.contact.holidays import HolidayCalendar

FOLDER: Final = Path(__file__).parents[1] / "packs" / "complaints"
_SATURDAY: Final = 5


@cache
def rulebooks() -> tuple[Rulebook, ...]:
    """All rulebooks that Tenor brings; raises `ValueError` for one that is not sound."""
    return tuple(
        read_rulebook(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.toml"))
    )


def of_country(country: str) -> Rulebook:
    """The rulebook that binds a creditor of a country."""
    return rulebook_for(country, rulebooks())


def working_days(country: str) -> WorkingDay:
    """Tells the working days of a country: neither a weekend nor a holiday in all of it."""
    calendars = _calendars(country)

    def works(day: date) -> bool:
        return day.weekday() < _SATURDAY and not any(day in each for each in calendars)

    return works


@cache
def _calendars(country: str) -> tuple[HolidayCalendar, ...]:
    return tuple(
        calendar
        for pack in contact_packs()
        if country in pack.area.countries and not pack.area.regions
        for rule in pack.hours
        for calendar in rule.hours.calendars
    )


def read_rulebook(data: Mapping[str, object]) -> Rulebook:
    """A rulebook as its file says it; raises `ValueError` for one that is not sound."""
    countries, verified = data.get("countries"), data.get("verified")
    if not isinstance(countries, list) or not countries or not isinstance(verified, bool):
        raise ValueError("a rulebook names its countries, and whether it was verified")  # noqa: TRY004 - the file is wrong
    return Rulebook(
        code=_said(data, "code"),
        version=int(_said(data, "version")),
        name=_said(data, "name"),
        citation=_said(data, "citation"),
        verified=verified,
        countries=frozenset(str(each) for each in countries),
        acknowledge=_term(data, "acknowledge"),
        final_response=_term(data, "final_response"),
        refer=_term(data, "refer"),
        referral=_said(data, "referral"),
        summary=_term(data, "summary") if "summary" in data else None,
        referral_contact=_said(data, "referral_contact"),
        referral_in=_names(data.get("referral_in")),
    )


def _names(data: object) -> Mapping[str, str]:
    if not isinstance(data, dict):
        raise ValueError("a rulebook says in `referral_in` what the body is called elsewhere")  # noqa: TRY004 - the file is wrong
    return {str(language): str(name) for language, name in data.items()}


def _term(data: Mapping[str, object], name: str) -> Term:
    table = data.get(name)
    if not isinstance(table, dict):
        raise ValueError(f"a rulebook needs its term `{name}`")  # noqa: TRY004 - the file is wrong
    return Term(int(_said(table, "count")), Unit(_said(table, "unit")), _said(table, "citation"))


def _said(data: Mapping[str, object], name: str) -> str:
    found = data.get(name)
    if found is None:
        raise ValueError(f"a rulebook needs its `{name}`")
    return str(found)
