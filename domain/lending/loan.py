"""The life of a loan: which state follows which, and what is to be decided when.

`decide` is asked again and again with the facts as they stand. It answers what is due by now and
when to ask next; what was decided comes back as a fact, so nothing is decided twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from domain.calendar import business_date, local_instant
from domain.errors import DomainError, ErrorCode

APPROVAL_REMINDER_AFTER = timedelta(days=2)
"""An application not decided by then is brought to mind once."""
APPLICATION_EXPIRES_AFTER = timedelta(days=30)
OFFER_EXPIRES_AFTER = timedelta(days=14)
REMINDER_LEAD_DAYS = 3
DECISION_TIME = time(6)
"""The book-local time of day at which an instalment's reminders are decided."""


class Lifecycle(StrEnum):
    """The states of a loan; arrears, accrual and holds are axes of their own."""

    APPLIED = "applied"
    APPROVED = "approved"
    ACTIVE = "active"
    CLOSED = "closed"
    REJECTED = "rejected"
    EXPIRED = "expired"


class ClosedReason(StrEnum):
    """Why nothing more is asked of the borrower."""

    REPAID = "repaid"
    SETTLED = "settled"
    REFINANCED = "refinanced"
    FORGIVEN = "forgiven"
    WITHDRAWN = "withdrawn"


class Command(StrEnum):
    """What may be asked of a loan's lifecycle."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    DISBURSE = "disburse"
    CLOSE = "close"
    REOPEN = "reopen"
    EXPIRE = "expire"


TRANSITIONS: Mapping[tuple[Lifecycle, Command], Lifecycle] = MappingProxyType(
    {
        (Lifecycle.APPLIED, Command.APPROVE): Lifecycle.APPROVED,
        (Lifecycle.APPLIED, Command.REJECT): Lifecycle.REJECTED,
        (Lifecycle.APPLIED, Command.WITHDRAW): Lifecycle.CLOSED,
        (Lifecycle.APPLIED, Command.EXPIRE): Lifecycle.EXPIRED,
        (Lifecycle.APPROVED, Command.DISBURSE): Lifecycle.ACTIVE,
        (Lifecycle.APPROVED, Command.WITHDRAW): Lifecycle.CLOSED,
        (Lifecycle.APPROVED, Command.EXPIRE): Lifecycle.EXPIRED,
        (Lifecycle.ACTIVE, Command.CLOSE): Lifecycle.CLOSED,
        (Lifecycle.CLOSED, Command.REOPEN): Lifecycle.ACTIVE,
    }
)
"""Everything that may happen; what is not here is refused."""


def transition(
    state: Lifecycle, command: Command, closed_reason: ClosedReason | None = None
) -> Lifecycle:
    """The state that follows; raises `ILLEGAL_TRANSITION` with the facts `state` and `command`.

    A closed loan reopens when the money that closed it is taken back; one that was withdrawn
    never had any, so a `closed_reason` of withdrawn refuses to reopen.
    """
    following = TRANSITIONS.get((state, command))
    if following is None or (command is Command.REOPEN and closed_reason is ClosedReason.WITHDRAWN):
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"A loan that is {state.value} cannot be asked to {command.value}.",
            {"state": state.value, "command": command.value},
        )
    return following


@dataclass(frozen=True, slots=True)
class UnpaidInstalment:
    """An instalment with something unpaid, and whether its reminders were decided before."""

    number: int
    due_on: date
    reminders_decided: bool = False


@dataclass(frozen=True, slots=True)
class LoanFacts:
    """All that the next decision depends on; instants carry their offset."""

    lifecycle: Lifecycle
    zone: str
    """The zone of the creditor's book."""
    applied_at: datetime
    approved_at: datetime | None = None
    approval_asked: bool = False
    """The reminder of an undecided application has gone out."""
    unpaid: tuple[UnpaidInstalment, ...] = ()
    reminder_lead_days: int = REMINDER_LEAD_DAYS
    free_of_dues_on: date | None = None
    """The first day on which nothing that paid a closed loan off can be taken back; None for one
    that was not repaid, or was confirmed already to be free of dues."""


