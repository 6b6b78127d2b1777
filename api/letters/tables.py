"""Letters that were written."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Number

LETTER_NUMBERS: Final = Sequence("letter_numbers", start=1001, metadata=Base.metadata)

SHEET: Final = "letters.sheet"
"""Binds what a letter prints to its column."""


class LetterRow(Base):
    """A letter as it was written. Append-only.

    `sheet_ct` is all that it prints, under the customer's key: its file is made of that alone, and
    lies in the object store once it was first asked for. `written_at` is the customer's clock.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_customer_id_number", "customer_id", "number"),
        Index("ix_letters_loan_id_number", "loan_id", "number"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    natural_key: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"))
    """Null for one that is about no single loan, such as the answer to a complaint."""
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    language: Mapped[str]
    asked_language: Mapped[str]
    template_version: Mapped[str]
    delivery: Mapped[str]
    """`post` or `portal`."""
    dispute_until: Mapped[date | None]
    """The last day of its validation period, for a notice that opens one."""
    sheet_ct: Mapped[bytes]
    written_at: Mapped[datetime]
    written_by: Mapped[str]
    created_at: Mapped[datetime]
