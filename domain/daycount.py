"""Day counts: which fraction of a year a period is, as an exact number.

A period is (from, due]: the day it starts on is not charged, the day it falls due is.
"""

from calendar import isleap
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from domain.calendar import Frequency, Unit, add_months

_DAYS_PER_WEEK = 7
_THIRTY_DAY_YEAR = 360
_MONTHS_PER_YEAR = 12
_WEEKS_PER_YEAR = 52


class DayCount(StrEnum):
    """The conventions a product may choose from."""

    THIRTY_360 = "30/360"
    """Every month has 30 days and every year 360: a whole month is a twelfth."""
    THIRTY_E_360 = "30E/360"
    """As 30/360, between any two dates; a 31st counts as a 30th (ISDA 2006, 4.16(g), Eurobond)."""
    ACTUAL_360 = "actual/360"
    """Calendar days over 360 (ISDA 2006, 4.16(e), the money market's year)."""
    ACTUAL_364 = "actual/364"
    """Calendar days over 364: 52 weeks are a year."""
    ACTUAL_365 = "actual/365"
    """Calendar days over 365, in leap years too (ISDA 2006, 4.16(d), "Actual/365 (Fixed)")."""
    ACTUAL_ACTUAL = "actual/actual"
    """Each day over the days of its own calendar year, 365 or 366 (ISDA 2006, 4.16(b))."""
    ACTUAL_ACTUAL_FEB29 = "actual/actual-feb29"
    """As actual/actual for a period that contains a 29 February, over 365 for every other."""
    PERIOD = "period"
    """A month is a twelfth, a week a fifty-second, a day a 365th, whatever the calendar says."""
    UNIT_PERIOD_360 = "unit-period-360"
    """Calendar days over 360 for an odd first period, then a twelfth for each month."""


_DAYS_PER_YEAR = {DayCount.ACTUAL_360: 360, DayCount.ACTUAL_364: 364, DayCount.ACTUAL_365: 365}


def year_fraction(
    day_count: DayCount, start: date, end: date, frequency: Frequency, *, whole_period: bool
) -> Fraction:
    """The part of a year between two dates, exactly; zero or less when `end` is not after `start`.

    `whole_period` says that the dates are neighbours in a schedule of this frequency: under
    30/360 such a period is its nominal length (n × 30, 15, 7 or 1 days over 360), whatever the
    calendar says. Any other stretch of a monthly loan counts whole months from `start` and the
    left-over days over the days of the month that follows: 1 February to 15 April is
    2 + 14/30 months. Weeks and days are counted as days.
    """
    match day_count:
        case DayCount.ACTUAL_365 | DayCount.ACTUAL_364 | DayCount.ACTUAL_360:
            return _over((end - start).days, _DAYS_PER_YEAR[day_count])
        case DayCount.THIRTY_360:
            if whole_period:
                return _nominal(frequency)
            if frequency.unit in {Unit.MONTHS, Unit.SEMIMONTHS}:
                return _months_between(start, end) / _MONTHS_PER_YEAR
            return Fraction((end - start).days, _THIRTY_DAY_YEAR)
        case DayCount.THIRTY_E_360:
            return Fraction(_eurobond_days(start, end), _THIRTY_DAY_YEAR)
        case DayCount.ACTUAL_ACTUAL:
            return _by_calendar_year(start, end)
        case DayCount.ACTUAL_ACTUAL_FEB29:
            if _has_leap_day(start, end):
                return _by_calendar_year(start, end)
            return _over((end - start).days, 365)
        case DayCount.PERIOD:
            return _of_period(start, end, frequency, whole_period=whole_period)
        case DayCount.UNIT_PERIOD_360:
            if whole_period:
                return _of_period(start, end, frequency, whole_period=True)
            return _over((end - start).days, 360)
        case _:
            assert_never(day_count)


@lru_cache(maxsize=4096)
def _over(days: int, year: int) -> Fraction:
    return Fraction(days, year)


def _days_in_year(year: int) -> int:
    return 366 if isleap(year) else 365


def _by_calendar_year(start: date, end: date) -> Fraction:
    """Days of (start, end], each over the length of its own year."""
    if start.year == end.year:
        return _over((end - start).days, _days_in_year(end.year))
    if end < start:
        return -_by_calendar_year(end, start)
    first = (date(start.year, 12, 31) - start).days
    last = (end - date(end.year, 1, 1)).days + 1
    return (
        Fraction(first, _days_in_year(start.year))
        + (end.year - start.year - 1)
        + Fraction(last, _days_in_year(end.year))
    )


def _has_leap_day(start: date, end: date) -> bool:
    """Whether (start, end] contains a 29 February."""
    return any(
        isleap(year) and start < date(year, 2, 29) <= end
        for year in range(start.year, end.year + 1)
    )


def _eurobond_days(start: date, end: date) -> int:
    """Days between two dates when every month has thirty: a 31st counts as a 30th."""
    first, last = min(start.day, 30), min(end.day, 30)
    return (
        (end.year - start.year) * _THIRTY_DAY_YEAR + (end.month - start.month) * 30 + last - first
    )


def _of_period(start: date, end: date, frequency: Frequency, *, whole_period: bool) -> Fraction:
    """The nominal part of a year of a period; of an odd stretch, months or days counted so."""
    match frequency.unit:
        case Unit.MONTHS:
            if whole_period:
                return Fraction(frequency.every, _MONTHS_PER_YEAR)
            return _months_between(start, end) / _MONTHS_PER_YEAR
        case Unit.SEMIMONTHS:
            if whole_period:
                return Fraction(frequency.every, 2 * _MONTHS_PER_YEAR)
            return _months_between(start, end) / _MONTHS_PER_YEAR
        case Unit.WEEKS:
            if whole_period:
                return Fraction(frequency.every, _WEEKS_PER_YEAR)
            return Fraction((end - start).days, _WEEKS_PER_YEAR * _DAYS_PER_WEEK)
        case Unit.DAYS:
            return Fraction(frequency.every if whole_period else (end - start).days, 365)
        case _:
            assert_never(frequency.unit)


@lru_cache(maxsize=256)
def _nominal(frequency: Frequency) -> Fraction:
    match frequency.unit:
        case Unit.MONTHS:
            return Fraction(frequency.every, _MONTHS_PER_YEAR)
        case Unit.SEMIMONTHS:
            return Fraction(frequency.every, 2 * _MONTHS_PER_YEAR)
        case Unit.WEEKS:
            return Fraction(frequency.every * _DAYS_PER_WEEK, _THIRTY_DAY_YEAR)
        case Unit.DAYS:
            return Fraction(frequency.every, _THIRTY_DAY_YEAR)
        case _:
            assert_never(frequency.unit)


def _months_between(start: date, end: date) -> Fraction:
    """Whole months from `start`, then the rest as a part of the month that follows."""
    months = (end.year - start.year) * _MONTHS_PER_YEAR + end.month - start.month
    while add_months(start, months) > end:
        months -= 1
    whole_until = add_months(start, months)
    following = (add_months(start, months + 1) - whole_until).days
    return months + Fraction((end - whole_until).days, following)
