"""Closing days: accrual, interest falling due, ageing, late fees, opening of cases.

A book's days are closed in order, each exactly once, in one transaction that holds the book.
What interest a day bears depends on dates alone (when a loan was disbursed, when it ended), so a
payment posted meanwhile changes nothing about it. Only loans whose bucket, fee or case changes
are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from api.arrears import queries
from api.arrears.tables import BookRow, BucketChangeRow
from api.audit.service import record as audit
from api.clock import Clock
from api.creditors.tables import CreditorRow
from api.ledger import service as ledger
from api.loans import queries as loans
from api.loans.balances import counts_as_late, owed, refresh, scheduled
from api.loans.tables import InstalmentRow, LoanRow
from api.payments.recording import Movement, record
from api.products.tables import ProductRow
from api.products.terms import ladder_of, penalty_policy
from api.recovery import opening
from api.work import Work
from domain.calendar import local_instant, next_local_midnight
from domain.ids import late_fee_key
from domain.lending.arrears import assess
from domain.lending.charges import late_fee
from domain.lending.ledger import Account, Entry, EntryKind, Line, accrual_entry, late_fee_entry
from domain.lending.payoff import accrued_interest
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO

DAY = timedelta(days=1)
_MIDNIGHT = time(0)


async def enter_book(work: Work, clock: Clock, creditor: CreditorRow) -> BookRow:
    """Hold a creditor's book open: no day of it is closed until this work is committed.

    Books come before loans in the lock order: call it before the loan is locked.
    """
    return await queries.shared_book(
        work,
        creditor.id,
        clock.test_clock_id,
        clock.today(creditor.zone) - DAY,
        next_local_midnight(clock.now, creditor.zone),
    )


async def close_due_books(
    work: Work, test_clock_id: UUID | None, now: datetime, limit: int = 20
) -> tuple[int, int]:
    """Close one day of every book whose midnight has come; answers days and loans written."""
    books = await queries.due_books(work, test_clock_id, now, limit)
    written = 0
    for book in books:
        written += await _close_next_day(work, book)
    return len(books), written


async def _close_next_day(work: Work, book: BookRow) -> int:
    creditor = await work.session.get_one(CreditorRow, book.creditor_id)
    day = book.closed_through + DAY
    written = await _close_day(work, book, creditor, day)
    book.closed_through = day
    book.next_close_at = local_instant(day + 2 * DAY, _MIDNIGHT, creditor.zone)
    audit(work, "book.closed", "book", book.id, {"day": day.isoformat(), "loans": written})
    return written


async def catch_up(
    work: Work,
    book: BookRow,
    creditor: CreditorRow,
    loan: LoanRow,
    after: date,
    *,
    ageing: bool = True,
) -> None:
    """Close for one loan the days its book has closed without it; the book is held.

    Without `ageing` only its interest catches up: who knows its past already says himself which
    fees and buckets those days brought.
    """
    day = after + DAY
    while day <= book.closed_through:
        await _close_day(work, book, creditor, day, loan.id, ageing=ageing)
        day += DAY
    loan.closed_through = book.closed_through


async def _close_day(
    work: Work,
    book: BookRow,
    creditor: CreditorRow,
    day: date,
    only: UUID | None = None,
    *,
    ageing: bool = True,
) -> int:
    """Everything that the end of a day does; `only` one loan when it catches up."""
    await work.session.flush()
    opens = day + DAY
    await _accrue(work, book, day, only)
    await queries.post_interest_due(work, book, day, opens, only)
    if only is None:
        for loan, _ in await queries.closed_on(work, book, day):
            await _settle_interest(work, loan, day)
    if not ageing:
        return 0
    late = await queries.possibly_late(work, book, day, only)
    return await _age(work, creditor, late, opens)


async def _accrue(work: Work, book: BookRow, day: date, only: UUID | None) -> None:
    await ledger.post(
        work,
        *[
            ledger.Posting(
                entry=accrual_entry(accrued.amount),
                creditor_id=book.creditor_id,
                test_clock_id=book.test_clock_id,
                currency=accrued.currency,
                value_on=day,
                booked_on=day,
                loan_id=only,
                product_id=accrued.product_id,
                natural_key=None if only else f"accrual:{book.id}:{accrued.product_id}:{day}",
            )
            for accrued in await queries.day_accruals(work, book, day, only)
        ],
    )


async def _settle_interest(work: Work, loan: LoanRow, day: date) -> None:
    """A loan ended on a day: bill what was kept of its interest, give back the rest."""
    entry = await final_interest(work, loan, day)
    if entry is not None:
        await ledger.post(
            work,
            ledger.Posting(
                entry=entry,
                creditor_id=loan.creditor_id,
                test_clock_id=loan.test_clock_id,
                currency=loan.currency,
                value_on=day,
                booked_on=day + DAY,
                loan_id=loan.id,
                product_id=loan.product_id,
            ),
        )


async def final_interest(work: Work, loan: LoanRow, day: date) -> Entry | None:
    """The final interest entry that a loan which ended on a day needs as things stand, if any."""
    rows = await loans.instalments(work, loan.id)
    unearned = await queries.unearned_interest(work, loan.id)
    return final_interest_entry(rows, day, loan.currency, unearned)


def final_interest_entry(
    rows: Sequence[InstalmentRow], day: date, currency: str, unearned: Decimal = ZERO
) -> Entry | None:
    """What makes a loan's interest accounts zero after its last day.

    Instalments due before that day were billed in full as scheduled; those due on it or later
    were only accrued. Billed in the end is what was not given back: neither rebated nor, having
    been paid ahead and not earned, turned into credit (`unearned`).
    """
    kept = sum((row.interest - row.interest_rebated for row in rows if row.due_on >= day), ZERO)
    given_back = sum((row.interest_rebated for row in rows if row.due_on < day), ZERO)
    accrued = sum(
        (accrued_interest(scheduled(row), day, currency) for row in rows if row.due_on >= day),
        ZERO,
    )
    billed = kept - given_back - unearned
    sides = (
        (Account.INTEREST_RECEIVABLE, billed),
        (Account.ACCRUED_INTEREST, -accrued),
        (Account.INTEREST_INCOME, accrued - billed),
    )
    lines = tuple(Line(account, amount) for account, amount in sides if amount)
    return Entry(EntryKind.PAYOFF_INTEREST, lines) if lines else None


@dataclass(frozen=True, slots=True)
class Aged:
    """A loan that may be late, with its product and its instalments."""

    loan: LoanRow
    product: ProductRow
    rows: Sequence[InstalmentRow]


async def _age(
    work: Work,
    creditor: CreditorRow,
    candidates: Sequence[tuple[LoanRow, ProductRow]],
    today: date,
) -> int:
    """Late fees, buckets and cases of loans that are late as the day `today` opens."""
    charged = await queries.late_fees_charged(work, [loan.id for loan, _ in candidates])
    entering: list[opening.OverdueLoan] = []
    written = 0
    opens_at = local_instant(today, _MIDNIGHT, creditor.zone)
    for loan, product in candidates:
        late = Aged(loan, product, await loans.instalments(work, loan.id))
        fees = await _charge_late_fees(work, late, charged, today)
        clock = Clock(opens_at, loan.test_clock_id)
        moved = await set_bucket(work, late, clock, today)
        written += bool(fees or moved)
        overdue = overdue_loan(loan, product, late.rows, today)
        if overdue is not None and (loan.case_id is None or moved or fees):
            entering.append(overdue)
    if entering:
        clock = Clock(opens_at, entering[0].row.test_clock_id)
        await opening.open_or_join(work, clock, entering, today)
    return written


def overdue_loan(
    loan: LoanRow, product: ProductRow, rows: Sequence[InstalmentRow], today: date
) -> opening.OverdueLoan | None:
    """A delinquent loan as recovery wants to know it; null when it is not delinquent."""
    arrears = assess(
        [(row.due_on, counts_as_late(row)) for row in rows],
        today,
        product.arrears_grace_days,
        ladder=ladder_of(product),
        tolerance=product.arrears_tolerance,
    )
    if arrears.delinquent_days == 0 or arrears.past_due_since is None:
        return None
    return opening.OverdueLoan(
        row=loan,
        anchor_on=arrears.past_due_since,
        bucket=arrears.bucket,
        past_due_days=arrears.past_due_days,
    )


async def set_bucket(work: Work, aged: Aged, clock: Clock, today: date) -> bool:
    """Put a loan into the bucket its arrears ask for; true when it moved."""
    loan, product = aged.loan, aged.product
    arrears = assess(
        [(row.due_on, counts_as_late(row)) for row in aged.rows],
        today,
        product.arrears_grace_days,
        ladder=ladder_of(product),
        tolerance=product.arrears_tolerance,
    )
    if arrears.bucket == loan.bucket:
        return False
    facts = {"from": loan.bucket, "to": arrears.bucket, "as_of": today.isoformat()}
    work.session.add(
        BucketChangeRow(
            loan_id=loan.id,
            as_of=today,
            from_bucket=loan.bucket,
            to_bucket=arrears.bucket,
            changed_at=work.now,
        )
    )
    before, loan.bucket = loan.bucket, arrears.bucket
    await opening.note_bucket_change(work, clock, loan, before, loan.bucket)
    audit(work, "loan.bucket_changed", "loan", loan.id, facts)
    return True


async def _charge_late_fees(work: Work, late: Aged, charged: set[str], today: date) -> bool:
    """Charge each late instalment once; true when anything was charged."""
    policy = penalty_policy(late.product)
    if policy is None:
        return False
    loan = late.loan
    any_charged = False
    for row in late.rows:
        if row.due_on >= today:
            break
        key = late_fee_key(loan.id, row.number)
        fee = late_fee(
            policy,
            owed(row),
            today,
            loan.currency,
            already_charged=key in charged,
            paid_to_penalties=sum((other.penalty_paid for other in late.rows), ZERO),
        )
        if fee is None:
            continue
        await _charge(work, late, row, fee=fee, key=key, today=today)
        any_charged = True
    return any_charged


async def _charge(
    work: Work, late: Aged, row: InstalmentRow, *, fee: Decimal, key: str, today: date
) -> None:
    row.penalty += fee
    refresh(late.loan, late.rows, today)
    await record(
        work,
        late.loan,
        Movement(
            kind="late_fee",
            amount=fee,
            value_on=today,
            booked_on=today,
            entry=late_fee_entry(fee),
            allocations=(Allocation(row.number, Component.PENALTY, fee),),
            natural_key=key,
        ),
    )
    audit(
        work,
        "loan.late_fee_charged",
        "loan",
        late.loan.id,
        {"instalment": row.number, "amount": str(fee)},
    )


async def final_entry(work: Work, loan_id: UUID, day: date) -> Entry | None:
    """The final interest entry a loan got on the day it ended, if one was needed."""
    return await queries.last_final_entry(work, loan_id, day)


async def bill_due(work: Work, book: BookRow, loan: LoanRow, day: date, booked_on: date) -> None:
    """Bill what fell due on a day on which the loan was thought to have ended."""
    await work.session.flush()
    await queries.post_interest_due(work, book, day, booked_on, loan.id)


async def books_to_close(work: Work, now: datetime) -> int:
    """How many live books still have a midnight behind them."""
    count = await work.session.scalar(
        select(func.count())
        .select_from(BookRow)
        .where(BookRow.test_clock_id.is_(None), BookRow.next_close_at <= now)
    )
    return int(count or 0)
