"""SQL of months: what moved in one, both sides of its control accounts, what was signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from api.arrears.tables import BookRow
from api.ledger.tables import (
    JournalEntryRow,
    PeriodAccountRow,
    PeriodClosingRow,
    PeriodDifferenceRow,
    PeriodSnapshotRow,
    PeriodTotalRow,
)
from api.work import Work
from domain.books.tie_out import Position
from domain.lending.ledger import Account


@dataclass(frozen=True, slots=True)
class BookKey:
    """A creditor's live book, or the one he has on a test clock."""

    creditor_id: UUID
    test_clock_id: UUID | None

    def of(
        self, table: type[BookRow | JournalEntryRow | PeriodSnapshotRow | PeriodClosingRow]
    ) -> ColumnElement[bool]:
        """The rows of the book in a table."""
        clock = table.test_clock_id.is_not_distinct_from(self.test_clock_id)
        return (table.creditor_id == self.creditor_id) & clock

    @property
    def parameters(self) -> dict[str, object]:
        """For plain SQL."""
        return {"creditor": self.creditor_id, "clock": self.test_clock_id}


async def days_closed_through(work: Work, book: BookKey) -> date | None:
    """The last day that is closed for all loans of a book; null for a book nobody keeps."""
    found: date | None = await work.session.scalar(
        select(func.min(BookRow.closed_through)).where(book.of(BookRow))
    )
    return found


async def first_booked_on(work: Work, book: BookKey) -> date | None:
    """When the first entry of a book was booked."""
    found: date | None = await work.session.scalar(
        select(func.min(JournalEntryRow.booked_on)).where(book.of(JournalEntryRow))
    )
    return found


async def last_closed(work: Work, book: BookKey) -> date | None:
    """The last month that was signed off, by its first day."""
    found: date | None = await work.session.scalar(
        select(func.max(PeriodClosingRow.month)).where(book.of(PeriodClosingRow))
    )
    return found


async def hold(work: Work, book: BookKey) -> None:
    """Wait for those who book into a book, and keep others from it until this work is committed."""
    await work.session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"period:{book.creditor_id}:{book.test_clock_id or ''}"},
    )


class Moved(NamedTuple):
    """What an account of a product came to before a month, and what moved in it."""

    currency: str
    product_id: UUID | None
    account: str
    opening: Decimal
    debit: Decimal
    credit: Decimal


_IN_BOOK: Final = (
    "e.creditor_id = :creditor and e.test_clock_id is not distinct from cast(:clock as uuid)"
)

_MOVED: Final = """
    select l.currency, e.product_id, l.account,
           coalesce(sum(l.amount) filter (where e.booked_on < :first), 0) as opening,
           coalesce(sum(l.amount) filter (where e.booked_on >= :first and l.amount > 0), 0)
               as debit,
           coalesce(-sum(l.amount) filter (where e.booked_on >= :first and l.amount < 0), 0)
               as credit
    from journal_entries e
    join journal_lines l on l.entry_id = e.id
    where {book} and e.booked_on <= :last
    group by l.currency, e.product_id, l.account
    order by l.currency, l.account, e.product_id
"""


async def moved(work: Work, book: BookKey, first: date, last: date) -> Sequence[Moved]:
    """Every account of a book over a month, by booking day."""
    rows = await work.session.execute(
        text(_MOVED.format(book=_IN_BOOK)), book.parameters | {"first": first, "last": last}
    )
    return [Moved(*row) for row in rows]


_UNBALANCED: Final = """
    select e.id, e.currency, coalesce(sum(l.amount), 0)
    from journal_entries e
    left join journal_lines l on l.entry_id = e.id
    where {book} and e.booked_on <= :last
    group by e.id, e.currency
    having coalesce(sum(l.amount), 0) <> 0 or count(l.line) = 0
"""


