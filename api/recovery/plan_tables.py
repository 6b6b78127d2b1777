"""What is agreed on cases: arrangements, settlements, and moratoria with what they paused."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money
from domain.money import ZERO


class ArrangementRow(Base):
    """Several dated amounts agreed on a case; at most one of a case stands."""

    __tablename__ = "arrangements"
    __table_args__ = (
        Index(
            "uq_arrangements_standing",
            "case_id",
            unique=True,
            postgresql_where=text("status in ('proposed', 'open')"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    currency: Mapped[str]
    status: Mapped[str]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    approved_by: Mapped[str | None]
    started_on: Mapped[date | None]
    started_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]


class ArrangementPartRow(Base):
    """One dated amount of an arrangement, and what came of it."""

    __tablename__ = "arrangement_parts"

    arrangement_id: Mapped[UUID] = mapped_column(ForeignKey("arrangements.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    amount: Mapped[Money]
    status: Mapped[str]
    received: Mapped[Money] = mapped_column(default=ZERO)
    reminded: Mapped[bool] = mapped_column(default=False)


class SettlementRow(Base):
    """A part of the debt taken for the whole; at most one of a case stands."""

    __tablename__ = "settlements"
    __table_args__ = (
        Index(
            "uq_settlements_standing",
            "case_id",
            unique=True,
            postgresql_where=text("status in ('proposed', 'offered', 'accepted')"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    loan_ids: Mapped[list[str]] = mapped_column(JSONB())
    """The loans it settles, in number order; what joins the case later is not settled."""
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_proposals.id"))
    currency: Mapped[str]
    status: Mapped[str]
    amount: Mapped[Money]
    owed: Mapped[Money]
    """What would have closed the loans when it was made."""
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    approved_by: Mapped[str | None]
    valid_until: Mapped[date]
    pay_by: Mapped[date]
    accepted_on: Mapped[date | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    received: Mapped[Money] = mapped_column(default=ZERO)
    forgiven: Mapped[Money | None]
    change_ids: Mapped[list[str]] = mapped_column(JSONB(), default=list)
    """The changes that forgave the rest, one for each loan."""


class MoratoriumRow(Base):
    """A statutory moratorium of a person; how long it binds stands in its hold."""

    __tablename__ = "moratoria"

    id: Mapped[Key]
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"), unique=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    scheme: Mapped[str]
    reference_ct: Mapped[bytes | None]
    treatment_ended_on: Mapped[date | None]
    reviews: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class MoratoriumPauseRow(Base):
    """Days of a loan on which a moratorium took its interest away."""

    __tablename__ = "moratorium_pauses"

    id: Mapped[Key]
    moratorium_id: Mapped[UUID] = mapped_column(ForeignKey("moratoria.id"), index=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"))
    from_on: Mapped[date]
    to_on: Mapped[date]
    change_id: Mapped[UUID | None]
    by_hand: Mapped[bool] = mapped_column(default=False)
    """It could not be made by itself: a person was asked to."""
    lifted: Mapped[bool] = mapped_column(default=False)
