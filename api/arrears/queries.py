"""SQL of books: the section a loan is in, which are due to be closed, which loans ended."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, true
from sqlalchemy.dialects.postgresql import insert

from api.arrears.tables import FIRST_ID, BookRow, BucketChangeRow
from api.db.base import new_id
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.loans.tables import LoanRow
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


async def bucket_changes(
    work: Work, loan_id: UUID, after: UUID | None, limit: int
) -> Sequence[BucketChangeRow]:
    """The changes of a loan's bucket after one of them, in the order they were written."""
    return (
        await work.session.scalars(
            select(BucketChangeRow)
            .where(
                BucketChangeRow.loan_id == loan_id,
                true() if after is None else BucketChangeRow.id > after,
            )
            .order_by(BucketChangeRow.id)
            .limit(limit)
        )
    ).all()


async def last_final_entry(work: Work, loan_id: UUID, day: date) -> Entry | None:
    """The newest final interest entry of a loan for a day, as the domain knows it; or none."""
    entry_id = await work.session.scalar(
        select(JournalEntryRow.id)
        .where(
            JournalEntryRow.loan_id == loan_id,
            JournalEntryRow.kind == EntryKind.PAYOFF_INTEREST.value,
            JournalEntryRow.value_on == day,
        )
        .order_by(JournalEntryRow.booked_at.desc(), JournalEntryRow.id.desc())
        .limit(1)
    )
    if entry_id is None:
        return None
    lines = await work.session.scalars(
        select(JournalLineRow).where(JournalLineRow.entry_id == entry_id)
    )
    return Entry(
        EntryKind.PAYOFF_INTEREST,
        tuple(Line(Account(line.account), line.amount) for line in lines),
    )
