"""SQL of what is agreed on cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from api.db.base import among
from api.loans.tables import InstalmentRow, LoanRow
from api.loans.unpaid import unpaid
from api.payments.tables import AllocationRow, TransactionRow
from api.recovery.plan_tables import (
    ArrangementPartRow,
    ArrangementRow,
    MoratoriumPauseRow,
    MoratoriumRow,
    SettlementRow,
)
from api.recovery.tables import CaseRow, HoldRow
from api.work import Work
from domain.money import ZERO
from domain.recovery.arrangement import STANDING as ARRANGED
from domain.recovery.arrangement import ArrangementState
from domain.recovery.settlement import STANDING as SETTLING
from domain.recovery.settlement import SettlementState


async def any_agreed(work: Work, case_id: UUID) -> bool:
    """Whether anything was ever agreed on a case, or a moratorium protected its customer."""
    customer = select(CaseRow.customer_id).where(CaseRow.id == case_id).scalar_subquery()
    found: bool | None = await work.session.scalar(
        select(
            or_(
                exists().where(ArrangementRow.case_id == case_id),
                exists().where(SettlementRow.case_id == case_id),
                exists().where(
                    or_(MoratoriumRow.customer_id == customer, MoratoriumRow.case_id == case_id)
                ),
            )
        )
    )
    return bool(found)


async def arrangements(work: Work, case_id: UUID) -> Sequence[ArrangementRow]:
    """All arrangements of a case, oldest first."""
    return (
        await work.session.scalars(
            select(ArrangementRow)
            .where(ArrangementRow.case_id == case_id)
            .order_by(ArrangementRow.made_at, ArrangementRow.id)
        )
    ).all()


async def parts(
    work: Work, arrangement_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[ArrangementPartRow]]:
    """The dated amounts of arrangements, in order."""
    found: dict[UUID, list[ArrangementPartRow]] = {each: [] for each in arrangement_ids}
    if found:
        for row in await work.session.scalars(
            select(ArrangementPartRow)
            .where(among(ArrangementPartRow.arrangement_id, arrangement_ids))
            .order_by(ArrangementPartRow.arrangement_id, ArrangementPartRow.number)
        ):
            found[row.arrangement_id].append(row)
    return found


async def standing_arrangement(work: Work, case_id: UUID) -> ArrangementRow | None:
    """The arrangement of a case that is open or waits for a second person."""
    return await work.session.scalar(
        select(ArrangementRow).where(
            ArrangementRow.case_id == case_id,
            ArrangementRow.status.in_(sorted(ARRANGED)),
        )
    )


async def broken_days(work: Work, case_id: UUID) -> Sequence[date]:
    """The days on which arrangements of a case were broken."""
    found = await work.session.scalars(
        select(ArrangementRow.ended_on).where(
            ArrangementRow.case_id == case_id,
            ArrangementRow.status == ArrangementState.BROKEN.value,
        )
    )
    return [day for day in found if day is not None]


async def settlements(work: Work, case_id: UUID) -> Sequence[SettlementRow]:
    """All settlements of a case, oldest first."""
    return (
        await work.session.scalars(
            select(SettlementRow)
            .where(SettlementRow.case_id == case_id)
            .order_by(SettlementRow.made_at, SettlementRow.id)
            .execution_options(populate_existing=True)
        )
    ).all()


async def standing_settlement(work: Work, case_id: UUID) -> SettlementRow | None:
    """The settlement of a case that is proposed, offered or accepted."""
    return await work.session.scalar(
        select(SettlementRow)
        .where(SettlementRow.case_id == case_id, SettlementRow.status.in_(sorted(SETTLING)))
        .execution_options(populate_existing=True)
    )


async def completed_settlement(work: Work, loan_id: UUID) -> SettlementRow | None:
    """The settlement that closed a loan, the last one of it that was completed."""
    return await work.session.scalar(
        select(SettlementRow)
        .where(
            SettlementRow.status == SettlementState.COMPLETED.value,
            SettlementRow.loan_ids.contains([str(loan_id)]),
        )
        .order_by(SettlementRow.made_at.desc(), SettlementRow.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


async def suspending(work: Work, case_id: UUID) -> str | None:
    """What was agreed on a case and stands in the way of a promise, by its name."""
    arrangement = await standing_arrangement(work, case_id)
    if arrangement is not None and arrangement.status == ArrangementState.OPEN:
        return "arrangement"
    settlement = await standing_settlement(work, case_id)
    if settlement is not None and settlement.status == SettlementState.ACCEPTED:
        return "settlement"
    return None


async def end_standing(work: Work, case_id: UUID, on: date) -> None:
    """What still stands when a case closes was overtaken."""
    await work.session.flush()
    await work.session.execute(
        update(ArrangementRow)
        .where(ArrangementRow.case_id == case_id, ArrangementRow.status.in_(sorted(ARRANGED)))
        .values(status=ArrangementState.REPLACED.value, ended_on=on)
    )
    await work.session.execute(
        update(SettlementRow)
        .where(SettlementRow.case_id == case_id, SettlementRow.status.in_(sorted(SETTLING)))
        .values(status=SettlementState.WITHDRAWN.value, ended_on=on)
    )


async def moratoria_of(work: Work, customer_id: UUID) -> Sequence[tuple[MoratoriumRow, HoldRow]]:
    """All moratoria of a person with the holds that say how long they bind, oldest first."""
    return await _moratoria(work, MoratoriumRow.customer_id == customer_id)


async def moratoria_in(work: Work, case: CaseRow) -> Sequence[tuple[MoratoriumRow, HoldRow]]:
    """The same of a case's customer, and those that were placed in the case for another party."""
    return await _moratoria(
        work, or_(MoratoriumRow.customer_id == case.customer_id, MoratoriumRow.case_id == case.id)
    )