@dataclass(frozen=True, slots=True)
class AskForApproval:
    """Remind those who may approve that an application waits."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class ExpireApplication:
    """The application was not decided in time."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class ExpireOffer:
    """The approved offer was not taken up in time."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class QueueReminders:
    """Queue both reminders of an instalment: the upcoming one and the one on the day."""

    due_at: datetime
    number: int
    due_on: date


@dataclass(frozen=True, slots=True)
class ConfirmNoDues:
    """Confirm to the borrower that nothing is owed any more."""

    due_at: datetime


Effect = AskForApproval | ExpireApplication | ExpireOffer | QueueReminders | ConfirmNoDues
"""What is to be done; `due_at` is the instant as of which it is decided, however late it is."""


@dataclass(frozen=True, slots=True)
class LoanDecision:
    """What is due by now, in order of its due instant, and when to ask again."""

    effects: tuple[Effect, ...]
    next_wake_at: datetime | None
    """None: nothing is going to happen by the passing of time."""


NOTHING = LoanDecision((), None)


def reminders_decided_at(due_on: date, lead_days: int, zone: str) -> datetime:
    """The instant at which an instalment's reminders are decided; raises `UNKNOWN_ZONE`."""
    return local_instant(due_on - timedelta(days=lead_days), DECISION_TIME, zone)


def decide(facts: LoanFacts, now: datetime) -> LoanDecision:
    """What is to be done for a loan by `now`, and when to ask next; raises `UNKNOWN_ZONE`."""
    match facts.lifecycle:
        case Lifecycle.APPLIED:
            return _await_approval(facts, now)
        case Lifecycle.APPROVED:
            return _await_disbursement(facts, now)
        case Lifecycle.ACTIVE:
            return _serve(facts, now)
        case Lifecycle.CLOSED:
            return _confirm(facts, now)
        case Lifecycle.REJECTED | Lifecycle.EXPIRED:
            return NOTHING
        case _:
            assert_never(facts.lifecycle)


def _await_approval(facts: LoanFacts, now: datetime) -> LoanDecision:
    expires_at = facts.applied_at + APPLICATION_EXPIRES_AFTER
    if now >= expires_at:
        return LoanDecision((ExpireApplication(expires_at),), None)
    ask_at = facts.applied_at + APPROVAL_REMINDER_AFTER
    if facts.approval_asked:
        return LoanDecision((), expires_at)
    if now >= ask_at:
        return LoanDecision((AskForApproval(ask_at),), expires_at)
    return LoanDecision((), ask_at)


def _await_disbursement(facts: LoanFacts, now: datetime) -> LoanDecision:
    if facts.approved_at is None:
        raise ValueError("an approved loan has the instant of its approval")
    expires_at = facts.approved_at + OFFER_EXPIRES_AFTER
    if now >= expires_at:
        return LoanDecision((ExpireOffer(expires_at),), None)
    return LoanDecision((), expires_at)


def _serve(facts: LoanFacts, now: datetime) -> LoanDecision:
    """One decision per unpaid instalment, ahead of its due date.

    An instalment whose due date is over has no use for a reminder of it: recovery speaks then.
    """
    today = business_date(now, facts.zone)
    effects: list[QueueReminders] = []
    next_wake_at: datetime | None = None
    for instalment in facts.unpaid:
        if instalment.reminders_decided or instalment.due_on < today:
            continue
        due_at = reminders_decided_at(instalment.due_on, facts.reminder_lead_days, facts.zone)
        if due_at <= now:
            effects.append(QueueReminders(due_at, instalment.number, instalment.due_on))
        elif next_wake_at is None or due_at < next_wake_at:
            next_wake_at = due_at
    effects.sort(key=lambda effect: (effect.due_at, effect.number))
    return LoanDecision(tuple(effects), next_wake_at)


def _confirm(facts: LoanFacts, now: datetime) -> LoanDecision:
    """A repaid loan is confirmed once its money can no longer be taken back."""
    if facts.free_of_dues_on is None:
        return NOTHING
    due_at = local_instant(facts.free_of_dues_on, DECISION_TIME, facts.zone)
    if now < due_at:
        return LoanDecision((), due_at)
    return LoanDecision((ConfirmNoDues(due_at),), None)
