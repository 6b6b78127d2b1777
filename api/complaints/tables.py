"""Complaints, their story, and the redress that was asked for because of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Facts, Key, Number

COMPLAINT_NUMBERS = Sequence("complaint_numbers", start=1001, metadata=Base.metadata)


class ComplaintRow(Base):
    """One complaint; `rulebook` names the version of the rules its days follow from.

    What is said (`text_ct`) and answered (`answer_ct`) is kept under the customer's key.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint(
            "state in ('received', 'acknowledged', 'investigating', 'resolved', 'referred')",
            name="state",
        ),
        Index("ix_complaints_customer_id_state", "customer_id", "state"),
        Index(
            "ix_complaints_open",
            "respond_by",
            postgresql_where=text("state in ('received', 'acknowledged', 'investigating')"),
        ),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery_cases.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"))
    channel: Mapped[str]
    causes: Mapped[list[str]] = mapped_column(ARRAY(String()))
    state: Mapped[str]
    outcome: Mapped[str | None]
    root_cause: Mapped[str | None]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    rulebook: Mapped[str]
    received_on: Mapped[date]
    acknowledge_by: Mapped[date]
    summary_by: Mapped[date | None]
    respond_by: Mapped[date]
    acknowledged_on: Mapped[date | None]
    resolved_on: Mapped[date | None]
    refer_by: Mapped[date | None]
    referred_on: Mapped[date | None]
    referred_to: Mapped[str | None]
    text_ct: Mapped[bytes | None]
    answer_ct: Mapped[bytes | None]
    acknowledge_task_id: Mapped[UUID | None] = mapped_column(ForeignKey("tasks.id"))
    respond_task_id: Mapped[UUID | None] = mapped_column(ForeignKey("tasks.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)


class ComplaintEventRow(Base):
    """One line of a complaint's story; free text is encrypted. Append-only."""

    __tablename__ = "complaint_events"

    id: Mapped[Key]
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaints.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    facts: Mapped[Facts]
    note_ct: Mapped[bytes | None]


class RedressRow(Base):
    """A change to a loan that was asked for because of a complaint. Append-only."""

    __tablename__ = "complaint_redress"

    change_id: Mapped[UUID] = mapped_column(ForeignKey("loan_changes.id"), primary_key=True)
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaints.id"), index=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