async def _moratoria(
    work: Work, which: ColumnElement[bool]
) -> Sequence[tuple[MoratoriumRow, HoldRow]]:
    rows = await work.session.execute(
        select(MoratoriumRow, HoldRow)
        .join(HoldRow, HoldRow.id == MoratoriumRow.hold_id)
        .where(which)
        .order_by(HoldRow.starts_on, MoratoriumRow.id)
        .execution_options(populate_existing=True)
    )
    return [(row, hold) for row, hold in rows]


async def pauses(work: Work, moratorium_ids: Collection[UUID]) -> Sequence[MoratoriumPauseRow]:
    """The interest pauses of moratoria that were not lifted, in order."""
    if not moratorium_ids:
        return []
    return (
        await work.session.scalars(
            select(MoratoriumPauseRow)
            .where(
                among(MoratoriumPauseRow.moratorium_id, moratorium_ids),
                MoratoriumPauseRow.lifted.is_(False),
            )
            .order_by(MoratoriumPauseRow.id)
        )
    ).all()


async def active_loans_of(work: Work, customer_id: UUID) -> Sequence[UUID]:
    """The active loans of a person as their borrower, in number order."""
    return (
        await work.session.scalars(
            select(LoanRow.id)
            .where(LoanRow.customer_id == customer_id, LoanRow.lifecycle == "active")
            .order_by(LoanRow.number)
        )
    ).all()


async def falling_due(work: Work, loan_ids: Collection[UUID], until: date) -> Decimal:
    """What of active loans is unpaid and falls due until a day, that day included."""
    if not loan_ids:
        return ZERO
    found: Decimal | None = await work.session.scalar(
        select(func.sum(unpaid()))
        .select_from(InstalmentRow)
        .join(LoanRow, LoanRow.id == InstalmentRow.loan_id)
        .where(
            among(InstalmentRow.loan_id, loan_ids),
            LoanRow.lifecycle == "active",
            InstalmentRow.due_on <= until,
        )
    )
    return found or ZERO


@dataclass(frozen=True, slots=True)
class Charged:
    """A fee or penalty that was charged on an instalment."""

    loan_id: UUID
    instalment: int
    component: str
    amount: Decimal


async def charged_since(work: Work, loan_id: UUID, from_on: date) -> Sequence[Charged]:
    """Late fees and charges of a loan from a day on that were not taken back."""
    reversal = aliased(TransactionRow)
    rows = await work.session.execute(
        select(
            TransactionRow.loan_id,
            AllocationRow.instalment,
            AllocationRow.component,
            func.sum(AllocationRow.amount),
        )
        .join(AllocationRow, AllocationRow.transaction_id == TransactionRow.id)
        .where(
            TransactionRow.loan_id == loan_id,
            TransactionRow.kind.in_(("late_fee", "charge")),
            TransactionRow.value_on >= from_on,
            ~exists().where(reversal.reverses_id == TransactionRow.id),
        )
        .group_by(TransactionRow.loan_id, AllocationRow.instalment, AllocationRow.component)
        .order_by(AllocationRow.instalment, AllocationRow.component)
    )
    return [Charged(*row) for row in rows]
