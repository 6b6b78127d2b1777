"""Day counts: which fraction of a year a period is, as an exact number.

A period is (from, due]: the day it starts on is not charged, the day it falls due is.
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from domain.calendar import Frequency, Unit, add_months

_DAYS_PER_WEEK = 7
_THIRTY_DAY_YEAR = 360
_MONTHS_PER_YEAR = 12


class DayCount(StrEnum):
    """The conventions a product may choose from."""

    THIRTY_360 = "30/360"
    """Every month has 30 days and every year 360: a whole month is a twelfth."""
    ACTUAL_365 = "actual/365"
    """Calendar days over 365, in leap years too (ISDA 2006, 4.16(d), "Actual/365 (Fixed)")."""


def year_fraction(
    day_count: DayCount, start: date, end: date, frequency: Frequency, *, whole_period: bool
) -> Fraction:
    """The part of a year between two dates, exactly; zero or less when `end` is not after `start`.

    `whole_period` says that the dates are neighbours in a schedule of this frequency: under
    30/360 such a period is its nominal length (n × 30, 7 or 1 days over 360), whatever the
    calendar says. Any other stretch of a monthly loan counts whole months from `start` and the
    left-over days over the days of the month that follows: 1 February to 15 April is
    2 + 14/30 months. Weeks and days are counted as days.
    """
    match day_count:
        case DayCount.ACTUAL_365:
            return _actual_365((end - start).days)
        case DayCount.THIRTY_360:
            if whole_period:
                return _nominal(frequency)
            if frequency.unit is Unit.MONTHS:
                return _months_between(start, end) / _MONTHS_PER_YEAR
            return Fraction((end - start).days, _THIRTY_DAY_YEAR)
        case _:
            assert_never(day_count)


@lru_cache(maxsize=1024)
def _actual_365(days: int) -> Fraction:
    return Fraction(days, 365)


@lru_cache(maxsize=256)
def _nominal(frequency: Frequency) -> Fraction:
    match frequency.unit:
        case Unit.MONTHS:
            return Fraction(frequency.every, _MONTHS_PER_YEAR)
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
