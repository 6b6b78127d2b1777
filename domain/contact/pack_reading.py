"""Reads rule packs from plain mappings (TOML or JSON, loaded elsewhere).

Every mistake is named by its path.
"""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from domain.contact.caps import Cap, Period, Scope, Wait
from domain.contact.channel import Channel
from domain.contact.holidays import (
    EasterHoliday,
    FixedHoliday,
    Holiday,
    HolidayCalendar,
    WeekdayHoliday,
)
from domain.contact.hours import WEEKDAYS, HourRules, Window
from domain.contact.packs import (
    CapRule,
    ConsentRule,
    HourRule,
    Licence,
    NoticeRule,
    OptOutRule,
    RulePack,
    ValidationRule,
    WaitRule,
)
from domain.contact.places import Area, plain
from domain.errors import DomainError, ErrorCode

_Word = TypeVar("_Word", bound=StrEnum)

_DAYS_OF = {Period.WEEK: 7, Period.MONTH: 31}
"""How far back a window of the calendar may look."""


def rule_pack_from_mapping(data: Mapping[str, object]) -> RulePack:
    """Read a rule pack.

    Args:
        data: What `docs/guides/contact-packs.md` describes, field by field.

    Raises:
        DomainError: `INVALID_CONTACT`, fact `field` naming the path of the mistake.
    """
    reader = _Reader(data, "")
    reader.only(
        "id", "version", "name", "effective_on", "citation", "verified", "countries", "regions",
        "cities", "postcodes", "zones", "binds", "once_collecting", "hours", "holidays", "caps",
        "waits", "consent", "opt_out", "notice", "validation",
    )  # fmt: skip
    countries = reader.texts("countries")
    if not countries:
        raise reader.wrong("countries", "must list at least one country")
    calendar = HolidayCalendar(tuple(_holiday(one) for one in reader.tables("holidays")))
    consent, opt_out = reader.table_if("consent"), reader.table_if("opt_out")
    notice, validation = reader.table_if("notice"), reader.table_if("validation")
    return RulePack(
        id=reader.text("id"),
        version=reader.whole("version"),
        name=reader.text("name"),
        effective_on=reader.day("effective_on"),
        citation=reader.text("citation"),
        verified=reader.flag("verified"),
        area=Area(
            countries=frozenset(countries),
            regions=frozenset(reader.texts("regions")),
            cities=frozenset(plain(city) for city in reader.texts("cities")),
            postcodes=frozenset(plain(code) for code in reader.texts("postcodes")),
            zones=frozenset(reader.texts("zones")),
        ),
        binds=frozenset(reader.word(name, "binds", Licence) for name in reader.texts("binds")),
        once_collecting=reader.flag("once_collecting", default=False),
        hours=tuple(_hours(one, calendar) for one in reader.tables("hours")),
        caps=tuple(_cap(one) for one in reader.tables("caps")),
        waits=tuple(_wait(one) for one in reader.tables("waits")),
        consent=None if consent is None else ConsentRule(*_about_channels(consent)),
        opt_out=None if opt_out is None else OptOutRule(*_about_channels(opt_out)),
        notice=None if notice is None else NoticeRule(*_within_days(notice)),
        validation=None if validation is None else ValidationRule(*_within_days(validation)),
    )


class _Reader:
    """Typed reads from a mapping of unknown make; a mistake names its path."""

    def __init__(self, data: Mapping[str, object], path: str) -> None:
        self._data = data
        self._path = path

    def wrong(self, key: str, what: str) -> DomainError:
        field = f"{self._path}{key}"
        return DomainError(
            ErrorCode.INVALID_CONTACT, f"The rule pack's `{field}` {what}.", {"field": field}
        )

    def only(self, *known: str) -> None:
        for key in self._data:
            if key not in known:
                raise self.wrong(key, "is not known")

    def has(self, key: str) -> bool:
        return key in self._data

    def text(self, key: str) -> str:
        value = self._data.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be a text")
        return value

    def whole(self, key: str) -> int:
        value = self._data.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "must be a whole number above zero")
        return value

    def whole_if(self, key: str) -> int | None:
        return self.whole(key) if self.has(key) else None

    def flag(self, key: str, default: bool | None = None) -> bool:
        value = self._data.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def day(self, key: str) -> date:
        return self._day(self._data.get(key), key)

    def _day(self, value: object, key: str) -> date:
        try:
            # JSON has no dates: the ISO text is as good.
            parsed = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if type(parsed) is not date:
            raise self.wrong(key, "must be a date")
        return parsed

    def days(self, key: str) -> list[date]:
        return [self._day(item, key) for item in self._list(key)]

    def clock(self, key: str) -> time:
        value = self._data.get(key)
        try:
            parsed = time.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if not isinstance(parsed, time) or parsed.tzinfo is not None:
            raise self.wrong(key, "must be a local time of day")
        return parsed

    def texts(self, key: str) -> list[str]:
        items = self._list(key)
        texts = [item for item in items if isinstance(item, str) and item]
        if len(texts) != len(items):
            raise self.wrong(key, "must be a list of texts")
        return texts

    def table(self, key: str) -> "_Reader":
        return self._reader(self._data.get(key), key)

    def table_if(self, key: str) -> "_Reader | None":
        return self.table(key) if key in self._data else None

    def tables(self, key: str) -> list["_Reader"]:
        return [self._reader(item, f"{key}[{at}]") for at, item in enumerate(self._list(key))]

    def channels(self) -> frozenset[Channel]:
        return frozenset(self.word(name, "channels", Channel) for name in self.texts("channels"))

    def some_channels(self) -> frozenset[Channel]:
        channels = self.channels()
        if not channels:
            raise self.wrong("channels", "must list at least one channel")
        return channels

    def choice(self, key: str, kind: type[_Word], default: _Word) -> _Word:
        return self.word(self.text(key), key, kind) if self.has(key) else default

    def word(self, name: str, key: str, kind: type[_Word]) -> _Word:
        try:
            return kind(name)
        except ValueError:
            known = ", ".join(kind)
            raise self.wrong(key, f"must be out of {known}") from None

    def weekday(self, name: str, key: str) -> int:
        if name not in WEEKDAYS:
            raise self.wrong(key, f"must be out of {', '.join(WEEKDAYS)}")
        return WEEKDAYS.index(name)

    def day_of_year(self, key: str) -> tuple[int, int]:
        text = self.text(key)
        try:
            # A year without 29 February: what it lacks some years is no date of every year.
            on = date.fromisoformat(f"2001-{text}")
        except ValueError:
            raise self.wrong(key, "must be a date of every year, such as 12-25") from None
        return on.month, on.day

    def count(self, key: str) -> int:
        value = self._data.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, "must be a whole number")
        return value

    def _list(self, key: str) -> list[object]:
        value = self._data.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "must be a list")
        return value

    def _reader(self, value: object, key: str) -> "_Reader":
        if not isinstance(value, Mapping):
            raise self.wrong(key, "must be a table")
        return _Reader(value, f"{self._path}{key}.")


