"""When a letter may be written: what is true of a loan, and when its money is certain."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.loan import ClosedReason, ConfirmNoDues, Lifecycle, LoanFacts, decide
from domain.letters import (
    NEEDS_SENDER,
    Changes,
    LetterCode,
    PaidOff,
    certain_on,
    check_sender,
    check_writable,
    dispute_until,
)

DAY = date(2028, 3, 1)
REPAID = PaidOff(
    Lifecycle.CLOSED, ClosedReason.REPAID, written_off=False, payments=(DAY,), window_days=60
)


@given(
    payments=st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=5),
    window=st.integers(0, 400),
    reason=st.sampled_from([*ClosedReason, None]),
    lifecycle=st.sampled_from(Lifecycle),
    written_off=st.booleans(),
    awaited=st.booleans(),
)
def test_only_a_repaid_loan_becomes_certain_and_after_every_payment(  # noqa: PLR0917
    payments: list[date],
    window: int,
    reason: ClosedReason | None,
    lifecycle: Lifecycle,
    written_off: bool,
    awaited: bool,
) -> None:
    loan = PaidOff(lifecycle, reason, written_off, tuple(payments), window, awaited)
    day = certain_on(loan)
    if day is None:
        assert (
            lifecycle is not Lifecycle.CLOSED
            or reason is not ClosedReason.REPAID
            or written_off
            or awaited
            or not payments
        )
        with pytest.raises(DomainError) as refused:
            check_writable(LetterCode.NO_DUES, loan, date(2040, 1, 1))
        assert refused.value.code is ErrorCode.LETTER_NOT_TRUE
        return
    assert all(day > paid + timedelta(days=window) for paid in payments)
    check_writable(LetterCode.NO_DUES, loan, day)
    with pytest.raises(DomainError):
        check_writable(LetterCode.NO_DUES, loan, day - timedelta(days=1))


def test_a_letter_fits_the_state_of_its_loan() -> None:
    running = replace(REPAID, lifecycle=Lifecycle.ACTIVE, closed_reason=None)
    applied = replace(running, lifecycle=Lifecycle.APPLIED)
    for code in set(LetterCode) - {LetterCode.NO_DUES}:
        check_writable(code, running, DAY)
        with pytest.raises(DomainError):
            check_writable(code, applied, DAY)
    check_writable(LetterCode.STATEMENT, REPAID, DAY)
    with pytest.raises(DomainError):
        check_writable(LetterCode.ARREARS_NOTICE, REPAID, DAY)


def test_a_repaid_loan_waits_for_its_day_and_is_confirmed_once() -> None:
    facts = LoanFacts(
        Lifecycle.CLOSED,
        "America/New_York",
        datetime(2028, 1, 1, tzinfo=UTC),
        free_of_dues_on=date(2028, 5, 1),
    )
    due = datetime(2028, 5, 1, 10, tzinfo=UTC)
    waiting = decide(facts, due - timedelta(seconds=1))
    assert (waiting.effects, waiting.next_wake_at) == ((), due)
    late = decide(facts, due + timedelta(days=9))
    assert (late.effects, late.next_wake_at) == ((ConfirmNoDues(due),), None)
    assert decide(replace(facts, free_of_dues_on=None), due).effects == ()


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        (date(2028, 3, 6), date(2028, 4, 12)),  # a Monday: received on the next
        (date(2028, 3, 3), date(2028, 4, 9)),  # a Friday: received on the next
        (date(2028, 3, 4), date(2028, 4, 9)),  # a Saturday: the same
        (date(2028, 1, 13), date(2028, 2, 20)),  # over the birthday of Martin Luther King
        (date(2028, 11, 21), date(2028, 12, 29)),  # over Thanksgiving
    ],
)
def test_a_debt_can_be_disputed_thirty_days_from_receipt(sent: date, until: date) -> None:
    assert dispute_until(sent) == until


@given(
    st.tuples(*[st.decimals(0, 5000, places=2)] * 3),
    st.tuples(*[st.decimals(0, 5000, places=2)] * 3),
)
def test_an_itemisation_adds_up(
    then: tuple[Decimal, Decimal, Decimal], now: tuple[Decimal, Decimal, Decimal]
) -> None:
    made = Changes.between(*zip(then, now, strict=True))
    assert min(made.interest, made.fees, made.credits) >= 0
    assert sum(then) + made.interest + made.fees - made.credits == sum(now)


def test_only_notices_of_law_need_the_creditors_address() -> None:
    for code in LetterCode:
        check_sender(code, has_address=True)
        if code not in NEEDS_SENDER:
            check_sender(code, has_address=False)
            continue
        with pytest.raises(DomainError) as refused:
            check_sender(code, has_address=False)
        assert refused.value.code is ErrorCode.LETTER_LACKS_SENDER
