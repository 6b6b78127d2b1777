"""Who paid, and deaths with what was owed then. Parties themselves stand with their loans."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money


class PaymentPayerRow(Base):
    """Which party a payment came from; a payment without a row came from whoever it was."""

    __tablename__ = "payment_payers"

    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class BereavementRow(Base):
    """The death of a customer: notified, then verified; or reversed, as a mistake."""

    __tablename__ = "bereavements"
    __table_args__ = (
        Index(
            "uq_bereavements_customer_id",
            "customer_id",
            unique=True,
            postgresql_where=text("status <> 'reversed'"),
        ),
        CheckConstraint("status in ('notified', 'verified', 'reversed')", name="status"),
        CheckConstraint(
            "status <> 'verified' or (died_on is not null and evidence_ref is not null)",
            name="verified",
        ),
    )

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str]
    source: Mapped[str]
    notified_on: Mapped[date]
    notified_at: Mapped[datetime]
    notified_by: Mapped[str]
    died_on: Mapped[date | None]
    evidence_ref: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str | None]
    representative_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[str | None]
    reason_ct: Mapped[bytes | None]
    version: Mapped[int] = mapped_column(default=1)


class BereavementLoanRow(Base):
    """What a loan of the deceased stood at when the day of his death ended."""

    __tablename__ = "bereavement_loans"

    bereavement_id: Mapped[UUID] = mapped_column(ForeignKey("bereavements.id"), primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), primary_key=True, index=True)
    currency: Mapped[str]
    principal: Mapped[Money]
    interest: Mapped[Money]
    fee: Mapped[Money]
    penalty: Mapped[Money]
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
