"""Dates and instants: due dates of a frequency, a book's business date, local times as instants.

Three facts shape this module. Month ends are clamped, and the original day comes back. A local
time may not exist or exist twice when the clocks change. And which day it is depends on a zone,
so nothing here knows "today": the instant is always passed in.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.errors import DomainError, ErrorCode

_MONTHS_PER_YEAR = 12
_DAYS_PER_WEEK = 7
_HALF_MONTH = 15
_MIDNIGHT = time(0)
_MACHINE_DEPENDENT_ZONES = frozenset({"localtime", "posixrules", "Factory"})


class Unit(StrEnum):
    """What a frequency counts in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    SEMIMONTHS = "semimonths"
    """Halves of a month: a day and the one fifteen days from it, the 1st and the 16th."""


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often an instalment falls due: every so many days, weeks, months or halves of one.

    Raises `INVALID_TERMS` (field `frequency`) unless `every` is at least one.
    """

    unit: Unit
    every: int = 1

    def __post_init__(self) -> None:
        """Refuse a frequency that does not move forward."""
        if self.every < 1:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "A frequency counts one or more days, weeks, months or halves of a month.",
                {"field": "frequency"},
            )


WEEKLY = Frequency(Unit.WEEKS)
FORTNIGHTLY = Frequency(Unit.WEEKS, 2)
SEMIMONTHLY = Frequency(Unit.SEMIMONTHS)
MONTHLY = Frequency(Unit.MONTHS)
_BY_MONTH = frozenset({Unit.MONTHS, Unit.SEMIMONTHS})


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day if it has no such day."""
    year, month = divmod(day.year * _MONTHS_PER_YEAR + day.month - 1 + months, _MONTHS_PER_YEAR)
    month += 1
    if day.day <= 28:  # noqa: PLR2004 - every month has 28 days: the usual case needs no table
        return date(year, month, day.day)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def nth_date(start: date, frequency: Frequency, periods: int) -> date:
    """The date that many whole periods after `start` (before it, if negative).

    Always counted from `start`, never from the date before, so the original day comes back:
    31 January, 28 February, 31 March.
    """
    count = frequency.every * periods
    if frequency.unit is Unit.MONTHS:
        return add_months(start, count)
    if frequency.unit is Unit.SEMIMONTHS:
        return _half_months_later(start, count)
    return start + timedelta(days=count * _DAYS_PER_WEEK if frequency.unit is Unit.WEEKS else count)


def _half_months_later(start: date, count: int) -> date:
    """The same day of another month, or its counterpart of the other half of a month.

    Counterparts are fifteen days apart: the 1st and the 16th, the 15th and the 30th (or the last
    day of a month that has none). To the 31st belongs the 16th before the next one.
    """
    months, half = divmod(count, 2)
    if not half:
        return add_months(start, months)
    if start.day <= _HALF_MONTH:
        begins = add_months(start.replace(day=1), months)
        last = monthrange(begins.year, begins.month)[1]
        return begins.replace(day=min(start.day + _HALF_MONTH, last))
    return add_months(start.replace(day=1), months + 1).replace(day=start.day - _HALF_MONTH)


class MonthEnd(StrEnum):
    """What becomes of a due date whose month has no such day."""

    CLAMP = "clamp"
    """The month's last day; the original day comes back in longer months."""
    ROLL_FORWARD = "roll_forward"
    """The 1st of the next month; the original day comes back in longer months."""
    LAST_DAY = "last_day"
    """As `clamp`, and a loan begun on the last day of a month falls due on last days ever after;
    of halves of a month, the one on the 30th falls on the last day: the 15th and the last."""


def nth_due_date(start: date, frequency: Frequency, periods: int, rule: MonthEnd) -> date:
    """The due date that many whole periods after `start`, by a rule for short months."""
    on = nth_date(start, frequency, periods)
    if rule is MonthEnd.CLAMP or frequency.unit not in _BY_MONTH:
        return on
    if frequency.unit is Unit.SEMIMONTHS:
        return _half_month_end(start, on, rule)
    if rule is MonthEnd.ROLL_FORWARD:
        return on if on.day == start.day else on + timedelta(days=1)
    if start.day == monthrange(start.year, start.month)[1]:
        return on.replace(day=monthrange(on.year, on.month)[1])
    return on


