from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.recovery.promise import (
    Promise,
    PromisePolicy,
    PromiseState,
    judge,
    judge_open,
    validate,
)

DUE = date(2028, 3, 10)
POLICY = PromisePolicy(
    grace_days=2,
    threshold_percent=Decimal(90),
    max_days_ahead=31,
    min_percent_of_overdue=Decimal(10),
    max_broken=2,
    max_promises=3,
)


def judged(received: list[tuple[int, str]], today: int) -> PromiseState:
    return judge(
        Decimal(100),
        DUE,
        [(date(2028, 3, day), Decimal(money)) for day, money in received],
        date(2028, 3, today),
        grace_days=2,
        threshold_percent=Decimal(90),
    )


@pytest.mark.parametrize(
    ("received", "today", "state"),
    [
        ([], 10, PromiseState.OPEN),
        ([], 12, PromiseState.OPEN),
        ([], 13, PromiseState.BROKEN),
        ([(5, "100")], 5, PromiseState.KEPT),
        ([(5, "99.99")], 12, PromiseState.OPEN),
        ([(5, "90")], 13, PromiseState.KEPT),
        ([(5, "88")], 13, PromiseState.PARTIAL),
        ([(5, "40"), (12, "50")], 13, PromiseState.KEPT),
        ([(12, "100")], 13, PromiseState.KEPT),
        ([(13, "100")], 13, PromiseState.BROKEN),
        ([(5, "0.01")], 13, PromiseState.PARTIAL),
    ],
)
def test_what_became_of_a_promise(
    received: list[tuple[int, str]], today: int, state: PromiseState
) -> None:
    assert judged(received, today) is state


def promise(
    name: str,
    made: int,
    due: int,
    state: PromiseState = PromiseState.OPEN,
    resolved: int | None = None,
) -> Promise:
    return Promise(
        name,
        Decimal(100),
        date(2028, 3, made),
        date(2028, 3, due),
        state,
        None if resolved is None else date(2028, 3, resolved),
    )


def test_one_payment_keeps_one_promise() -> None:
    first = promise("a", 1, 5, PromiseState.KEPT, 4)
    second = promise("b", 4, 10)
    money = [(date(2028, 3, 4), Decimal(100))]
    (verdict,) = judge_open([second, first], money, POLICY, date(2028, 3, 13))
    assert (verdict.promise_id, verdict.state, verdict.received) == ("b", PromiseState.BROKEN, 0)


def test_what_an_earlier_promise_leaves_counts_for_the_next() -> None:
    first = promise("a", 1, 5, PromiseState.KEPT, 4)
    second = promise("b", 4, 10)
    money = [(date(2028, 3, 4), Decimal(195))]
    (verdict,) = judge_open([first, second], money, POLICY, date(2028, 3, 13))
    assert (verdict.state, verdict.received) == (PromiseState.KEPT, Decimal(95))


def test_a_replaced_promise_takes_nothing() -> None:
    first = promise("a", 1, 5, PromiseState.REPLACED, 4)
    second = promise("b", 4, 10)
    (verdict,) = judge_open(
        [first, second], [(date(2028, 3, 4), Decimal(100))], POLICY, date(2028, 3, 5)
    )
    assert verdict.state is PromiseState.KEPT


def test_money_from_before_the_promise_does_not_count() -> None:
    (verdict,) = judge_open(
        [promise("a", 5, 10)], [(date(2028, 3, 4), Decimal(100))], POLICY, date(2028, 3, 13)
    )
    assert verdict.state is PromiseState.BROKEN


def test_a_reversed_payment_opens_the_promise_again() -> None:
    reopened = promise("a", 1, 10)
    (verdict,) = judge_open([reopened], [], POLICY, date(2028, 3, 11))
    assert verdict.state is PromiseState.OPEN


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 25), st.integers(1, 25_000)),
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), max_size=4),
    st.integers(0, 30),
)
def test_no_money_is_counted_twice(
    receipts: list[tuple[int, int]], promises: list[tuple[int, int]], today: int
) -> None:
    start = date(2028, 3, 1)
    money = [(start + timedelta(days=day), Decimal(cents) / 100) for day, cents in receipts]
    made = [
        Promise(
            str(number),
            Decimal(100),
            start + timedelta(days=day),
            start + timedelta(days=day + ahead),
        )
        for number, (day, ahead) in enumerate(promises)
    ]
    verdicts = judge_open(made, money, POLICY, start + timedelta(days=today))
    assert len(verdicts) == len(made)
    assert sum(verdict.received for verdict in verdicts) <= sum(amount for _, amount in money)
    for verdict in verdicts:
        assert 0 <= verdict.received <= 100
        if verdict.state is PromiseState.BROKEN:
            assert verdict.received == 0


def ask(amount: str = "50", due_on: date = DUE, so_far: int = 0) -> None:
    validate(
        Decimal(amount),
        due_on,
        policy=POLICY,
        overdue_amount=Decimal("99.50"),
        promises_so_far=so_far,
        today=date(2028, 3, 1),
    )


@pytest.mark.parametrize(
    ("amount", "due_on"),
    [
        ("99.50", DUE),
        ("9.95", DUE),
        ("50", date(2028, 3, 1)),
        ("50", date(2028, 4, 1)),
    ],
)
def test_a_promise_at_the_bounds_is_accepted(amount: str, due_on: date) -> None:
    ask(amount, due_on)


@pytest.mark.parametrize(
    ("amount", "due_on", "so_far", "bound", "limit"),
    [
        ("50", date(2028, 2, 29), 0, "due_on_past", "2028-03-01"),
        ("50", date(2028, 4, 2), 0, "max_days_ahead", "2028-04-01"),
        ("0", DUE, 0, "amount_positive", "0"),
        ("-1", DUE, 0, "amount_positive", "0"),
        ("99.51", DUE, 0, "overdue_amount", "99.50"),
        ("9.94", DUE, 0, "min_percent_of_overdue", "10"),
        ("50", DUE, 3, "max_promises", "3"),
    ],
)
def test_a_promise_beyond_a_bound_is_refused(
    amount: str, due_on: date, so_far: int, bound: str, limit: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        ask(amount, due_on, so_far)
    assert refusal.value.code is ErrorCode.PROMISE_OUT_OF_POLICY
    assert refusal.value.facts == {"bound": bound, "limit": limit}
