"""Closing days: accrual, interest falling due, ageing, late fees, opening of cases.

A book's days are closed in order, each exactly once, section by section: one transaction that
holds the section, and a few statements over all its loans.
What interest a day bears depends on dates alone (when a loan was disbursed, when it ended), so a
payment posted meanwhile changes nothing about it. Only loans whose bucket, fee or case changes
are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from api.arrears import ageing, carrying, fees, interest, pauses, provisioning, queries, terms
from api.arrears.ageing import Changing
from api.arrears.sections import Section
from api.arrears.tables import BookRow, BucketChangeRow
from api.arrears.terms import LatenessTerms
from api.audit.service import record as audit
from api.clock import Clock
from api.creditors.tables import CreditorRow
from api.ledger import service as ledger
from api.loans import queries as loans
from api.loans.balances import counts_as_late, scheduled
from api.loans.tables import InstalmentRow, LoanRow
from api.products.tables import ProductRow
from api.products.terms import ladder_of
from api.recovery import keeping, opening
from api.recovery.standing_queries import Part
from api.work import Work
from domain.calendar import local_instant, next_local_midnight
from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import assess
from domain.lending.ledger import Account, Entry, EntryKind, Line
from domain.lending.payoff import earned_by
from domain.money import ZERO

DAY = timedelta(days=1)
_MIDNIGHT = time(0)

SECTION_LOANS: Final = 20_000
"""About how many loans are closed in one transaction: a larger section is divided."""

HELD_SECONDS: Final = 0.2
"""Technical time after which a call that closes live books takes no further one."""

OPENED_AT_ONCE: Final = 500
"""Loans that the opening of cases takes in at a time."""


async def enter_book(
    work: Work, clock: Clock, creditor: CreditorRow, loan_id: UUID | None = None
) -> BookRow:
    """Hold a loan's section of its creditor's book open: no day of it is closed until the commit.

    Books come before loans in the lock order: call it before the loan is locked. A loan that is
    only being made has no id yet, and enters the last section.

    Raises `UNAVAILABLE` where the day on which the work began was closed while it waited: it would
    write into a day that has ended.
    """
    today = clock.today(creditor.zone)
    book = await queries.shared_book(
        work,
        creditor.id,
        clock.test_clock_id,
        loan_id,
        closed_through=today - DAY,
        next_close_at=next_local_midnight(clock.now, creditor.zone),
    )
    if book.closed_through >= today:
        raise DomainError(ErrorCode.UNAVAILABLE, f"{today} has just ended; ask again.")
    return book


async def close_due_books(
    work: Work, test_clock_id: UUID | None, now: datetime, limit: int = 20
) -> tuple[int, int]:
    """Close one day of every book whose midnight has come; answers days and loans written."""
    if test_clock_id is not None:
        books = await queries.due_books(work, test_clock_id, now, limit)
        return len(books), sum([await _close_next_day(work, book) for book in books])
    closed = written = 0
    started = monotonic()
    # Small books share a transaction, a large section has one of its own: none is held for long.
    while closed < limit and monotonic() - started < HELD_SECONDS:
        found = await queries.due_books(work, None, now, 1)
        if not found:
            break
        written += await _close_next_day(work, found[0])
        closed += 1
        await work.session.flush()
    return closed, written


async def _close_next_day(work: Work, book: BookRow) -> int:
    creditor = await work.session.get_one(CreditorRow, book.creditor_id)
    day = book.closed_through + DAY
    await work.session.flush()
    await _divide(work, book)
    section = Section(book)
    await interest.post_day(work, section, day)
    await carrying.pass_due_date(work, section, day)
    await _settle_ended(work, book, day)
    written = await _age(work, creditor, section, day + DAY)
    await provisioning.post_day(work, section, day)
    await _rate_cases(work, creditor, book, day + DAY)
    book.closed_through = day
    book.next_close_at = local_instant(day + 2 * DAY, _MIDNIGHT, creditor.zone)
    audit(work, "book.closed", "book", book.id, {"day": day.isoformat(), "loans": written})
    return written


async def _divide(work: Work, book: BookRow) -> None:
    """Divide a section that has grown too large; the pieces are as far closed as it was.

    Nothing that is summed by section is lost by it: what was booked stays booked.
    """
    if not await terms.outgrown(work, Section(book), 2 * SECTION_LOANS):
        return
    bounds = await terms.bounds(work, Section(book), SECTION_LOANS)
    ends = [*bounds[1:], book.below_id]
    book.below_id = bounds[0]
    await work.session.flush()
    work.session.add_all(
        BookRow(
            creditor_id=book.creditor_id,
            test_clock_id=book.test_clock_id,
            from_id=start,
            below_id=end,
            closed_through=book.closed_through,
            next_close_at=book.next_close_at,
        )
        for start, end in zip(bounds, ends, strict=True)
    )
    audit(work, "book.divided", "book", book.id, {"sections": len(bounds) + 1})
    await work.session.flush()


async def catch_up(
    work: Work,
    book: BookRow,
    creditor: CreditorRow,
    loan: LoanRow,
    after: date,
    *,
    ageing: bool = True,
) -> None:
    """Close for one loan the days its section has closed without it; the section is held.

    Without `ageing` only its interest catches up: who knows its past already says himself which
    fees and buckets those days brought.
    """
    day = after + DAY
    section = Section(book, loan.id)
    await work.session.flush()
    written = 0
    while day <= book.closed_through:
        await interest.post_day(work, section, day)
        await carrying.pass_due_date(work, section, day)
        if ageing:
            written += await _age(work, creditor, section, day + DAY)
        day += DAY
    if written:
        await loans.read_again(work, loan.id)
    loan.closed_through = book.closed_through


async def _settle_ended(work: Work, book: BookRow, day: date) -> None:
    """Loans that ended on a day: bill what was kept of their interest, give back the rest."""
    ended = await queries.closed_on(work, book, day)
    if not ended:
        return
    ids = [loan.id for loan in ended]
    rows = await loans.instalments_of(work, ids)
    unearned = await queries.unearned_interest(work, ids)
    entries = [
        (
            loan,
            final_interest_entry(
                rows.get(loan.id, []), day, loan.currency, unearned.get(loan.id, ZERO)
            ),
        )
        for loan in ended
    ]
    await ledger.post(
        work,
        *[
            ledger.Posting.of_loan(loan, entry, value_on=day, booked_on=day + DAY)
            for loan, entry in entries
            if entry is not None
        ],
    )


async def final_interest(work: Work, loan: LoanRow, day: date) -> Entry | None:
    """The final interest entry that a loan which ended on a day needs as things stand, if any."""
    rows = await loans.instalments(work, loan.id)
    unearned = await queries.unearned_interest(work, [loan.id])
    return final_interest_entry(rows, day, loan.currency, unearned.get(loan.id, ZERO))


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
    demanded = sum((row.interest for row in rows if row.due_on < day), ZERO)
    accrued = earned_by([scheduled(row) for row in rows], day, currency) - demanded
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


async def _age(work: Work, creditor: CreditorRow, section: Section, today: date) -> int:
    """Late fees, buckets and cases of loans that are late as `today` opens; how many changed."""
    rules = await terms.of_section(work, section, today)
    changing = await ageing.changing(work, section, rules, today)
    if not changing:
        return 0
    clock = Clock(local_instant(today, _MIDNIGHT, creditor.zone), section.book.test_clock_id)
    charged = await _charge(work, changing, rules, today)
    moves = [one for one in changing if one.moves]
    if moves:
        await _move(work, clock, moves, today)
    # What accrues day by day is read when it is needed: a plan is not made anew for it.
    once = {fee.loan_id for fee in charged if not fee.is_daily}
    planned = {
        one.case_id
        for one in changing
        if one.case_id is not None and one.delinquent and (one.moves or one.loan_id in once)
    } | {one.case_id for one in moves if one.case_id is not None}
    await opening.plan_again(work, clock, planned)
    await _open_cases(work, clock, [one for one in changing if one.wants_case], today)
    return len({fee.loan_id for fee in charged} | {one.loan_id for one in moves})


async def _rate_cases(work: Work, creditor: CreditorRow, book: BookRow, today: date) -> None:
    """Arrears grow older by themselves: risk and place in the worklist follow every day."""
    clock = Clock(local_instant(today, _MIDNIGHT, creditor.zone), book.test_clock_id)
    part = Part(creditor.id, book.test_clock_id, book.from_id, book.below_id)
    await keeping.rate_open(work, clock, part, today)


async def _charge(
    work: Work, changing: Sequence[Changing], rules: Sequence[LatenessTerms], today: date
) -> list[fees.Charged]:
    due = [one.loan_id for one in changing if one.fee_is_due]
    charged = await fees.charge(work, due, rules, today) if due else []
    for fee in charged:
        audit(
            work,
            "loan.late_fee_charged",
            "loan",
            fee.loan_id,
            {"instalment": fee.instalment, "amount": str(fee.amount)},
        )
    return charged


async def _move(work: Work, clock: Clock, moves: Sequence[Changing], today: date) -> None:
    await ageing.move(work, moves, today, work.now)
    for one in moves:
        audit(
            work,
            "loan.bucket_changed",
            "loan",
            one.loan_id,
            {"from": one.before, "to": one.after, "as_of": today.isoformat()},
        )
    await opening.note_bucket_moves(
        work,
        clock,
        [
            opening.BucketMove(one.case_id, one.number, one.before, one.after)
            for one in moves
            if one.case_id is not None
        ],
    )


async def _open_cases(work: Work, clock: Clock, entering: Sequence[Changing], today: date) -> None:
    """Let the opening service take delinquent loans in, so many at a time."""
    for start in range(0, len(entering), OPENED_AT_ONCE):
        chunk = entering[start : start + OPENED_AT_ONCE]
        rows = await loans.locked(work, [one.loan_id for one in chunk])
        await opening.open_or_join(
            work,
            clock,
            [
                opening.OverdueLoan(
                    row=rows[one.loan_id],
                    anchor_on=one.past_due_since,
                    bucket=one.after,
                    past_due_days=one.past_due_days,
                )
                for one in chunk
                if one.past_due_since is not None
            ],
            today,
        )


async def set_bucket(work: Work, aged: Aged, clock: Clock, today: date) -> bool:
    """Put a loan into the bucket its arrears ask for; true when it moved."""
    loan, product = aged.loan, aged.product
    # Who is in time needs no look at pauses: that is what most payments are.
    late = loan.next_unmet_due_on is not None and loan.next_unmet_due_on < today
    paused = await pauses.of_loans(work, [loan.id]) if late else {}
    arrears = assess(
        [(row.due_on, counts_as_late(row)) for row in aged.rows],
        today,
        product.arrears_grace_days,
        paused.get(loan.id, ()),
        ladder_of(product),
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


async def final_entry(work: Work, loan_id: UUID, day: date) -> Entry | None:
    """The final interest entry a loan got on the day it ended, if one was needed."""
    return await queries.last_final_entry(work, loan_id, day)


async def bill_due(work: Work, book: BookRow, loan: LoanRow, day: date, booked_on: date) -> None:
    """Bill what fell due on a day on which the loan was thought to have ended."""
    await work.session.flush()
    await interest.bill_due(work, Section(book, loan.id), day, booked_on)


async def books_to_close(work: Work, now: datetime) -> int:
    """How many live books still have a midnight behind them."""
    count = await work.session.scalar(
        select(func.count())
        .select_from(BookRow)
        .where(BookRow.test_clock_id.is_(None), BookRow.next_close_at <= now)
    )
    return int(count or 0)
