"""When a letter may be written: what is true of a loan, and when its money is certain."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Holidays
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import ClosedReason, ConfirmNoDues, Lifecycle, LoanFacts, decide
from domain.letters import LetterCode, PaidOff, certain_on, check_writable, dispute_until

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
    ],
)
def test_a_debt_can_be_disputed_thirty_days_from_receipt(sent: date, until: date) -> None:
    assert dispute_until(sent, Holidays()) == until
    assert dispute_until(sent, Holidays(frozenset({sent + timedelta(days=3)}))) >= until
