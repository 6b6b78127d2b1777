"""What people do in a case: note, assign, escalate, acknowledge, close, finish a task.

Each act is recorded, raises the case's wake and performs no step itself: the plan that follows
draws the consequences.
"""

from datetime import datetime, timedelta
from uuid import UUID

from api.audit.service import record
from api.casework import assigning
from api.clock import clock_for
from api.recovery import cases, queries, reading, sla, timeline
from api.recovery.cases import Held
from api.recovery.sla import ESCALATION
from api.right_party import service as right_party
from api.strategies import service as strategies
from api.tasks import service as tasks
from api.tasks.service import TaskRow
from api.versions import check_version
from api.work import Work
from contracts.base import Reference
from contracts.names import Role
from contracts.recovery import (
    AcknowledgeCase,
    AssignCase,
    Case,
    CloseCase,
    EscalateCase,
    NewNote,
    PinNote,
)
from contracts.tasks import CompleteTask, Task, TaskResult
from domain.errors import DomainError, ErrorCode
from domain.recovery.assigning import Because

PROPOSAL = "proposal"
"""The kind of task by which a manager is asked to decide on a proposal."""

_DECIDED_ELSEWHERE = frozenset({"arrangement", "settlement", "moratorium_review"})
"""Kinds of tasks that are done by deciding on what they ask about."""


async def add_note(work: Work, case_id: UUID, command: NewNote) -> Reference:
    """Keep a note, encrypted; a closed case takes notes too. Raises `NOT_FOUND`."""
    held = await cases.hold_case(work, case_id)
    text = await timeline.sealed(work, held.case, command.text)
    row = timeline.write(work, held.case, held.clock.now, timeline.EventKind.NOTE, note=text)
    record(work, "case.note_added", "case", case_id)
    await work.session.flush()
    if command.pinned:
        _pin(work, held, row.id)
    return Reference(id=row.id)


async def pin_note(work: Work, case_id: UUID, command: PinNote) -> Case:
    """Keep a note on top of its case, or none any more; there is one at a time.

    Raises `NOT_FOUND` for the case, and for a note that is not one of its notes.
    """
    held = await cases.hold_case(work, case_id)
    if command.note_id is not None:
        line = await queries.event(work, case_id, command.note_id)
        if line is None or line.kind != timeline.EventKind.NOTE.value:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such note in this case.")
    _pin(work, held, command.note_id)
    return await reading.case_of(work, held)


def _pin(work: Work, held: Held, note_id: UUID | None) -> None:
    if held.case.pinned_note_id == note_id:
        return
    held.case.pinned_note_id = note_id
    held.case.version += 1
    told = {"note_id": None if note_id is None else str(note_id)}
    record(work, "case.note_pinned", "case", held.case.id, told)


async def assign_case(work: Work, case_id: UUID, command: AssignCase) -> Case:
    """Give a case to a member of staff, or take it from its owner.

    Raises `NOT_FOUND` for the case, `INVALID_REQUEST` for somebody who works no cases,
    `CASE_NOT_OPEN`.
    """
    if command.user_id is not None:
        await _require_staff(work, command.user_id)
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    if await assigning.own_by_hand(work, held.clock, held.case, command.user_id):
        await cases.wake(work, held.case)
    return await reading.case_of(work, held)


async def escalate_case(work: Work, case_id: UUID, command: EscalateCase) -> Case:
    """Ask an advisor to take the case over, within the strategy's time.

    Asking again while an answer is due changes nothing. Raises `NOT_FOUND`, `CASE_NOT_OPEN`.
    """
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    if held.case.escalation not in {"asked", "re_escalated"}:
        reason = await timeline.sealed(work, held.case, command.reason)
        strategy = await strategies.by_id(work, held.case.strategy_id)
        await ask_advisor(
            work,
            held,
            f"escalation:{case_id}:{held.case.version}",
            strategy.escalation.advisor_hours,
            reason,
        )
        held.case.version += 1
        await cases.wake(work, held.case)
    return await reading.case_of(work, held)


