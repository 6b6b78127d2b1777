"""SQL of payouts; a customer reaches only his own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select

from api.payouts.tables import PAYOUT_NUMBERS, PayoutRow
from api.security.access import visible_customer
from api.work import Work


def _visible(work: Work) -> Select[PayoutRow]:
    statement = select(PayoutRow)
    only = visible_customer(work.principal)
    return statement if only is None else statement.where(PayoutRow.customer_id == only)


async def next_number(work: Work) -> int:
    """The next human number of a payout."""
    return await work.session.scalar(select(PAYOUT_NUMBERS.next_value())) or 0


async def payout(work: Work, payout_id: UUID, *, lock: bool = False) -> PayoutRow | None:
    """A payout the principal may see."""
    statement = _visible(work).where(PayoutRow.id == payout_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return await work.session.scalar(statement)


async def of_loan(work: Work, loan_id: UUID, after: int, limit: int) -> Sequence[PayoutRow]:
    """The payouts of a loan after a number, by number."""
    statement = _visible(work).where(PayoutRow.loan_id == loan_id, PayoutRow.number > after)
    return (await work.session.scalars(statement.order_by(PayoutRow.number).limit(limit))).all()
