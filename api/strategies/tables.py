"""Recovery strategies: every version is kept, a case keeps its own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class StrategyRow(Base):
    """One version of a strategy as data. Append-only."""

    __tablename__ = "strategies"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[Key]
    code: Mapped[str]
    version: Mapped[int]
    data: Mapped[dict[str, object]] = mapped_column(JSONB())
    created_at: Mapped[datetime]


class StrategyLifeRow(Base):
    """What became of a version that staff wrote; a version without one is shipped and in use."""

    __tablename__ = "strategy_lives"

    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategies.id"), primary_key=True)
    status: Mapped[str]
    """`draft`, then `approved`, then `retired`."""
    notation: Mapped[str]
    source: Mapped[str]
    """As it was written, comments included."""
    from_on: Mapped[date | None]
    """The business day from which new cases take it."""
    author: Mapped[str]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]
    retired_at: Mapped[datetime | None]


class StrategyAssignmentRow(Base):
    """Which strategy a creditor's products follow from now on; the newest counts. Append-only."""

    __tablename__ = "strategy_assignments"
    __table_args__ = (
        Index(
            "ix_strategy_assignments_creditor_id_product_code_sequence",
            "creditor_id",
            "product_code",
            "sequence",
        ),
    )

    id: Mapped[Key]
    sequence: Mapped[int] = mapped_column(BigInteger(), Identity(), unique=True)
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    product_code: Mapped[str | None]
    """All products of the creditor, if null."""
    strategy: Mapped[str | None]
    """Its code; null takes an earlier assignment back."""
    assigned_by: Mapped[str]
    assigned_at: Mapped[datetime]
