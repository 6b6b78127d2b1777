"""The automation API: what programs of an integrator ask for."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from contracts.base import Instant, Wire

ReminderChannel = Literal["sms", "email"]


class NewReminder(Wire):
    """A reminder of what is unpaid, of a loan or of a customer's oldest unpaid one.

    The text follows from the facts: coming, due today or overdue. Whether it really goes is
    decided when it is sent, by the same rules as for every message.
    """

    loan_id: UUID | None = None
    customer_id: UUID | None = None
    channel: ReminderChannel = "sms"
    send_at: Instant | None = None
    """When it may go at the earliest; now when left out."""


class ReminderDecision(Wire):
    """What the contact rules say of a reminder."""

    outcome: Literal["allow", "defer", "deny"]
    reasons: list[str]
    defer_until: datetime | None = None


class Reminder(Wire):
    """A reminder that was queued, or (`dry_run`) would be."""

    message_id: UUID | None
    customer_id: UUID
    loan_id: UUID
    case_id: UUID | None
    instalment: int
    due_on: date
    channel: ReminderChannel
    template: str
    purpose: Literal["servicing", "collection"]
    send_at: datetime
    not_after: datetime
    dry_run: bool = False
    decision: ReminderDecision | None = None
    """Of a dry run, as if it went at this moment; a queued one is decided when it is sent."""


class ReminderStatus(Wire):
    """What became of a reminder; its text is not shown here."""

    message_id: UUID
    customer_id: UUID
    loan_id: UUID | None
    status: str
    reasons: list[str]
    due_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
