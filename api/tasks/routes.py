"""Tasks over HTTP, for the people who do them and the workflow that follows them up."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import OnceDep, SeenVersion, WorkDep
from api.pagination import PageQuery
from api.recovery.service import complete_task as complete
from api.tasks import service
from api.tasks.filters import TaskQuery
from contracts.base import Page
from contracts.tasks import (
    CancelTask,
    CompleteTask,
    ReassignTask,
    ScheduleTask,
    Task,
    TaskDetail,
)
from contracts.work import TaskAdvance

router = APIRouter(tags=["tasks"])


@router.get("/tasks", summary="List tasks")
async def list_tasks(work: WorkDep, page: PageQuery, which: TaskQuery) -> Page[Task]:
    """What people have to do, in the order it was asked for."""
    return await service.list_tasks(work, which, page)


@router.get("/tasks/{task_id}", summary="Read a task with its story")
async def get_task(work: WorkDep, task_id: UUID, response: Response) -> TaskDetail:
    """The task, its words where you may read them, and all that happened, oldest first."""
    found = await service.get_task(work, task_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.post("/tasks", summary="Schedule a task", status_code=201, response_model=Task)
async def schedule_task(work: WorkDep, once: OnceDep, command: ScheduleTask) -> Response:
    """Asks somebody to do something by a time; a workflow reminds, and escalates when overdue."""
    return await once.run(work, command, lambda: service.schedule_and_show(work, command))


@router.post("/tasks/{task_id}/complete", summary="Complete a task", response_model=Task)
async def complete_task(
    *, work: WorkDep, once: OnceDep, task_id: UUID, command: CompleteTask, seen: SeenVersion
) -> Response:
    """Notes what came of a task. Completing an escalation acknowledges its case.

    Done once: whoever comes second is told that it is no longer open.
    """
    return await once.run(work, command, lambda: complete(work, task_id, command, seen), status=200)


@router.post("/tasks/{task_id}/cancel", summary="Cancel a task", response_model=Task)
async def cancel_task(
    *, work: WorkDep, once: OnceDep, task_id: UUID, command: CancelTask, seen: SeenVersion
) -> Response:
    """Takes back a scheduled task. What a rule has asked for is taken back by that rule."""
    return await once.run(
        work, command, lambda: service.cancel_and_show(work, task_id, command, seen), status=200
    )


@router.post("/tasks/{task_id}/reassign", summary="Give a task to another", response_model=Task)
async def reassign_task(
    *, work: WorkDep, once: OnceDep, task_id: UUID, command: ReassignTask, seen: SeenVersion
) -> Response:
    """Names a person, or a role of which anybody may do it; reminders go there from now on."""
    return await once.run(
        work, command, lambda: service.reassign_and_show(work, task_id, command, seen), status=200
    )


@router.post("/tasks/{task_id}/advance", summary="Follow a task up")
async def advance_task(work: WorkDep, task_id: UUID) -> TaskAdvance:
    """Does what is due of a task's follow-up, each step once, and says what comes next.

    For workers. Convergent: called again, or too late, it changes nothing more.
    """
    return await service.advance(work, task_id)
