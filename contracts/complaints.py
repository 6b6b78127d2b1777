"""Complaints: what was said, until when it is answered, what became of it, and the redress."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import LongText, ShortText, TimelineEntry, Wire
from contracts.loan_changes import (
    Forgiveness,
    GoodwillCredit,
    LoanChange,
    Refund,
    Waiver,
)

ComplaintState = Literal["received", "acknowledged", "investigating", "resolved", "referred"]
ComplaintOutcome = Literal["upheld", "partly_upheld", "rejected", "withdrawn"]
ComplaintChannel = Literal[
    "phone", "email", "sms", "letter", "portal", "in_person", "social_media", "regulator", "other"
]
ComplaintCause = Literal[
    "contact_frequency",
    "contact_manner",
    "contact_after_stop",
    "wrong_person",
    "amount_owed",
    "fees_or_interest",
    "payment_not_booked",
    "affordability",
    "hardship_ignored",
    "information",
    "privacy",
    "service",
    "other",
]
RootCause = Literal[
    "none_found", "process", "system", "people", "communication", "product", "third_party"
]


class NewComplaint(Wire):
    """Any dissatisfaction, by any channel.

    `loan_id`, `case_id`, `payment_id` and `message_id` say what it is about; without any of them
    it is about all that the customer has with the creditor, who then must be named unless he has
    only one. A customer files his own, by the portal, today.
    """

    customer_id: UUID
    text: LongText
    """What he says; kept under his key."""
    causes: Annotated[list[ComplaintCause], Field(min_length=1, max_length=5)] = Field(
        default_factory=lambda: list[ComplaintCause](["other"])
    )
    channel: ComplaintChannel = "portal"
    received_on: date | None = None
    """The day it reached us; today unless given. The clocks count from it."""
    loan_id: UUID | None = None
    case_id: UUID | None = None
    payment_id: UUID | None = None
    message_id: UUID | None = None
    creditor_id: UUID | None = None
    owner_id: UUID | None = None
    """The member of staff who answers for it."""


class EditComplaint(Wire):
    """What may be set right while it is open; what is left out stays."""

    owner_id: UUID | None = None
    causes: Annotated[list[ComplaintCause], Field(min_length=1, max_length=5)] | None = None


class ComplaintNote(Wire):
    """A word of whoever handles a complaint; kept under the customer's key."""

    note: ShortText | None = None


class ResolveComplaint(Wire):
    """How a complaint is answered."""

    outcome: ComplaintOutcome
    root_cause: RootCause
    answer: LongText
    """What the customer is told, with the reasons; he reads it in the portal."""


class ReferComplaint(Wire):
    """Who decides now."""

    to: ShortText = Field(examples=["Financial Ombudsman Service"])


RedressTerms = Annotated[
    Waiver | GoodwillCredit | Forgiveness | Refund, Field(discriminator="kind")
]


class NewRedress(Wire):
    """What makes good for a complaint: a change to a loan of the customer."""

    loan_id: UUID
    loan_version: Annotated[int, Field(ge=1)]
    """The ETag of the loan that was seen."""
    change: RedressTerms


class Complaint(Wire):
    """A complaint, its clocks and its end."""

    id: UUID
    number: str = Field(examples=["CP-1001"])
    customer_id: UUID
    creditor_id: UUID
    loan_id: UUID | None
    case_id: UUID | None
    payment_id: UUID | None
    message_id: UUID | None
    channel: ComplaintChannel
    causes: list[ComplaintCause]
    state: ComplaintState
    outcome: ComplaintOutcome | None
    root_cause: RootCause | None
    owner_id: UUID | None
    rulebook: str = Field(examples=["gb@1"])
    """The version of the rules that its days follow from."""
    received_on: date
    acknowledge_by: date
    summary_by: date | None
    """Until then an answer that the customer accepts is all there needs to be."""
    respond_by: date
    acknowledged_on: date | None
    resolved_on: date | None
    refer_by: date | None
    """Until then he may take our answer to somebody who decides over us."""
    referral: str
    """Who that is."""
    referred_on: date | None
    referred_to: str | None
    late: bool
    """A clock ran out, or what it asks for came after its day."""
    next_day: date | None
    """The next day that something is owed by."""
    version: int


class ComplaintDetail(Complaint):
    """A complaint with its words, story and redress.

    A customer reads his own without what is said among staff.
    """

    text: str | None
    answer: str | None
    redress: list[LoanChange]
    timeline: list[TimelineEntry]


class ComplaintTerm(Wire):
    """A term of a rulebook."""

    count: int
    unit: Literal["business_days", "days", "weeks", "months"]
    citation: str


class ComplaintRulebook(Wire):
    """What one jurisdiction asks of whoever gets a complaint."""

    code: str
    version: int
    name: str
    citation: str
    verified: bool
    """Whether its figures were read at their source; else it is Tenor's best knowledge."""
    countries: list[str]
    acknowledge: ComplaintTerm
    summary: ComplaintTerm | None
    final_response: ComplaintTerm
    refer: ComplaintTerm
    referral: str
    referral_contact: str
    """Where that body is found: its site, its phone."""
