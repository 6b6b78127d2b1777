"""In-app notifications: what somebody finds when he logs in."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from contracts.base import Page, Wire


class Notification(Wire):
    """One line: a message that was sent to a customer, or a task that waits for the staff."""

    id: UUID
    kind: str = Field(examples=["message", "escalation"])
    title: str
    """The subject of an e-mail, the beginning of a text message, or what is to be done."""
    body: str
    """The whole text of a message; empty for the staff."""
    message_id: UUID | None
    task_id: UUID | None
    case_id: UUID | None
    loan_id: UUID | None
    created_at: datetime
    """On the clock of whom it is about."""
    read: bool
    read_at: datetime | None


class NotificationPage(Page[Notification]):
    """Notifications, newest first, and how many are unread in all."""

    unread: int