async def ask_advisor(
    work: Work, held: Held, natural_key: str, hours: int, reason: bytes | None = None
) -> None:
    """Ask an advisor now; he has that many business hours to acknowledge."""
    due_at = held.office.after(held.clock.now, timedelta(hours=hours))
    held.case.escalation = "asked"
    held.case.escalated_at = held.clock.now
    held.case.acknowledged_at = None
    held.case.acknowledged_by = None
    await _ask(work, held, natural_key, Role.ADVISOR, due_at)
    timeline.write(
        work,
        held.case,
        held.clock.now,
        timeline.EventKind.ESCALATED,
        {"due": timeline.moment(due_at, held.zone)},
        note=reason,
    )
    record(
        work, "case.escalated", "case", held.case.id, {"to": "advisor", "due": due_at.isoformat()}
    )


async def ask_manager(work: Work, held: Held, natural_key: str, hours: int) -> None:
    """No advisor answered in time: ask a manager."""
    due_at = held.office.after(held.clock.now, timedelta(hours=hours))
    await sla.let_run(work, held)
    held.case.escalation = "re_escalated"
    held.case.escalated_at = held.clock.now
    for task in await tasks.of_case(work, held.case.id):
        if task.kind == ESCALATION and task.status == "open":
            tasks.drop(work, task, held.clock.now, "re_escalated")
    await _ask(work, held, natural_key, Role.MANAGER, due_at)
    timeline.write(
        work,
        held.case,
        held.clock.now,
        timeline.EventKind.RE_ESCALATED,
        {"due": timeline.moment(due_at, held.zone)},
    )
    record(
        work, "case.escalated", "case", held.case.id, {"to": "manager", "due": due_at.isoformat()}
    )


async def acknowledge_case(work: Work, case_id: UUID, command: AcknowledgeCase) -> Case:
    """Take an escalation. Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `NOT_ESCALATED`."""
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    await take_escalation(work, held, command.note)
    held.case.version += 1
    await cases.wake(work, held.case)
    return await reading.case_of(work, held)


async def take_escalation(work: Work, held: Held, note: str | None) -> None:
    """Note that whoever asks takes the escalation; a case without an owner becomes his.

    Raises `NOT_ESCALATED` when nobody was asked, or somebody has answered.
    """
    case = held.case
    if case.escalation not in {"asked", "re_escalated"}:
        raise DomainError(
            ErrorCode.NOT_ESCALATED,
            "Nothing waits to be acknowledged in this case.",
            {"escalation": case.escalation},
        )
    await sla.let_run(work, held)
    case.escalation = "acknowledged"
    case.acknowledged_at = held.clock.now
    case.acknowledged_by = work.principal.user_id
    if case.assignee_id is None:
        case.assignee_id = work.principal.user_id
        case.assigned_because = Because.BY_HAND.value
    for task in await tasks.of_case(work, case.id):
        if task.kind == ESCALATION and task.status == "open":
            tasks.finish(work, task, held.clock.now, "done")
    timeline.write(
        work,
        case,
        held.clock.now,
        timeline.EventKind.ACKNOWLEDGED,
        note=await timeline.sealed(work, case, note),
    )
    record(work, "case.acknowledged", "case", case.id)


async def close_case(work: Work, case_id: UUID, command: CloseCase) -> Case:
    """End a case by decision. Raises `NOT_FOUND`, `CASE_NOT_OPEN`."""
    held = await cases.hold_with_loans(work, case_id)
    cases.require_open(held.case)
    if command.note is not None:
        text = await timeline.sealed(work, held.case, command.note)
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.NOTE, note=text)
    await cases.close(work, held, command.reason)
    held.case.version += 1
    await cases.wake(work, held.case)
    return await reading.case_of(work, held)


