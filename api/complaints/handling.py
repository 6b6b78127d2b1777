"""What is done about a complaint: acknowledged, looked into, made good, answered, referred.

Each act checks the version that was seen, keeps a line of the story, and ends the task of the
clock that it satisfies. The complaint is locked after loans and cases: making good locks a loan,
and answering ends holds in cases.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from api.audit.service import record
from api.complaints import answering, packs, queries, reading, story
from api.complaints.story import EventKind
from api.complaints.tables import ComplaintRow, RedressRow
from api.creditors import service as creditors
from api.customers import service as customers
from api.loan_changes import service as loan_changes
from api.recovery import service as recovery
from api.tasks import service as tasks
from api.versions import check_version
from api.work import Work
from contracts.complaints import (
    Complaint,
    ComplaintNote,
    EditComplaint,
    NewRedress,
    ReferComplaint,
    ResolveComplaint,
)
from contracts.loan_changes import LoanChange, NewLoanChange
from contracts.tasks import ReassignTask
from domain.complaints.complaint import Outcome, RootCause, State
from domain.errors import DomainError, ErrorCode, Fact


async def edit(work: Work, complaint_id: UUID, wanted: EditComplaint, seen: int) -> Complaint:
    """Set owner or causes right while it is open; the owner's tasks go with him.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION` for one that is answered,
    `INVALID_REQUEST` for an owner who is no member of staff.
    """
    row, at, _ = await _held(work, complaint_id, seen)
    if not reading.rule_of(row).is_open:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION, "The complaint was answered.", {"state": row.state}
        )
    changed: list[str] = []
    if wanted.causes is not None and list(wanted.causes) != row.causes:
        row.causes = list(dict.fromkeys(wanted.causes))
        changed.append("causes")
    if wanted.owner_id is not None and wanted.owner_id != row.owner_id:
        await tasks.role_of(work, None, wanted.owner_id)
        row.owner_id = wanted.owner_id
        changed.append("owner")
    if changed:
        row.version += 1
        facts: dict[str, Fact] = {"changed": " and ".join(changed)}
        await story.write(work, row, at, EventKind.EDITED, facts)
        record(work, "complaint.edited", "complaint", row.id, facts)
        if "owner" in changed:
            await _hand_over(work, row)
    return await reading.one(work, row)


async def acknowledge(work: Work, complaint_id: UUID, said: ComplaintNote, seen: int) -> Complaint:
    """The customer is told that it arrived, and who looks into it.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`.
    """
    row, at, today = await _held(work, complaint_id, seen)
    after = reading.rule_of(row).acknowledge(today)
    row.acknowledged_on = today
    if row.owner_id is None:
        row.owner_id = work.principal.user_id
    await _move(work, row, at, after.state, EventKind.ACKNOWLEDGED, note=said.note)
    await _done(work, row.acknowledge_task_id, at, "acknowledged")
    return await reading.one(work, row)


async def investigate(work: Work, complaint_id: UUID, said: ComplaintNote, seen: int) -> Complaint:
    """Somebody looks into it. Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`."""
    row, at, _ = await _held(work, complaint_id, seen)
    after = reading.rule_of(row).investigate()
    await _move(work, row, at, after.state, EventKind.INVESTIGATING, note=said.note)
    return await reading.one(work, row)


async def resolve(work: Work, complaint_id: UUID, said: ResolveComplaint, seen: int) -> Complaint:
    """Answer it for good, and tell the customer: collection goes on, and its clocks stand.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, and `INVALID_REQUEST` for one
    that is upheld without a root cause.
    """
    await _let_go_on(work, complaint_id, seen, State.RESOLVED, said.outcome)
    row, at, today = await _held(work, complaint_id, seen)
    after = reading.rule_of(row).resolve(today, Outcome(said.outcome), RootCause(said.root_cause))
    country = (await creditors.by_id(work, row.creditor_id)).country
    row.resolved_on, row.outcome, row.root_cause = today, said.outcome, said.root_cause
    row.refer_by = packs.of_country(country).refer.last_day(today, packs.working_days(country))
    row.answer_ct = await customers.encrypt(work, row.customer_id, said.answer, reading.ANSWER)
    facts: dict[str, Fact] = {"outcome": said.outcome, "root_cause": said.root_cause}
    await _move(work, row, at, after.state, EventKind.RESOLVED, facts)
    for task_id in (row.acknowledge_task_id, row.respond_task_id):
        await _done(work, task_id, at, said.outcome)
    clock, _ = await reading.business_day(work, row)
    told = await answering.answer(work, clock, row, packs.of_country(country), said.answer)
    kind = EventKind.ANSWERED if told.by_mail else EventKind.LETTER
    await story.write(work, row, at, kind, told.facts)
    return await reading.one(work, row)


async def refer(work: Work, complaint_id: UUID, said: ReferComplaint, seen: int) -> Complaint:
    """The customer took it to somebody who decides over us.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, and `ILLEGAL_TRANSITION` before an answer was given
    or due.
    """
    await _let_go_on(work, complaint_id, seen, State.REFERRED, "somebody else decides")
    row, at, today = await _held(work, complaint_id, seen)
    after = reading.rule_of(row).refer(today)
    row.referred_on, row.referred_to = today, said.to
    await _move(work, row, at, after.state, EventKind.REFERRED)
    for task_id in (row.acknowledge_task_id, row.respond_task_id):
        await _done(work, task_id, at, "referred")
    return await reading.one(work, row)


async def make_good(work: Work, complaint_id: UUID, wanted: NewRedress, seen: int) -> LoanChange:
    """Ask for a change to a loan because of a complaint; limits and second person as always.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED` for the complaint or the loan, `INVALID_REQUEST` for
    a loan that the complaint is not about, and what the change raises.
    """
    found = await queries.find(work, complaint_id)
    if found is None:
        raise reading.missing()
    about = await queries.loan(work, found.customer_id, wanted.loan_id)
    if about is None or about.creditor_id != found.creditor_id:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "This loan is not one of the customer's with that creditor.",
            {"field": "loan_id"},
        )
    change = await loan_changes.ask(
        work,
        wanted.loan_id,
        NewLoanChange(
            change=wanted.change, reason="complaint", note=f"Redress for {reading.number_of(found)}"
        ),
        wanted.loan_version,
        dry_run=False,
    )
    row, at, _ = await _held(work, complaint_id, seen)
    work.session.add(RedressRow(change_id=change.id, complaint_id=row.id, loan_id=wanted.loan_id))
    row.version += 1
    facts: dict[str, Fact] = {
        "change": change.number,
        "change_id": str(change.id),
        "kind": change.kind,
        "amount": format(change.amount, "f"),
        "currency": change.currency,
        "status": change.status,
    }
    await story.write(work, row, at, EventKind.REDRESS, facts)
    record(work, "complaint.redress_asked", "complaint", row.id, facts)
    await work.session.flush()
    return change


async def _held(work: Work, complaint_id: UUID, seen: int) -> tuple[ComplaintRow, datetime, date]:
    row = await queries.find(work, complaint_id, lock=True)
    if row is None:
        raise reading.missing()
    check_version(seen, row.version)
    clock, today = await reading.business_day(work, row)
    return row, clock.now, today


async def _let_go_on(work: Work, complaint_id: UUID, seen: int, state: State, outcome: str) -> None:
    """End the holds of a complaint that is about to be answered; cases before the complaint."""
    row = await queries.find(work, complaint_id)
    if row is None:
        raise reading.missing()
    check_version(seen, row.version)
    point = await reading.point_of(work, row)
    await recovery.resume_after_complaint(work, point, state.value, outcome)


async def _move(  # noqa: PLR0913, PLR0917 - what a line of the story is made of
    work: Work,
    row: ComplaintRow,
    at: datetime,
    state: State,
    kind: EventKind,
    facts: Mapping[str, Fact] | None = None,
    note: str | None = None,
) -> None:
    row.state = state.value
    row.version += 1
    await story.write(work, row, at, kind, facts, note=note)
    record(work, f"complaint.{kind.value}", "complaint", row.id, facts)
    await work.session.flush()


async def _done(work: Work, task_id: UUID | None, at: datetime, outcome: str) -> None:
    """End the task of a clock that is satisfied; one that is over stays as it is."""
    task = None if task_id is None else await tasks.lock(work, task_id)
    if task is not None and task.status == "open":
        tasks.finish(work, task, at, outcome)


async def _hand_over(work: Work, row: ComplaintRow) -> None:
    for task_id in (row.acknowledge_task_id, row.respond_task_id):
        task = None if task_id is None else await tasks.lock(work, task_id)
        if task is not None and task.status == "open":
            await tasks.reassign_and_show(
                work, task.id, ReassignTask(assignee_id=row.owner_id), None
            )
