"""The life of a payment: which step follows which, what time brings, and what money it is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.payment_life import (
    AWAITED,
    TAKEN_BACK,
    TRANSITIONS,
    Announced,
    LifeTerms,
    PaymentState,
    PaymentStep,
    PendingEnds,
    after,
    holds_reminders_back,
    matching,
    overdue_step,
)

TODAY = date(2028, 3, 1)
TERMS = LifeTerms()


def life(*steps: PaymentStep, start: PaymentState = PaymentState.REPORTED) -> PaymentState:
    state = start
    for step in steps:
        state = after(state, step)
    return state


def test_a_report_becomes_pending_then_cleared_then_returned() -> None:
    assert life(PaymentStep.CONFIRM, PaymentStep.CLEAR, PaymentStep.RETURN) is PaymentState.RETURNED


def test_money_that_comes_after_its_report_has_expired_still_clears_it() -> None:
    assert life(PaymentStep.EXPIRE, PaymentStep.CLEAR) is PaymentState.CLEARED


@pytest.mark.parametrize("state", sorted(TAKEN_BACK))
@pytest.mark.parametrize("step", [PaymentStep.RETURN, PaymentStep.REVERSE])
def test_what_was_taken_back_is_not_taken_back_again(
    state: PaymentState, step: PaymentStep
) -> None:
    with pytest.raises(DomainError) as refused:
        after(state, step)
    assert refused.value.code is ErrorCode.ALREADY_REVERSED


@given(st.lists(st.sampled_from(PaymentStep), max_size=12), st.sampled_from(sorted(AWAITED)))
def test_whatever_is_tried_a_payment_clears_and_comes_back_at_most_once(
    steps: list[PaymentStep], start: PaymentState
) -> None:
    state, entered = start, [start]
    for step in steps:
        try:
            state = after(state, step)
        except DomainError:
            assert (state, step) not in TRANSITIONS
            continue
        entered.append(state)
    assert len(entered) == len(set(entered))
    assert sum(each in TAKEN_BACK for each in entered) <= 1
    if PaymentState.WITHDRAWN in entered:
        assert entered[-1] is PaymentState.WITHDRAWN


@pytest.mark.parametrize(
    ("state", "ends", "expected"),
    [
        (PaymentState.REPORTED, PendingEnds.ASK, PaymentStep.EXPIRE),
        (PaymentState.PENDING, PendingEnds.ASK, None),
        (PaymentState.PENDING, PendingEnds.CLEAR, PaymentStep.CLEAR),
        (PaymentState.CLEARED, PendingEnds.CLEAR, None),
    ],
)
def test_time_brings_what_the_terms_say(
    state: PaymentState, ends: PendingEnds, expected: PaymentStep | None
) -> None:
    terms = LifeTerms(pending_ends=ends)
    until = terms.awaited_until(state, TODAY)
    assert overdue_step(state, until, until - timedelta(days=1), terms) is None
    assert overdue_step(state, until, until, terms) is expected


def test_a_report_is_awaited_five_days_unless_the_product_says_otherwise() -> None:
    assert TERMS.awaited_until(PaymentState.REPORTED, TODAY) == date(2028, 3, 6)
    assert TERMS.awaited_until(PaymentState.PENDING, TODAY) == date(2028, 3, 11)


def test_less_than_what_is_asked_for_holds_nothing_back() -> None:
    asked = Decimal("100.00")
    for state in sorted(AWAITED):
        assert holds_reminders_back(state, asked, asked, 0, TERMS)
        assert not holds_reminders_back(state, asked - Decimal("0.01"), asked, 0, TERMS)


def test_reports_that_came_to_nothing_hold_nothing_back_any_more() -> None:
    one = Decimal(1)
    assert holds_reminders_back(PaymentState.REPORTED, one, one, 1, TERMS)
    assert not holds_reminders_back(PaymentState.REPORTED, one, one, 2, TERMS)
    assert holds_reminders_back(PaymentState.PENDING, one, one, 2, TERMS)
    assert not holds_reminders_back(
        PaymentState.PENDING, one, one, 0, LifeTerms(pending_pauses=False)
    )


def announced(key: str, amount: str, reference: str | None, day: int = 1) -> Announced:
    return Announced(key, Decimal(amount), reference, date(2028, 3, day))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("rf 18-X", "b"), ("RF18X", "b"), (None, "a"), ("other", "c")],
)
def test_money_is_known_again_by_its_amount_and_reference(
    reference: str | None, expected: str
) -> None:
    rows = [
        announced("a", "50.00", "LN-7", 1),
        announced("b", "50.00", "RF18X", 2),
        announced("c", "50.00", None, 3),
        announced("d", "51.00", "RF18X", 1),
    ]
    found = matching(rows, Decimal("50.00"), reference)
    assert found is not None
    assert found.id == expected


def test_another_amount_or_another_reference_is_another_payment() -> None:
    rows = [announced("a", "50.00", "LN-7")]
    assert matching(rows, Decimal("50.01"), "LN-7") is None
    assert matching(rows, Decimal("50.00"), "LN-8") is None
