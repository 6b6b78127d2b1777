"""Collection rests on what a complaint is about, from its first day until it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.clock import Clock
from api.complaints.tables import ComplaintRow
from api.loans.tables import LoanRow
from api.recovery import cases, hold_queries, holds, queries, timeline
from api.recovery.tables import CaseRow, HoldRow
from api.work import Work
from domain.recovery.holds import HoldKind


@dataclass(frozen=True, slots=True)
class Point:
    """What a complaint is about, as a case needs to know it.

    Attributes:
        complaint_id: The complaint.
        number: Its number for people.
        customer_id: Whose cases it may concern: who complains, or the loan's first debtor.
        creditor_id: About whose book.
        loan_id: The loan it is about; None: all that he has with the creditor.
        received_on: First day on which collection rests.
        respond_by: When an answer is due, and the hold is looked at again.
    """

    complaint_id: UUID
    number: str
    customer_id: UUID
    creditor_id: UUID
    loan_id: UUID | None
    received_on: date
    respond_by: date


async def hold_loans(work: Work, customer_id: UUID, creditor_id: UUID) -> None:
    """Lock a customer's loans with a creditor: none of them joins a case meanwhile."""
    await queries.lock_loans(work, await hold_queries.loans_of(work, customer_id, creditor_id))


async def pause_for_complaint(work: Work, point: Point) -> None:
    """Let collection rest in every open case that a complaint is about.

    The customer's loans with the creditor are locked first: one that falls late meanwhile either
    has its case found here, or finds the complaint when its case is opened.
    """
    await hold_loans(work, point.customer_id, point.creditor_id)
    paused: list[CaseRow] = []
    for case in await queries.open_cases_of(work, point.customer_id):
        inside = await queries.loan_ids(work, case.id, present=True)
        if case.creditor_id != point.creditor_id:
            continue
        if point.loan_id is not None and point.loan_id not in inside:
            continue
        held = await cases.hold_case(work, case.id)
        if held.case.status == "open":
            await _hold(work, held.clock, held.case, point)
            paused.append(held.case)
    await cases.wake_many(work, paused)


async def resume_after_complaint(work: Work, point: Point, state: str, outcome: str) -> None:
    """The complaint is answered: its holds end, and the cases go on where they stood.

    Loans are locked as for `pause_for_complaint`: no hold is placed meanwhile.
    """
    await hold_loans(work, point.customer_id, point.creditor_id)
    woken: list[CaseRow] = []
    for row in await hold_queries.holds_of_complaint(work, point.complaint_id):
        held = await cases.hold_case(work, row.case_id)
        timeline.write(
            work,
            held.case,
            held.clock.now,
            timeline.EventKind.COMPLAINT_ENDED,
            {"complaint": point.number, "state": state, "outcome": outcome},
        )
        if row.ended_at is None:
            holds.end(work, held, row)
        woken += [held.case, *await queries.open_cases_of(work, held.case.customer_id)]
    await cases.wake_many(work, woken)


async def hold_joined(work: Work, clock: Clock, joined: Sequence[tuple[CaseRow, LoanRow]]) -> None:
    """Let collection rest where a loan joins a case while a complaint about it is open.

    Cases and loans are locked by the caller, who wakes the cases.
    """
    if not joined:
        return
    people = {case.customer_id for case, _ in joined}
    loan_ids = {loan.id for _, loan in joined}
    for row in await hold_queries.open_complaints(work, people, loan_ids):
        concerned = {case.id: case for case, loan in joined if _is_about(row, case, loan)}
        for case in concerned.values():
            if not await hold_queries.is_held_for(work, case.id, row.id):
                await _hold(work, clock, case, _point(row))


def _is_about(row: ComplaintRow, case: CaseRow, loan: LoanRow) -> bool:
    """Whether a complaint is about a loan of a case; a co-borrower's names the loan."""
    if row.loan_id is not None:
        return row.loan_id == loan.id
    return (row.customer_id, row.creditor_id) == (case.customer_id, case.creditor_id)


def _point(row: ComplaintRow) -> Point:
    return Point(
        row.id,
        f"CP-{row.number}",
        row.customer_id,
        row.creditor_id,
        row.loan_id,
        row.received_on,
        row.respond_by,
    )


async def _hold(work: Work, clock: Clock, case: CaseRow, point: Point) -> None:
    timeline.write(
        work,
        case,
        clock.now,
        timeline.EventKind.COMPLAINED,
        {
            "complaint": point.number,
            "complaint_id": str(point.complaint_id),
            "received_on": point.received_on.isoformat(),
            "respond_by": point.respond_by.isoformat(),
        },
    )
    await holds.keep(
        work,
        case,
        HoldRow(
            case_id=case.id,
            customer_id=case.customer_id,
            kind=HoldKind.COMPLAINT.value,
            starts_on=point.received_on,
            ends_on=None,
            review_on=point.respond_by,
            reason_ct=None,
            complaint_id=point.complaint_id,
            ended_at=None,
            created_at=clock.now,
            created_by=work.principal.user_id,
        ),
    )
