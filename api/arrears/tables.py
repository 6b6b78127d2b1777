"""Books and how far their days are closed; the history of buckets."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Rate

FIRST_ID: Final = UUID(int=0)
"""The lower bound of a creditor's first book: no loan comes before it."""


class BookRow(Base):
    """A section of one creditor's loans on one clock: their days are closed together, in order.

    It holds the loans whose ids lie in [`from_id`, `below_id`). Ids rise with time, so that a
    section lies together on disk; a book that has grown is divided when a day is closed.
    """

    __tablename__ = "books"
    __table_args__ = (
        UniqueConstraint(
            "creditor_id", "test_clock_id", "from_id", postgresql_nulls_not_distinct=True
        ),
        Index("ix_books_next_close_at", "next_close_at"),
    )

    id: Mapped[Key]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    from_id: Mapped[UUID] = mapped_column(default=FIRST_ID)
    below_id: Mapped[UUID | None]
    """The first id beyond it; null for the last section, which new loans enter."""
    closed_through: Mapped[date]
    next_close_at: Mapped[datetime]


class ArrearsPauseRow(Base):
    """Lateness of a loan does not count on the days after `starts_on`, through `ends_on`."""

    __tablename__ = "arrears_pauses"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="forwards"),)

    id: Mapped[Key]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class ProvisionRow(Base):
    """Provisions of a section's loans in one bucket at the end of a day. Append-only."""

    __tablename__ = "provisions"
    __table_args__ = (Index("ix_provisions_creditor_id_day", "creditor_id", "day"),)

    book_id: Mapped[UUID] = mapped_column(ForeignKey("books.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(primary_key=True)
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    loans: Mapped[int]
    non_accrual_loans: Mapped[int]
    book_balance: Mapped[Money]
    percent: Mapped[Rate]
    allowance: Mapped[Money]
    suspended_interest: Mapped[Money]


class BucketChangeRow(Base):
    """A loan moved from one bucket to another when a day was closed or money came. Append-only.

    A row with `corrects_from` was written when the past turned out to be another: together with
    the others of its cause it replaces all that was written before of that day and later ones.
    """

    __tablename__ = "bucket_changes"

    id: Mapped[Key]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), index=True)
    as_of: Mapped[date]
    from_bucket: Mapped[str]
    to_bucket: Mapped[str]
    changed_at: Mapped[datetime]
    corrects_from: Mapped[date | None]
    caused_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"))
