"""All SQL that reads the journal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, tuple_

from api.db.base import among
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.products.tables import ProductRow
from api.work import Work


class AccountSum(NamedTuple):
    """The sum of an account of a product in one currency; debits are positive."""

    currency: str
    product_id: UUID | None
    account: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the journal, as of which day, and as it was known when."""

    creditor_id: UUID | None = None
    test_clock_id: UUID | None = None
    product: str | None = None
    loan_id: UUID | None = None
    currency: str | None = None
    account: str | None = None
    as_of: date | None = None
    """Entries that count from this day or an earlier one."""
    known_at: datetime | None = None
    """Entries that had been booked by this instant."""
    known_on: date | None = None
    """Entries that had been booked by the end of this book day."""
    booked_from: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions on an entry."""
        entry = JournalEntryRow
        found: list[ColumnElement[bool]] = []
        if self.creditor_id is not None:
            found.append(entry.creditor_id == self.creditor_id)
        if self.test_clock_id is not None:
            found.append(entry.test_clock_id == self.test_clock_id)
        if self.product is not None:
            found.append(
                entry.product_id.in_(select(ProductRow.id).where(ProductRow.code == self.product))
            )
        if self.loan_id is not None:
            found.append(entry.loan_id == self.loan_id)
        if self.currency is not None:
            found.append(entry.currency == self.currency)
        if self.as_of is not None:
            found.append(entry.value_on <= self.as_of)
        if self.known_at is not None:
            found.append(entry.booked_at <= self.known_at)
        if self.known_on is not None:
            found.append(entry.booked_on <= self.known_on)
        if self.booked_from is not None:
            found.append(entry.booked_on >= self.booked_from)
        if self.account is not None:
            found.append(
                exists().where(
                    JournalLineRow.entry_id == entry.id, JournalLineRow.account == self.account
                )
            )
        return found


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


async def account_sums(work: Work, wanted: Wanted) -> Sequence[AccountSum]:
    """Every account's sum, by currency and product: never over currencies."""
    query = (
        select(
            JournalLineRow.currency,
            JournalEntryRow.product_id,
            JournalLineRow.account,
            func.sum(JournalLineRow.amount),
        )
        .join(JournalEntryRow, JournalEntryRow.id == JournalLineRow.entry_id)
        .where(*wanted.conditions())
        .group_by(JournalLineRow.currency, JournalEntryRow.product_id, JournalLineRow.account)
        .order_by(JournalLineRow.currency, JournalLineRow.account, JournalEntryRow.product_id)
    )
    return [AccountSum(*row) for row in await work.session.execute(query)]


async def entries(
    work: Work, wanted: Wanted, after: tuple[date, UUID] | None, count: int
) -> Sequence[JournalEntryRow]:
    """Entries of the general ledger by booking day, then by key."""
    query = (
        select(JournalEntryRow)
        .where(*wanted.conditions())
        .order_by(JournalEntryRow.booked_on, JournalEntryRow.id)
        .limit(count)
    )
    if after is not None:
        query = query.where(tuple_(JournalEntryRow.booked_on, JournalEntryRow.id) > after)
    return (await work.session.scalars(query)).all()


async def product_accounts(
    work: Work, product_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[str, list[str]]]:
    """What products map, by their keys."""
    rows = await work.session.execute(
        select(ProductRow.id, ProductRow.accounts).where(among(ProductRow.id, product_ids))
    )
    return {row[0]: row[1] for row in rows}