def _about_channels(data: _Reader) -> tuple[str, str, frozenset[Channel]]:
    data.only("rule", "citation", "channels")
    return data.text("rule"), data.text("citation"), data.some_channels()


def _hours(data: _Reader, calendar: HolidayCalendar) -> HourRule:
    data.only("rule", "citation", "channels", "windows", "closed_on", "on_holidays")
    windows = data.tables("windows")
    if not windows:
        raise data.wrong("windows", "needs at least one window")
    closed = calendar.holidays and not data.flag("on_holidays", default=False)
    return HourRule(
        data.text("rule"),
        data.text("citation"),
        HourRules(
            windows=tuple(_window(window) for window in windows),
            closed_on=frozenset(data.days("closed_on")),
            calendars=(calendar,) if closed else (),
        ),
        data.channels(),
    )


def _window(data: _Reader) -> Window:
    data.only("days", "opens", "closes")
    names = data.texts("days")
    if not names or not set(names) <= set(WEEKDAYS):
        raise data.wrong("days", f"must list days out of {', '.join(WEEKDAYS)}")
    opens, closes = data.clock("opens"), data.clock("closes")
    if opens >= closes:
        raise data.wrong("closes", "must be later than `opens`")
    return Window(opens, closes, frozenset(WEEKDAYS.index(name) for name in names))


def _holiday(data: _Reader) -> Holiday:
    data.only("name", "on", "easter", "weekday", "on_or_before", "substitute")
    data.text("name")
    substitute = data.flag("substitute", default=False)
    if data.has("easter"):
        return EasterHoliday(data.count("easter"), substitute)
    if data.has("weekday"):
        month, latest = data.day_of_year("on_or_before")
        return WeekdayHoliday(
            data.weekday(data.text("weekday"), "weekday"), month, latest, substitute
        )
    month, day = data.day_of_year("on")
    return FixedHoliday(month, day, substitute)


def _cap(data: _Reader) -> CapRule:
    data.only(
        "rule", "citation", "max", "days", "per", "channels", "scope", "unanswered", "consent_days"
    )
    period = data.choice("per", Period, Period.SLIDING)
    if period is not Period.SLIDING and data.has("days"):
        raise data.wrong("days", "is for a sliding window, not for one of the calendar")
    return CapRule(
        data.text("rule"),
        data.text("citation"),
        Cap(
            max=data.whole("max"),
            days=data.whole("days") if period is Period.SLIDING else _DAYS_OF[period],
            channels=data.channels(),
            scope=data.choice("scope", Scope, Scope.PERSON),
            period=period,
            unanswered=data.flag("unanswered", default=True),
            consent_days=data.whole_if("consent_days"),
        ),
    )


def _wait(data: _Reader) -> WaitRule:
    data.only("rule", "citation", "days", "channels", "scope", "consent_days")
    return WaitRule(
        data.text("rule"),
        data.text("citation"),
        Wait(
            channels=data.some_channels(),
            days=data.whole("days"),
            scope=data.choice("scope", Scope, Scope.DEBT),
            consent_days=data.whole_if("consent_days"),
        ),
    )


def _within_days(data: _Reader) -> tuple[str, str, int]:
    data.only("rule", "citation", "days")
    return data.text("rule"), data.text("citation"), data.whole("days")
