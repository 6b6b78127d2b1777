"""The life of a loan: transitions, and one decision for each thing that falls due."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import MONTHLY, due_dates, local_instant
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import (
    AskForApproval,
    ClosedReason,
    Command,
    ExpireApplication,
    ExpireOffer,
    Lifecycle,
    LoanDecision,
    LoanFacts,
    QueueReminders,
    UnpaidInstalment,
    decide,
    transition,
)
from tests.domain.lending.strategies import ZONES, thorough

ALLOWED = {
    ("applied", "approve"): "approved",
    ("applied", "reject"): "rejected",
    ("applied", "withdraw"): "closed",
    ("applied", "expire"): "expired",
    ("approved", "disburse"): "active",
    ("approved", "withdraw"): "closed",
    ("approved", "expire"): "expired",
    ("active", "close"): "closed",
    ("closed", "reopen"): "active",
}


@pytest.mark.parametrize(("state", "command"), list(product(Lifecycle, Command)))
def test_every_command_in_every_state(state: Lifecycle, command: Command) -> None:
    following = ALLOWED.get((state.value, command.value))
    if following:
        assert transition(state, command) == following
        return
    with pytest.raises(DomainError) as refusal:
        transition(state, command)
    assert refusal.value.code is ErrorCode.ILLEGAL_TRANSITION
    assert refusal.value.facts == {"state": state.value, "command": command.value}


def test_a_withdrawn_loan_does_not_reopen() -> None:
    reopened = transition(Lifecycle.CLOSED, Command.REOPEN, ClosedReason.REPAID)
    assert reopened is Lifecycle.ACTIVE
    with pytest.raises(DomainError) as refusal:
        transition(Lifecycle.CLOSED, Command.REOPEN, ClosedReason.WITHDRAWN)
    assert refusal.value.code is ErrorCode.ILLEGAL_TRANSITION


APPLIED_AT = datetime(2024, 3, 1, 15, 30, tzinfo=UTC)
APPLIED = LoanFacts(Lifecycle.APPLIED, "Europe/Berlin", APPLIED_AT)
APPROVED = LoanFacts(
    Lifecycle.APPROVED, "Europe/Berlin", APPLIED_AT, approved_at=APPLIED_AT + timedelta(days=1)
)
INSTANT = timedelta(microseconds=1)
ASK_AT = APPLIED_AT + timedelta(days=2)
APPLICATION_ENDS = APPLIED_AT + timedelta(days=30)
OFFER_ENDS = APPLIED_AT + timedelta(days=15)


@pytest.mark.parametrize(
    ("facts", "now", "decision"),
    [
        (APPLIED, APPLIED_AT, LoanDecision((), ASK_AT)),
        (APPLIED, ASK_AT - INSTANT, LoanDecision((), ASK_AT)),
        (APPLIED, ASK_AT, LoanDecision((AskForApproval(ASK_AT),), APPLICATION_ENDS)),
        (
            APPLIED,
            ASK_AT + timedelta(days=9),
            LoanDecision((AskForApproval(ASK_AT),), APPLICATION_ENDS),
        ),
        (replace(APPLIED, approval_asked=True), ASK_AT, LoanDecision((), APPLICATION_ENDS)),
        (
            APPLIED,
            APPLICATION_ENDS,
            LoanDecision((ExpireApplication(APPLICATION_ENDS),), None),
        ),
        (APPROVED, OFFER_ENDS - INSTANT, LoanDecision((), OFFER_ENDS)),
        (APPROVED, OFFER_ENDS, LoanDecision((ExpireOffer(OFFER_ENDS),), None)),
    ],
)
def test_before_disbursement(facts: LoanFacts, now: datetime, decision: LoanDecision) -> None:
    assert decide(facts, now) == decision


@pytest.mark.parametrize("over", [Lifecycle.CLOSED, Lifecycle.REJECTED, Lifecycle.EXPIRED])
def test_nothing_is_decided_when_it_is_over(over: Lifecycle) -> None:
    facts = replace(APPROVED, lifecycle=over, unpaid=(UnpaidInstalment(1, date(2024, 4, 1)),))
    assert decide(facts, APPLIED_AT + timedelta(days=400)) == LoanDecision((), None)


def active(zone: str, first: date, count: int) -> LoanFacts:
    return LoanFacts(
        Lifecycle.ACTIVE,
        zone,
        APPLIED_AT,
        unpaid=tuple(
            UnpaidInstalment(number, due_on)
            for number, due_on in enumerate(due_dates(first, MONTHLY, count), start=1)
        ),
    )


def decided(facts: LoanFacts, decision: LoanDecision) -> LoanFacts:
    """The facts once the decision was carried out."""
    numbers = {e.number for e in decision.effects if isinstance(e, QueueReminders)}
    return replace(
        facts,
        unpaid=tuple(
            replace(row, reminders_decided=row.reminders_decided or row.number in numbers)
            for row in facts.unpaid
        ),
    )


@thorough
@given(
    ZONES,
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    st.integers(1, 24),
)
def test_a_loan_wakes_once_per_instalment(zone: str, first: date, count: int) -> None:
    facts = active(zone, first, count)
    now = local_instant(first - timedelta(days=20), time(12), zone)
    queued: list[QueueReminders] = []
    wakes = 0
    decision = decide(facts, now)
    assert decision.effects == ()
    while decision.next_wake_at is not None:
        assert decision.next_wake_at > now
        now = decision.next_wake_at
        wakes += 1
        decision = decide(facts, now)
        assert len(decision.effects) == 1
        queued += [e for e in decision.effects if isinstance(e, QueueReminders)]
        facts = decided(facts, decision)
        assert decide(facts, now).effects == ()
    assert wakes == count
    assert [effect.number for effect in queued] == list(range(1, count + 1))
    for effect in queued:
        assert effect.due_at == local_instant(effect.due_on - timedelta(days=3), time(6), zone)


@thorough
@given(ZONES, st.lists(st.integers(0, 9 * 24), min_size=1, max_size=60))
def test_extra_wakes_and_late_ones_change_nothing(zone: str, hours: list[int]) -> None:
    """However often it is asked, each instalment still ahead is decided once, as of its instant."""
    facts = active(zone, date(2024, 1, 31), 6)
    now = local_instant(date(2024, 1, 1), time(12), zone)
    seen: list[int] = []
    for step in hours:
        now += timedelta(hours=step)
        decision = decide(facts, now)
        for effect in decision.effects:
            assert isinstance(effect, QueueReminders)
            assert effect.due_at <= now
            seen.append(effect.number)
        assert decision.next_wake_at is None or decision.next_wake_at > now
        facts = decided(facts, decision)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)


def test_a_loan_disbursed_close_to_its_due_date_decides_at_once() -> None:
    facts = active("Asia/Kolkata", date(2024, 5, 2), 1)
    now = local_instant(date(2024, 5, 1), time(9), "Asia/Kolkata")
    due_at = local_instant(date(2024, 4, 29), time(6), "Asia/Kolkata")
    effect = QueueReminders(due_at, 1, date(2024, 5, 2))
    assert decide(facts, now) == LoanDecision((effect,), None)


def test_an_instalment_whose_day_is_over_is_not_reminded() -> None:
    facts = active("Asia/Kolkata", date(2024, 5, 2), 1)
    on_the_day = local_instant(date(2024, 5, 2), time(23, 59), "Asia/Kolkata")
    assert len(decide(facts, on_the_day).effects) == 1
    assert decide(facts, on_the_day + timedelta(minutes=1)) == LoanDecision((), None)


def test_the_lead_is_a_fact() -> None:
    facts = replace(active("UTC", date(2024, 5, 10), 1), reminder_lead_days=7)
    wake = decide(facts, datetime(2024, 5, 1, tzinfo=UTC)).next_wake_at
    assert wake == datetime(2024, 5, 3, 6, tzinfo=UTC)


def test_an_unknown_zone_is_refused() -> None:
    facts = active("Mars/Olympus", date(2024, 5, 2), 1)
    with pytest.raises(DomainError) as refusal:
        decide(facts, APPLIED_AT)
    assert refusal.value.code is ErrorCode.UNKNOWN_ZONE


def test_an_offer_without_its_instant_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="approval"):
        decide(replace(APPROVED, approved_at=None), APPLIED_AT)
