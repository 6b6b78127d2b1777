"""Writes one movement on a loan: the transaction, its allocations and its journal entry.

The loan is locked by the caller and its balances already are what they will be afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert, select

from api.db.base import new_id
from api.ledger import service as ledger
from api.loans.tables import LoanRow
from api.payments.tables import TRANSACTION_NUMBERS, AllocationRow, TransactionRow
from api.work import Work
from domain.lending.ledger import Entry
from domain.lending.waterfall import Allocation
from domain.money import ZERO

KEPT_AS_CREDIT = "kept_as_credit"
"""Why money is not split over what is owed: the loan had no use for it, and it is to go back."""


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


async def record(work: Work, loan: LoanRow, movement: Movement) -> UUID:
    """Write a movement; answers the transaction's key."""
    await work.session.flush()
    work.postings[movement.kind] += 1
    transaction_id = movement.id or new_id()
    number = await work.session.scalar(select(TRANSACTION_NUMBERS.next_value()))
    await work.session.execute(
        insert(TransactionRow).values(
            id=transaction_id,
            number=number,
            loan_id=loan.id,
            kind=movement.kind,
            amount=movement.amount,
            currency=loan.currency,
            value_on=movement.value_on,
            booked_on=movement.booked_on,
            booked_at=work.now,
            method=movement.method,
            reference=movement.reference,
            reason=movement.reason,
            natural_key=movement.natural_key,
            reverses_id=movement.reverses_id,
            parent_id=movement.parent_id,
            caused_by_id=movement.caused_by_id,
            credited=movement.credited,
            principal_after=loan.principal_outstanding,
            interest_after=loan.interest_outstanding,
            fee_after=loan.fee_outstanding,
            penalty_after=loan.penalty_outstanding,
        )
    )
    if movement.allocations:
        await work.session.execute(
            insert(AllocationRow),
            [
                {
                    "transaction_id": transaction_id,
                    "instalment": part.instalment,
                    "component": part.component.value,
                    "amount": part.amount,
                }
                for part in movement.allocations
            ],
        )
    if movement.entry is not None:
        await ledger.post(
            work,
            ledger.Posting(
                entry=movement.entry,
                creditor_id=loan.creditor_id,
                test_clock_id=loan.test_clock_id,
                currency=loan.currency,
                value_on=movement.value_on,
                booked_on=movement.booked_on,
                loan_id=loan.id,
                product_id=loan.product_id,
                transaction_id=transaction_id,
            ),
        )
    return transaction_id
