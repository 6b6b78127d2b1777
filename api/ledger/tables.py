"""The journal. Append-only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money


class JournalEntryRow(Base):
    """A balanced entry in one currency; `loan_id` is null for entries over a whole book."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        Index("ix_journal_entries_loan_id_booked_at", "loan_id", "booked_at"),
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
