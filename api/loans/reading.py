"""What is shown of loans: detail, lists, balances on a date, lateness."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from api.arrears import pauses
from api.audit.tables import AuditRow
from api.clock import Clock, clock_for
from api.loans import queries
from api.loans.balances import counts_as_late, owed, owed_in_all, shown, sum_owed
from api.loans.explaining import outstanding_then
from api.loans.parties import shown as shown_party
from api.loans.payoffs import payoff_of
from api.loans.queries import Book, LoanFilter
from api.loans.tables import InstalmentRow
from api.pagination import PageRequest
from api.payments import lives
from api.products.terms import ladder_of
from api.security.access import visible_customer
from api.work import Work
from contracts.base import Page, TimelineEntry
from contracts.loans import (
    AwaitedMoney,
    Balances,
    Delinquency,
    Instalment,
    Loan,
    LoanDetail,
    Outstanding,
    Payoff,
)
from contracts.payments import OverdueItem
from domain.ids import loan_workflow_id
from domain.lending.arrears import Arrears, Pause, assess
from domain.lending.history import line
from domain.lending.writeoff import WrittenOff
from domain.money import ZERO, quantize

_OF_PARTIES: Final = "loan.party_"
"""How acts begin that concern one party and are not told to another."""


async def detail(work: Work, loan_id: UUID) -> LoanDetail:
    """A loan with schedule, parties and history; raises `NOT_FOUND`.

    A customer is shown himself alone among the parties, and nothing of what befell the others.
    """
    only = visible_customer(work.principal)
    await work.session.flush()
    book = await queries.book_of(work, loan_id)
    rows = await queries.instalments(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    summary = _summary(book, rows, clock, await pauses.of_loans(work, [loan_id]))
    today = clock.today(book.creditor.zone)
    return LoanDetail(
        **summary.model_dump(),
        schedule=schedule(rows, book.loan.currency),
        parties=[
            shown_party(party, today)
            for party in await queries.parties(work, loan_id)
            if only in {None, party.customer_id}
        ],
        history=[
            _told(row, book.loan.currency)
            for row in await queries.history(work, loan_id)
            if only is None or not row.action.startswith(_OF_PARTIES)
        ],
    )


async def list_loans(work: Work, wanted: LoanFilter, page: PageRequest) -> Page[Loan]:
    """Loans the principal may see, by number."""
    books = await queries.page(work, wanted, page.after_number(), page.limit + 1)
    cut, cursor = page.cut(books, [book.loan.number for book in books])
    return Page(items=await _summaries(work, cut), next_cursor=cursor)


async def _summaries(work: Work, books: Sequence[Book]) -> list[Loan]:
    clocks = {
        clock_id: await clock_for(work, clock_id)
        for clock_id in {book.loan.test_clock_id for book in books}
    }
    unmet = await queries.unmet_through(work, [book.loan.id for book in books], date.max)
    paused = await pauses.of_loans(work, [book.loan.id for book in books])
    return [
        _summary(book, unmet[book.loan.id], clocks[book.loan.test_clock_id], paused)
        for book in books
    ]


def arrears_of(
    book: Book, rows: Sequence[InstalmentRow], today: date, paused: Mapping[UUID, Sequence[Pause]]
) -> Arrears:
    """How late a loan is on a business date; `paused` are pauses by loan."""
    return assess(
        [(row.due_on, counts_as_late(row)) for row in rows],
        today,
        book.product.arrears_grace_days,
        paused.get(book.loan.id, ()),
        ladder_of(book.product),
        tolerance=book.product.arrears_tolerance,
    )


def _summary(
    book: Book,
    rows: Sequence[InstalmentRow],
    clock: Clock,
    paused: Mapping[UUID, Sequence[Pause]],
) -> Loan:
    loan = book.loan
    arrears = arrears_of(book, rows, clock.today(book.creditor.zone), paused)
    total = owed_in_all(loan)
    return Loan(
        id=loan.id,
        number=f"LN-{loan.number}",
        customer_id=loan.customer_id,
        creditor_id=loan.creditor_id,
        product=book.product.code,
        product_version=book.product.version,
        currency=loan.currency,
        principal=quantize(loan.principal, loan.currency),
        annual_rate_percent=loan.annual_rate_percent,
        instalment_count=loan.instalment_count,
        lifecycle=loan.lifecycle,
        closed_reason=loan.closed_reason,
        bucket=loan.bucket,
        past_due_days=arrears.past_due_days,
        overdue=quantize(arrears.overdue_amount, loan.currency),
        outstanding=shown(total, loan.currency),
        credit=quantize(loan.credit, loan.currency),
        applied_at=loan.applied_at,
        disbursed_on=loan.disbursed_on,
        closed_on=loan.closed_on,
        external_ref=loan.external_ref,
        test_clock_id=loan.test_clock_id,
        workflow_id=loan_workflow_id(loan.id),
        version=loan.version,
    )


def schedule(rows: Sequence[InstalmentRow], currency: str) -> list[Instalment]:
    """A loan's schedule; last instalments that are not needed any more are left out."""
    needed = len(rows)
    while needed and not _asks(rows[needed - 1]):
        needed -= 1
    return [_instalment(row, currency) for row in rows[:needed]]


def _asks(row: InstalmentRow) -> bool:
    return bool(row.principal or row.interest or row.fee or row.penalty)


