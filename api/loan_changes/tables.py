"""Changes to loans, and the limits up to which one person makes them alone."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Number, Rate

CHANGE_NUMBERS = Sequence("loan_change_numbers", start=1001, metadata=Base.metadata)


class LoanChangeRow(Base):
    """A change asked for, and what became of it.

    `terms` and `moved` are wire forms (`contracts.loan_changes`): what was asked, and what it
    would move (pending) or moved (applied). What it wrote carries the natural key
    `change:{id}`, its parts have that movement as their parent. `absorbed` is the part of a relief
    that had been written off before; undoing the change needs it.
    """

    __tablename__ = "loan_changes"
    __table_args__ = (
        Index("ix_loan_changes_loan_id_number", "loan_id", "number"),
        CheckConstraint("status in ('pending', 'applied', 'rejected', 'undone')", name="status"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
    kind: Mapped[str]
    status: Mapped[str]
    terms: Mapped[dict[str, object]] = mapped_column(JSONB())
    reason: Mapped[str]
    note_ct: Mapped[bytes | None]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    """The primary when it was asked for: under his key the note is kept."""
    amount: Mapped[Money]
    absorbed: Mapped[Money] = mapped_column(server_default=text("0"))
    currency: Mapped[str]
    value_on: Mapped[date]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    rejected_for: Mapped[str | None]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("loan_changes.id"))
    made_loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"))
    moved: Mapped[dict[str, object]] = mapped_column(JSONB())


class ChangeLimitRow(Base):
    """What one manager may do alone, by kind and currency, in a creditor's book."""

    __tablename__ = "change_limits"
    __table_args__ = (UniqueConstraint("creditor_id", "kind", "currency"),)

    id: Mapped[Key]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    kind: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Money]


class ScheduleVersionRow(Base):
    """A schedule that a loan had from a day on; nothing made the first one. Append-only."""

    __tablename__ = "schedule_versions"
    __table_args__ = (UniqueConstraint("loan_id", "version"),)

    id: Mapped[Key]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
    version: Mapped[int]
    change_id: Mapped[UUID | None]
    """The change that made it, in `loan_changes`, which is written after it."""
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"))
    """The payment made ahead of the schedule that made it."""
    made_on: Mapped[date]
    annual_rate_percent: Mapped[Rate]
    rows: Mapped[list[dict[str, object]]] = mapped_column(JSONB())
