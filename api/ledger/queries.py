"""All SQL that reads the journal."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from api.db.base import among
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.work import Work


class AccountSum(NamedTuple):
    """The sum of an account in one currency; debits are positive."""

    currency: str
    account: str
    balance: Decimal


async def entries_of_loan(
    work: Work, loan_id: UUID, after: UUID | None, count: int
) -> Sequence[JournalEntryRow]:
    """A loan's entries in the order they were booked (their keys are time-ordered)."""
    query = (
        select(JournalEntryRow)
        .where(JournalEntryRow.loan_id == loan_id)
        .order_by(JournalEntryRow.id)
        .limit(count)
    )
    if after is not None:
        query = query.where(JournalEntryRow.id > after)
    return (await work.session.scalars(query)).all()


async def lines_of(
    work: Work, entry_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[JournalLineRow]]:
    """The lines of entries, in their order."""
    rows = await work.session.scalars(
        select(JournalLineRow)
        .where(among(JournalLineRow.entry_id, entry_ids))
        .order_by(JournalLineRow.entry_id, JournalLineRow.line)
    )
    found: dict[UUID, list[JournalLineRow]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(row)
    return found


async def account_sums(
    work: Work, creditor_id: UUID | None, test_clock_id: UUID | None
) -> Sequence[AccountSum]:
    """Every account's sum, by currency: never over currencies."""
    query = (
        select(
            JournalLineRow.currency,
            JournalLineRow.account,
            func.sum(JournalLineRow.amount),
        )
        .join(JournalEntryRow, JournalEntryRow.id == JournalLineRow.entry_id)
        .group_by(JournalLineRow.currency, JournalLineRow.account)
        .order_by(JournalLineRow.currency, JournalLineRow.account)
    )
    if creditor_id is not None:
        query = query.where(JournalEntryRow.creditor_id == creditor_id)
    if test_clock_id is not None:
        query = query.where(JournalEntryRow.test_clock_id == test_clock_id)
    return [AccountSum(*row) for row in await work.session.execute(query)]
