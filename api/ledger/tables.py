"""The journal, and the months of a book that were closed. Append-only, all of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money


class JournalEntryRow(Base):
    """A balanced entry in one currency; `loan_id` is null for entries over a whole book.

    `value_on` is the day it counts from, `booked_on` the book day on which it was entered: never
    in a closed period, which a trigger sees to (`refuse_closed_period`).
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        Index("ix_journal_entries_loan_id_booked_at", "loan_id", "booked_at"),
        Index("ix_journal_entries_book", "creditor_id", "booked_on", "id"),
        Index(
            "uq_journal_entries_natural_key",
            "natural_key",
            unique=True,
            postgresql_where=text("natural_key is not null"),
        ),
    )

    id: Mapped[Key]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"))
    transaction_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"), index=True)
    kind: Mapped[str]
    currency: Mapped[str]
    value_on: Mapped[date]
    booked_on: Mapped[date]
    booked_at: Mapped[datetime]
    natural_key: Mapped[str | None]


class JournalLineRow(Base):
    """One side of an entry; debits positive, credits negative. Append-only."""

    __tablename__ = "journal_lines"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("amount = round(amount, currency_exponent(currency))", name="exact"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Money]


class PeriodSnapshotRow(Base):
    """The totals of a month of a book, as they were taken to be signed off. Append-only."""

    __tablename__ = "period_snapshots"
    __table_args__ = (Index("ix_period_snapshots_book", "creditor_id", "month", "id"),)

    id: Mapped[Key]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    month: Mapped[date]
    """Its first day."""
    taken_at: Mapped[datetime]
    taken_by: Mapped[str]
    taken_by_user: Mapped[UUID | None]
    days_closed_through: Mapped[date]
    differences: Mapped[int]
    """How many things do not agree; the first thousand are kept by name."""


class PeriodAccountRow(Base):
    """One account of a product in the trial balance of a snapshot. Append-only."""

    __tablename__ = "period_accounts"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("period_snapshots.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    account: Mapped[str]
    number: Mapped[str]
    """As the chart had it then, like the name and the class."""
    name: Mapped[str]
    kind: Mapped[str]
    opening: Mapped[Money]
    debit: Mapped[Money]
    credit: Mapped[Money]
    """Of the month; not below zero, like `debit`."""
    closing: Mapped[Money]


class PeriodTotalRow(Base):
    """A control account of a product against its sub-ledger at a month's end. Append-only."""

    __tablename__ = "period_totals"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("period_snapshots.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    account: Mapped[str]
    general_ledger: Mapped[Money]
    sub_ledger: Mapped[Money]


class PeriodDifferenceRow(Base):
    """Something that did not agree when a snapshot was taken. Append-only."""

    __tablename__ = "period_differences"

    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("period_snapshots.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    currency: Mapped[str]
    account: Mapped[str | None]
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"))
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entries.id"))
    general_ledger: Mapped[Money]
    sub_ledger: Mapped[Money]


class PeriodClosingRow(Base):
    """A second person signed a snapshot off: its month is closed for good. Append-only."""

    __tablename__ = "period_closings"
    __table_args__ = (
        UniqueConstraint(
            "creditor_id", "test_clock_id", "month", postgresql_nulls_not_distinct=True
        ),
    )

    id: Mapped[Key]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    month: Mapped[date]
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("period_snapshots.id"), unique=True)
    signed_at: Mapped[datetime]
    signed_by: Mapped[str]
    signed_by_user: Mapped[UUID | None]
    note: Mapped[str | None]
    """Why differences were accepted, where there were any."""
