"""Messages to and from customers, and why each was sent or withheld."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Wire

MessageStatus = Literal[
    "queued",
    "leased",
    "dispatched",
    "permitted",
    "sent",
    "delivered",
    "failed",
    "bounced",
    "withheld",
    "expired",
    "unknown",
    "received",
]

MessageChannel = Literal["sms", "email", "call", "in_app"]


class Understood(Wire):
    """What a reply was taken for, and by which rules."""

    intent: str = Field(examples=["promise"])
    """The strictest of what it says; `unclear` where a person has to read it."""
    also: list[str] = Field(examples=[["hardship"]])
    """What else it says, the strictest first; of an unclear one, what it may be about."""
    confidence: Decimal = Field(ge=0, le=1, examples=["0.97"])
    rules: list[str] = Field(examples=[["es.promise.sentence"]])
    """The ids of the rules that spoke."""
    language: str = Field(examples=["es"])
    """In which language it was understood (ISO 639-1); empty where that is no matter."""


class Message(Wire):
    """A message; its text is shown only to those who may read the customer's data."""

    id: UUID
    direction: Literal["outbound", "inbound"]
    customer_id: UUID | None
    """Null for a reply from an address that nobody has, or that several people share."""
    loan_id: UUID | None
    case_id: UUID | None
    instalment: int | None = None
    channel: str
    purpose: str
    template: str | None
    template_version: str | None = Field(default=None, examples=["shipped-1", "2"])
    """Of the text it was written from; null until it is about to go."""
    status: MessageStatus
    subject: str | None
    body: str
    """Empty until it is written, which happens when it is about to go."""
    due_at: datetime
    """When it may go, or came: on the customer's clock, like the instants below."""
    not_after: datetime | None = None
    sent_at: datetime | None
    delivered_at: datetime | None = None
    reasons: list[str] = Field(examples=[["outside-hours"]])
    """Why it was withheld, failed or lost its point, or the last reason it was put off."""
    provider: str | None = None
    """Through which provider it went (`twilio`, `twilio-backup`); null where none is known. Staff
    only."""
    call_outcome: str | None = None
    """What became of a call; null for what is none, and until it is reported."""
    segments: int | None = None
    """How many segments its text takes as an SMS; null for e-mails."""
    understood: Understood | None = None
    """What a reply was taken for; null for what we sent, and for what a machine wrote. Staff only.
    """


class ContactDecision(Wire):
    """One decision about one contact: allowed, put off or denied, and by which rules."""

    id: UUID
    message_id: UUID
    outcome: Literal["allow", "defer", "deny"]
    reasons: list[str] = Field(examples=[["us.hours: outside-hours", "us.cap: below-cap"]])
    """Every rule that spoke, each with its word."""
    packs: list[str] = Field(examples=[["us@1"]])
    """The rule packs that were asked, each with its version."""
    decided_at: datetime
    local_time: str | None = Field(examples=["Fri 21:40 America/Chicago"])
    """The time where the customer is, or may be; null where nobody knows."""
    defer_until: datetime | None
    valid_until: datetime | None
