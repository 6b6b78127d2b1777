"""Recovery strategies: every version is kept, a case keeps its own."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
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
