"""Balances of past days from the journal, and why a balance is what it is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from itertools import accumulate
from uuid import UUID

from sqlalchemy import func, select

from api.clock import clock_for
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.loans import queries, reading
from api.loans.balances import scheduled, shown, sum_owed
from api.loans.queries import Book
from api.loans.tables import InstalmentRow, LoanRow
from api.pagination import PageRequest
from api.payments import queries as payments
from api.payments.tables import TransactionRow
from api.products.schedules import earns_daily
from api.work import Work
from contracts.base import Page
from contracts.ledger import Explained
from contracts.loans import Balances, Outstanding
from domain.lending.explanation import Balance, Told, by_the_day, changes, sentence
from domain.lending.ledger import Account
from domain.lending.payoff import accrued_interest, earned_by
from domain.lending.waterfall import Allocation, Component, Owed
from domain.money import ZERO, quantize


async def outstanding_then(
    work: Work, loan_id: UUID, day: date, known_at: datetime | None
) -> Outstanding:
    """What was owed on a day by the books, as known now or at an earlier instant.

    Interest that was billed and paid is one sum there: what was paid ahead on one instalment is
    set off against what another owed. Raises `NOT_FOUND`.
    """
    book = await queries.book_of(work, loan_id)
    statement = (
        select(JournalLineRow.account, func.sum(JournalLineRow.amount))
        .join(JournalEntryRow, JournalEntryRow.id == JournalLineRow.entry_id)
        .where(JournalEntryRow.loan_id == loan_id, JournalEntryRow.value_on <= day)
        .group_by(JournalLineRow.account)
    )
    if known_at is not None:
        statement = statement.where(JournalEntryRow.booked_at <= known_at)
    rows = await work.session.execute(statement)
    sums: dict[str, Decimal] = {row[0]: row[1] for row in rows}
    owed = Owed(
        number=0,
        due_on=day,
        principal=sums.get(Account.PRINCIPAL_RECEIVABLE, ZERO),
        interest=sums.get(Account.INTEREST_RECEIVABLE, ZERO),
        fee=sums.get(Account.FEE_RECEIVABLE, ZERO),
        penalty=sums.get(Account.PENALTY_RECEIVABLE, ZERO),
    )
    plan = await queries.instalments(work, loan_id)
    not_due = sum((row.principal for row in plan if row.due_on >= day), ZERO)
    overdue = Owed(
        number=0,
        due_on=day,
        principal=max(ZERO, owed.principal - not_due),
        interest=max(ZERO, owed.interest),
        fee=owed.fee,
        penalty=owed.penalty,
    )
    loan, currency = book.loan, book.loan.currency
    earned = owed.interest + _accrued(loan, plan, sums, day)
    written_off = -sums.get(Account.WRITTEN_OFF, ZERO)
    in_books = owed.principal + earned + owed.fee + owed.penalty
    return Outstanding(
        loan_id=loan_id,
        currency=currency,
        as_of=day,
        basis="books",
        outstanding=shown(owed, currency),
        overdue=shown(overdue, currency),
        credit=quantize(-sums.get(Account.CUSTOMER_CREDIT, ZERO), currency),
        awaited=await reading.awaited_money(work, book, day),
        owed=quantize(in_books + max(ZERO, -earned), currency),
        paid_ahead=quantize(max(ZERO, -earned), currency),
        written_off=quantize(written_off, currency),
        book=quantize(in_books - written_off, currency),
        charged_off_on=_by(day, loan.charged_off_on),
        payoff=None,
    )


def _accrued(
    loan: LoanRow, plan: Sequence[InstalmentRow], sums: Mapping[str, Decimal], day: date
) -> Decimal:
    """Interest earned by the end of a day and not due by then."""
    if loan.disbursed_on is None or _by(day, loan.closed_on) is not None:
        return ZERO
    if any(row.agreed is not None for row in plan):
        # What of it was asked for left the loan's accrued interest, whichever instalment asked;
        # what it is corrected by is income as well.
        asked = sums.get(Account.ACCRUED_INTEREST, ZERO) + sums.get(Account.INTEREST_INCOME, ZERO)
        return asked + earned_by([scheduled(row) for row in plan], day, loan.currency)
    return sum(
        (accrued_interest(scheduled(row), day, loan.currency) for row in plan if row.due_on > day),
        ZERO,
    )


def _by(day: date, on: date | None) -> date | None:
    """A date unless it is after a day."""
    return on if on is not None and on <= day else None


async def explanation(work: Work, loan_id: UUID, page: PageRequest) -> Page[Explained]:
    """Every movement of a loan in the order it was recorded, with what was owed after it.

    Where interest is earned by the day, what has come to be owed since the last of them is told
    after it. Raises `NOT_FOUND`, and `INVALID_REQUEST` for a foreign cursor.
    """
    book = await queries.book_of(work, loan_id)
    after = page.after_number()
    rows = (
        await work.session.scalars(
            select(TransactionRow)
            .where(TransactionRow.loan_id == loan_id)
            .order_by(TransactionRow.number)
        )
    ).all()
    parts = await payments.allocations(work, [row.id for row in rows])
    numbers = {row.id: f"PY-{row.number}" for row in rows}
    told = [
        Told(
            number=numbers[row.id],
            kind=row.kind,
            amount=row.amount,
            currency=row.currency,
            moment=row.booked_at,
            after=Balance(
                row.principal_after, row.interest_after, row.fee_after, row.penalty_after
            ),
            parts=[
                Allocation(part.instalment, Component(part.component), part.amount)
                for part in parts[row.id]
            ],
            credited=row.credited,
            reason=row.reason,
            reverses=None if row.reverses_id is None else numbers.get(row.reverses_id),
            parent=None if row.parent_id is None else numbers.get(row.parent_id),
        )
        for row in rows
    ]
    moved = changes(told)
    items = [
        Explained(
            id=row.id,
            number=numbers[row.id],
            kind=row.kind,
            value_on=row.value_on,
            booked_on=row.booked_on,
            text=sentence(each, change),
            change=_balances(change, row.currency),
            after=_balances(left, row.currency),
        )
        for row, each, change, left in zip(
            rows, told, moved, accumulate(moved, Balance.plus), strict=True
        )
        if row.number > after
    ][: page.limit + 1]
    cut, cursor = page.cut(items, [item.number.removeprefix("PY-") for item in items])
    if cursor is None and earns_daily(book.product):
        cut = [*cut, *await _since(work, book, reduce(Balance.plus, moved, Balance()))]
    return Page(items=cut, next_cursor=cursor)


async def _since(work: Work, book: Book, told: Balance) -> list[Explained]:
    """What interest by the day has added to what is owed since it was last told, if anything."""
    loan = book.loan
    rows = await queries.instalments(work, loan.id)
    owed = sum_owed(rows)
    now = Balance(owed.principal, owed.interest, owed.fee, owed.penalty)
    change = now.less(told)
    if change == Balance():
        return []
    today = (await clock_for(work, loan.test_clock_id)).today(book.creditor.zone)
    return [
        Explained(
            id=loan.id,
            number="",
            kind="interest_by_the_day",
            value_on=today,
            booked_on=today,
            text=by_the_day(change.interest, loan.currency),
            change=_balances(change, loan.currency),
            after=_balances(now, loan.currency),
        )
    ]


def _balances(balance: Balance, currency: str) -> Balances:
    return Balances(
        principal=quantize(balance.principal, currency),
        interest=quantize(balance.interest, currency),
        fee=quantize(balance.fee, currency),
        penalty=quantize(balance.penalty, currency),
        total=quantize(balance.total, currency),
    )
