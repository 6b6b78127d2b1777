"""Tasks: what a person must do, made once each; and the list of them."""

from datetime import datetime
from uuid import UUID

from api.audit.service import record
from api.clock import Clock
from api.db.base import new_id
from api.notifications import service as notifications
from api.pagination import PageRequest
from api.recovery import queries
from api.recovery.tables import TaskRow
from api.work import Work
from contracts.base import Page
from contracts.names import Role
from contracts.recovery import CaseTask

ESCALATION = "escalation"
"""The kind of task by which an advisor or a manager is asked to take a case over."""


async def open_task(
    work: Work,
    clock: Clock,
    *,
    natural_key: str,
    kind: str,
    title: str,
    role: Role,
    due_at: datetime,
    case_id: UUID | None = None,
    loan_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> UUID | None:
    """Ask a person to do something, once per natural key.

    Args:
        work: The unit of work.
        clock: The clock of whom it is about.
        natural_key: What makes it the same task, such as `unknown_outcome:{message_id}`.
        kind: A code: `call`, `escalation`, `reply`, `data`.
        title: What to do, in words without personal data.
        role: Who is to do it.
        due_at: When it should be done, on `clock`.
        case_id: The case it belongs to.
        loan_id: The loan it belongs to.
        customer_id: The person it is about.

    Returns:
        Its id, or None when it was opened before.
    """
    made = await queries.insert_task(
        work,
        {
            "id": new_id(),
            "natural_key": natural_key,
            "case_id": case_id,
            "loan_id": loan_id,
            "customer_id": customer_id,
            "test_clock_id": clock.test_clock_id,
            "kind": kind,
            "title": title,
            "status": "open",
            "role": role.value,
            "due_at": due_at,
            "created_at": clock.now,
        },
    )
    if made is not None:
        record(work, "task.opened", "task", made, {"kind": kind, "role": role.value})
        await notifications.task_opened(
            work,
            task_id=made,
            role=role,
            kind=kind,
            title=title,
            at=clock.now,
            case_id=case_id,
            loan_id=loan_id,
        )
    return made


async def list_tasks(work: Work, which: queries.TaskFilter, page: PageRequest) -> Page[CaseTask]:
    """Tasks in the order they were made. Raises `INVALID_REQUEST` for a foreign cursor."""
    rows = await queries.page_of_tasks(work, which, page.after_id(), page.limit)
    shown, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=[task_of(row) for row in shown], next_cursor=cursor)


def finish(work: Work, task: TaskRow, at: datetime, outcome: str) -> None:
    """Mark a locked task as done by whoever asks."""
    task.status = "done"
    task.done_at = at
    task.done_by = work.principal.user_id
    task.outcome = outcome


def task_of(row: TaskRow) -> CaseTask:
    """A task as it goes over the wire."""
    return CaseTask.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "kind": row.kind,
            "title": row.title,
            "status": row.status,
            "role": row.role,
            "due_at": row.due_at,
            "created_at": row.created_at,
            "done_at": row.done_at,
        }
    )