async def unbalanced(work: Work, book: BookKey, last: date) -> Sequence[tuple[UUID, str, Decimal]]:
    """Entries through a day that do not sum to zero: key, currency, sum."""
    rows = await work.session.execute(
        text(_UNBALANCED.format(book=_IN_BOOK)),
        book.parameters | {"last": last},
    )
    return [(row[0], row[1], row[2]) for row in rows]


_POSITIONS: Final = """
    with booked as (
        select e.loan_id, e.product_id, l.currency, l.account, sum(l.amount) as now,
               coalesce(sum(l.amount) filter (where e.booked_on > :last), 0) as since
        from journal_entries e
        join journal_lines l on l.entry_id = e.id
        where {book} and l.account = any(:accounts)
        group by e.loan_id, e.product_id, l.currency, l.account
    ), kept as (
        select e.id as loan_id, e.product_id, e.currency,
               e.principal_outstanding as principal, e.fee_outstanding as fee,
               e.penalty_outstanding as penalty, -e.credit as credit,
               e.recovered - e.written_off as written_off,
               case when e.closed_on <= :closed then 0 else plan.due - plan.paid + given.back end
                   as interest
        from loans e
        cross join lateral (
            select coalesce(sum(i.interest) filter (where i.due_on <= :closed), 0) as due,
                   coalesce(sum(i.interest_paid + i.interest_relieved), 0) as paid
            from instalments i where i.loan_id = e.id
        ) as plan
        cross join lateral (
            select coalesce(sum(t.amount), 0) as back
            from transactions t
            where t.loan_id = e.id and t.kind = 'unearned_interest'
              and not exists (select from transactions r where r.reverses_id = t.id)
        ) as given
        where {book} and e.disbursed_on is not null
    ), owed as (
        select kept.loan_id, kept.product_id, kept.currency, side.account, side.amount
        from kept
        cross join lateral (values
            (:principal, kept.principal), (:interest, kept.interest), (:fee, kept.fee),
            (:penalty, kept.penalty), (:credit, kept.credit),
            (:written_off, kept.written_off)) as side(account, amount)
    )
    select coalesce(owed.currency, booked.currency), coalesce(owed.product_id, booked.product_id),
           coalesce(owed.account, booked.account), coalesce(owed.loan_id, booked.loan_id),
           coalesce(booked.now, 0) - coalesce(booked.since, 0),
           coalesce(owed.amount, 0) - coalesce(booked.since, 0)
    from owed
    full join booked on booked.loan_id = owed.loan_id and booked.account = owed.account
         and booked.currency = owed.currency and booked.product_id = owed.product_id
"""

LOAN_ACCOUNTS: Final = {
    "principal": Account.PRINCIPAL_RECEIVABLE,
    "interest": Account.INTEREST_RECEIVABLE,
    "fee": Account.FEE_RECEIVABLE,
    "penalty": Account.PENALTY_RECEIVABLE,
    "credit": Account.CUSTOMER_CREDIT,
    "written_off": Account.WRITTEN_OFF,
}
"""Control accounts whose entries name their loans."""


async def positions(work: Work, book: BookKey, closed: date, last: date) -> Sequence[Position]:
    """Both sides of each loan's control accounts, rolled back to the end of a day.

    The loans' side comes from their balances and instalments alone; `closed` is the last day
    that end of day has closed, so interest due by then is billed. One statement sees both sides
    at one instant.
    """
    names = {name: account.value for name, account in LOAN_ACCOUNTS.items()}
    rows = await work.session.execute(
        text(_POSITIONS.format(book=_IN_BOOK)),
        book.parameters
        | names
        | {"accounts": list(names.values()), "closed": closed, "last": last},
    )
    return [Position(row[0], row[1], Account(row[2]), row[3], row[4], row[5]) for row in rows]


