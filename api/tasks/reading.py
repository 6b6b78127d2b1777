"""Reads tasks: lists, one task with its words and story, and a task as it goes over the wire."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api.clock import clock_for
from api.customers import service as customers
from api.pagination import PageRequest
from api.tasks import queries, story
from api.tasks.ending import ADVICE, missing
from api.tasks.opening import NOTE, RESULT_NOTE
from api.tasks.queries import TaskFilter
from api.tasks.tables import TaskRow
from api.work import Work
from contracts.base import Page, TimelineEntry
from contracts.names import Role
from contracts.tasks import Task, TaskDetail
from domain.ids import task_workflow_id


async def list_tasks(work: Work, which: TaskFilter, page: PageRequest) -> Page[Task]:
    """Tasks in the order they were made. Raises `INVALID_REQUEST` for a foreign cursor."""
    rows = await queries.page(work, which, page.after_id(), page.limit)
    shown, cursor = page.cut(rows, [row.id for row in rows])
    nows = {
        clock_id: (await clock_for(work, clock_id)).now
        for clock_id in {row.test_clock_id for row in shown}
    }
    return Page(items=[task_of(row, nows[row.test_clock_id]) for row in shown], next_cursor=cursor)


async def get_task(work: Work, task_id: UUID) -> TaskDetail:
    """A task with its words and its story. Raises `NOT_FOUND`.

    The words of an advice task are read by advisors alone.
    """
    row = await queries.find(work, task_id)
    if row is None:
        raise missing()
    clock = await clock_for(work, row.test_clock_id)
    note, result_note = await _words(work, row)
    events = await queries.events(work, task_id)
    return TaskDetail.model_validate(
        {
            **task_of(row, clock.now).model_dump(),
            "note": note,
            "result_note": result_note,
            "timeline": [story.entry(event) for event in events] or _outline(row),
        }
    )


async def _words(work: Work, row: TaskRow) -> Sequence[str | None]:
    if row.customer_id is None or (row.kind == ADVICE and work.principal.role is not Role.ADVISOR):
        return None, None
    return (
        await customers.decrypt(work, row.customer_id, row.note_ct, NOTE),
        await customers.decrypt(work, row.customer_id, row.result_note_ct, RESULT_NOTE),
    )


def _outline(row: TaskRow) -> list[TimelineEntry]:
    """The story of a task that its case follows up, as far as the task itself knows it."""
    lines = [
        TimelineEntry(
            at=row.created_at, kind="opened", actor=row.created_by, text=f"Asked of the {row.role}"
        )
    ]
    if row.done_at is not None:
        actor = "system" if row.done_by is None else f"user:{row.done_by}"
        said = story.words(row.outcome or row.status)
        lines.append(TimelineEntry(at=row.done_at, kind=row.status, actor=actor, text=said))
    return lines


def task_of(row: TaskRow, now: datetime) -> Task:
    """A task as it goes over the wire; `now` is its clock's."""
    follow_up = None
    if row.watched:
        follow_up = {
            "remind_before_minutes": row.remind_minutes,
            "escalate_after_minutes": row.escalate_minutes,
        }
    return Task.model_validate(
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
            "customer_id": row.customer_id,
            "loan_id": row.loan_id,
            "creditor_id": row.creditor_id,
            "assignee_id": row.assignee_id,
            "overdue": row.status == "open" and row.due_at <= now,
            "escalations": row.escalations,
            "reminded_at": row.reminded_at,
            "outcome": row.outcome,
            "payload": row.payload,
            "result": row.result,
            "follow_up": follow_up,
            "next_action": row.next_action,
            "next_at": row.next_at,
            "workflow_id": task_workflow_id(row.id) if row.watched else None,
            "version": row.version,
        }
    )
