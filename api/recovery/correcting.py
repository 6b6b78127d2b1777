"""Tells recovery cases that the arrears they stand on turned out to be others.

A case that should not have opened is told so and plans again; it closes by its own rules.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_, select

from api.clock import Clock
from api.loans.tables import LoanRow
from api.recovery import timeline
from api.recovery.tables import CaseLoanRow, CaseRow
from api.wakes import service as wakes
from api.work import Work
from contracts.names import WakeKind
from domain.ids import case_workflow_id


async def concerned(
    work: Work, loan: LoanRow, periods: Sequence[tuple[date, date]]
) -> Sequence[CaseRow]:
    """The case a loan is in, and those it joined on days on which it was not late after all."""
    joined = or_(
        CaseRow.id == loan.case_id,
        *(CaseLoanRow.joined_on.between(first, last) for first, last in periods),
    )
    return (
        await work.session.scalars(
            select(CaseRow)
            .join(
                CaseLoanRow,
                and_(CaseLoanRow.case_id == CaseRow.id, CaseLoanRow.loan_id == loan.id),
            )
            .where(joined)
            .order_by(CaseRow.number)
        )
    ).all()


async def tell(
    work: Work,
    clock: Clock,
    loan: LoanRow,
    cases: Sequence[CaseRow],
    *,
    since: date,
    periods: Sequence[tuple[date, date]],
) -> None:
    """Note in the story of cases what is known now of a locked loan; open ones plan again."""
    notes: list[dict[str, str | int | None]] = [
        {"loan": loan.number, "first": first.isoformat(), "last": last.isoformat()}
        for first, last in periods
    ] or [{"loan": loan.number, "since": since.isoformat()}]
    awake: list[tuple[str, WakeKind, UUID | None]] = []
    for case in cases:
        for note in notes:
            timeline.write(work, case, clock.now, timeline.EventKind.ARREARS_CORRECTED, note)
        if case.status == "open":
            awake.append((case_workflow_id(case.id), WakeKind.CASE, case.test_clock_id))
    await wakes.raise_wakes(work, sorted(awake, key=lambda wake: wake[0]))