_ASIDE: Final = """
    with booked as (
        select e.product_id, l.currency, l.account, sum(l.amount) as now,
               coalesce(sum(l.amount) filter (where e.booked_on > :last), 0) as since
        from journal_entries e
        join journal_lines l on l.entry_id = e.id
        where {book} and l.account in (:allowance, :suspended)
        group by e.product_id, l.currency, l.account
    ), kept as (
        select e.product_id, e.currency, side.account, sum(side.amount) as amount
        from loans e
        cross join lateral (values
            (:allowance, -e.allowance), (:suspended, -e.suspended_interest))
            as side(account, amount)
        where {book} and (e.allowance <> 0 or e.suspended_interest <> 0)
        group by e.product_id, e.currency, side.account
    )
    select coalesce(kept.currency, booked.currency), coalesce(kept.product_id, booked.product_id),
           coalesce(kept.account, booked.account),
           coalesce(booked.now, 0) - coalesce(booked.since, 0),
           coalesce(kept.amount, 0) - coalesce(booked.since, 0)
    from kept
    full join booked on booked.product_id = kept.product_id and booked.account = kept.account
         and booked.currency = kept.currency
"""


async def set_aside(work: Work, book: BookKey, last: date) -> Sequence[Position]:
    """Both sides of what products set aside, rolled back to the end of a day.

    Its entries are booked by product; the loans' side is what each keeps of them.
    """
    rows = await work.session.execute(
        text(_ASIDE.format(book=_IN_BOOK)),
        book.parameters
        | {
            "allowance": Account.LOSS_ALLOWANCE.value,
            "suspended": Account.SUSPENDED_INTEREST.value,
            "last": last,
        },
    )
    return [Position(row[0], row[1], Account(row[2]), None, row[3], row[4]) for row in rows]


async def closings(
    work: Work, book: BookKey, after: date, count: int
) -> Sequence[tuple[PeriodSnapshotRow, PeriodClosingRow | None]]:
    """The newest snapshot of each month of a book, or the one that was signed, by month."""
    newest = (
        select(PeriodSnapshotRow.id)
        .outerjoin(PeriodClosingRow, PeriodClosingRow.snapshot_id == PeriodSnapshotRow.id)
        .where(book.of(PeriodSnapshotRow), PeriodSnapshotRow.month > after)
        .ext(distinct_on(PeriodSnapshotRow.month))
        .order_by(
            PeriodSnapshotRow.month,
            PeriodClosingRow.id.is_(None),
            PeriodSnapshotRow.id.desc(),
        )
        .limit(count)
    )
    rows = await work.session.execute(
        select(PeriodSnapshotRow, PeriodClosingRow)
        .outerjoin(PeriodClosingRow, PeriodClosingRow.snapshot_id == PeriodSnapshotRow.id)
        .where(PeriodSnapshotRow.id.in_(newest))
        .order_by(PeriodSnapshotRow.month)
    )
    return [(row[0], row[1]) for row in rows]


async def snapshot_lines(
    work: Work, snapshot_id: UUID
) -> tuple[Sequence[PeriodAccountRow], Sequence[PeriodTotalRow], Sequence[PeriodDifferenceRow]]:
    """The trial balance of a snapshot, its tie-out and what did not agree."""
    accounts = await work.session.scalars(
        select(PeriodAccountRow)
        .where(PeriodAccountRow.snapshot_id == snapshot_id)
        .order_by(PeriodAccountRow.line)
    )
    totals = await work.session.scalars(
        select(PeriodTotalRow)
        .where(PeriodTotalRow.snapshot_id == snapshot_id)
        .order_by(PeriodTotalRow.line)
    )
    differing = await work.session.scalars(
        select(PeriodDifferenceRow)
        .where(PeriodDifferenceRow.snapshot_id == snapshot_id)
        .order_by(PeriodDifferenceRow.line)
    )
    return accounts.all(), totals.all(), differing.all()


async def add(
    work: Work,
    table: type[PeriodAccountRow | PeriodTotalRow | PeriodDifferenceRow],
    rows: Sequence[dict[str, object]],
) -> None:
    """Write lines of a snapshot."""
    if rows:
        await work.session.execute(insert(table), rows)
