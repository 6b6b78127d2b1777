"""Payouts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Number

PAYOUT_NUMBERS = Sequence("payout_numbers", start=1001, metadata=Base.metadata)


class PayoutRow(Base):
    """One order to pay out. `attempt_id` is what the bank knows the transfer by.

    `status`: ordered, sending (claimed: the bank may have it), settled, failed. `check_at` and
    `created_at` are on the loan's clock, `claimed_at` is technical time.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        Index("ix_payouts_clock_status", "test_clock_id", "status"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("status in ('ordered', 'sending', 'settled', 'failed')", name="status"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    status: Mapped[str]
    amount: Mapped[Money]
    currency: Mapped[str]
    account_ct: Mapped[bytes | None]
    holder_ct: Mapped[bytes | None]
    attempt_id: Mapped[UUID] = mapped_column(unique=True)
    tries: Mapped[int] = mapped_column(default=0)
    bank_reference: Mapped[str | None]
    failure_code: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
