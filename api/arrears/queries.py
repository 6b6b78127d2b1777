"""SQL of books: the section a loan is in, which are due to be closed, which loans ended."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from api.arrears.tables import FIRST_ID, BookRow
from api.db.base import among, new_id
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.loans.tables import LoanRow
from api.payments.tables import TransactionRow
from api.work import Work
from domain.lending.ledger import Account, Entry, EntryKind, Line


async def shared_book(
    work: Work,
    creditor_id: UUID,
    test_clock_id: UUID | None,
    loan_id: UUID | None,
    *,
    closed_through: date,
    next_close_at: datetime,
) -> BookRow:
    """The section a loan belongs to, kept from being closed until this work is committed.

    The creditor's first section is made if there is none. Without a loan's id it is the last one,
    which new loans enter.
    """
    of_creditor = (
        BookRow.creditor_id == creditor_id,
        BookRow.test_clock_id.is_(None)
        if test_clock_id is None
        else BookRow.test_clock_id == test_clock_id,
    )
    wanted = (
        select(BookRow)
        .where(
            *of_creditor,
            true() if loan_id is None else BookRow.from_id <= loan_id,
            BookRow.below_id.is_(None)
            if loan_id is None
            else or_(BookRow.below_id.is_(None), BookRow.below_id > loan_id),
        )
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    while True:
        # One divided while we waited for it no longer qualifies; its successor then does.
        found = (await work.session.scalars(wanted)).one_or_none()
        if found is not None:
            return found
        await work.session.execute(
            insert(BookRow)
            .values(
                id=new_id(),
                creditor_id=creditor_id,
                test_clock_id=test_clock_id,
                from_id=FIRST_ID,
                closed_through=closed_through,
                next_close_at=next_close_at,
            )
            .on_conflict_do_nothing()
        )


async def due_books(
    work: Work, test_clock_id: UUID | None, now: datetime, limit: int
) -> Sequence[BookRow]:
    """Books of a clock with a day to close, locked; those at work elsewhere are passed over."""
    clock = (
        BookRow.test_clock_id.is_(None)
        if test_clock_id is None
        else BookRow.test_clock_id == test_clock_id
    )
    return (
        await work.session.scalars(
            select(BookRow)
            .where(clock, BookRow.next_close_at <= now)
            .order_by(BookRow.next_close_at, BookRow.creditor_id, BookRow.from_id)
            .limit(limit)
            .with_for_update(skip_locked=test_clock_id is None)
        )
    ).all()


async def next_close(work: Work, test_clock_id: UUID) -> datetime | None:
    """The next midnight of any book on a test clock."""
    return await work.session.scalar(
        select(BookRow.next_close_at)
        .where(BookRow.test_clock_id == test_clock_id)
        .order_by(BookRow.next_close_at)
        .limit(1)
    )


async def closed_on(work: Work, book: BookRow, day: date) -> Sequence[LoanRow]:
    """Loans of a book that ended on a day after having been disbursed."""
    return (
        await work.session.scalars(
            select(LoanRow)
            .where(
                LoanRow.creditor_id == book.creditor_id,
                LoanRow.test_clock_id.is_(None)
                if book.test_clock_id is None
                else LoanRow.test_clock_id == book.test_clock_id,
                LoanRow.id >= book.from_id,
                true() if book.below_id is None else LoanRow.id < book.below_id,
                LoanRow.closed_on == day,
                LoanRow.disbursed_on.is_not(None),
            )
            .order_by(LoanRow.number)
        )
    ).all()


async def unearned_interest(work: Work, loan_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
    """Interest that was paid ahead and turned into credit by payoffs that stand, by loan."""
    reversal = aliased(TransactionRow)
    rows = await work.session.execute(
        select(TransactionRow.loan_id, func.sum(TransactionRow.amount))
        .where(
            among(TransactionRow.loan_id, loan_ids),
            TransactionRow.kind == "unearned_interest",
            ~exists().where(reversal.reverses_id == TransactionRow.id),
        )
        .group_by(TransactionRow.loan_id)
    )
    return {loan_id: amount for loan_id, amount in rows}


async def last_final_entry(work: Work, loan_id: UUID, day: date) -> Entry | None:
    """What a loan's final interest entries of a day come to, those undone since left out; or none.

    They are the loan's only entries of that kind without a movement, and so are their reversals.
    """
    rows = await work.session.execute(
        select(JournalLineRow.account, func.sum(JournalLineRow.amount))
        .join(JournalEntryRow, JournalEntryRow.id == JournalLineRow.entry_id)
        .where(
            JournalEntryRow.loan_id == loan_id,
            JournalEntryRow.kind.in_((EntryKind.PAYOFF_INTEREST.value, EntryKind.REVERSAL.value)),
            JournalEntryRow.transaction_id.is_(None),
            JournalEntryRow.value_on == day,
        )
        .group_by(JournalLineRow.account)
        .order_by(JournalLineRow.account)
    )
    lines = tuple(Line(Account(account), amount) for account, amount in rows if amount)
    return Entry(EntryKind.PAYOFF_INTEREST, lines) if lines else None
