"""Arrears: the two clocks, pauses, ladders."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import (
    LADDERS,
    RBI_SMA,
    STANDARD,
    BucketStep,
    Ladder,
    Pause,
    Unpaid,
    assess,
    ladder_named,
    next_due_on,
    overdue_by_bucket,
)
from tests.domain.lending.strategies import thorough

DAYS = st.dates(date(2023, 1, 1), date(2025, 12, 31))
UNPAID = st.lists(
    st.tuples(DAYS, st.integers(0, 500).map(Decimal)), max_size=8, unique_by=lambda row: row[0]
)
PAUSES = st.lists(
    st.tuples(DAYS, st.integers(0, 120)).map(
        lambda pair: Pause(pair[0], pair[0] + timedelta(days=pair[1]))
    ),
    max_size=4,
)
GRACE = st.integers(0, 15)


@thorough
@given(UNPAID, DAYS, GRACE, PAUSES)
def test_the_two_clocks(unpaid: list[Unpaid], today: date, grace: int, pauses: list[Pause]) -> None:
    found = assess(unpaid, today, grace, pauses)
    late = {due: amount for due, amount in unpaid if due < today and amount}
    assert found.overdue_amount == sum(late.values())
    assert found.past_due_since == min(late, default=None)
    assert (found.past_due_days > 0) == bool(late)
    # Counted day by day, as a person would with a calendar.
    counted = 0
    if late:
        day = min(late) + timedelta(days=1)
        while day <= today:
            counted += not any(pause.start < day <= pause.end for pause in pauses)
            day += timedelta(days=1)
    assert found.delinquent_days == max(0, counted - grace)
    assert found.bucket == STANDARD.bucket(found.delinquent_days)


@thorough
@given(UNPAID, DAYS, GRACE, PAUSES, PAUSES)
def test_a_pause_never_makes_a_loan_later(
    unpaid: list[Unpaid], today: date, grace: int, pauses: list[Pause], added: list[Pause]
) -> None:
    without = assess(unpaid, today, grace, pauses)
    paused = assess(unpaid, today, grace, [*pauses, *added])
    assert paused.delinquent_days <= without.delinquent_days
    assert paused.past_due_days == without.past_due_days


@thorough
@given(UNPAID, DAYS, GRACE, PAUSES)
def test_instalment_buckets_add_up_to_the_overdue_amount(
    unpaid: list[Unpaid], today: date, grace: int, pauses: list[Pause]
) -> None:
    found = assess(unpaid, today, grace, pauses)
    by_bucket = overdue_by_bucket(unpaid, today, grace, pauses)
    expected = found.overdue_amount if found.delinquent_days else 0
    assert sum(by_bucket.values()) == expected


@thorough
@given(UNPAID, DAYS, GRACE, st.data())
def test_a_part_payment_changes_the_amount_not_the_days(
    unpaid: list[Unpaid], today: date, grace: int, data: st.DataObject
) -> None:
    reduced = [
        (due, Decimal(data.draw(st.integers(1, int(amount))))) if amount else (due, amount)
        for due, amount in unpaid
    ]
    before, now = assess(unpaid, today, grace), assess(reduced, today, grace)
    assert now.overdue_amount <= before.overdue_amount
    assert (now.past_due_days, now.delinquent_days) == (
        before.past_due_days,
        before.delinquent_days,
    )


@thorough
@given(UNPAID, DAYS, GRACE, PAUSES, st.integers(0, 500).map(Decimal))
def test_what_is_within_the_tolerance_counts_as_met(
    unpaid: list[Unpaid], today: date, grace: int, pauses: list[Pause], tolerance: Decimal
) -> None:
    met = [(due, amount if amount > tolerance else Decimal(0)) for due, amount in unpaid]
    found = assess(unpaid, today, grace, pauses, tolerance=tolerance)
    assert found == assess(met, today, grace, pauses)
    by_bucket = overdue_by_bucket(unpaid, today, grace, pauses, tolerance=tolerance)
    assert by_bucket == overdue_by_bucket(met, today, grace, pauses)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "current"),
        (1, "1-29"),
        (29, "1-29"),
        (30, "30-59"),
        (59, "30-59"),
        (60, "60-89"),
        (89, "60-89"),
        (90, "90+"),
        (5000, "90+"),
    ],
)
def test_standard_ladder(days: int, bucket: str) -> None:
    assert STANDARD.bucket(days) == bucket


def test_an_instalment_is_not_late_on_its_due_date() -> None:
    unpaid = [(date(2024, 3, 1), Decimal(10))]
    assert assess(unpaid, date(2024, 3, 1), 0).past_due_days == 0
    assert assess(unpaid, date(2024, 3, 2), 0).past_due_days == 1


@pytest.mark.parametrize(
    ("day_end", "bucket"),
    [
        (date(2021, 3, 30), "current"),
        (date(2021, 3, 31), "SMA-0"),
        (date(2021, 4, 29), "SMA-0"),
        (date(2021, 4, 30), "SMA-1"),
        (date(2021, 5, 30), "SMA-2"),
        (date(2021, 6, 29), "NPA"),
    ],
)
def test_the_reserve_banks_own_example(day_end: date, bucket: str) -> None:
    """RBI/2021-2022/125, paragraph 5: due on 31 March 2021, classified at each day's end."""
    opening_of_the_next = day_end + timedelta(days=1)
    found = assess([(date(2021, 3, 31), Decimal(10))], opening_of_the_next, 0, ladder=RBI_SMA)
    assert found.bucket == bucket


def test_ladders_are_found_by_name() -> None:
    assert ladder_named("standard") is STANDARD
    assert all(ladder.name == name for name, ladder in LADDERS.items())
    with pytest.raises(DomainError) as refusal:
        ladder_named("rope")
    assert refusal.value.facts == {"field": "arrears_ladder"}


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (BucketStep("late", 1),),
        (BucketStep("a", 0), BucketStep("b", 0)),
        (BucketStep("a", 0), BucketStep("b", 30), BucketStep("c", 10)),
        (BucketStep("a", 0), BucketStep("a", 30)),
    ],
)
def test_a_ladder_has_one_bucket_for_each_day(steps: tuple[BucketStep, ...]) -> None:
    with pytest.raises(DomainError) as refusal:
        Ladder("broken", steps)
    assert refusal.value.code is ErrorCode.INVALID_TERMS


def test_a_pause_does_not_run_backwards() -> None:
    with pytest.raises(DomainError) as refusal:
        Pause(date(2024, 2, 2), date(2024, 2, 1))
    assert refusal.value.code is ErrorCode.INVALID_DATE


def test_the_next_due_date_is_today_or_later() -> None:
    unpaid = [
        (date(2024, 1, 1), Decimal(1)),
        (date(2024, 2, 1), Decimal(0)),
        (date(2024, 3, 1), Decimal(1)),
    ]
    assert next_due_on(unpaid, date(2024, 1, 1)) == date(2024, 1, 1)
    assert next_due_on(unpaid, date(2024, 1, 2)) == date(2024, 3, 1)
    assert next_due_on(unpaid, date(2024, 3, 2)) is None
