"""Lets loans leave the case of somebody whose loans they are no longer."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from api.audit.service import record
from api.recovery import cases, timeline
from api.work import Work
from domain.errors import Fact
from domain.recovery.case import CloseReason


async def pass_on(work: Work, case_id: UUID, loan_ids: Collection[UUID]) -> None:
    """Take loans out of a case; one in which nothing is left is closed.

    Late ones enter a case of their new customer when the next day is closed. Raises `NOT_FOUND`.
    """
    held = await cases.hold_with_loans(work, case_id)
    leaving = [loan for loan in held.loans if loan.id in loan_ids]
    if not leaving:
        return
    await cases.let_leave(work, held, leaving)
    for loan in leaving:
        facts: dict[str, Fact] = {"loan": loan.number, "passed_on": "yes"}
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.LOAN_LEFT, facts)
        record(work, "case.loan_passed_on", "case", case_id, {"loan_id": str(loan.id)})
    held.case.version += 1
    if len(leaving) == len(held.loans) and held.case.status == "open":
        await cases.close(work, replace(held, loans=()), CloseReason.PASSED_ON)
    await cases.wake(work, held.case)
