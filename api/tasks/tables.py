"""Tasks and their story."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Facts, Key


class TaskRow(Base):
    """Something a person must do; `natural_key` makes it once.

    A task that is `watched` has a workflow of its own, which reminds and escalates; the others
    are followed up by the case or the rule that opened them.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_status_due_at", "status", "due_at"),
        Index("ix_tasks_customer_id_kind", "customer_id", "kind"),
    )

    id: Mapped[Key]
    natural_key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    creditor_id: Mapped[UUID | None] = mapped_column(ForeignKey("creditors.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    kind: Mapped[str]
    title: Mapped[str]
    status: Mapped[str]
    role: Mapped[str]
    """Who is asked now; an escalation changes it."""
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(server_default=text("''"))
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
    outcome: Mapped[str | None]
    payload: Mapped[Facts] = mapped_column(server_default=text("'{}'::jsonb"))
    result: Mapped[Facts] = mapped_column(server_default=text("'{}'::jsonb"))
    note_ct: Mapped[bytes | None]
    """What to do, in words."""
    result_note_ct: Mapped[bytes | None]
    """What came of it, in words; a case's task has these in the case's story instead."""
    watched: Mapped[bool] = mapped_column(server_default=text("false"))
    remind_minutes: Mapped[list[int]] = mapped_column(
        ARRAY(Integer()), server_default=text("'{}'::integer[]")
    )
    escalate_minutes: Mapped[int | None]
    escalations: Mapped[int] = mapped_column(server_default=text("0"))
    reminded_at: Mapped[datetime | None]
    next_action: Mapped[str | None]
    next_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class TaskEventRow(Base):
    """One line of a watched task's story; a step of its follow-up stands in it once. Append-only.

    `step` is the key of that step, null for what people do.
    """

    __tablename__ = "task_events"
    __table_args__ = (UniqueConstraint("task_id", "step"),)

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    step: Mapped[str | None]
    actor: Mapped[str]
    facts: Mapped[Facts]
