"""Transactions on loans and what each of them paid, append-only; and the lives of payments."""

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
        Index("ix_transactions_booked_on", "booked_on", postgresql_using="brin"),
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


class PaymentLifeRow(Base):
    """A payment that was announced before its money was final: reported, or pending at the bank.

    A payment that was simply received has no row here: it is cleared, or was taken back. Once the
    money counts (`posted_key` is set) there is a transaction of the same key. `natural_key` is the
    one under which others tell of the money that turned out to be this payment.
    """

    __tablename__ = "payment_lives"
    __table_args__ = (
        Index("ix_payment_lives_loan_id_number", "loan_id", "number"),
        Index(
            "ix_payment_lives_awaited",
            "loan_id",
            postgresql_where=text("state in ('reported', 'pending')"),
        ),
        Index(
            "uq_payment_lives_natural_key",
            "natural_key",
            unique=True,
            postgresql_where=text("natural_key is not null"),
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("amount = round(amount, currency_exponent(currency))", name="exact"),
        CheckConstraint(
            "state in ('reported', 'pending', 'cleared', 'returned', 'reversed', 'withdrawn', "
            "'expired')",
            name="state",
        ),
        CheckConstraint("state <> 'cleared' or posted_key is not null", name="cleared_is_posted"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    """From the numbers of transactions; its transaction gets one of its own."""
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
    state: Mapped[str]
    source: Mapped[str]
    """Who announced it: customer, staff."""
    amount: Mapped[Money]
    currency: Mapped[str]
    value_on: Mapped[date]
    method: Mapped[str]
    reference: Mapped[str | None]
    payoff: Mapped[bool]
    pauses: Mapped[bool]
    """It holds reminders back while it is awaited."""
    announced_on: Mapped[date]
    announced_at: Mapped[datetime]
    pending_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was returned, reversed, withdrawn, or expired."""
    awaited_until: Mapped[date]
    """The first day on which it is no longer awaited, if nothing is heard of it."""
    awaited_to: Mapped[date | None]
    """The day on which it was awaited no longer, where that came earlier."""
    asked: Mapped[bool] = mapped_column(default=False)
    """A person was asked to find out what became of it."""
    reason: Mapped[str | None]
    """Why it was returned or reversed."""
    posted_key: Mapped[UUID | None]
    """A time-ordered key of the moment from which its money counts."""
    natural_key: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
