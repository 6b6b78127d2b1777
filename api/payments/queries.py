"""SQL of transactions and allocations."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import aliased

from api.db.base import among
from api.loans.tables import LoanRow
from api.payments.tables import AllocationRow, TransactionRow
from api.security.access import visible_customer
from api.work import Work

_REVERSAL = aliased(TransactionRow)


def _reversed() -> ColumnElement[bool]:
    return exists().where(_REVERSAL.reverses_id == TransactionRow.id)


async def allocations(
    work: Work, transaction_ids: Sequence[UUID]
) -> dict[UUID, list[AllocationRow]]:
    """What each transaction paid, in the order of instalments."""
    found: dict[UUID, list[AllocationRow]] = {key: [] for key in transaction_ids}
    if transaction_ids:
        rows = await work.session.scalars(
            select(AllocationRow)
            .where(among(AllocationRow.transaction_id, transaction_ids))
            .order_by(AllocationRow.instalment, AllocationRow.component)
        )
        for row in rows:
            found[row.transaction_id].append(row)
    return found


async def repayment(work: Work, loan_id: UUID, payment_id: UUID) -> TransactionRow | None:
    """One payment of a loan."""
    return await work.session.scalar(
        select(TransactionRow).where(
            TransactionRow.id == payment_id,
            TransactionRow.loan_id == loan_id,
            TransactionRow.kind == "repayment",
        )
    )


async def by_natural_key(work: Work, natural_key: str) -> UUID | None:
    """The movement that was written under a natural key."""
    found: UUID | None = await work.session.scalar(
        select(TransactionRow.id).where(TransactionRow.natural_key == natural_key)
    )
    return found


async def reversal_of(work: Work, transaction_id: UUID) -> TransactionRow | None:
    """The reversal of a transaction, if there is one."""
    return await work.session.scalar(
        select(TransactionRow).where(TransactionRow.reverses_id == transaction_id)
    )


async def children_of(work: Work, transaction_id: UUID) -> Sequence[TransactionRow]:
    """Movements that were part of a payment, such as the rebate of an early payoff."""
    return (
        await work.session.scalars(
            select(TransactionRow).where(TransactionRow.parent_id == transaction_id)
        )
    ).all()


async def fee_after(work: Work, loan_id: UUID, value_on: date) -> date | None:
    """When a late fee arose after a day, the first of them; null when none did."""
    found: date | None = await work.session.scalar(
        select(func.min(TransactionRow.value_on)).where(
            TransactionRow.loan_id == loan_id,
            TransactionRow.kind == "late_fee",
            TransactionRow.value_on > value_on,
        )
    )
    return found


async def page(
    work: Work, after: int, limit: int, *, loan_id: UUID | None, customer_id: UUID | None
) -> Sequence[tuple[TransactionRow, bool]]:
    """Payments after a number, each with whether it was reversed."""
    statement = (
        select(TransactionRow, _reversed().label("reversed"))
        .join(LoanRow, LoanRow.id == TransactionRow.loan_id)
        .where(TransactionRow.kind == "repayment", TransactionRow.number > after)
        .order_by(TransactionRow.number)
        .limit(limit)
    )
    if loan_id is not None:
        statement = statement.where(TransactionRow.loan_id == loan_id)
    if customer_id is not None:
        statement = statement.where(LoanRow.customer_id == customer_id)
    only = visible_customer(work.principal)
    if only is not None:
        statement = statement.where(LoanRow.customer_id == only)
    rows = await work.session.execute(statement)
    return [(row[0], row[1]) for row in rows]
