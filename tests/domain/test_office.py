"""Open time of an office: weekends, holidays, nights on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.office import AROUND_THE_CLOCK, LONGEST, Office, Opening

NINE_TO_FIVE = Opening(time(9), time(17))
WEEKDAYS = (NINE_TO_FIVE,) * 5 + (None, None)
NEW_YORK = Office("America/New_York", WEEKDAYS, frozenset({date(2028, 3, 6)}))
NIGHTS = Office("America/New_York", (Opening(time(0), time(6)),) * 7)

instants = st.datetimes(datetime(2028, 1, 1), datetime(2028, 12, 31)).map(  # noqa: DTZ001 - UTC next
    lambda naive: naive.replace(tzinfo=UTC)
)
spans = st.timedeltas(timedelta(0), timedelta(hours=200))


@st.composite
def offices(draw: st.DrawFn) -> Office:
    opening = st.tuples(st.integers(0, 11), st.integers(12, 23)).map(
        lambda hours: Opening(time(hours[0], 30), time(hours[1]))
    )
    week = [draw(st.none() | opening) for _ in range(6)] + [draw(opening)]
    closed = draw(st.frozensets(st.dates(date(2028, 1, 1), date(2028, 12, 31)), max_size=6))
    zone = draw(st.sampled_from(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]))
    return Office(zone, tuple(week), closed)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """New York's winter time as UTC."""
    return datetime(2028, month, day, hour, minute, tzinfo=UTC) + timedelta(hours=5)


def test_friday_afternoon_and_a_holiday_on_monday() -> None:
    # 3 March 2028 is a Friday, and Monday the 6th is closed.
    assert NEW_YORK.after(at(3, 3, 16), timedelta(hours=2)) == at(3, 7, 10)
    assert NEW_YORK.elapsed(at(3, 3, 16), at(3, 7, 10)) == timedelta(hours=2)
    assert NEW_YORK.after(at(3, 4, 12), timedelta(minutes=1)) == at(3, 7, 9, 1)
    assert not NEW_YORK.is_open(at(3, 6, 12))
    assert NEW_YORK.is_open(at(3, 7, 12))


def test_a_deadline_at_closing_time_is_that_day() -> None:
    assert NEW_YORK.after(at(3, 3, 9), timedelta(hours=8)) == at(3, 3, 17)


def test_days_on_which_nobody_works_are_left_out() -> None:
    assert NEW_YORK.days_after(at(3, 3, 10), 1) == at(3, 7, 10)
    assert NEW_YORK.days_after(at(3, 3, 20), 1) == at(3, 7, 17)
    assert NEW_YORK.days_after(at(3, 3, 7), 2) == at(3, 8, 9)
    assert AROUND_THE_CLOCK.days_after(at(3, 3, 10), 2) == at(3, 5, 10)


def test_a_night_has_the_hours_that_really_passed() -> None:
    # On 12 March 2028 the clocks of New York go from 02:00 to 03:00: the night has five hours.
    start = at(3, 12, 0)
    assert NIGHTS.after(start, timedelta(hours=5)) == start + timedelta(hours=5)
    assert NIGHTS.elapsed(start, start + timedelta(hours=12)) == timedelta(hours=5)
    # On 5 November they go back: it has seven.
    back = datetime(2028, 11, 5, 4, tzinfo=UTC)
    assert NIGHTS.elapsed(back, back + timedelta(hours=12)) == timedelta(hours=7)


@given(offices(), instants, spans)
def test_what_is_counted_ahead_is_what_is_counted_back(
    office: Office, start: datetime, span: timedelta
) -> None:
    end = office.after(start, span)
    assert end - start >= span
    assert office.elapsed(start, end) == span


@given(offices(), instants, spans, spans)
def test_open_time_adds_up(
    office: Office, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second
    assert office.elapsed(start, middle) + office.elapsed(middle, end) == office.elapsed(start, end)
    assert office.after(office.after(start, first), second) == office.after(start, first + second)


def test_an_office_nobody_could_wait_for_is_refused() -> None:
    for week in ((None,) * 7, (NINE_TO_FIVE,) * 5):
        with pytest.raises(DomainError):
            Office("Europe/Berlin", week)
    with pytest.raises(DomainError):
        Office("Mars/Olympus")
    with pytest.raises(DomainError):
        Opening(time(17), time(9))
    with pytest.raises(DomainError):
        NEW_YORK.after(at(3, 3, 9), LONGEST + timedelta(1))
