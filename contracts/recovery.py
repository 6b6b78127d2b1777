"""Recovery cases: what is being done about arrears, by whom, and why."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Amount, LongText, ShortText, TimelineEntry, Wire
from contracts.tasks import Task


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
    """A case with its loans, promises, holds, tasks and timeline."""

    loan_ids: list[UUID]
    promises: list[Promise]
    holds: list[Hold]
    tasks: list[Task]
    timeline: list[TimelineEntry]


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


class AssignCase(Wire):
    """Who works the case from now on; null takes it from its owner."""

    user_id: UUID | None


class EscalateCase(Wire):
    """Why an advisor is asked."""

    reason: ShortText


class AcknowledgeCase(Wire):
    """An advisor takes the escalation."""

    note: ShortText | None = None


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


class Letter(Wire):
    """What an agent posts."""

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
