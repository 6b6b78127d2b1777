"""Compliance: every decision about contact, what was done by whom, and whether it is whole."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Wire
from domain.errors import Fact

ContactChannel = Literal["sms", "email", "call", "in_app", "letter"]


class RuleSaid(Wire):
    """What one rule said about a contact."""

    rule: str = Field(examples=["us.hours"])
    code: str = Field(examples=["outside-hours"])
    words: str
    stops: bool
    """It is why the contact was put off or denied."""


class ContactAttempt(Wire):
    """One attempt to contact somebody: allowed, put off or denied."""

    id: UUID
    place: int
    """Which decision about this person it is; the chain counts them."""
    message_id: UUID
    customer_id: UUID
    customer_number: str
    case_id: UUID | None
    case_number: str | None
    loan_id: UUID | None
    channel: str
    purpose: str
    outcome: Literal["allow", "defer", "deny"]
    rules: list[RuleSaid]
    """What stopped it first, then the rest in the order in which they were asked."""
    packs: list[str] = Field(examples=[["us@1"]])
    contacts_counted: int | None
    """Earlier contacts that the caps counted; null where it was not kept."""
    decided_at: datetime
    local_time: str | None = Field(examples=["Fri 21:40 America/Chicago"])
    """Where the person is, or may be; null where nobody knows."""
    defer_until: datetime | None
    status: str
    """What became of the message since."""


class ContactFilter(Wire):
    """What the ledger of contacts is narrowed to; null: not by this."""

    customer_id: UUID | None = None
    case_id: UUID | None = None
    outcome: Literal["allow", "defer", "deny"] | None = None
    rule: Annotated[str, Field(max_length=64)] | None = None
    """A rule (`us.hours`) or a reason (`outside-hours`) that spoke."""
    channel: ContactChannel | None = None
    from_on: date | None = None
    """First day (UTC, on the customer's clock)."""
    to_on: date | None = None
    """Last day, itself included."""


class AuditEntry(Wire):
    """One change of state: who, what, to what, with which facts."""

    id: UUID
    at: datetime
    actor: str = Field(examples=["user:…", "service:cases"])
    action: str = Field(examples=["payment.posted"])
    subject_kind: str
    subject_id: UUID
    facts: dict[str, Fact]
    request_id: str


class AuditFilter(Wire):
    """What the audit is narrowed to; null: not by this."""

    actor: Annotated[str, Field(max_length=100)] | None = None
    action: Annotated[str, Field(max_length=100)] | None = None
    """An action (`payment.posted`), or all of an area (`payment.`)."""
    subject_id: UUID | None = None
    from_on: date | None = None
    """First day (UTC)."""
    to_on: date | None = None
    """Last day, itself included."""


class EvidenceCheck(Wire):
    """What a check of everything that was recorded about contact came to."""

    id: UUID
    at: datetime
    by: str
    decisions: int
    """How many links were walked."""
    damages: int
    """What is not as it was recorded, and messages that went without a permit."""
    findings: list[str]
    """The first hundred of them; of earlier checks only the count is kept."""