async def complete_task(
    work: Work, task_id: UUID, command: CompleteTask | TaskResult, seen: int | None = None
) -> Task:
    """Note what came of a task.

    An escalation is answered by acknowledging its case, which this does too. Raises
    `NOT_FOUND`, `PRECONDITION_FAILED` unless it is at the version `seen`, `ILLEGAL_TRANSITION`
    when the task is no longer open or is done by deciding on a document, `FORBIDDEN` when it is
    not for whoever asks (an escalation never for an agent or a machine), `INVALID_REQUEST` for a
    note about nobody, `RIGHT_PARTY_NOT_CONFIRMED` where a debt was disclosed to nobody confirmed.
    """
    found = await tasks.find(work, task_id)
    if found is None:
        raise tasks.missing()
    # The case before its task: planning takes them in this order too.
    held = None if found.case_id is None else await cases.hold_case(work, found.case_id)
    task = await tasks.lock(work, task_id)
    if task is not None and seen is not None:
        check_version(seen, task.version)
    if task is None or task.status != "open":
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "The task is no longer open.",
            {"status": found.status if task is None else task.status},
        )
    tasks.require_worker(work, task)
    _require_done_here(task)
    if isinstance(command, CompleteTask) and command.disclosed:
        await _require_right_party(work, held, task)
    clock = await clock_for(work, task.test_clock_id) if held is None else held.clock
    result = command.result if isinstance(command, TaskResult) else None
    if held is None:
        await tasks.keep_result_note(work, task, command.note)
        tasks.finish(work, task, clock.now, command.outcome, result)
    elif task.kind == ESCALATION:
        if work.principal.role in {Role.AGENT, Role.SERVICE}:
            raise DomainError(
                ErrorCode.FORBIDDEN, "An escalation is answered by an advisor or a manager."
            )
        await take_escalation(work, held, command.note)
    else:
        tasks.finish(work, task, clock.now, command.outcome, result)
        timeline.write(
            work,
            held.case,
            held.clock.now,
            timeline.EventKind.TASK_DONE,
            {"task_id": str(task.id), "task_kind": task.kind, "outcome": command.outcome},
            note=await timeline.sealed(work, held.case, command.note),
        )
    record(
        work,
        "task.completed",
        "task",
        task.id,
        {"kind": task.kind, "outcome": command.outcome},
    )
    if held is not None and held.case.status == "open":
        held.case.version += 1
        await cases.wake(work, held.case)
    return tasks.task_of(task, clock.now)


async def _ask(work: Work, held: Held, natural_key: str, role: Role, due_at: datetime) -> None:
    await tasks.open_task(
        work,
        held.clock,
        natural_key=natural_key,
        kind=ESCALATION,
        title=f"Take over {cases.number(held.case)}",
        role=role,
        due_at=due_at,
        case_id=held.case.id,
        customer_id=held.case.customer_id,
    )


async def _require_staff(work: Work, user_id: UUID) -> None:
    """Refuse an owner who is no member of staff, or was disabled."""
    role = await queries.active_role(work, user_id)
    if role is None or role in {Role.CUSTOMER, Role.SERVICE}:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "Only an active member of staff can own a case."
        )


def _require_done_here(task: TaskRow) -> None:
    """Refuse a task that is done by deciding on what it asks about."""
    if task.kind == tasks.DOCUMENT_REVIEW:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "Accept or reject the document: the task is done then.",
            {"kind": task.kind, "document_id": task.payload.get("document_id")},
        )
    if task.kind == tasks.COMPLAINT:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "Acknowledge or answer the complaint: the task is done then.",
            {"kind": task.kind, "complaint_id": task.payload.get("complaint_id")},
        )
    if task.kind == PROPOSAL:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "Approve or reject the proposal: the task is done then.",
            {"kind": task.kind, "proposal_id": task.payload.get("proposal_id")},
        )
    if task.kind in _DECIDED_ELSEWHERE:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "Decide on it, or record its review, on the case: the task is done then.",
            {"kind": task.kind, **task.payload},
        )


async def _require_right_party(work: Work, held: Held | None, task: TaskRow) -> None:
    """Refuse that a debt was disclosed to somebody who was not confirmed to be the customer."""
    if held is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "A debt is disclosed about a case; this task has none.",
            {"field": "disclosed"},
        )
    await right_party.require(work, held, held.case.customer_id, task.id)
