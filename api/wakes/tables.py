"""Wakes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base


class WakeRow(Base):
    """One row per workflow: facts raise `wanted`, the relay `delivered`, the workflow `done`.

    `due_at` is when the workflow asked to be woken next, on its own clock.
    """

    __tablename__ = "wakes"
    __table_args__ = (
        Index("ix_wakes_wanted", "workflow_id", postgresql_where=text("wanted > delivered")),
        Index("ix_wakes_unsettled", "clock_id", postgresql_where=text("wanted > done")),
        Index("ix_wakes_clock_id_due_at", "clock_id", "due_at"),
    )

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    wanted: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    wanted_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
