"""Notifications of customers and of staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class NotificationRow(Base):
    """One line in somebody's in-app list; either a customer's or a user's of the staff.

    A customer's tells a message that was sent to him: the text stays with the message, encrypted
    under his key. A user's tells a task in plain words without personal data.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("(customer_id is null) <> (user_id is null)", name="one_reader"),
        Index("ix_notifications_customer_id_id", "customer_id", "id"),
        Index("ix_notifications_user_id_id", "user_id", "id"),
        Index(
            "ix_notifications_unread",
            "customer_id",
            "user_id",
            postgresql_where=text("read_at is null"),
        ),
    )

    id: Mapped[Key]
    natural_key: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    """`message`, or the kind of the task: `escalation`, …"""
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("tasks.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery_cases.id"))
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"))
    title: Mapped[str | None]
    created_at: Mapped[datetime]
    """On the clock of whom it is about."""
    read_at: Mapped[datetime | None]
    """Technical time."""