def _half_month_end(start: date, on: date, rule: MonthEnd) -> date:
    """A date of a half-monthly frequency, by a rule for short months."""
    later = start.day if start.day > _HALF_MONTH else start.day + _HALF_MONTH
    last = monthrange(on.year, on.month)[1]
    if on.day <= _HALF_MONTH or on.day != last:
        in_later_half = on.day > _HALF_MONTH and later == 2 * _HALF_MONTH
        return on.replace(day=last) if rule is MonthEnd.LAST_DAY and in_later_half else on
    return on + timedelta(days=1) if rule is MonthEnd.ROLL_FORWARD and later > last else on


class BusinessDays(StrEnum):
    """Where a due date goes that is no business day (ISDA 2006, 4.12)."""

    NONE = "none"
    """It stays."""
    FOLLOWING = "following"
    """To the next business day."""
    MODIFIED_FOLLOWING = "modified_following"
    """To the next business day, unless that is in another month: then to the one before."""
    PRECEDING = "preceding"
    """To the business day before."""


_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days on which no business is done: the weekend, and the dates of a calendar."""

    dates: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({_SATURDAY, _SATURDAY + 1})
    """Days of the week, Monday being 0."""

    def __post_init__(self) -> None:
        """Refuse a week without a business day."""
        if len(self.weekend) >= _DAYS_PER_WEEK:
            raise DomainError(
                ErrorCode.INVALID_TERMS, "A week has a business day.", {"field": "holidays"}
            )

    def closed(self, day: date) -> bool:
        """Whether no business is done on a day."""
        return day.weekday() in self.weekend or day in self.dates


def business_day(day: date, rule: BusinessDays, holidays: Holidays) -> date:
    """A date moved to a business day by a rule."""
    if rule is BusinessDays.NONE or not holidays.closed(day):
        return day
    if rule is BusinessDays.PRECEDING:
        return _open(day, -1, holidays)
    following = _open(day, 1, holidays)
    if rule is BusinessDays.MODIFIED_FOLLOWING and following.month != day.month:
        return _open(day, -1, holidays)
    return following


def _open(day: date, step: int, holidays: Holidays) -> date:
    while holidays.closed(day):
        day += timedelta(days=step)
    return day


def due_dates(first_due_on: date, frequency: Frequency, count: int) -> tuple[date, ...]:
    """`count` due dates, the first on `first_due_on`, month ends clamped."""
    return tuple(nth_date(first_due_on, frequency, n) for n in range(count))


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    if name in _MACHINE_DEPENDENT_ZONES:
        raise _unknown_zone()
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # A malformed name, a directory of the database ("Europe"), or no such zone.
        raise _unknown_zone() from None


def _unknown_zone() -> DomainError:
    return DomainError(
        ErrorCode.UNKNOWN_ZONE, "The time zone is not one of the IANA database (Area/City)."
    )


def check_zone(name: str) -> str:
    """The name, if it is a zone of the IANA database; raises `UNKNOWN_ZONE`."""
    _zone(name)
    return name


def _local(now: datetime, zone: str) -> datetime:
    if now.utcoffset() is None:
        raise ValueError("an instant needs its offset: a naive datetime means no moment")
    return now.astimezone(_zone(zone))


def business_date(now: datetime, zone: str) -> date:
    """The day that it is in a zone at an instant; raises `UNKNOWN_ZONE`."""
    return _local(now, zone).date()


def local_instant(day: date, at: time, zone: str) -> datetime:
    """The instant (UTC) at which the clocks of a zone show a time on a day.

    A time that the clocks skip is read with the offset in force before the gap, so it falls as
    far after the change as it was past it; a time that they show twice is its first showing
    (RFC 5545, section 3.3.5). Raises `UNKNOWN_ZONE`.
    """
    wall = datetime.combine(day, at, tzinfo=_zone(zone))
    return wall.replace(fold=0).astimezone(UTC)


def next_local_midnight(now: datetime, zone: str) -> datetime:
    """The first instant (UTC) after `now` at which a new day begins in a zone.

    Where the clocks skip midnight, the day begins at the first time it has. Raises
    `UNKNOWN_ZONE`.
    """
    day = business_date(now, zone) + timedelta(days=1)
    midnight = local_instant(day, _MIDNIGHT, zone)
    if midnight > now:
        return midnight
    # The clocks went back over midnight: it is the same evening for the second time.
    return datetime.combine(day, _MIDNIGHT, tzinfo=_zone(zone)).replace(fold=1).astimezone(UTC)
