"""Saved payment methods, mandates, collections, and every call of a gateway made for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, false, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Number
from domain.money import ZERO

COLLECTION_NUMBERS = Sequence("collection_numbers", start=1001, metadata=Base.metadata)


class PaymentMethodRow(Base):
    """A method the gateway keeps for a customer; its token and last digits are encrypted."""

    __tablename__ = "payment_methods"

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    gateway: Mapped[str]
    token_ct: Mapped[bytes | None]
    gateway_customer_ct: Mapped[bytes | None]
    brand: Mapped[str | None]
    last4_ct: Mapped[bytes | None]
    status: Mapped[str] = mapped_column(default="active")
    consent_source: Mapped[str]
    consented_at: Mapped[datetime]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class AutopayRow(Base):
    """A mandate to charge a loan's instalments; at most one of a loan is active."""

    __tablename__ = "autopay"
    __table_args__ = (
        Index(
            "uq_autopay_loan_id",
            "loan_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
    )

    id: Mapped[Key]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), index=True)
    payment_method_id: Mapped[UUID] = mapped_column(ForeignKey("payment_methods.id"), index=True)
    status: Mapped[str] = mapped_column(default="active")
    agreed_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)


class CollectionRow(Base):
    """An intent to collect. `due_at`, `expires_at` and `created_at` are on the loan's clock.

    `natural_key` makes an instalment's collection happen once; `page_wanted` says that somebody
    opened the link and waits.
    """

    __tablename__ = "collections"
    __table_args__ = (
        Index("ix_collections_loan_id_status", "loan_id", "status"),
        Index(
            "uq_collections_natural_key",
            "natural_key",
            unique=True,
            postgresql_where=text("natural_key is not null"),
        ),
        CheckConstraint("kind in ('autopay', 'link')", name="kind"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    reason: Mapped[str | None]
    currency: Mapped[str]
    instalment: Mapped[int | None]
    asks: Mapped[str]
    amount: Mapped[Money | None]
    """Of a link with a fixed amount."""
    natural_key: Mapped[str | None]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    page_wanted: Mapped[bool] = mapped_column(default=False)
    from_portal: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The payer is led back to the portal."""
    collected: Mapped[Money] = mapped_column(default=ZERO)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("transactions.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class CollectionAttemptRow(Base):
    """One call of the gateway, written before it is made; its id is the idempotency key.

    `claimed_at`, `ended_at` and `page_expires_at` are technical time; `opened_at` and `look_at`
    are on the loan's clock.
    """

    __tablename__ = "collection_attempts"
    __table_args__ = (
        Index("uq_collection_attempts_number", "collection_id", "number", unique=True),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: Mapped[Key]
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collections.id"))
    number: Mapped[int]
    action: Mapped[str]
    status: Mapped[str] = mapped_column(default="claimed")
    amount: Mapped[Money]
    method_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_methods.id"))
    gateway_id: Mapped[str | None]
    payment_reference: Mapped[str | None]
    url: Mapped[str | None]
    failure_code: Mapped[str | None]
    claimed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    page_expires_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
