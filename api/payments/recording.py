"""Writes movements on a loan: each a transaction, its allocations and its journal entry.

The loan is locked by the caller and its balances already are what they will be afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from api.db.base import new_id
from api.db.bulk import insert_rows
from api.ledger import service as ledger
from api.loans.tables import LoanRow
from api.payments.tables import AllocationRow, TransactionRow
from api.work import Work
from domain.lending.correction import Told
from domain.lending.ledger import Entry
from domain.lending.waterfall import Allocation
from domain.money import ZERO

KEPT_AS_CREDIT = "kept_as_credit"
"""Why money is not split over what is owed: the loan had no use for it, and it is to go back."""

CORRECTED = "corrected"
"""Why a movement was taken back, or told again, that nobody asked to."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved, from when it counts, and the entry it makes in the journal."""

    kind: str
    amount: Decimal
    value_on: date
    booked_on: date
    entry: Entry | None
    allocations: Sequence[Allocation] = ()
    credited: Decimal = ZERO
    method: str | None = None
    reference: str | None = None
    reason: str | None = None
    natural_key: str | None = None
    reverses_id: UUID | None = None
    parent_id: UUID | None = None
    caused_by_id: UUID | None = None
    id: UUID | None = None
    """Its key, where it has one already: a payment that was announced keeps its own."""


def reallocation(
    of: TransactionRow, now: Told, entry: Entry | None, today: date, cause: UUID
) -> Movement:
    """The whole new split of a payment or a relief that was told again; the newest one counts."""
    return Movement(
        kind="reallocation",
        amount=of.amount,
        value_on=of.value_on,
        booked_on=today,
        entry=entry,
        allocations=now.allocations,
        credited=now.unapplied,
        reason=CORRECTED,
        parent_id=of.id,
        caused_by_id=cause,
    )


async def record(work: Work, loan: LoanRow, movement: Movement) -> UUID:
    """Write a movement; answers the transaction's key."""
    (key,) = await record_all(work, loan, [movement])
    return key


async def record_all(work: Work, loan: LoanRow, movements: Sequence[Movement]) -> list[UUID]:
    """Write movements of one loan in their order, in a few statements however many there are.

    Answers the transactions' keys.
    """
    if not movements:
        return []
    await work.session.flush()
    keys = [movement.id or new_id() for movement in movements]
    numbers = await work.session.scalars(
        text("select nextval('transaction_numbers') from generate_series(1, :count)"),
        {"count": len(movements)},
    )
    for movement in movements:
        work.postings[movement.kind] += 1
    await insert_rows(
        work.session,
        TransactionRow,
        [
            {
                "id": key,
                "number": number,
                "loan_id": loan.id,
                "kind": movement.kind,
                "amount": movement.amount,
                "currency": loan.currency,
                "value_on": movement.value_on,
                "booked_on": movement.booked_on,
                "booked_at": work.now,
                "method": movement.method,
                "reference": movement.reference,
                "reason": movement.reason,
                "natural_key": movement.natural_key,
                "reverses_id": movement.reverses_id,
                "parent_id": movement.parent_id,
                "caused_by_id": movement.caused_by_id,
                "credited": movement.credited,
                "principal_after": loan.principal_outstanding,
                "interest_after": loan.interest_outstanding,
                "fee_after": loan.fee_outstanding,
                "penalty_after": loan.penalty_outstanding,
            }
            for key, number, movement in zip(keys, sorted(numbers), movements, strict=True)
        ],
    )
    await insert_rows(
        work.session,
        AllocationRow,
        [
            {
                "transaction_id": key,
                "instalment": part.instalment,
                "component": part.component.value,
                "amount": part.amount,
            }
            for key, movement in zip(keys, movements, strict=True)
            for part in movement.allocations
        ],
    )
    await ledger.post(
        work,
        *[
            ledger.Posting.of_loan(
                loan,
                movement.entry,
                value_on=movement.value_on,
                booked_on=movement.booked_on,
                transaction_id=key,
            )
            for key, movement in zip(keys, movements, strict=True)
            if movement.entry is not None
        ],
    )
    return keys
