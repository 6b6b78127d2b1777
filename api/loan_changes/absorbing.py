"""What of a relief had been written off before it was given."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update

from api.loan_changes.tables import LoanChangeRow
from api.payments.tables import TransactionRow
from api.work import Work
from domain.money import ZERO

_KEY = "change:"


async def of_movement(work: Work, movement: TransactionRow) -> Decimal:
    """What of a relief was no loss any more."""
    found: Decimal | None = await work.session.scalar(
        select(LoanChangeRow.absorbed).where(LoanChangeRow.id == _change(movement))
    )
    return found or ZERO


async def put(work: Work, movement: TransactionRow, absorbed: Decimal) -> None:
    """Keep another amount: the relief turned out to meet something else."""
    await work.session.execute(
        update(LoanChangeRow)
        .where(LoanChangeRow.id == _change(movement), LoanChangeRow.absorbed != absorbed)
        .values(absorbed=absorbed)
    )


def _change(movement: TransactionRow) -> UUID | None:
    key = movement.natural_key or ""
    return UUID(key.removeprefix(_KEY)) if key.startswith(_KEY) else None
