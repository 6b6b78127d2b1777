"""Recovery cases: the loans in them, their steps, promises, holds and story."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, Sequence, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Facts, Key, Money, Number
from domain.errors import Fact
from domain.money import ZERO

CASE_NUMBERS = Sequence("case_numbers", start=1001, metadata=Base.metadata)


class CaseRow(Base):
    """A customer's recovery with one creditor in one currency; at most one of them is open."""

    __tablename__ = "recovery_cases"
    __table_args__ = (
        Index(
            "uq_recovery_cases_open",
            "customer_id",
            "creditor_id",
            "currency",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_recovery_cases_status_number", "status", "number"),
        Index(
            "ix_recovery_cases_priority",
            text("priority desc"),
            "number",
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_recovery_cases_assignee_id",
            "assignee_id",
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategies.id"))
    currency: Mapped[str]
    status: Mapped[str]
    closed_reason: Mapped[str | None]
    stage: Mapped[str]
    anchor_on: Mapped[date]
    """Due date of the obligation that leads; stage clocks count active days from it."""
    opened_on: Mapped[date]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    escalation: Mapped[str] = mapped_column(default="none")
    escalated_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    next_step: Mapped[str | None]
    next_at: Mapped[datetime | None]
    waiting_for: Mapped[str] = mapped_column(default="")
    suspended_by: Mapped[str | None]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    """Whose it is: the owner's team, or the one in whose queue it waits."""
    assigned_because: Mapped[str | None]
    """Why it has its owner, or waits: `domain.recovery.assigning.Because`."""
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    priority_parts: Mapped[list[dict[str, Fact]]] = mapped_column(
        JSONB(), default=list, server_default=text("'[]'::jsonb")
    )
    """What the priority is the sum of: `code`, `points` and `text` of each part."""
    risk_score: Mapped[int | None]
    risk_level: Mapped[str | None]
    leased_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    leased_until: Mapped[datetime | None]
    """Technical time: until then nobody else is given the case to work."""
    rests_until: Mapped[datetime | None]
    """Technical time: somebody has just worked it; until then it is not offered again."""
    pinned_note_id: Mapped[UUID | None]
    """The line of its story that is kept on top."""
    version: Mapped[int] = mapped_column(default=1)


class CaseLoanRow(Base):
    """A loan in a case, from the day it joined until it was cured."""

    __tablename__ = "case_loans"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), primary_key=True)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), primary_key=True, index=True)
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    for_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    """The case of its borrower that this one stands in for, while he is protected; else null."""


class CaseStepRow(Base):
    """A step of the strategy that was performed (or superseded) once for one obligation."""

    __tablename__ = "case_steps"
    __table_args__ = (UniqueConstraint("case_id", "anchor_on", "step_key"),)

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"))
    anchor_on: Mapped[date]
    step_key: Mapped[str]
    action: Mapped[str]
    outcome: Mapped[str]
    performed_at: Mapped[datetime]


class PromiseRow(Base):
    """A promise to pay."""

    __tablename__ = "promises"
    __table_args__ = (
        Index(
            "uq_promises_open",
            "case_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    amount: Mapped[Money]
    currency: Mapped[str]
    due_on: Mapped[date] = mapped_column(index=True)
    status: Mapped[str]
    source: Mapped[str]
    received: Mapped[Money] = mapped_column(default=ZERO)
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class HoldRow(Base):
    """A reason why chasing is suspended, with its dates."""

    __tablename__ = "holds"

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    review_on: Mapped[date | None]
    reason_ct: Mapped[bytes | None]
    complaint_id: Mapped[UUID | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    """The complaint that it follows from, and ends with."""
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class ProposalRow(Base):
    """Something the strategy of a case wants done that a manager has to decide on."""

    __tablename__ = "case_proposals"

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    natural_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str]
    """`proposed`, then `approved`, `rejected`, or `withdrawn` with its case."""
    percent: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    """Of an offer: the share of what closes the loans."""
    valid_days: Mapped[int]
    amount: Mapped[Money | None]
    """Of an approved offer: what settles the case until `valid_until`."""
    valid_until: Mapped[date | None]
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class CaseEventRow(Base):
    """One line of a case's story; free text is encrypted. Append-only."""

    __tablename__ = "case_events"

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    facts: Mapped[Facts]
    note_ct: Mapped[bytes | None]


class SlaPauseRow(Base):
    """A stretch in which the clock of an escalation stood still, because others were awaited."""

    __tablename__ = "sla_pauses"
    __table_args__ = (
        Index(
            "uq_sla_pauses_open",
            "case_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    waiting_on: Mapped[str]
    """`customer`, `third_party` or `provider`."""
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class RiskScoreRow(Base):
    """A risk score of a case from a moment on, kept when it changes. Append-only."""

    __tablename__ = "risk_scores"
    __table_args__ = (Index("ix_risk_scores_customer_id_id", "customer_id", "id"),)

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"))
    at: Mapped[datetime]
    on_date: Mapped[date]
    """The creditor's business date."""
    card: Mapped[str]
    card_version: Mapped[int]
    score: Mapped[int]
    level: Mapped[str]
    parts: Mapped[list[dict[str, Fact]]] = mapped_column(JSONB())
    """Of each component its `figure`, `value`, `points` and `reason`."""
