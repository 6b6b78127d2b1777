"""Every schedule that a loan ever had, with the change or payment that made it. Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from api.db.base import among
from api.loan_changes.tables import ScheduleVersionRow
from api.loans import queries as loans
from api.loans.balances import earning_kept, earning_told
from api.loans.tables import LoanRow
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.loan_changes import ScheduleVersion
from contracts.loans import ScheduledRow
from domain.lending.schedule import Instalment
from domain.money import quantize


@dataclass(frozen=True, slots=True)
class Cause:
    """What makes a version: a change, a payment, or (for the first and the past) nothing."""

    on: date
    change_id: UUID | None = None
    payment_id: UUID | None = None


async def keep_first(work: Work, loan: LoanRow, rows: Sequence[Instalment]) -> None:
    """Keep the schedule a loan was made with, before the first change to it."""
    if await _newest(work, loan.id) == 0 and loan.disbursed_on is not None:
        await _write(work, loan, 1, rows, Cause(loan.disbursed_on))


async def keep(work: Work, loan: LoanRow, rows: Sequence[Instalment], cause: Cause) -> None:
    """Keep the schedule as something has made it."""
    await _write(work, loan, await _newest(work, loan.id) + 1, rows, cause)


async def made_by_payments(
    work: Work, loan_id: UUID, payment_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """The newest version that each payment made, of those that made one."""
    if not payment_ids:
        return {}
    rows = await work.session.execute(
        select(ScheduleVersionRow.payment_id, func.max(ScheduleVersionRow.version))
        .where(
            ScheduleVersionRow.loan_id == loan_id,
            among(ScheduleVersionRow.payment_id, payment_ids),
        )
        .group_by(ScheduleVersionRow.payment_id)
    )
    return {payment_id: version for payment_id, version in rows if payment_id is not None}


async def made_by_change(work: Work, loan_id: UUID, change_id: UUID) -> int | None:
    """The version that a change made; None where anything made another one since."""
    version: int | None = await work.session.scalar(
        select(ScheduleVersionRow.version).where(
            ScheduleVersionRow.loan_id == loan_id, ScheduleVersionRow.change_id == change_id
        )
    )
    return version if version == await _newest(work, loan_id) else None


async def rows_of(work: Work, loan_id: UUID, version: int) -> tuple[Instalment, ...]:
    """A kept schedule as it was planned."""
    found = await work.session.scalars(
        select(ScheduleVersionRow.rows).where(
            ScheduleVersionRow.loan_id == loan_id, ScheduleVersionRow.version == version
        )
    )
    return tuple(
        Instalment(
            row.number,
            row.from_on,
            row.due_on,
            row.principal,
            row.interest,
            earning_told(kept.get("earning")),
            None if (agreed := kept.get("agreed")) is None else Decimal(str(agreed)),
        )
        for rows in found
        for kept in rows
        for row in [_told(kept)]
    )


def _told(kept: dict[str, object]) -> ScheduledRow:
    """A kept row, without what only its interest is worked out from."""
    plain = {name: value for name, value in kept.items() if name not in {"earning", "agreed"}}
    return ScheduledRow.model_validate(plain)


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
                    "payment_id": row.payment_id,
                    "made_on": row.made_on,
                    "annual_rate_percent": row.annual_rate_percent,
                    "rows": [_told(kept) for kept in row.rows],
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


async def _write(
    work: Work, loan: LoanRow, version: int, rows: Sequence[Instalment], cause: Cause
) -> None:
    work.session.add(
        ScheduleVersionRow(
            loan_id=loan.id,
            version=version,
            change_id=cause.change_id,
            payment_id=cause.payment_id,
            made_on=cause.on,
            annual_rate_percent=loan.annual_rate_percent,
            rows=[_kept(row, loan.currency) for row in rows],
        )
    )
    await work.session.flush()


def _kept(row: Instalment, currency: str) -> dict[str, object]:
    plain: dict[str, object] = {
        "number": row.number,
        "from_on": row.from_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "principal": str(quantize(row.principal, currency)),
        "interest": str(quantize(row.interest, currency)),
    }
    earning = earning_kept(row)
    if earning is not None:
        plain["earning"] = earning
    if row.agreed is not None:
        plain["agreed"] = str(quantize(row.agreed, currency))
    return plain
