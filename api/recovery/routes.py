"""Recovery cases over HTTP: parse, call, answer."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import DryRun, OnceDep, OnceRequired, OnceUnlessDryRun, ServicesDep, WorkDep
from api.pagination import PageQuery
from api.recovery import (
    acts,
    explaining,
    fulfilling,
    holds,
    letters,
    migrating,
    performing,
    promises,
    proposals,
    reading,
    sla,
)
from api.recovery.queries import CaseFilter
from contracts.base import Page, Reference
from contracts.letters import Letter
from contracts.recovery import (
    AcknowledgeCase,
    AssignCase,
    Case,
    CaseDetail,
    CaseExplanation,
    CloseCase,
    EndHold,
    EscalateCase,
    Hold,
    LetterText,
    NewHold,
    NewNote,
    NewPromise,
    PauseSla,
    PinNote,
    Promise,
    Proposal,
    RejectProposal,
    Sla,
)
from contracts.strategies import MigrateCases, Migration
from contracts.work import CasePlan, StepRef
from domain.errors import DomainError, ErrorCode

router = APIRouter(tags=["recovery"])

CaseStatus = Literal["open", "closed"]
Stage = Annotated[str | None, Query(max_length=64, description="Only cases in this stage")]

CaseNumber = Annotated[
    str | None, Query(pattern=r"^RC-[0-9]{1,18}$", description="The case with this number alone")
]


# -- reading -----------------------------------------------------------------------------------


@router.get("/recovery-cases", summary="List recovery cases")
async def list_cases(
    work: WorkDep,
    page: PageQuery,
    *,
    status: CaseStatus | None = None,
    stage: Stage = None,
    assignee_id: UUID | None = None,
    customer_id: UUID | None = None,
    test_clock_id: UUID | None = None,
    number: CaseNumber = None,
) -> Page[Case]:
    """Cases in number order, with what is overdue today on each customer's own clock."""
    which = CaseFilter(
        status,
        stage,
        assignee_id,
        customer_id,
        test_clock_id,
        number=None if number is None else int(number.removeprefix("RC-")),
    )
    return await reading.list_cases(work, which, page)