def _instalment(row: InstalmentRow, currency: str) -> Instalment:
    """A row of the schedule with what was paid of it."""
    left = owed(row)
    interest = row.interest - row.interest_rebated
    total = row.principal + interest + row.fee + row.penalty
    return Instalment(
        number=row.number,
        from_on=row.from_on,
        due_on=row.due_on,
        principal=quantize(row.principal, currency),
        interest=quantize(interest, currency),
        fee=quantize(row.fee, currency),
        penalty=quantize(row.penalty, currency),
        total=quantize(total, currency),
        paid=quantize(total - left.total, currency),
        outstanding=quantize(left.total, currency),
        met_on=row.met_on,
    )


def _told(row: AuditRow, currency: str) -> TimelineEntry:
    return TimelineEntry(
        at=row.at,
        kind=row.action,
        actor=row.actor.partition(":")[0],
        text=line(row.action, row.facts, currency),
    )


async def outstanding(
    work: Work, loan_id: UUID, on: date | None, known_at: datetime | None = None
) -> Outstanding:
    """What is owed, by component: of the plan from today on, by the books on a past day.

    Raises `NOT_FOUND`.
    """
    book = await queries.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    today = clock.today(book.creditor.zone)
    day = on or today
    if day < today or known_at is not None:
        return await outstanding_then(work, loan_id, day, known_at)
    rows = await queries.instalments(work, loan_id)
    currency = book.loan.currency
    quote = _payoff(book, rows, day)
    may_be_asked = quantize(ZERO, currency) if quote is None else quote.total
    ahead = ZERO if quote is None else payoff_of(rows, day, book.product).unearned_paid_interest
    written_off = WrittenOff(book.loan.written_off, book.loan.recovered)
    return Outstanding(
        loan_id=loan_id,
        currency=currency,
        as_of=day,
        outstanding=shown(sum_owed(rows), currency),
        overdue=shown(sum_owed([row for row in rows if row.due_on < day]), currency),
        credit=quantize(book.loan.credit, currency),
        awaited=await awaited_money(work, book, today),
        owed=may_be_asked,
        paid_ahead=quantize(ahead, currency),
        written_off=quantize(written_off.remaining, currency),
        book=quantize(written_off.book(may_be_asked - ahead), currency),
        charged_off_on=book.loan.charged_off_on,
        payoff=quote,
    )


async def awaited_money(work: Work, book: Book, on: date) -> AwaitedMoney:
    """Payments of a loan that were announced and not final when a day ended, or are not now."""
    found = await lives.awaited_amounts(work, book.loan.id, on, book.creditor.zone)
    currency = book.loan.currency
    return AwaitedMoney(
        reported=quantize(found.reported, currency),
        pending=quantize(found.pending, currency),
        provisional=quantize(found.provisional, currency),
    )


def _payoff(book: Book, rows: Sequence[InstalmentRow], day: date) -> Payoff | None:
    loan = book.loan
    if loan.lifecycle != "active":
        return None
    quote = payoff_of(rows, day, book.product)
    return Payoff(
        on=day,
        principal=quantize(quote.principal, loan.currency),
        interest=quantize(quote.interest, loan.currency),
        fee=quantize(quote.fee, loan.currency),
        penalty=quantize(quote.penalty, loan.currency),
        total=quantize(quote.total, loan.currency),
        interest_rebate=quantize(quote.rebate_interest, loan.currency),
    )


async def delinquency(work: Work, loan_id: UUID) -> Delinquency:
    """How late a loan is on the creditor's business date; raises `NOT_FOUND`."""
    book = await queries.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    today = clock.today(book.creditor.zone)
    paused = await pauses.of_loans(work, [loan_id])
    arrears = arrears_of(book, await queries.instalments(work, loan_id), today, paused)
    return Delinquency(
        loan_id=loan_id,
        currency=book.loan.currency,
        as_of=today,
        is_delinquent=arrears.delinquent_days > 0,
        past_due_days=arrears.past_due_days,
        delinquent_days=arrears.delinquent_days,
        past_due_since=arrears.past_due_since,
        overdue=quantize(arrears.overdue_amount, book.loan.currency),
        bucket=arrears.bucket,
        case_id=book.loan.case_id,
    )


async def list_overdue(work: Work, page: PageRequest) -> Page[OverdueItem]:
    """Active loans with something overdue on their business date, by number."""
    books = await queries.overdue_page(work, page.after_number(), page.limit + 1)
    cut, cursor = page.cut(books, [book.loan.number for book in books])
    unmet = await queries.unmet_through(work, [book.loan.id for book in cut], date.max)
    paused = await pauses.of_loans(work, [book.loan.id for book in cut])
    items: list[OverdueItem] = []
    for book in cut:
        clock = await clock_for(work, book.loan.test_clock_id)
        arrears = arrears_of(book, unmet[book.loan.id], clock.today(book.creditor.zone), paused)
        if arrears.past_due_since is None:
            continue
        items.append(
            OverdueItem(
                loan_id=book.loan.id,
                loan_number=f"LN-{book.loan.number}",
                customer_id=book.loan.customer_id,
                currency=book.loan.currency,
                overdue=quantize(arrears.overdue_amount, book.loan.currency),
                past_due_days=arrears.past_due_days,
                past_due_since=arrears.past_due_since,
                bucket=arrears.bucket,
                case_id=book.loan.case_id,
            )
        )
    return Page(items=items, next_cursor=cursor)


async def unpaid(work: Work, loan_id: UUID) -> Sequence[tuple[int, Balances]]:
    """What is still owed of each instalment, by component: what the loan's balances are made of.

    Raises `NOT_FOUND`.
    """
    book = await queries.book_of(work, loan_id)
    rows = await queries.instalments(work, loan_id)
    return [(row.number, shown(owed(row), book.loan.currency)) for row in rows]
