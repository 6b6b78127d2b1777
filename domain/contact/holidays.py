"""Public holidays as rules that hold for every year: fixed dates, weekdays of a month, Easter.

A calendar of rules never runs out, where a list of dates does. Days that are decreed once are
listed by the pack beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class FixedHoliday:
    """The same date each year.

    Attributes:
        month: From 1.
        day: Day of the month; one that the month always has.
        substitute: On a weekend, the next weekday that is no holiday is one as well.
    """

    month: int
    day: int
    substitute: bool = False

    def falls_on(self, year: int) -> date:
        """The date in a year."""
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class EasterHoliday:
    """So many days after Easter Sunday of the Gregorian calendar; before it, if negative."""

    days_after: int
    substitute: bool = False

    def falls_on(self, year: int) -> date:
        """The date in a year."""
        return easter(year) + timedelta(days=self.days_after)


@dataclass(frozen=True, slots=True)
class WeekdayHoliday:
    """The last such weekday on or before a date: a Monday up to 24 May is Victoria Day.

    Attributes:
        weekday: Monday = 0.
        month: Month of the latest date it can have, from 1.
        latest: Day of the month that it is never later than.
    """

    weekday: int
    month: int
    latest: int
    substitute: bool = False

    def falls_on(self, year: int) -> date:
        """The date in a year."""
        end = date(year, self.month, self.latest)
        return end - timedelta(days=(end.weekday() - self.weekday) % 7)


Holiday = FixedHoliday | EasterHoliday | WeekdayHoliday


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The holidays of one place; substitutes are found among these alone."""

    holidays: tuple[Holiday, ...]

    def __contains__(self, day: date) -> bool:
        """Tell whether a date is a holiday, or the substitute of one."""
        # A substitute for the last days of December may lie in the next year.
        return day in _days(self.holidays, day.year) or day in _days(self.holidays, day.year - 1)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, Nature, 20 April 1876)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leaps, odd = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * odd + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def _days(holidays: Sequence[Holiday], year: int) -> frozenset[date]:
    """Every holiday of a year with its substitute; the day itself stays one."""
    dated = sorted((rule.falls_on(year), rule.substitute) for rule in holidays)
    days = {on for on, _ in dated}
    for on, substitute in dated:
        if not substitute or on.weekday() < _SATURDAY:
            continue
        instead = on + _DAY
        while instead.weekday() >= _SATURDAY or instead in days:
            instead += _DAY
        days.add(instead)
    return frozenset(days)
