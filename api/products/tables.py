"""Loan products: every version is kept, a loan keeps its own."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Rate

AccountNames = dict[str, list[str]]
"""Role of an account to its number and name."""


class ProductRow(Base):
    """One version of a product. Append-only."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[Key]
    code: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    currency: Mapped[str]
    annual_rate_percent: Mapped[Rate]
    interest_method: Mapped[str]
    frequency: Mapped[str]
    day_count: Mapped[str]
    schedule: Mapped[dict[str, object] | None] = mapped_column(JSONB())
    """What its schedules do beyond rate, day count and frequency (`contracts.schedule_terms`)."""
    min_principal: Mapped[Money]
    max_principal: Mapped[Money]
    min_instalments: Mapped[int]
    max_instalments: Mapped[int]
    waterfall: Mapped[str]
    """A preset's name, or `own`: then `allocation` spells it out."""
    allocation: Mapped[dict[str, object] | None] = mapped_column(JSONB())
    legal_order: Mapped[str | dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """The order that the law asked of the creditor when this version was made; it overrides."""
    origination_fee: Mapped[Money]
    penalty_kind: Mapped[str]
    penalty_amount: Mapped[Decimal] = mapped_column(Numeric(20, 6))
    penalty_grace_days: Mapped[int]
    penalty_cap_per_instalment: Mapped[Money | None]
    penalty_cap_per_loan: Mapped[Money | None]
    arrears_grace_days: Mapped[int]
    arrears_tolerance: Mapped[Money] = mapped_column(default=Decimal(0))
    """What may be unpaid of an instalment that counts as met."""
    arrears_ladder: Mapped[str]
    """A ladder's name, or `own`: then `buckets` lists it."""
    buckets: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB())
    payment_life: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """What is done with payments that are not final yet (`contracts.product_terms`)."""
    provisioning: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """What its loans are provided for (`contracts.product_terms.ProvisioningTerms`)."""
    strategy: Mapped[str]
    accounts: Mapped[AccountNames] = mapped_column(
        JSONB(), server_default=text("'{}'::jsonb"), default=dict
    )
    """Number and name of each account that this product maps, by role."""
    created_at: Mapped[datetime]
