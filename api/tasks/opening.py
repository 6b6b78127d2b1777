"""Asking a person to do something: by a rule, once per natural key, or scheduled and watched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.db.base import new_id
from api.notifications import service as notifications
from api.tasks import queries, story
from api.tasks.queries import Subject
from api.tasks.story import EventKind
from api.tasks.tables import TaskRow
from api.wakes.service import raise_wake
from api.work import Work
from contracts.names import Role, WakeKind
from contracts.tasks import ScheduleTask
from domain.calendar import local_instant
from domain.errors import DomainError, ErrorCode
from domain.ids import task_workflow_id
from domain.tasks import Terms

END_OF_WORK: Final = time(17)
"""When a task that is due on a business day is due, by the creditor's clocks."""

NOTE: Final = "tasks.note"
RESULT_NOTE: Final = "tasks.result_note"
"""Bind encrypted words to their columns."""

DOCUMENT_REVIEW: Final = "document_review"
"""The kind of task that asks for a look at a document; it ends when the document is decided."""

COMPLAINT: Final = "complaint"
"""The kind of task that keeps a statutory clock of a complaint; acts on the complaint end it."""

RESERVED: Final = frozenset(
    {
        "escalation",
        "advice",
        "approval",
        "refund",
        "notice",
        "reply",
        "loan_change",
        "proposal",
        DOCUMENT_REVIEW,
        COMPLAINT,
    }
)
"""Kinds that rules of ours open and take consequences from; nobody schedules one by hand."""

STAFF: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.AGENT, Role.ADVISOR})


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
    payload: Mapping[str, str] | None = None,
) -> UUID | None:
    """Ask a person to do something, once per natural key; whoever asks follows it up.

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
        payload: Ids and codes for whoever does it.

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
            "created_by": work.principal.actor,
            "payload": dict(payload or {}),
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


@dataclass(frozen=True, slots=True)
class Watched:
    """A task that is followed up by a workflow of its own.

    Attributes:
        kind: A code.
        subject: What it is about.
        role: Who is asked.
        due_at: When it should be done, on the subject's clock.
        terms: How it is followed up.
        assignee_id: Who of the role in person.
        payload: Ids and codes for whoever does it.
        note: What to do, in words; needs a customer.
    """

    kind: str
    subject: Subject
    role: Role
    due_at: datetime
    terms: Terms
    assignee_id: UUID | None = None
    payload: dict[str, str] = field(default_factory=dict)
    note: str | None = None


async def schedule(work: Work, command: ScheduleTask) -> TaskRow:
    """Schedule a task as somebody asks for it.

    Raises `NOT_FOUND` for a case, loan, customer or creditor that does not exist,
    `INVALID_REQUEST` for a reserved kind, things that do not belong together, a due time said
    twice or not at all, nobody to ask, or a note about nobody; `INVALID_DATE` for a due time that
    is past.
    """
    if command.kind in RESERVED:
        raise _refused("kind", f"Tasks of the kind {command.kind} are opened by rules.")
    subject = await _subject(work, command)
    clock = await clock_for(work, subject.test_clock_id)
    return await watch(
        work,
        clock,
        Watched(
            kind=command.kind,
            subject=subject,
            role=await role_of(work, command.role, command.assignee_id),
            due_at=await _due(work, command, subject),
            terms=Terms(
                tuple(timedelta(minutes=m) for m in command.remind_before_minutes),
                None
                if command.escalate_after_minutes is None
                else timedelta(minutes=command.escalate_after_minutes),
            ),
            assignee_id=command.assignee_id,
            payload=dict(command.payload),
            note=command.note,
        ),
    )


async def watch(work: Work, clock: Clock, new: Watched) -> TaskRow:
    """Keep a task and wake its workflow; late in a use case, since wakes are locked last.

    Raises `INVALID_DATE` for a due time that is past, `INVALID_REQUEST` for a note about nobody.
    """
    if new.due_at <= clock.now:
        raise DomainError(ErrorCode.INVALID_DATE, "The due time is past.", {"field": "due_at"})
    subject, key = new.subject, new_id()
    patience = new.terms.escalate_after
    row = TaskRow(
        id=key,
        natural_key=f"scheduled:{key}",
        case_id=subject.case_id,
        loan_id=subject.loan_id,
        customer_id=subject.customer_id,
        creditor_id=subject.creditor_id,
        test_clock_id=subject.test_clock_id,
        kind=new.kind,
        title=" · ".join(filter(None, (story.words(new.kind).capitalize(), subject.label))),
        status="open",
        role=new.role.value,
        assignee_id=new.assignee_id,
        due_at=new.due_at,
        created_at=clock.now,
        created_by=work.principal.actor,
        payload=dict(new.payload),
        result={},
        note_ct=await sealed(work, subject.customer_id, new.note, NOTE),
        watched=True,
        remind_minutes=sorted(
            {int(lead.total_seconds() // 60) for lead in new.terms.remind_before}, reverse=True
        ),
        escalate_minutes=None if patience is None else int(patience.total_seconds() // 60),
        escalations=0,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    person = None if row.assignee_id is None else str(row.assignee_id)
    story.write(
        work, row, clock.now, EventKind.SCHEDULED, None, {"role": row.role, "assignee_id": person}
    )
    record(
        work,
        "task.scheduled",
        "task",
        key,
        {"kind": row.kind, "role": row.role, "due_at": row.due_at.isoformat()},
    )
    await work.session.flush()
    await notifications.task_opened(
        work,
        task_id=key,
        role=new.role,
        kind=row.kind,
        title=row.title,
        at=clock.now,
        case_id=row.case_id,
        loan_id=row.loan_id,
    )
    await raise_wake(work, task_workflow_id(key), WakeKind.TASK, row.test_clock_id)
    return row


async def sealed(
    work: Work, customer_id: UUID | None, text: str | None, column: str
) -> bytes | None:
    """Words under the customer's key; `INVALID_REQUEST` where there is no customer."""
    if text is None:
        return None
    if customer_id is None:
        raise _refused("note", "Words are kept under a customer's key: name whom it is about.")
    return await customers.encrypt(work, customer_id, text, column)


