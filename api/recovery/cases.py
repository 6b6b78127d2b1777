"""Finds, locks and closes a case: what every use case of recovery begins or ends with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.creditors import service as creditors
from api.loans.tables import LoanRow
from api.recovery import plan_queries, queries, timeline
from api.recovery.tables import CaseRow
from api.tasks import service as tasks
from api.wakes import service as wakes
from api.work import Work
from contracts.names import WakeKind
from domain.errors import DomainError, ErrorCode
from domain.ids import case_workflow_id
from domain.office import Office

_TRIES = 5
"""A loan that joins while the locks are taken is rare; five in a row are a fault."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case, locked, on its customer's clock.

    Attributes:
        case: The row, locked until the unit of work ends.
        clock: The customer's clock.
        zone: The creditor's zone, which gives the business date.
        today: The creditor's business date.
        office: When the creditor works.
        loans: The loans in it now, locked in number order; empty where they were not asked for.
    """

    case: CaseRow
    clock: Clock
    zone: str
    today: date
    office: Office
    loans: Sequence[LoanRow] = ()


def number(case: CaseRow) -> str:
    """The number people know a case by: `RC-1007`."""
    return f"RC-{case.number}"


async def zones(work: Work, creditor_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The zone that gives each creditor's business date."""
    return {
        creditor_id: (await creditors.by_id(work, creditor_id)).zone
        for creditor_id in sorted(set(creditor_ids))
    }


def missing() -> DomainError:
    """The answer for a case that does not exist or may not be seen."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such recovery case.")


async def found(work: Work, case_id: UUID) -> CaseRow:
    """A case as it stands now, not locked. Raises `NOT_FOUND`."""
    case = await queries.find(work, case_id)
    if case is None:
        raise missing()
    return case


def require_open(case: CaseRow) -> None:
    """Refuse to change a case that is closed (`CASE_NOT_OPEN`)."""
    if case.status != "open":
        raise DomainError(
            ErrorCode.CASE_NOT_OPEN,
            "The case is closed; nothing more is done in it.",
            {"case": number(case), "closed_reason": case.closed_reason},
        )


async def hold_case(work: Work, case_id: UUID) -> Held:
    """Lock a case alone. Raises `NOT_FOUND`."""
    case = await queries.lock(work, case_id)
    if case is None:
        raise missing()
    return await _held(work, case)


async def hold_with_loans(work: Work, case_id: UUID) -> Held:
    """Lock the loans of a case, then the case. Raises `NOT_FOUND`.

    Loans come before cases in the lock order, but which loans they are stands in the case: so
    they are read first and compared once the case is locked. If one joined meanwhile, the locks
    are given back and taken again.
    """
    for _ in range(_TRIES):
        attempt = await work.session.begin_nested()
        loans = await queries.lock_loans_in(work, case_id)
        case = await queries.lock(work, case_id)
        if case is None:
            raise missing()
        ids = frozenset(loan.id for loan in loans)
        if await queries.loan_ids(work, case_id, present=True) == ids:
            await attempt.commit()
            held = await _held(work, case)
            return replace(held, loans=loans)
        await attempt.rollback()
    raise DomainError(ErrorCode.CONFLICT, "Loans keep joining the case; ask again.")


async def seen(work: Work, case: CaseRow) -> Held:
    """A case with its loans as they are now, to ask the rules about it; no loan is locked."""
    held = await _held(work, case)
    ids = await queries.loan_ids(work, case.id, present=True)
    loans = await queries.loans(work, ids)
    return replace(held, loans=loans)


async def _held(work: Work, case: CaseRow) -> Held:
    clock = await clock_for(work, case.test_clock_id)
    creditor = await creditors.by_id(work, case.creditor_id)
    today = clock.today(creditor.zone)
    return Held(case, clock, creditor.zone, today, creditors.office_of(creditor))


async def wake(work: Work, case: CaseRow) -> None:
    """A fact about the case was recorded: it plans again."""
    await work.session.flush()
    await wakes.raise_wake(work, case_workflow_id(case.id), WakeKind.CASE, case.test_clock_id)


async def wake_many(work: Work, rows: Sequence[CaseRow]) -> None:
    """The same for several cases, in the order of their workflows."""
    await work.session.flush()
    await wakes.raise_wakes(
        work,
        [
            (case_workflow_id(case.id), WakeKind.CASE, case.test_clock_id)
            for case in {row.id: row for row in rows if row.status == "open"}.values()
        ],
    )


async def let_leave(work: Work, held: Held, loans: Sequence[LoanRow]) -> None:
    """Take loans out of a case; both are locked."""
    await queries.leave(work, held.case.id, [loan.id for loan in loans], held.today)
    for loan in loans:
        if loan.case_id == held.case.id:
            loan.case_id = None


async def close(work: Work, held: Held, reason: str) -> None:
    """Close a case: its loans leave, its open tasks, its promise and what was agreed end.

    Messages of the case that wait to be sent are withdrawn by their validity. Holds stay: they
    are about the person, and bind until they end.
    """
    case = held.case
    await let_leave(work, held, held.loans)
    for promise in await queries.promises(work, case.id):
        if promise.status == "open":
            promise.status = "replaced"
            promise.resolved_at = held.clock.now
    await plan_queries.end_standing(work, case.id, held.today)
    for task in await tasks.of_case(work, case.id):
        if task.status == "open":
            tasks.drop(work, task, held.clock.now, "case_closed")
    for proposal in await queries.proposals(work, case.id):
        if proposal.status == "proposed":
            proposal.status = "withdrawn"
            proposal.decided_at = held.clock.now
    case.status = "closed"
    case.closed_reason = reason
    case.closed_at = held.clock.now
    case.next_step = None
    case.next_at = None
    case.waiting_for = ""
    case.suspended_by = None
    timeline.write(work, case, held.clock.now, timeline.EventKind.CLOSED, {"reason": reason})
    record(
        work,
        "case.closed",
        "case",
        case.id,
        {"reason": reason, "stage": case.stage},
    )
