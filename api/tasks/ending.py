"""What moves a task on: it is done, not needed any more, or given to somebody else.

The caller has locked the task, after its case where it has one. The workflow of a watched task is
woken at the very end of the unit of work: wakes are locked last, in the order of their names.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.tasks import opening, queries, story
from api.tasks.opening import RESULT_NOTE, sealed
from api.tasks.story import EventKind
from api.tasks.tables import TaskRow
from api.versions import check_version
from api.wakes.service import raise_wake
from api.work import Work
from contracts.names import Role, WakeKind
from contracts.tasks import CancelTask, ReassignTask
from domain.errors import DomainError, ErrorCode, Fact
from domain.ids import task_workflow_id


def missing() -> DomainError:
    """The answer for a task that does not exist."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such task.")


async def hold_open(work: Work, task_id: UUID, seen: int | None = None) -> tuple[TaskRow, Clock]:
    """Lock a task that is open, with its clock.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED` unless it is at the version `seen`, and
    `ILLEGAL_TRANSITION` when it is no longer open.
    """
    task = await queries.lock(work, task_id)
    if task is None:
        raise missing()
    if seen is not None:
        check_version(seen, task.version)
    if task.status != "open":
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION, "The task is no longer open.", {"status": task.status}
        )
    return task, await clock_for(work, task.test_clock_id)


def require_worker(work: Work, task: TaskRow) -> None:
    """Refuse whoever a watched task is not for (`FORBIDDEN`).

    It is for the role asked and the assignee; managers and administrators may do what is not of
    advice; machines came in by their scope, and do not give advice either.
    """
    who = work.principal
    if not task.watched or who.user_id is not None and who.user_id == task.assignee_id:
        return
    advice = task.kind == ADVICE
    above = {Role.MANAGER, Role.ADMIN} if advice else {Role.MANAGER, Role.ADMIN, Role.SERVICE}
    if who.role.value != task.role and who.role not in above:
        raise DomainError(
            ErrorCode.FORBIDDEN, "This task is for somebody else.", {"role": task.role}
        )


ADVICE = "advice"
"""The kind of task by which an advisor is asked for debt advice."""


def finish(
    work: Work,
    task: TaskRow,
    at: datetime,
    outcome: str,
    result: Mapping[str, str] | None = None,
) -> None:
    """Mark a locked task as done by whoever asks."""
    task.result = dict(result or {})
    task.done_by = work.principal.user_id
    _end(work, task, at, "done", outcome)
    if task.watched:
        story.write(work, task, at, EventKind.DONE, None, {"outcome": outcome})


async def finish_opened(work: Work, at: datetime, natural_key: str, outcome: str) -> None:
    """Mark a task as done whose rule has got what it asked for; one that is over stays as it is."""
    task = await queries.lock_by_natural_key(work, natural_key)
    if task is None or task.status != "open":
        return
    finish(work, task, at, outcome)
    record(work, "task.completed", "task", task.id, {"kind": task.kind, "outcome": outcome})


def drop(work: Work, task: TaskRow, at: datetime, reason: str) -> None:
    """Cancel a locked task."""
    _end(work, task, at, "cancelled", reason)
    if task.watched:
        story.write(work, task, at, EventKind.CANCELLED, None, {"outcome": reason})


def _end(work: Work, task: TaskRow, at: datetime, status: str, outcome: str) -> None:
    task.status = status
    task.done_at = at
    task.outcome = outcome
    task.next_action = None
    task.next_at = None
    task.version += 1
    _wake(work, task)


async def keep_result_note(work: Work, task: TaskRow, note: str | None) -> None:
    """Keep what came of a task in words; `INVALID_REQUEST` for a task about nobody."""
    task.result_note_ct = await sealed(work, task.customer_id, note, RESULT_NOTE)


async def cancel(work: Work, task_id: UUID, command: CancelTask, seen: int | None) -> TaskRow:
    """Cancel a task that is not needed any more.

    Only a scheduled one: what a rule has asked for is taken back by the rule. Raises `NOT_FOUND`,
    `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, `FORBIDDEN`.
    """
    task, clock = await hold_open(work, task_id, seen)
    _require_watched(task)
    if task.kind == opening.COMPLAINT:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "This task keeps a clock that the law sets: it ends with the complaint.",
            {"kind": task.kind, "complaint_id": task.payload.get("complaint_id")},
        )
    require_worker(work, task)
    drop(work, task, clock.now, command.reason)
    record(work, "task.cancelled", "task", task.id, {"reason": command.reason})
    return task


async def reassign(work: Work, task_id: UUID, command: ReassignTask, seen: int | None) -> TaskRow:
    """Give a task to somebody else, or to anybody of a role.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, `FORBIDDEN`, and
    `INVALID_REQUEST` for nobody, or somebody who is no member of staff.
    """
    task, clock = await hold_open(work, task_id, seen)
    _require_watched(task)
    require_worker(work, task)
    role = await opening.role_of(work, command.role, command.assignee_id)
    if task.kind == ADVICE and role is Role.AGENT:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "Advice is not given by collections.", {"field": "role"}
        )
    if (role.value, command.assignee_id) == (task.role, task.assignee_id):
        return task
    task.role, task.assignee_id = role.value, command.assignee_id
    task.version += 1
    told: dict[str, Fact] = {
        "role": task.role,
        "assignee_id": None if task.assignee_id is None else str(task.assignee_id),
    }
    story.write(work, task, clock.now, EventKind.REASSIGNED, None, told)
    record(work, "task.reassigned", "task", task.id, told)
    _wake(work, task)
    return task


def _require_watched(task: TaskRow) -> None:
    if not task.watched:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "A rule has asked for this task; it is completed, or taken back by that rule.",
            {"kind": task.kind},
        )


def _wake(work: Work, task: TaskRow) -> None:
    if task.watched:
        work.at_end.append(
            lambda: raise_wake(work, task_workflow_id(task.id), WakeKind.TASK, task.test_clock_id)
        )
