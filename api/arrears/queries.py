"""SQL of books: which exist, what a day accrues, what falls due, which loans may be late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from api.arrears.tables import BookRow
from api.db.base import among, new_id
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.loans.tables import LoanRow
from api.payments.tables import TransactionRow
from api.products.tables import ProductRow
from api.work import Work
from domain.lending.ledger import Account, Entry, EntryKind, Line
from domain.money import ZERO


async def shared_book(
    work: Work,
    creditor_id: UUID,
    test_clock_id: UUID | None,
    closed_through: date,
    next_close_at: datetime,
) -> BookRow:
    """The book, made if it is new, and kept from being closed until this work is committed."""
    await work.session.execute(
        insert(BookRow)
        .values(
            id=new_id(),
            creditor_id=creditor_id,
            test_clock_id=test_clock_id,
            closed_through=closed_through,
            next_close_at=next_close_at,
        )
        .on_conflict_do_nothing()
    )
    clock = (
        BookRow.test_clock_id.is_(None)
        if test_clock_id is None
        else BookRow.test_clock_id == test_clock_id
    )
    return (
        await work.session.scalars(
            select(BookRow)
            .where(BookRow.creditor_id == creditor_id, clock)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
    ).one()


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
            .order_by(BookRow.next_close_at, BookRow.creditor_id)
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


@dataclass(frozen=True, slots=True)
class DayAccrual:
    """Interest earned on one day by all loans of a product."""

    product_id: UUID
    currency: str
    amount: Decimal


_IN_BOOK = """
    l.creditor_id = :creditor
    and l.test_clock_id is not distinct from cast(:clock as uuid)
    and l.disbursed_on < :day
    and (l.closed_on is null or l.closed_on >= :day)
"""
"""Loans that bear interest on a day: a matter of dates alone, so no payment can race it."""

_ACCRUED = """
    select l.product_id, l.currency,
           sum(round(i.interest * (cast(:day as date) - i.from_on)
                     / (i.due_on - i.from_on), currency_exponent(l.currency))
             - round(i.interest * (cast(:day as date) - 1 - i.from_on)
                     / (i.due_on - i.from_on), currency_exponent(l.currency))) as amount
    from loans l
    join instalments i on i.loan_id = l.id
    where {book} and i.from_on < :day and i.due_on >= :day {only}
    group by l.product_id, l.currency
    order by l.product_id, l.currency
"""

_DUE = """
    with due as (
        select uuid_v7() as entry_id, l.id as loan_id, l.product_id, l.currency, i.interest
        from loans l
        join instalments i on i.loan_id = l.id
        where {book} and (l.closed_on is null or l.closed_on > :day)
          and i.due_on = :day and i.interest > 0 {only}
    ), entries as (
        insert into journal_entries (id, creditor_id, test_clock_id, product_id, loan_id, kind,
                                     currency, value_on, booked_on, booked_at)
        select entry_id, :creditor, cast(:clock as uuid), product_id, loan_id, :kind,
               currency, :day, :booked, :now
        from due
        returning id
    )
    insert into journal_lines (entry_id, line, account, currency, amount)
    select due.entry_id, side.line, side.account, due.currency, side.sign * due.interest
    from due
    join entries on entries.id = due.entry_id
    cross join (values (1, :receivable, 1), (2, :accrued, -1)) as side(line, account, sign)
"""


def _statement(template: str, loan_id: UUID | None) -> str:
    only = "" if loan_id is None else "and l.id = :loan"
    return template.format(book=_IN_BOOK, only=only)


def _parameters(book: BookRow, day: date, loan_id: UUID | None) -> dict[str, object]:
    parameters: dict[str, object] = {
        "creditor": book.creditor_id,
        "clock": book.test_clock_id,
        "day": day,
    }
    if loan_id is not None:
        parameters["loan"] = loan_id
    return parameters


async def day_accruals(
    work: Work, book: BookRow, day: date, loan_id: UUID | None = None
) -> list[DayAccrual]:
    """Interest earned on a day, per product: the whole book's, or one loan's."""
    rows = await work.session.execute(
        text(_statement(_ACCRUED, loan_id)), _parameters(book, day, loan_id)
    )
    return [DayAccrual(row.product_id, row.currency, row.amount) for row in rows if row.amount]


async def post_interest_due(
    work: Work, book: BookRow, day: date, booked_on: date, loan_id: UUID | None = None
) -> None:
    """Turn the accrued interest of instalments due on a day into a demand, one entry a loan."""
    await work.session.execute(
        text(_statement(_DUE, loan_id)),
        _parameters(book, day, loan_id)
        | {
            "kind": EntryKind.INTEREST_DUE.value,
            "booked": booked_on,
            "now": work.now,
            "receivable": Account.INTEREST_RECEIVABLE.value,
            "accrued": Account.ACCRUED_INTEREST.value,
        },
    )


async def closed_on(work: Work, book: BookRow, day: date) -> Sequence[tuple[LoanRow, ProductRow]]:
    """Loans of a book that ended on a day after having been disbursed."""
    rows = await work.session.execute(
        select(LoanRow, ProductRow)
        .join(ProductRow, ProductRow.id == LoanRow.product_id)
        .where(
            LoanRow.creditor_id == book.creditor_id,
            LoanRow.test_clock_id.is_not_distinct_from(book.test_clock_id),
            LoanRow.closed_on == day,
            LoanRow.disbursed_on.is_not(None),
        )
        .order_by(LoanRow.number)
    )
    return [(row[0], row[1]) for row in rows]


async def possibly_late(
    work: Work, book: BookRow, through: date, loan_id: UUID | None = None
) -> Sequence[tuple[LoanRow, ProductRow]]:
    """Active loans that are late or were: locked, in the order of their numbers."""
    statement = (
        select(LoanRow, ProductRow)
        .join(ProductRow, ProductRow.id == LoanRow.product_id)
        .where(
            LoanRow.creditor_id == book.creditor_id,
            LoanRow.test_clock_id.is_not_distinct_from(book.test_clock_id),
            LoanRow.lifecycle == "active",
            or_(LoanRow.next_unmet_due_on <= through, LoanRow.bucket != "current"),
        )
        .order_by(LoanRow.number)
        .with_for_update(of=LoanRow)
    )
    if loan_id is not None:
        statement = statement.where(LoanRow.id == loan_id)
    rows = await work.session.execute(statement)
    return [(row[0], row[1]) for row in rows]


async def late_fees_charged(work: Work, loan_ids: Sequence[UUID]) -> set[str]:
    """Natural keys of all late fees these loans ever had."""
    if not loan_ids:
        return set()
    rows = await work.session.scalars(
        select(TransactionRow.natural_key).where(
            among(TransactionRow.loan_id, loan_ids), TransactionRow.kind == "late_fee"
        )
    )
    return {key for key in rows if key is not None}


async def unearned_interest(work: Work, loan_id: UUID) -> Decimal:
    """Interest of a loan that was paid ahead and turned into credit by a payoff that stands."""
    reversal = aliased(TransactionRow)
    amount: Decimal | None = await work.session.scalar(
        select(func.sum(TransactionRow.amount)).where(
            TransactionRow.loan_id == loan_id,
            TransactionRow.kind == "unearned_interest",
            ~exists().where(reversal.reverses_id == TransactionRow.id),
        )
    )
    return ZERO if amount is None else amount


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
