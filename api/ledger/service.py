"""Posting to the journal: balanced entries of the domain, written beside what caused them."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol, Self
from uuid import UUID

from sqlalchemy import select

from api.db.base import new_id
from api.db.bulk import insert_rows
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.work import Work
from domain.books.postings import Booking, check_set
from domain.lending.ledger import Account, Entry, EntryKind, Line


class KeptLoan(Protocol):
    """A loan as far as its entries need it; see `LoanRow`."""

    id: UUID
    creditor_id: UUID
    product_id: UUID
    test_clock_id: UUID | None
    currency: str


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry and where it belongs: whose book, which loan, counted from and booked when."""

    entry: Entry
    creditor_id: UUID
    test_clock_id: UUID | None
    currency: str
    value_on: date
    booked_on: date
    loan_id: UUID | None = None
    product_id: UUID | None = None
    transaction_id: UUID | None = None
    natural_key: str | None = None

    @classmethod
    def of_loan(
        cls,
        loan: KeptLoan,
        entry: Entry,
        *,
        value_on: date,
        booked_on: date,
        transaction_id: UUID | None = None,
        natural_key: str | None = None,
    ) -> Self:
        """An entry of a loan, in its creditor's book."""
        return cls(
            entry=entry,
            creditor_id=loan.creditor_id,
            test_clock_id=loan.test_clock_id,
            currency=loan.currency,
            value_on=value_on,
            booked_on=booked_on,
            loan_id=loan.id,
            product_id=loan.product_id,
            transaction_id=transaction_id,
            natural_key=natural_key,
        )


async def post(work: Work, *postings: Posting) -> None:
    """Write entries with their lines. The transactions they name must already be written.

    What would be booked into a closed period is booked on the first open day (a trigger sees to
    it). Raises `ValueError` for a set that would unbalance the books (`check_set`).
    """
    if not postings:
        return
    check_set(
        Booking(each.entry, each.currency, each.loan_id, each.value_on, each.booked_on)
        for each in postings
    )
    entries: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    for posting in postings:
        entry_id = new_id()
        entries.append(
            {
                "id": entry_id,
                "creditor_id": posting.creditor_id,
                "test_clock_id": posting.test_clock_id,
                "product_id": posting.product_id,
                "loan_id": posting.loan_id,
                "transaction_id": posting.transaction_id,
                "kind": posting.entry.kind.value,
                "currency": posting.currency,
                "value_on": posting.value_on,
                "booked_on": posting.booked_on,
                "booked_at": work.now,
                "natural_key": posting.natural_key,
            }
        )
        lines += [
            {
                "entry_id": entry_id,
                "line": number,
                "account": line.account.value,
                "currency": posting.currency,
                "amount": line.amount,
            }
            for number, line in enumerate(posting.entry.lines, start=1)
        ]
    await insert_rows(work.session, JournalEntryRow, entries)
    await insert_rows(work.session, JournalLineRow, lines)


async def entry_of(work: Work, transaction_id: UUID) -> Entry | None:
    """The entry that a movement made, as the domain knows it; null when it made none."""
    row = await work.session.scalar(
        select(JournalEntryRow).where(JournalEntryRow.transaction_id == transaction_id)
    )
    if row is None:
        return None
    lines = await work.session.scalars(
        select(JournalLineRow)
        .where(JournalLineRow.entry_id == row.id)
        .order_by(JournalLineRow.line)
    )
    return Entry(
        EntryKind(row.kind), tuple(Line(Account(line.account), line.amount) for line in lines)
    )
