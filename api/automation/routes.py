"""The automation API over HTTP, for the service clients of integrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.automation import service
from api.deps import OnceDep, OnceRequired, SeenVersion, WorkDep
from api.notifications import service as notifications
from api.pagination import PageQuery
from api.recovery.service import complete_task
from api.tasks import service as tasks
from api.tasks.filters import TaskQuery
from contracts.automation import NewReminder, Reminder, ReminderStatus
from contracts.base import Page
from contracts.notifications import NotificationPage
from contracts.recovery import Case
from contracts.tasks import (
    CancelTask,
    NotifyOfTask,
    ReassignTask,
    ScheduleTask,
    Task,
    TaskDetail,
    TaskResult,
)

router = APIRouter(prefix="/automation", tags=["automation"])

# -- tasks -------------------------------------------------------------------------------------


@router.post("/tasks/schedule", summary="Schedule a task", status_code=201, response_model=Task)
async def automation_schedule_task(work: WorkDep, once: OnceDep, command: ScheduleTask) -> Response:
    """Asks a member of staff to do something by a time.

    Its workflow reminds whoever is asked, and asks the next in the ladder when it is overdue.
    Scope `automation:tasks`.
    """
    return await once.run(work, command, lambda: tasks.schedule_and_show(work, command))


@router.get("/tasks", summary="List tasks")
async def automation_list_tasks(work: WorkDep, page: PageQuery, which: TaskQuery) -> Page[Task]:
    """Tasks in the order they were made, whoever asked for them. Scope `automation:read`."""
    return await tasks.list_tasks(work, which, page)


@router.get("/tasks/{task_id}", summary="Read a task")
async def automation_get_task(work: WorkDep, task_id: UUID, response: Response) -> TaskDetail:
    """A task with its story, oldest first. Scope `automation:read`."""
    found = await tasks.get_task(work, task_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.post("/tasks/{task_id}/complete", summary="Complete a task", response_model=Task)
async def automation_complete_task(
    *, work: WorkDep, once: OnceDep, task_id: UUID, command: TaskResult, seen: SeenVersion
) -> Response:
    """Notes what came of a task, once; whoever comes second gets 409. Scope `automation:tasks`.

    An escalation and a request for debt advice are answered by people.
    """
    return await once.run(
        work, command, lambda: complete_task(work, task_id, command, seen), status=200
    )


@router.post("/tasks/{task_id}/cancel", summary="Cancel a task", response_model=Task)
async def automation_cancel_task(
    *, work: WorkDep, once: OnceDep, task_id: UUID, command: CancelTask, seen: SeenVersion
) -> Response:
    """Takes back a scheduled task. Scope `automation:tasks`."""
    return await once.run(
        work, command, lambda: tasks.cancel_and_show(work, task_id, command, seen), status=200
    )


@router.post("/tasks/{task_id}/reassign", summary="Give a task to another", response_model=Task)
async def automation_reassign_task(
    *, work: WorkDep, once: OnceDep, task_id: UUID, command: ReassignTask, seen: SeenVersion
) -> Response:
    """Names a person, or a role of which anybody may do it. Scope `automation:tasks`."""
    return await once.run(
        work, command, lambda: tasks.reassign_and_show(work, task_id, command, seen), status=200
    )


# -- reminders ---------------------------------------------------------------------------------


@router.post("/reminders", summary="Queue a reminder", status_code=201, response_model=Reminder)
async def automation_remind(
    work: WorkDep,
    once: OnceRequired,
    command: NewReminder,
    dry_run: Annotated[bool, Query(description="Say what would happen; change nothing")] = False,
) -> Response:
    """Reminds of the oldest unpaid instalment of a loan, or of a customer.

    It takes the way of every message: consent, opt-out, hours, caps and holds are asked when it
    is due, and payment before that withdraws it. Once a day, instalment and medium. Scope
    `automation:remind`.
    """
    if dry_run:
        shown = await service.preview(work, command)
        return Response(shown.model_dump_json(), media_type="application/json")
    return await once.run(work, command, lambda: service.remind(work, command))


@router.get("/reminders/{message_id}", summary="What became of a reminder")
async def automation_get_reminder(work: WorkDep, message_id: UUID) -> ReminderStatus:
    """Queued, sent, delivered, withheld or expired, and why. Scope `automation:read`."""
    return await service.reminder(work, message_id)


# -- recovery ----------------------------------------------------------------------------------


@router.get("/recovery-cases/pending", summary="List cases that go on")
async def automation_pending_cases(
    work: WorkDep, page: PageQuery, creditor_id: UUID | None = None
) -> Page[Case]:
    """Open recovery cases that nothing suspends, with their next step and its time.

    Scope `automation:read`.
    """
    return await service.pending_cases(work, creditor_id, page)


# -- notifications -----------------------------------------------------------------------------


@router.get("/notifications", summary="A customer's notifications")
async def automation_list_notifications(
    work: WorkDep, page: PageQuery, customer_id: UUID
) -> NotificationPage:
    """What a customer was told in the application, newest first. Scope `automation:notify`."""
    return await notifications.list_of_customer(work, customer_id, page)


@router.post(
    "/notifications",
    summary="Tell whoever is asked of a task",
    status_code=201,
    response_model=Task,
)
async def automation_notify(work: WorkDep, once: OnceDep, command: NotifyOfTask) -> Response:
    """Puts a line into the list of a task's assignee, or of everybody of the role asked.

    Once per task and `mark`. Scope `automation:notify`.
    """
    return await once.run(work, command, lambda: tasks.notify(work, command))
