"""Books and how far their days are closed; the history of buckets."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class BookRow(Base):
    """The loans of one creditor on one clock: their days are closed together, in order."""

    __tablename__ = "books"
    __table_args__ = (
        UniqueConstraint("creditor_id", "test_clock_id", postgresql_nulls_not_distinct=True),
        Index("ix_books_next_close_at", "next_close_at"),
    )

    id: Mapped[Key]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    closed_through: Mapped[date]
    next_close_at: Mapped[datetime]


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