async def role_of(work: Work, role: Role | None, assignee_id: UUID | None) -> Role:
    """Who is asked: the role given, or the assignee's, who must be of it.

    Raises `INVALID_REQUEST`.
    """
    if assignee_id is None:
        if role is None:
            raise _refused("role", "Say who is asked: a role, or a person.")
        return role
    found = await queries.active_role(work, assignee_id)
    if found is None or Role(found) not in STAFF:
        raise _refused("assignee_id", "Only an active member of staff can be given a task.")
    if role is not None and role.value != found:
        raise _refused("assignee_id", f"This member of staff is {found}, not {role.value}.")
    return Role(found)


async def _subject(work: Work, command: ScheduleTask) -> Subject:
    """What a task is about; everything that is named must be of the same customer."""
    named = [
        (command.case_id, queries.subject_of_case, "case"),
        (command.loan_id, queries.subject_of_loan, "loan"),
        (command.customer_id, queries.subject_of_customer, "customer"),
    ]
    found: list[Subject] = []
    for key, read, what in named:
        if key is None:
            continue
        one = await read(work, key)
        if one is None:
            raise DomainError(ErrorCode.NOT_FOUND, f"There is no such {what}.")
        found.append(one)
    if not found:
        return Subject("", creditor_id=command.creditor_id)
    if len({one.customer_id for one in found}) > 1:
        raise _refused("customer_id", "Case, loan and customer do not belong together.")
    creditors = {one.creditor_id for one in found} | {command.creditor_id}
    creditors.discard(None)
    if len(creditors) > 1:
        raise _refused("creditor_id", "Case, loan and creditor do not belong together.")
    return Subject(
        label=found[0].label,
        customer_id=found[0].customer_id,
        loan_id=command.loan_id,
        case_id=command.case_id,
        creditor_id=next(iter(creditors), None),
        test_clock_id=found[0].test_clock_id,
    )


async def _due(work: Work, command: ScheduleTask, subject: Subject) -> datetime:
    zone = None
    if subject.creditor_id is not None:
        zone = await queries.creditor_zone(work, subject.creditor_id)
        if zone is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such creditor.")
    if command.due_at is not None and command.due_on is None:
        return command.due_at
    if command.due_on is None or command.due_at is not None:
        raise _refused("due_at", "Say either `due_at` or `due_on`.")
    if zone is None:
        raise _refused(
            "creditor_id", "A business day is a creditor's: name the creditor, a loan or a case."
        )
    return end_of_work(command.due_on, zone)


def end_of_work(day: date, zone: str) -> datetime:
    """The instant at which the work of a business day ends."""
    return local_instant(day, END_OF_WORK, zone)


def _refused(name: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": name})
