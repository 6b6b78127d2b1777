"""The automation API over HTTP, for the service clients of integrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.automation import service
from api.deps import BeginDep, OnceDep, OnceRequired, SeenVersion, ServicesDep, WorkDep
from api.documents import service as documents
from api.documents.receiving import UPLOAD_DESCRIPTION, UPLOAD_OPENAPI, receive
from api.documents.service import DocumentFilter
from api.notifications import service as notifications
from api.pagination import PageQuery
from api.recovery.service import complete_task
from api.tasks import service as tasks
from api.tasks.filters import TaskQuery
from contracts.automation import NewReminder, Reminder, ReminderStatus
from contracts.base import Page
from contracts.documents import Document, DocumentStatus, Extraction, UploadedDocument
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


# -- documents ---------------------------------------------------------------------------------


@router.post(
    "/extractions",
    summary="Have a document read",
    status_code=201,
    response_model=UploadedDocument,
    description=f"{UPLOAD_DESCRIPTION} Scope `automation:documents`.",
    responses={200: {"model": UploadedDocument, "description": "It was here before"}},
    openapi_extra=UPLOAD_OPENAPI,
)
async def automation_extract(
    request: Request, once: OnceDep, begin: BeginDep, kit: ServicesDep
) -> Response:
    """Take a file in for a customer and read it in the background."""
    return await receive(request, once, begin, kit)


@router.get("/extractions", summary="List documents and how far they were read")
async def automation_list_extractions(
    work: WorkDep,
    page: PageQuery,
    status: Annotated[DocumentStatus | None, Query()] = None,
    customer_id: UUID | None = None,
    loan_id: UUID | None = None,
) -> Page[Document]:
    """Documents by number: `status`, `reasons`, `rejection`, `line_count` tell how far each is.

    Scope `automation:read`.
    """
    wanted = DocumentFilter(customer_id=customer_id, loan_id=loan_id, status=status)
    return await documents.list_documents(work, page, wanted)


@router.get("/extractions/{document_id}", summary="What was read in a document")
async def automation_get_extraction(
    work: WorkDep, document_id: UUID, response: Response
) -> Extraction:
    """Each line with its place, raw text, value and confidence, and the cross-check.

    404 while nothing has been read in it, with its status among the facts. Use it only once the
    document is `accepted`. Scope `automation:read`.
    """
    found, version = await documents.extraction(work, document_id)
    response.headers["ETag"] = f'"{version}"'
    return found


@router.get("/documents/{document_id}", summary="Read a document's state")
async def automation_get_document(work: WorkDep, document_id: UUID, response: Response) -> Document:
    """Where a document stands, without its file. Scope `automation:read`."""
    found = await documents.get(work, document_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


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
