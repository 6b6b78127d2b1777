"""Recovery cases: what is being done about arrears, by whom, and why."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Amount, LongText, ShortText, TimelineEntry, Wire
from contracts.plans import Arrangement, Moratorium, Settlement
from contracts.tasks import Task


class PriorityPart(Wire):
    """One thing that speaks for a case, or against working it now."""

    code: str
    points: int
    text: str


class Case(Wire):
    """A customer's open (or closed) recovery with one creditor in one currency."""

    id: UUID
    number: str
    customer_id: UUID
    creditor_id: UUID
    currency: str
    status: Literal["open", "closed"]
    closed_reason: str | None
    stage: str
    strategy: str
    strategy_version: int
    overdue: Amount
    past_due_days: int
    past_due_since: date | None
    bucket: str
    assignee_id: UUID | None
    escalation: Literal["none", "asked", "acknowledged", "re_escalated"]
    opened_at: datetime
    closed_at: datetime | None
    next_step: str | None
    next_at: datetime | None
    waiting_for: str
    suspended_by: str | None
    workflow_id: str
    version: int
    assigned_because: str | None = None
    """Why it has its owner (`portfolio`, `least_loaded`, `by_hand`, `handed_over`), or waits in a
    queue (`no_skill`, `full`, `nobody`)."""
    team_id: UUID | None = None
    """Whose it is: the owner's team, or the one in whose queue it waits."""
    priority: int = 0
    """Orders the worklist, the highest first; the sum of its parts. It follows every
    fact, and the days: it is set when the case is planned and as a business day opens."""
    priority_parts: list[PriorityPart] = Field(default_factory=list)
    risk_score: int | None = None
    """0 to 100 by the card in use, kept like the priority; null before the first of either."""
    risk_level: Literal["low", "medium", "high"] | None = None
    leased_by: UUID | None = None
    """Who works it at this moment."""
    leased_until: datetime | None = None


class Promise(Wire):
    """A promise to pay, and what became of it."""

    id: UUID
    case_id: UUID
    amount: Amount
    currency: str
    due_on: date
    status: Literal["open", "kept", "partial", "broken", "replaced"]
    source: Literal["agent", "sms", "email", "portal", "api"]
    received: Amount
    made_at: datetime
    resolved_at: datetime | None


class Hold(Wire):
    """A reason why chasing is suspended."""

    id: UUID
    case_id: UUID
    customer_id: UUID
    """Whom it binds: the case's customer, or another party of its loans."""
    kind: str
    starts_on: date
    ends_on: date | None
    review_on: date | None
    active: bool


class CaseDetail(Case):
    """A case with its loans, what was agreed on it, holds, tasks and timeline."""

    loan_ids: list[UUID]
    promises: list[Promise]
    holds: list[Hold]
    arrangements: list[Arrangement]
    settlements: list[Settlement]
    moratoria: list[Moratorium]
    """Of the customer, wherever they were placed."""
    tasks: list[Task]
    timeline: list[TimelineEntry]
    pinned_note: TimelineEntry | None = None
    """The note that is kept on top."""


class NewPromise(Wire):
    """What the customer promises; the amount may not exceed what is overdue."""

    amount: Amount
    due_on: date
    source: Literal["agent", "portal", "api"] = "agent"


class NewHold(Wire):
    """A hold on a case; one without an end needs a review date."""

    customer_id: UUID | None = None
    """Another party of a loan in the case whom it binds; the case's customer unless given. It
    stops contact with that party alone, unless it is about the debt itself (`dispute`, `fraud`)."""
    kind: Literal[
        "dispute",
        "hardship",
        "moratorium",
        "cease",
        "legal_representative",
        "bankruptcy",
        "deceased",
        "fraud",
        "vulnerable",
        "manual",
    ]
    starts_on: date | None = None
    ends_on: date | None = None
    review_on: date | None = None
    reason: ShortText | None = None


class EndHold(Wire):
    """Why a hold ends."""

    reason: ShortText


class NewNote(Wire):
    """A note on a case, kept encrypted."""

    text: LongText
    pinned: bool = False
    """Keep it on top of the case, in place of the one that is there."""


