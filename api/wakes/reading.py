"""Counts by which Postgres and Temporal can be compared."""

from datetime import datetime

from sqlalchemy import func, or_, select

from api.loans.tables import LoanRow
from api.metrics import Unsettled
from api.recovery.tables import CaseRow
from api.wakes.tables import WakeRow
from api.work import Work
from contracts.clocks import WakeCounts
from contracts.names import WakeKind


async def work_counts(work: Work) -> WakeCounts:
    """How many loans and cases should have a running workflow, and what is unsettled."""
    active = await work.session.scalar(
        select(func.count())
        .select_from(LoanRow)
        .outerjoin(WakeRow, WakeRow.workflow_id == func.concat("loan:", LoanRow.id))
        .where(
            or_(
                LoanRow.lifecycle.in_(("applied", "approved", "active")),
                # A loan that is over may still wait for something: a payment that is announced,
                # or the day on which its last one is certain.
                WakeRow.due_at.is_not(None),
            )
        )
    )
    cases = await work.session.scalar(
        select(func.count()).select_from(CaseRow).where(CaseRow.status == "open")
    )
    row = (
        await work.session.execute(
            select(func.count(), func.min(WakeRow.wanted_at)).where(WakeRow.wanted > WakeRow.done)
        )
    ).one()
    unsettled: int = row[0]
    oldest: datetime | None = row[1]
    age = 0 if oldest is None else max(0, int((work.now - oldest).total_seconds()))
    return WakeCounts(
        active_loans=int(active or 0),
        open_cases=int(cases or 0),
        unsettled=unsettled,
        oldest_unsettled_seconds=age,
    )


async def unsettled(work: Work) -> dict[WakeKind, Unsettled]:
    """How far the workflows are behind the facts, by kind; a kind that is not is left out."""
    waiting = WakeRow.wanted > func.greatest(WakeRow.delivered, WakeRow.done)
    rows = await work.session.execute(
        select(
            WakeRow.kind,
            func.count(),
            func.count().filter(waiting),
            func.min(WakeRow.wanted_at),
        )
        .where(WakeRow.wanted > WakeRow.done)
        .group_by(WakeRow.kind)
    )
    return {WakeKind(row[0]): Unsettled(row[1], row[2], row[3]) for row in rows}
