"""Arrangements: judged from cleared money alone, whatever comes and goes, and bounded."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.recovery.arrangement import (
    Arrangement,
    ArrangementPolicy,
    ArrangementState,
    Part,
    PartState,
    judge,
    needs_second_person,
    pausing,
    validate,
)
from domain.recovery.promise import PromisePolicy

START = date(2028, 3, 1)
KEEPING = PromisePolicy(2, Decimal(90), 31, Decimal(10), 2, 12)
POLICY = ArrangementPolicy()


def day(number: int) -> date:
    return START + timedelta(days=number)


def of(*pairs: tuple[int, str]) -> tuple[Part, ...]:
    return tuple(
        Part(number, day(due), Decimal(amount)) for number, (due, amount) in enumerate(pairs, 1)
    )


THREE = of((10, "40"), (20, "40"), (30, "20"))


@pytest.mark.parametrize(
    ("money", "today", "state", "parts"),
    [
        ((), 5, "open", "due due due"),
        (((3, "100"),), 3, "completed", "kept kept kept"),
        (((3, "50"),), 12, "open", "kept due due"),
        # The threshold counts once the grace is over, not before.
        (((10, "36"),), 12, "open", "due due due"),
        (((10, "36"),), 13, "open", "kept due due"),
        (((10, "35.99"),), 13, "broken", "missed due due"),
        # Money after the grace of a part is for the next one.
        (((13, "40"),), 13, "broken", "missed kept due"),
        (((12, "40"), (22, "40"), (32, "20")), 40, "completed", "kept kept kept"),
    ],
)
def test_the_ledger_says_what_became_of_each_part(
    money: tuple[tuple[int, str], ...], today: int, state: str, parts: str
) -> None:
    receipts = [(day(on), Decimal(amount)) for on, amount in money]
    found = judge(THREE, receipts, KEEPING, day(today))
    assert found.state == state
    assert [part.state.value for part in found.parts] == parts.split()


MONEY = st.lists(
    st.tuples(st.integers(0, 45), st.integers(1, 6000).map(lambda minor: Decimal(minor) / 100)),
    max_size=12,
)
PLANS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4000)), min_size=1, max_size=5).map(
    lambda steps: tuple(
        Part(
            number + 1,
            day(sum(gap for gap, _ in steps[: number + 1])),
            Decimal(steps[number][1]) / 100,
        )
        for number in range(len(steps))
    )
)


@given(parts=PLANS, money=MONEY, taken_back=st.sets(st.integers(0, 11)), today=st.integers(0, 80))
def test_nothing_is_kept_without_its_money(
    parts: tuple[Part, ...],
    money: list[tuple[int, Decimal]],
    taken_back: set[int],
    today: int,
) -> None:
    """Whatever is paid and taken back, in whatever order: kept parts have their money."""
    left = [(day(on), amount) for at, (on, amount) in enumerate(money) if at not in taken_back]
    found = judge(parts, left, KEEPING, day(today))
    shuffled = judge(parts, reversed(left), KEEPING, day(today))
    assert found == shuffled
    for part, judged in zip(parts, found.parts, strict=True):
        assert judged.received <= part.amount
        if judged.state is PartState.KEPT:
            assert judged.received * 100 >= part.amount * KEEPING.threshold_percent
        if judged.state is PartState.DUE:
            assert day(today) <= part.due_on + timedelta(days=2)
        # No more money is counted by a day than had come by then.
        end = part.due_on + timedelta(days=2)
        until = sum((amount for on, amount in left if on <= end), Decimal(0))
        counted = sum(
            (
                other.received
                for each, other in zip(parts, found.parts, strict=True)
                if each.number <= part.number
            ),
            Decimal(0),
        )
        assert counted <= until
    assert found.received <= sum((amount for _, amount in left), Decimal(0))
    if found.state is ArrangementState.COMPLETED:
        total = sum((part.amount for part in parts), Decimal(0))
        assert found.received * 100 >= total * KEEPING.threshold_percent


def test_after_two_broken_an_arrangement_suspends_nothing() -> None:
    def broken(name: str, made: int, ended: int) -> Arrangement:
        state = ArrangementState.BROKEN
        return Arrangement(name, THREE, day(made), state, day(made), day(ended))

    first, second = broken("1", 0, 13), broken("2", 14, 27)
    third = Arrangement("3", THREE, day(28), ArrangementState.OPEN, day(28))
    waiting = Arrangement("4", THREE, day(28), ArrangementState.PROPOSED)
    assert pausing((first, third, waiting), POLICY) == (first, third)
    assert pausing((first, second, third), POLICY) == (first, second)


@pytest.mark.parametrize(
    ("parts", "bound"),
    [
        ((), "count"),
        (tuple((number, "1") for number in range(1, 26)), "count"),
        (((1, "0"),), "amount_positive"),
        (((2, "60"), (2, "60")), "order"),
        (((-1, "60"),), "due_on_past"),
        (((32, "60"),), "first_within_days"),
        (((1, "60"), (367, "60")), "max_days"),
        (((1, "49.99"),), "min_percent_of_overdue"),
        (((1, "300.01"),), "most"),
    ],
)
def test_what_is_outside_the_policy_is_refused(
    parts: tuple[tuple[int, str], ...], bound: str
) -> None:
    wanted = [(day(due), Decimal(amount)) for due, amount in parts]
    with pytest.raises(DomainError) as refusal:
        validate(wanted, policy=POLICY, overdue_amount=Decimal(100), most=Decimal(300), today=START)
    assert refusal.value.code is ErrorCode.ARRANGEMENT_OUT_OF_POLICY
    assert refusal.value.facts["bound"] == bound


def test_long_or_large_ones_need_a_second_person() -> None:
    limited = ArrangementPolicy(alone_amount=Decimal(500))
    assert not needs_second_person(Decimal(500), day(92), limited, START)
    assert needs_second_person(Decimal("500.01"), day(92), limited, START)
    assert needs_second_person(Decimal(1), day(93), POLICY, START)
