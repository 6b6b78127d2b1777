"""The words of a recovery case: the facts it is judged on, and what a plan for it says.

`domain.recovery.planning.plan` makes the one of the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.contact.channel import Channel
from domain.letters import LetterCode
from domain.office import AROUND_THE_CLOCK, Office
from domain.recovery.arrangement import Arrangement, ArrangementState, PartState
from domain.recovery.conditions import LastOutcome
from domain.recovery.holds import Hold
from domain.recovery.moratorium import Moratorium
from domain.recovery.pauses import AwaitedPayment
from domain.recovery.promise import Promise, PromiseState, Receipt
from domain.recovery.settlement import Settlement, SettlementState
from domain.recovery.sla import Pause
from domain.recovery.strategy import Action

AWAITED_PAYMENT = "payment"
"""What a case stands still for while a payment that covers it is announced and not final."""


class CaseStatus(StrEnum):
    """Whether anything is left to recover."""

    OPEN = "open"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why a case ends by itself; people may end it for other reasons."""

    CURED = "cured"
    ARRANGEMENT_COMPLETED = "arrangement_completed"
    """The last date of an arrangement was kept, and nothing is overdue any more."""
    SETTLED = "settled"
    """A part of the debt was paid for the whole."""
    STRATEGY_ENDED = "strategy_ended"
    """A step of its strategy closed it: it is not chased any more."""
    PASSED_ON = "passed_on"
    """Its last loan has another customer now."""
    PROTECTION_ENDED = "protection_ended"
    """It stood in for a debtor whom nobody might ask; now he may be asked again."""


class EscalationLevel(StrEnum):
    """Who was asked to take the case."""

    ADVISOR = "advisor"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Escalation:
    """The last time somebody was asked to take the case.

    Attributes:
        level: Who was asked.
        asked_at: When.
        acknowledged_at: When they took it; None while they have not.
        pauses: When the clock of their answer stood still, because others were awaited.
    """

    level: EscalationLevel
    asked_at: datetime
    acknowledged_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class PerformedStep:
    """A step that was taken, withheld or superseded, for one obligation.

    Attributes:
        key: The step's key.
        anchor_on: The obligation's due date.
        on: Business day it happened.
        superseded: It was passed over without being taken.
    """

    key: str
    anchor_on: date
    on: date
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Everything a plan looks at; nothing in it identifies the customer.

    Attributes:
        anchor_on: Due date of the obligation that leads now (the oldest unmet instalment).
        stage: Stage now; None if it has none yet.
        overdue_amount: What is overdue on the loans of the case, in its currency.
        performed: Steps recorded so far, for every obligation.
        promises: All promises of the case, resolved ones too.
        receipts: Cleared money since the first promise was made.
        holds: All holds of the case, ended ones too.
        awaited: Payments that were announced and suspended it, past ones too.
        open_tasks: Keys of the tasks that wait for a person.
        escalation: The last escalation, if any.
        zone: Customer's zone; None if unknown (the creditor's is used to plan).
        book_zone: Creditor's zone: its days are business days.
        now: The instant (aware) on the case's clock.
        bucket: Arrears bucket of the loan that leads.
        unpaid_instalments: Instalments overdue on the loans of the case.
        channels: Media by which the customer may be reached.
        language: The customer's, two letters.
        last_outcome: What came of the last step that was taken.
        arrangements: All arrangements of the case, oldest first.
        settlements: All settlements of the case, oldest first.
        moratoria: All moratoria that concern the case.
        office: The creditor's business hours, in which escalations are counted.
        risk: The risk score of the case, 0 to 100.
    """

    anchor_on: date
    stage: str | None
    overdue_amount: Decimal
    performed: tuple[PerformedStep, ...]
    promises: tuple[Promise, ...]
    receipts: tuple[Receipt, ...]
    holds: tuple[Hold, ...]
    open_tasks: tuple[str, ...]
    escalation: Escalation | None
    zone: str | None
    book_zone: str
    now: datetime
    awaited: tuple[AwaitedPayment, ...] = ()
    bucket: str = "current"
    unpaid_instalments: int = 1
    channels: frozenset[Channel] = frozenset(Channel)
    language: str = "en"
    last_outcome: LastOutcome = LastOutcome.NOTHING
    arrangements: tuple[Arrangement, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    moratoria: tuple[Moratorium, ...] = ()
    office: Office = AROUND_THE_CLOCK
    risk: int = 0


class WhyCode(StrEnum):
    """The reason of a plan in one stable word."""

    CURED = "cured"
    STEP_DUE = "step-due"
    STEP_LATE = "step-late"
    STEP_PLANNED = "step-planned"
    PROMISE_OPEN = "promise-open"
    ARRANGEMENT_OPEN = "arrangement-open"
    SETTLEMENT_ACCEPTED = "settlement-accepted"
    PAYMENT_AWAITED = "payment-awaited"
    ON_HOLD = "on-hold"
    ESCALATION_OPEN = "escalation-open"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: a code for programs and a plain sentence for people, without personal data."""

    code: WhyCode
    text: str


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """The next step of a case.

    Attributes:
        key: The step's key; with case and anchor it makes the effect happen once.
        action: What to do: the step's own action, or a letter where no medium is left.
        channel: Medium of a message: the first of the step's by which the customer may be reached.
        template: Text of a message, or of a letter without a code.
        letter: The letter that is written about each overdue loan.
        at: When (UTC); not later than now means: do it now.
        not_after: When a reminder has lost its point (UTC); None for what a person does.
        why: The reason.
    """

    key: str
    action: Action
    channel: Channel | None
    template: str | None
    at: datetime
    not_after: datetime | None
    why: Why
    letter: LetterCode | None = None


