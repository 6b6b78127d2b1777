"""Transactions on loans and what each of them paid. Append-only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Number
from domain.money import ZERO

TRANSACTION_NUMBERS = Sequence("transaction_numbers", start=100001, metadata=Base.metadata)


class TransactionRow(Base):
    """One movement on a loan. A reversal names what it reverses; nothing is ever changed.

    `kind`: disbursement, repayment, interest_rebate, unearned_interest, late_fee, origination_fee;
    what takes another movement back: reversal, chargeback, returned; and reallocation, which names
    as its parent the payment whose split it replaces. `caused_by_id` is the movement that made a
    correction necessary. The `*_after` columns are what the loan owed right after it.
    """

    __tablename__ = "transactions"
    __table_args__ = (
        Index("ix_transactions_loan_id_value_on", "loan_id", "value_on", "number"),
        Index(
            "uq_transactions_natural_key",
            "natural_key",
            unique=True,
            postgresql_where=text("natural_key is not null"),
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("amount = round(amount, currency_exponent(currency))", name="exact"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
    kind: Mapped[str]
    amount: Mapped[Money]
    currency: Mapped[str]
    value_on: Mapped[date]
    booked_on: Mapped[date]
    booked_at: Mapped[datetime]
    method: Mapped[str | None]
    reference: Mapped[str | None]
    reason: Mapped[str | None]
    natural_key: Mapped[str | None]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"), unique=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"), index=True)
    caused_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"))
    credited: Mapped[Money] = mapped_column(default=ZERO)
    principal_after: Mapped[Money]
    interest_after: Mapped[Money]
    fee_after: Mapped[Money]
    penalty_after: Mapped[Money]


class AllocationRow(Base):
    """The part of a transaction that went to one component of one instalment. Append-only."""

    __tablename__ = "allocations"

    transaction_id: Mapped[UUID] = mapped_column(ForeignKey("transactions.id"), primary_key=True)
    instalment: Mapped[int] = mapped_column(primary_key=True)
    component: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[Money]
