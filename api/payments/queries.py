"""SQL of transactions and allocations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, exists, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from api.arrears.tables import BucketChangeRow
from api.db.base import among
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.payments.tables import AllocationRow, PaymentLifeRow, TransactionRow
from api.work import Work

_REVERSAL = aliased(TransactionRow)

BY_HAND_KINDS = ("charge", "waiver", "forgiveness", "settlement", "goodwill_credit")
"""Movements that a person makes, by which more or less is owed without money."""

PAYOFF_KINDS = ("interest_rebate", "unearned_interest")
"""Movements that are part of an early payoff; their parent is the payment."""


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


async def payment(work: Work, payment_id: UUID) -> TransactionRow | None:
    """One payment whose money counts or did, of whatever loan."""
    return await work.session.scalar(
        select(TransactionRow).where(
            TransactionRow.id == payment_id, TransactionRow.kind == "repayment"
        )
    )


async def by_natural_key(work: Work, natural_key: str) -> UUID | None:
    """The movement that was written under a natural key, or turned out to be its money."""
    found: UUID | None = await work.session.scalar(
        select(TransactionRow.id)
        .where(TransactionRow.natural_key == natural_key)
        .union_all(select(PaymentLifeRow.id).where(PaymentLifeRow.natural_key == natural_key))
        .limit(1)
    )
    return found


async def reversals(work: Work, payment_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of some payments, those that were taken back, and by which kind of reversal."""
    if not payment_ids:
        return {}
    rows = await work.session.execute(
        select(TransactionRow.reverses_id, TransactionRow.kind).where(
            among(TransactionRow.reverses_id, payment_ids)
        )
    )
    return {payment_id: kind for payment_id, kind in rows if payment_id is not None}


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


async def reallocations(work: Work, payment_ids: Sequence[UUID]) -> dict[UUID, TransactionRow]:
    """The newest reallocation of each payment, or relief, that has one."""
    if not payment_ids:
        return {}
    rows = await work.session.scalars(
        select(TransactionRow)
        .where(among(TransactionRow.parent_id, payment_ids), TransactionRow.kind == "reallocation")
        .order_by(TransactionRow.number)
    )
    return {row.parent_id: row for row in rows if row.parent_id is not None}


async def live_payments(
    work: Work, loan_id: UUID, value_on: date, number: int
) -> Sequence[TransactionRow]:
    """A loan's payments that stand, from a place in the order of value date and number on."""
    return (
        await work.session.scalars(
            select(TransactionRow)
            .where(
                TransactionRow.loan_id == loan_id,
                TransactionRow.kind == "repayment",
                tuple_(TransactionRow.value_on, TransactionRow.number)
                >= tuple_(literal(value_on), literal(number)),
                ~_reversed(),
            )
            .order_by(TransactionRow.value_on, TransactionRow.number)
        )
    ).all()


async def by_hand(
    work: Work, loan_id: UUID
) -> Sequence[tuple[TransactionRow, TransactionRow | None]]:
    """All that a person charged or let off on a loan, each with the movement that took it back."""
    rows = await work.session.execute(
        select(TransactionRow, _REVERSAL)
        .outerjoin(_REVERSAL, _REVERSAL.reverses_id == TransactionRow.id)
        .where(TransactionRow.loan_id == loan_id, TransactionRow.kind.in_(BY_HAND_KINDS))
        .order_by(TransactionRow.number)
    )
    return [(row[0], row[1]) for row in rows]


async def posted_after(work: Work, loan_id: UUID, number: int) -> Sequence[TransactionRow]:
    """A loan's payments that stand and were posted after a movement, whatever their value date."""
    return (
        await work.session.scalars(
            select(TransactionRow)
            .where(
                TransactionRow.loan_id == loan_id,
                TransactionRow.kind == "repayment",
                TransactionRow.number > number,
                ~_reversed(),
            )
            .order_by(TransactionRow.number)
        )
    ).all()


async def payoff_movements(
    work: Work, payment_ids: Sequence[UUID]
) -> Sequence[tuple[TransactionRow, bool]]:
    """What payoffs gave back, each with whether that was withdrawn since."""
    if not payment_ids:
        return []
    rows = await work.session.execute(
        select(TransactionRow, _reversed())
        .where(
            among(TransactionRow.parent_id, payment_ids),
            TransactionRow.kind.in_(PAYOFF_KINDS),
        )
        .order_by(TransactionRow.number)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, slots=True)
class FeeRow:
    """A late fee as it was charged, and whether it was withdrawn since."""

    row: TransactionRow
    instalment: int
    withdrawn: bool


async def late_fees(work: Work, loan_id: UUID) -> Sequence[FeeRow]:
    """All late fees a loan ever had, by value date."""
    rows = await work.session.execute(
        select(TransactionRow, AllocationRow.instalment, _reversed())
        .join(AllocationRow, AllocationRow.transaction_id == TransactionRow.id)
        .where(TransactionRow.loan_id == loan_id, TransactionRow.kind == "late_fee")
        .order_by(TransactionRow.value_on, TransactionRow.number)
    )
    return [FeeRow(row[0], row[1], row[2]) for row in rows]


async def dated_after(work: Work, loan_id: UUID, value_on: date) -> bool:
    """Whether anything on a loan that still stands is dated after a day.

    Money, a late fee, what was charged or let off by hand, or ageing.
    """
    found: bool | None = await work.session.scalar(
        select(
            or_(
                exists().where(
                    TransactionRow.loan_id == loan_id,
                    TransactionRow.value_on > value_on,
                    TransactionRow.kind.in_(("repayment", "late_fee", *BY_HAND_KINDS)),
                    ~_reversed(),
                ),
                exists().where(
                    BucketChangeRow.loan_id == loan_id, BucketChangeRow.as_of > value_on
                ),
            )
        )
    )
    return bool(found)


async def money_account(work: Work, payment_id: UUID) -> str | None:
    """The account that a payment was debited to."""
    found: str | None = await work.session.scalar(
        select(JournalLineRow.account)
        .join(JournalEntryRow, JournalEntryRow.id == JournalLineRow.entry_id)
        .where(JournalEntryRow.transaction_id == payment_id, JournalLineRow.amount > 0)
    )
    return found
