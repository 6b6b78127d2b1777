"""Day counts: whole periods, stubs, additivity."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import MONTHLY, WEEKLY, Frequency, Unit, nth_date
from domain.daycount import DayCount, year_fraction
from tests.domain.lending.strategies import DATES, FREQUENCIES, thorough

STRETCHES = st.integers(0, 900)


ADDING_UP = [
    DayCount.ACTUAL_360,
    DayCount.ACTUAL_364,
    DayCount.ACTUAL_365,
    DayCount.ACTUAL_ACTUAL,
    DayCount.THIRTY_E_360,
]
"""Those in which every day weighs what it weighs, wherever a period is cut. The others look at a
period as a whole (its months, its 29 February): in them interest accrues along the straight line of
its instalment instead, which adds up by itself."""


@thorough
@given(DATES, STRETCHES, STRETCHES, FREQUENCIES, st.sampled_from(ADDING_UP))
def test_neighbouring_stretches_add_up(
    start: date, first: int, second: int, frequency: Frequency, day_count: DayCount
) -> None:
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)

    def fraction(a: date, b: date) -> Fraction:
        return year_fraction(day_count, a, b, frequency, whole_period=False)

    assert fraction(start, middle) + fraction(middle, end) == fraction(start, end)


@thorough
@given(DATES, STRETCHES, st.sampled_from(DayCount), FREQUENCIES)
def test_a_longer_stretch_is_never_a_smaller_fraction(
    start: date, days: int, day_count: DayCount, frequency: Frequency
) -> None:
    end = start + timedelta(days=days)
    shorter = year_fraction(day_count, start, end, frequency, whole_period=False)
    longer = year_fraction(day_count, start, end + timedelta(days=1), frequency, whole_period=False)
    assert 0 <= shorter <= longer
    assert (days == 0) == (shorter == 0)


@thorough
@given(DATES, st.integers(1, 36))
def test_whole_months_count_as_twelfths(start: date, months: int) -> None:
    end = nth_date(start, MONTHLY, months)
    assert year_fraction(DayCount.THIRTY_360, start, end, MONTHLY, whole_period=False) == Fraction(
        months, 12
    )


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2024-02-01", "2024-04-15", 2 + Fraction(14, 30)),
        ("2024-01-15", "2024-02-01", Fraction(17, 31)),
        ("2024-01-31", "2024-02-29", Fraction(1)),
        ("2024-01-31", "2024-03-30", 1 + Fraction(30, 31)),
    ],
)
def test_thirty_360_counts_months_then_days(start: str, end: str, months: Fraction) -> None:
    found = year_fraction(
        DayCount.THIRTY_360,
        date.fromisoformat(start),
        date.fromisoformat(end),
        MONTHLY,
        whole_period=False,
    )
    assert found == months / 12


@pytest.mark.parametrize(
    ("frequency", "fraction"),
    [
        (MONTHLY, Fraction(30, 360)),
        (Frequency(Unit.MONTHS, 3), Fraction(90, 360)),
        (WEEKLY, Fraction(7, 360)),
        (Frequency(Unit.DAYS, 15), Fraction(15, 360)),
    ],
)
def test_a_whole_period_is_its_nominal_length(frequency: Frequency, fraction: Fraction) -> None:
    start = date(2024, 2, 28)
    end = nth_date(start, frequency, 1) + timedelta(days=2)
    assert year_fraction(DayCount.THIRTY_360, start, end, frequency, whole_period=True) == fraction


def test_a_leap_day_is_charged_over_365() -> None:
    assert year_fraction(
        DayCount.ACTUAL_365, date(2024, 2, 1), date(2024, 3, 1), MONTHLY, whole_period=True
    ) == Fraction(29, 365)
