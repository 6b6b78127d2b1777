"""Tasks: what people have to do, whichever case it belongs to."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.customers import service as customers
from api.pagination import PageQuery, PageRequest
from api.recovery import acts, reading
from api.tasks import service as tasks
from api.tasks.service import TaskFilter
from api.web.console.cases import OUTCOMES
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.tasks import CompleteTask
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 25

Whose = Literal["mine", "all"]
State = Literal["open", "done"]


@router.get("/tasks")
async def console_tasks(
    visit: ConsoleVisit,
    asked: PageQuery,
    whose: Annotated[Whose, Query()] = "mine",
    state: Annotated[State, Query()] = "open",
    done: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """Tasks of the visitor's role, or of all."""
    return await _tasks_page(visit, asked, whose, state, done=bool(done))


@router.post("/tasks/{task_id}/complete")
async def console_task_done(visit: ConsoleVisit, request: Request, task_id: UUID) -> Response:
    """Note what came of a task."""
    sent = await sent_fields(request)
    try:
        outcome = command(CompleteTask, sent, "outcome", "note")
        await visit.once(
            "complete_task", sent, outcome, lambda work: acts.complete_task(work, task_id, outcome)
        )
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code is ErrorCode.NOT_FOUND:
            raise
        form = refused(f"task-{task_id}", sent, error)
        return await _tasks_page(visit, PageRequest(_ROWS, None), "all", "open", form=form)
    return go(f"{visit.site.root}/tasks?done=1")


async def _tasks_page(
    visit: Visit,
    asked: PageRequest,
    whose: Whose,
    state: State,
    *,
    done: bool = False,
    form: Form | None = None,
) -> Response:
    role = visit.principal.role.value if whose == "mine" else None
    async with visit.begin("list_tasks") as work:
        found = await tasks.list_tasks(
            work, TaskFilter(status=state, role=role), PageRequest(_ROWS, asked.after)
        )
        cases = await reading.several(
            work, {task.case_id for task in found.items if task.case_id is not None}
        )
        holders = {case.customer_id for case in cases.values()} | {
            task.customer_id
            for task in found.items
            if task.kind in {tasks.DOCUMENT_REVIEW, tasks.COMPLAINT}
            and task.customer_id is not None
        }
        people = await customers.names(work, holders)
    return page(
        visit,
        "tasks.html",
        {
            "found": found,
            "cases": cases,
            "people": people,
            "whose": whose,
            "state": state,
            "is_first": asked.after is None,
            "done": done,
            "sent": form,
            "blank": blank,
            "outcomes": OUTCOMES,
        },
        200 if form is None else 422,
    )