@router.get("/recovery-cases/{case_id}", summary="Read a recovery case with its story")
async def get_case(work: WorkDep, case_id: UUID, response: Response) -> CaseDetail:
    """The case with its loans, promises, holds and tasks, and all that happened, oldest first.

    Messages sent and withheld are lines of the story, with the reason.
    """
    found = await reading.get_case(work, case_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/recovery-cases/{case_id}/explanation", summary="Why a case is where it is")
async def get_case_explanation(work: WorkDep, case_id: UUID) -> CaseExplanation:
    """Why it is here, what was done, what was withheld and why, what comes next, what stops it.

    Staff are told everything; a customer is told of his own case, worded for himself and without
    stages, strategies or what was noted about him.
    """
    return await explaining.explain(work, case_id)


# -- what people do ----------------------------------------------------------------------------


@router.post(
    "/recovery-cases/{case_id}/promises",
    summary="Record a promise to pay",
    status_code=201,
    response_model=Promise,
)
async def make_promise(
    work: WorkDep, once: OnceDep, case_id: UUID, command: NewPromise
) -> Response:
    """Chasing pauses until the promised day and its grace are over.

    A new promise replaces the open one; the replaced one does not count as broken.
    """
    return await once.run(work, command, lambda: promises.make_promise(work, case_id, command))


@router.post(
    "/recovery-cases/{case_id}/holds",
    summary="Place a hold",
    status_code=201,
    response_model=Hold,
)
async def place_hold(work: WorkDep, once: OnceDep, case_id: UUID, command: NewHold) -> Response:
    """A reason to suspend chasing, from its first day on; the stage clock stands still.

    Dates that were agreed move on by the days it binds. A moratorium of somebody who lives where a
    scheme is the law is refused (`moratorium-by-scheme`): place it by `…/moratoria`.
    """
    return await once.run(work, command, lambda: holds.place_hold(work, case_id, command))


@router.post(
    "/recovery-cases/{case_id}/holds/{hold_id}/end",
    summary="End a hold",
    response_model=Hold,
)
async def end_hold(
    work: WorkDep, once: OnceDep, case_id: UUID, hold_id: UUID, command: EndHold
) -> Response:
    """Ends a hold today, with the reason; the case goes on where it stood."""
    return await once.run(
        work, command, lambda: holds.end_hold(work, case_id, hold_id, command), status=200
    )


@router.post(
    "/recovery-cases/{case_id}/notes",
    summary="Add a note",
    status_code=201,
    response_model=Reference,
)
async def add_note(work: WorkDep, once: OnceDep, case_id: UUID, command: NewNote) -> Response:
    """Keeps a note, encrypted under the customer's key; it is read as a line of the story."""
    return await once.run(work, command, lambda: acts.add_note(work, case_id, command))


@router.post("/recovery-cases/{case_id}/pin", summary="Pin a note", response_model=Case)
async def pin_case_note(work: WorkDep, once: OnceDep, case_id: UUID, command: PinNote) -> Response:
    """Keeps one note on top of the case; null takes it down."""
    return await once.run(work, command, lambda: acts.pin_note(work, case_id, command), status=200)


@router.post("/recovery-cases/{case_id}/assign", summary="Assign a case", response_model=Case)
async def assign_case(work: WorkDep, once: OnceDep, case_id: UUID, command: AssignCase) -> Response:
    """Names the member of staff who works the case; null takes it from its owner."""
    return await once.run(
        work, command, lambda: acts.assign_case(work, case_id, command), status=200
    )


@router.post("/recovery-cases/{case_id}/escalate", summary="Ask an advisor", response_model=Case)
async def escalate_case(
    work: WorkDep, once: OnceDep, case_id: UUID, command: EscalateCase
) -> Response:
    """Asks an advisor to take the case over; without an answer in time a manager is asked."""
    return await once.run(
        work, command, lambda: acts.escalate_case(work, case_id, command), status=200
    )


@router.post(
    "/recovery-cases/{case_id}/acknowledge",
    summary="Acknowledge an escalation",
    response_model=Case,
)
async def acknowledge_case(
    work: WorkDep, once: OnceDep, case_id: UUID, command: AcknowledgeCase
) -> Response:
    """The advisor (or manager) takes the escalation; a case without an owner becomes his."""
    return await once.run(
        work, command, lambda: acts.acknowledge_case(work, case_id, command), status=200
    )


@router.get("/recovery-cases/{case_id}/sla", summary="Read the clock of an escalation")
async def get_case_sla(work: WorkDep, case_id: UUID) -> Sla:
    """How long is left to answer, in the creditor's business hours, and when it stood still."""
    return await sla.get_sla(work, case_id)


@router.post(
    "/recovery-cases/{case_id}/sla/pause",
    summary="Stop the clock of an escalation",
    response_model=Sla,
)
async def pause_case_sla(
    work: WorkDep, once: OnceDep, case_id: UUID, command: PauseSla
) -> Response:
    """While a customer, a third party or a provider is awaited; what is left stays left.

    A reply of the customer lets a clock go on that waits for him.
    """
    return await once.run(work, command, lambda: sla.pause(work, case_id, command), status=200)


@router.post(
    "/recovery-cases/{case_id}/sla/resume",
    summary="Let the clock of an escalation go on",
    response_model=Sla,
)
async def resume_case_sla(work: WorkDep, once: OnceDep, case_id: UUID) -> Response:
    """Nobody else is awaited any more."""
    return await once.run(work, None, lambda: sla.resume(work, case_id), status=200)


@router.post("/recovery-cases/{case_id}/close", summary="Close a case", response_model=Case)
async def close_case(work: WorkDep, once: OnceDep, case_id: UUID, command: CloseCase) -> Response:
    """Ends a case by decision. A case whose arrears are paid closes by itself, as cured."""
    return await once.run(
        work, command, lambda: acts.close_case(work, case_id, command), status=200
    )


# -- proposals and other versions --------------------------------------------------------------


@router.get("/recovery-cases/{case_id}/proposals", summary="List proposals of a case")
async def list_proposals(work: WorkDep, case_id: UUID) -> list[Proposal]:
    """What the strategy wants done that a manager decides on, oldest first."""
    return await proposals.list_proposals(work, case_id)


@router.get("/recovery-cases/{case_id}/tasks/{task_id}/letter", summary="Read a letter to post")
async def get_letter_text(
    work: WorkDep, kit: ServicesDep, case_id: UUID, task_id: UUID
) -> LetterText:
    """The text of a task that asks for a letter, with today's figures."""
    return await letters.text(work, case_id, task_id, kit.settings.public_url)


@router.post(
    "/recovery-cases/{case_id}/tasks/{task_id}/letter",
    summary="Write the letter of a task",
    status_code=201,
    response_model=Letter,
)
async def write_case_letter(
    work: WorkDep, kit: ServicesDep, once: OnceRequired, case_id: UUID, task_id: UUID
) -> Response:
    """Make the letter of a task as PDF, once: its figures are those of the first time.

    The file is at `/letters/{id}/content`.
    """
    return await once.run(
        work, None, lambda: letters.write_for_task(work, case_id, task_id, kit.settings)
    )


@router.post(
    "/recovery-cases/{case_id}/proposals/{proposal_id}/approve",
    summary="Approve a proposal",
    response_model=Proposal,
)
async def approve_proposal(
    work: WorkDep, once: OnceRequired, case_id: UUID, proposal_id: UUID
) -> Response:
    """The offer is sent, the hand-over asked for, or the charge-off asked for on each loan."""
    return await once.run(
        work, None, lambda: proposals.approve(work, case_id, proposal_id), status=200
    )


@router.post(
    "/recovery-cases/{case_id}/proposals/{proposal_id}/reject",
    summary="Reject a proposal",
    response_model=Proposal,
)
async def reject_proposal(
    work: WorkDep, once: OnceDep, case_id: UUID, proposal_id: UUID, command: RejectProposal
) -> Response:
    """Nothing follows from it; the case goes on."""
    return await once.run(
        work, command, lambda: proposals.reject(work, case_id, proposal_id, command), status=200
    )


@router.post(
    "/recovery-cases/migrations",
    summary="Take cases over to another version",
    response_model=Migration,
)
async def migrate_cases(
    work: WorkDep, once: OnceUnlessDryRun, command: MigrateCases, dry_run: DryRun = False
) -> Response:
    """A page of open cases, with the step each would take next; with `dry_run` only shown.

    Steps of the new version whose day is over are not caught up with.
    """
    return await once.run(
        work, command, lambda: migrating.migrate(work, command, dry_run=dry_run), status=200
    )


# -- what workflows ask ------------------------------------------------------------------------


@router.post("/recovery-cases/{case_id}/plan", summary="Plan what comes next")
async def plan_case(work: WorkDep, case_id: UUID) -> CasePlan:
    """Applies what has come true (a promise kept or broken, a cure) and answers the next step."""
    return await fulfilling.plan(work, case_id)


@router.post("/recovery-cases/{case_id}/steps", summary="Perform a step")
async def perform_case_step(
    work: WorkDep, case_id: UUID, step: StepRef, kit: ServicesDep
) -> CasePlan:
    """Performs a planned step if it is still the one that is due, once, and answers the plan.

    Convergent: called again, or too late, it changes nothing.
    """
    _same_case(case_id, step)
    return await performing.perform(work, step, kit.settings.letter_fonts_dir)


def _same_case(case_id: UUID, step: StepRef) -> None:
    if step.case_id != case_id:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "The step names another case than the path does."
        )
