"""Every schedule that a loan ever had, with the change that made it. Append-only."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from api.loan_changes.ground import Held
from api.loan_changes.tables import ScheduleVersionRow
from api.loans import queries as loans
from api.loans.tables import LoanRow
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.loan_changes import ScheduleVersion
from domain.money import quantize


async def keep_first(work: Work, held: Held) -> None:
    """Keep the schedule a loan was made with, before the first change to it."""
    if await _newest(work, held.loan.id) == 0:
        await _write(work, held, 1, None)


async def keep(work: Work, held: Held) -> None:
    """Keep the schedule as a change has made it."""
    await _write(work, held, await _newest(work, held.loan.id) + 1, held.change_id)


async def list_versions(work: Work, loan_id: UUID, page: PageRequest) -> Page[ScheduleVersion]:
    """A loan's schedules, oldest first; none while its first one holds. Raises `NOT_FOUND`."""
    await loans.book_of(work, loan_id)
    rows: Sequence[ScheduleVersionRow] = (
        await work.session.scalars(
            select(ScheduleVersionRow)
            .where(
                ScheduleVersionRow.loan_id == loan_id,
                ScheduleVersionRow.version > page.after_number(),
            )
            .order_by(ScheduleVersionRow.version)
            .limit(page.limit + 1)
        )
    ).all()
    kept, cursor = page.cut(rows, [row.version for row in rows])
    return Page(
        items=[
            ScheduleVersion.model_validate(
                {
                    "version": row.version,
                    "change_id": row.change_id,
                    "made_on": row.made_on,
                    "annual_rate_percent": row.annual_rate_percent,
                    "rows": row.rows,
                }
            )
            for row in kept
        ],
        next_cursor=cursor,
    )


async def _newest(work: Work, loan_id: UUID) -> int:
    found = await work.session.scalar(
        select(func.max(ScheduleVersionRow.version)).where(ScheduleVersionRow.loan_id == loan_id)
    )
    return int(found or 0)


async def _write(work: Work, held: Held, version: int, change_id: UUID | None) -> None:
    loan: LoanRow = held.loan
    work.session.add(
        ScheduleVersionRow(
            loan_id=loan.id,
            version=version,
            change_id=change_id,
            made_on=held.ground.today if change_id else loan.disbursed_on,
            annual_rate_percent=loan.annual_rate_percent,
            rows=[
                {
                    "number": row.number,
                    "from_on": row.from_on.isoformat(),
                    "due_on": row.due_on.isoformat(),
                    "principal": str(quantize(row.principal, loan.currency)),
                    "interest": str(quantize(row.interest, loan.currency)),
                }
                for row in held.rows
            ],
        )
    )
    await work.session.flush()