@dataclass(frozen=True, slots=True)
class ResolvePromise:
    """Effect: a promise came to its end, or is open again because its ground is gone."""

    promise_id: str
    state: PromiseState
    received: Decimal


@dataclass(frozen=True, slots=True)
class SupersedeSteps:
    """Effect: steps are recorded as passed over, because a later one says it all."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A step whose condition did not hold on its day, and why."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class PassOverSteps:
    """Effect: steps are recorded as passed over, because their conditions do not hold."""

    steps: tuple[PassedOver, ...]


@dataclass(frozen=True, slots=True)
class ReEscalate:
    """Effect: nobody took the case in time; the next level is asked now."""

    level: EscalationLevel


@dataclass(frozen=True, slots=True)
class CancelTasks:
    """Effect: tasks are no longer needed."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveArrangement:
    """Effect: an arrangement or parts of it came to something else than is recorded."""

    arrangement_id: str
    state: ArrangementState
    parts: Mapping[int, PartState]
    received: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class MoveSettlement:
    """Effect: a settlement came to its end without being paid in full."""

    settlement_id: str
    state: SettlementState
    received: Decimal


@dataclass(frozen=True, slots=True)
class RemindOfPart:
    """Effect: a date of an arrangement is near; the customer is reminded of it.

    Attributes:
        arrangement_id: Which.
        number: Which date.
        due_on: The date as holds leave it.
    """

    arrangement_id: str
    number: int
    due_on: date


@dataclass(frozen=True, slots=True)
class AskForReview:
    """Effect: a moratorium has to be reviewed by a day; a person is asked."""

    moratorium_id: str
    number: int
    closes_on: date


Effect = (
    ResolvePromise
    | SupersedeSteps
    | PassOverSteps
    | ReEscalate
    | CancelTasks
    | MoveArrangement
    | MoveSettlement
    | RemindOfPart
    | AskForReview
)


@dataclass(frozen=True, slots=True)
class CasePlan:
    """What a case does next.

    Attributes:
        status: Open or closed.
        close_reason: Why it closes, if it does.
        stage: Stage from now on; never below the one in the facts.
        active_day: Days its clock counts today.
        next: The next step; None while suspended, or when none is left.
        suspended_by: What stands still for: `hold:` and a kind, `payment`, `promise`,
            `arrangement`, `settlement`, in this order.
        wake_at: When to plan again at the latest (UTC); None only when closed.
        why: The reason in short.
        effects: What to record now, in this order.
    """

    status: CaseStatus
    close_reason: CloseReason | None
    stage: str
    active_day: int
    next: PlannedStep | None
    suspended_by: tuple[str, ...]
    wake_at: datetime | None
    why: Why
    effects: tuple[Effect, ...]
