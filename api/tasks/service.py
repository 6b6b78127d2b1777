"""The door of tasks: what routes and other features ask of it."""

from uuid import UUID

from api.clock import clock_for
from api.tasks.ending import (
    ADVICE,
    cancel,
    drop,
    finish,
    finish_opened,
    keep_result_note,
    missing,
    reassign,
    require_worker,
)
from api.tasks.following import advance, notify
from api.tasks.opening import (
    COMPLAINT,
    DOCUMENT_REVIEW,
    Watched,
    end_of_work,
    open_task,
    role_of,
    schedule,
    watch,
)
from api.tasks.queries import Subject, TaskFilter, find, lock, of_case, open_of
from api.tasks.reading import get_task, list_tasks, task_of
from api.tasks.tables import TaskRow
from api.work import Work
from contracts.tasks import CancelTask, ReassignTask, ScheduleTask, Task

__all__ = [
    "ADVICE",
    "COMPLAINT",
    "DOCUMENT_REVIEW",
    "Subject",
    "TaskFilter",
    "TaskRow",
    "Watched",
    "advance",
    "cancel_and_show",
    "drop",
    "end_of_work",
    "find",
    "finish",
    "finish_opened",
    "get_task",
    "keep_result_note",
    "list_tasks",
    "lock",
    "missing",
    "of_case",
    "notify",
    "open_of",
    "open_task",
    "reassign_and_show",
    "require_worker",
    "role_of",
    "schedule_and_show",
    "task_of",
    "watch",
]


async def schedule_and_show(work: Work, command: ScheduleTask) -> Task:
    """Schedule a task; raises what `opening.schedule` raises."""
    return await _shown(work, await schedule(work, command))


async def cancel_and_show(work: Work, task_id: UUID, command: CancelTask, seen: int | None) -> Task:
    """Cancel a task; raises what `ending.cancel` raises."""
    return await _shown(work, await cancel(work, task_id, command, seen))


async def reassign_and_show(
    work: Work, task_id: UUID, command: ReassignTask, seen: int | None
) -> Task:
    """Give a task to another; raises what `ending.reassign` raises."""
    return await _shown(work, await reassign(work, task_id, command, seen))


async def _shown(work: Work, row: TaskRow) -> Task:
    return task_of(row, (await clock_for(work, row.test_clock_id)).now)