class PinNote(Wire):
    """Which note is kept on top of a case; null for none."""

    note_id: UUID | None


class AssignCase(Wire):
    """Who works the case from now on; null takes it from its owner."""

    user_id: UUID | None


class EscalateCase(Wire):
    """Why an advisor is asked."""

    reason: ShortText


class AcknowledgeCase(Wire):
    """An advisor takes the escalation."""

    note: ShortText | None = None


class PauseSla(Wire):
    """Who is awaited while the clock of an escalation stands still."""

    waiting_on: Literal["customer", "third_party", "provider"]


class SlaPause(Wire):
    """A stretch in which the clock of an escalation stood still."""

    waiting_on: Literal["customer", "third_party", "provider"]
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    """Null while it lasts."""
    ended_by: str | None


class Sla(Wire):
    """How long is left to answer an escalation, in the creditor's business hours."""

    asked: Literal["advisor", "manager"] | None
    """Whose answer is awaited; null for nobody's."""
    due_at: datetime | None
    """Until when; null while the clock stands still."""
    left_minutes: int | None
    """Open minutes that remain; they stay while the clock stands still."""
    paused_for: Literal["customer", "third_party", "provider"] | None
    """For whom it stands still now."""
    overdue: bool = False
    pauses: list[SlaPause]
    """Every stretch so far, oldest first, of earlier escalations too."""


class CloseCase(Wire):
    """An end by decision; an end by payment (`cured`) is found by itself."""

    reason: Literal["settled", "arrangement_completed", "forgiven", "wrong_party"]
    note: ShortText | None = None


class Proposal(Wire):
    """What a strategy wants done that a manager decides on.

    An approved settlement offer is sent to the customer; an approved placement becomes a task; an
    approved charge-off is asked for on each loan, where a second person may have to agree.
    """

    id: UUID
    case_id: UUID
    kind: Literal["offer_settlement", "place", "charge_off"]
    status: Literal["proposed", "approved", "rejected", "withdrawn"]
    percent: Amount | None
    """Of a settlement offer: the share of what closes the loans."""
    valid_days: int
    amount: Amount | None
    """Of an approved settlement offer: what settles the case."""
    currency: str
    valid_until: date | None
    proposed_at: datetime
    decided_at: datetime | None


class LetterText(Wire):
    """The words of a letter that an agent posts."""

    subject: str
    body: str


class RejectProposal(Wire):
    """Why a proposal is not followed; kept encrypted."""

    reason: ShortText


class StrategyStep(Wire):
    """One step of a strategy, for reading.

    `day` counts active days from the due date; a negative or zero one comes before there is a
    case, in the stage `pre_due`.
    """

    key: str
    day: int
    action: str
    channel: str | None
    template: str | None
    stage: str
    to: Literal["primary", "co_borrowers", "guarantors", "liable"] = "primary"
    """To whom a message goes; each person's own permit decides whether it does."""
    letter: str | None = None
    """The code of the letter that is written about each overdue loan."""


class Strategy(Wire):
    """A version of a strategy."""

    code: str
    version: int
    stages: list[str]
    steps: list[StrategyStep] = Field(default_factory=list)


class ExplainedLine(Wire):
    """One thing that was done about a case, in words."""

    at: datetime
    text: str


class WithheldContact(Wire):
    """A message that did not go, and why."""

    at: datetime
    """When it should have gone."""
    text: str
    reasons: list[str] = Field(examples=[["opted-out"]])
    """The reasons as codes; a customer is told them in words alone."""
    retried_at: datetime | None = None
    """When it is tried again, where it was only put off."""


class CaseExplanation(Wire):
    """Why a case is where it is, and what becomes of it, in plain words."""

    case_id: UUID
    number: str
    reader: Literal["agent", "customer"]
    """For whom it is worded: a customer is told what is his to know, without internals."""
    why: str
    done: list[ExplainedLine]
    """What was done, oldest first; the latest fifty."""
    withheld: list[WithheldContact]
    """What was not sent, or put off, oldest first; the latest fifty."""
    coming: str
    next_at: datetime | None
    stops: list[str]
    """What would stop it, the plainest way first."""
