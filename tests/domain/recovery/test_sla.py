"""Clocks of escalations: business hours, and pauses that never cost what was left."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.office import AROUND_THE_CLOCK, Office, Opening
from domain.recovery.sla import Pause, SlaClock, due_at, standing

OFFICE = Office("Europe/London", (Opening(time(9), time(17)),) * 5 + (None, None))
START = datetime(2028, 3, 3, 15, tzinfo=UTC)
"""A Friday at three, in London too."""
HOUR = timedelta(hours=1)

minutes = st.integers(0, 60 * 24 * 14).map(lambda count: timedelta(minutes=count))
budgets = st.integers(1, 60 * 60).map(lambda count: timedelta(minutes=count))
hours_of = st.sampled_from([OFFICE, AROUND_THE_CLOCK])


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    spans = draw(st.lists(st.tuples(minutes, minutes), max_size=4))
    return tuple(Pause(START + begun, START + begun + lasted) for begun, lasted in spans)


def test_four_hours_asked_on_friday_at_three_end_on_monday() -> None:
    clock = SlaClock(START, 4 * HOUR, OFFICE)
    assert due_at(clock) == datetime(2028, 3, 6, 11, tzinfo=UTC)
    now = standing(clock, datetime(2028, 3, 4, 12, tzinfo=UTC))
    assert (now.left, now.is_paused, now.is_over) == (2 * HOUR, False, False)
    assert standing(clock, datetime(2028, 3, 6, 11, tzinfo=UTC)).is_over


def test_while_it_stands_still_nothing_is_due_and_nothing_runs() -> None:
    clock = SlaClock(START, 4 * HOUR, OFFICE, [Pause(START + HOUR)])
    later = START + timedelta(days=30)
    now = standing(clock, later)
    assert (now.due_at, now.left, now.is_paused, now.is_over) == (None, 3 * HOUR, True, False)
    resumed = SlaClock(START, 4 * HOUR, OFFICE, [Pause(START + HOUR, later)])
    assert due_at(resumed) == OFFICE.after(later, 3 * HOUR)


def test_a_pause_after_the_time_was_over_brings_nothing_back() -> None:
    clock = SlaClock(START, HOUR, OFFICE, [Pause(START + 2 * HOUR)])
    assert due_at(clock) == START + HOUR
    assert standing(clock, START + 3 * HOUR).is_over


@given(hours_of, budgets, pauses(), st.tuples(minutes, minutes))
def test_another_pause_never_shortens_what_is_left(
    office: Office, budget: timedelta, earlier: tuple[Pause, ...], span: tuple[timedelta, timedelta]
) -> None:
    before = due_at(SlaClock(START, budget, office, earlier))
    begun = START + span[0]
    ended = begun + span[1]
    clock = SlaClock(START, budget, office, earlier)
    paused = SlaClock(START, budget, office, (*earlier, Pause(begun, ended)))
    after = due_at(paused)
    assert before is not None
    assert after is not None
    assert after >= before
    assert standing(paused, ended).left >= standing(clock, ended).left
    if begun < before and not any(each.ended_at and each.ended_at > begun for each in earlier):
        # It stands where it stood when the pause began.
        assert standing(paused, ended).left == standing(clock, begun).left


@given(hours_of, budgets, pauses(), minutes)
def test_the_clock_is_over_just_when_nothing_is_left(
    office: Office, budget: timedelta, stops: tuple[Pause, ...], when: timedelta
) -> None:
    now = standing(SlaClock(START, budget, office, stops), START + when)
    assert now.is_over == (now.left == timedelta(0))
