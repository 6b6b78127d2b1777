"""Taking a payment back: bounced, charged back, or posted in error.

What the payment paid is owed again, a rebate given with it is withdrawn, and a loan that it had
closed reopens and catches up with the days it missed. Nothing is deleted: the reversal is a
movement of its own, and a second one is refused.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.arrears import closing
from api.arrears.tables import BookRow
from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.ledger import service as ledger
from api.loans import lifecycle
from api.loans import queries as loans
from api.loans.balances import pay, refresh
from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.payments import queries, reading
from api.payments.posting import after_money
from api.payments.recording import Movement, record
from api.payments.tables import AllocationRow, TransactionRow
from api.work import Work
from contracts.payments import Payment, ReversePayment
from domain.errors import DomainError, ErrorCode
from domain.lending.ledger import repayment_entry, reversal_entry, unearned_interest_entry
from domain.lending.loan import Command
from domain.lending.waterfall import Allocation, Component


async def reverse_payment(
    work: Work, loan_id: UUID, payment_id: UUID, why: ReversePayment
) -> Payment:
    """Reverse a payment.

    Raises `NOT_FOUND`, `ALREADY_REVERSED`, and `NOT_REVERSIBLE` when its overpayment was already
    given back or the loan ended in another way than by payment.
    """
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    days = await closing.enter_book(work, clock, book.creditor, loan_id)
    book = await loans.book_of(work, loan_id, lock=True)
    payment = await _reversible(work, book, payment_id)
    today = clock.today(book.creditor.zone)
    rows = await loans.instalments(work, loan_id)
    parts = (await queries.allocations(work, [payment_id]))[payment_id]
    for part in parts:
        pay(rows[part.instalment - 1], Component(part.component), -part.amount)
    children = await queries.children_of(work, payment_id)
    await _withdraw_rebate(work, children, rows)
    credit = payment.credited + sum((child.credited for child in children), Decimal(0))
    if book.loan.credit < credit:
        raise DomainError(
            ErrorCode.NOT_REVERSIBLE, "Its overpayment has already been used or paid back."
        )
    book.loan.credit -= credit
    closed_on = book.loan.closed_on
    refresh(book.loan, rows, today)
    if book.loan.lifecycle == "closed":
        lifecycle.move(work, book.loan, Command.REOPEN, {"reason": why.reason})
        book.loan.closed_reason = None
        book.loan.closed_on = None
    else:
        book.loan.version += 1
    await _record(
        work,
        book,
        payment=payment,
        parts=parts,
        children=children,
        why=why,
        today=today,
    )
    if closed_on is not None:
        await _resume(work, book, days, closed_on, today)
    audit(
        work,
        "payment.reversed",
        "loan",
        loan_id,
        {"payment": str(payment_id), "reason": why.reason, "amount": str(payment.amount)},
    )
    await _tell(work, book, rows, clock, today, reopened=closed_on is not None)
    return reading.shown(payment, parts, is_reversed=True)


async def _reversible(work: Work, book: Book, payment_id: UUID) -> TransactionRow:
    payment = await queries.repayment(work, book.loan.id, payment_id)
    if payment is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such payment on this loan.")
    if await queries.reversal_of(work, payment_id) is not None:
        raise DomainError(ErrorCode.ALREADY_REVERSED, "The payment has been reversed before.")
    loan = book.loan
    if loan.lifecycle != "active" and loan.closed_reason != "repaid":
        raise DomainError(
            ErrorCode.NOT_REVERSIBLE,
            f"The loan is {loan.lifecycle} ({loan.closed_reason}); its payments stand.",
            {"lifecycle": loan.lifecycle},
        )
    return payment


async def _withdraw_rebate(
    work: Work, children: Sequence[TransactionRow], rows: Sequence[InstalmentRow]
) -> None:
    """Interest that the payoff gave back is owed again."""
    rebates = [child.id for child in children if child.kind == "interest_rebate"]
    for parts in (await queries.allocations(work, rebates)).values():
        for part in parts:
            rows[part.instalment - 1].interest_rebated -= part.amount


async def _record(
    work: Work,
    book: Book,
    *,
    payment: TransactionRow,
    parts: Sequence[AllocationRow],
    children: Sequence[TransactionRow],
    why: ReversePayment,
    today: date,
) -> None:
    allocations = [
        Allocation(part.instalment, Component(part.component), part.amount) for part in parts
    ]
    entries = {payment.id: reversal_entry(repayment_entry(allocations, payment.credited))}
    for child in children:
        if child.kind == "unearned_interest":
            entries[child.id] = reversal_entry(unearned_interest_entry(child.amount))
    for original in (payment, *children):
        await record(
            work,
            book.loan,
            Movement(
                kind="reversal",
                amount=original.amount,
                value_on=original.value_on,
                booked_on=today,
                entry=entries.get(original.id),
                reason=why.reason,
                reverses_id=original.id,
            ),
        )


async def _resume(work: Work, book: Book, days: BookRow, closed_on: date, today: date) -> None:
    """Undo the final interest entry, if that day was closed, and close the days missed since."""
    loan = book.loan
    if closed_on > days.closed_through:
        return
    entry = await closing.final_entry(work, loan.id, closed_on)
    if entry is not None:
        await ledger.post(
            work,
            ledger.Posting(
                entry=reversal_entry(entry),
                creditor_id=loan.creditor_id,
                test_clock_id=loan.test_clock_id,
                currency=loan.currency,
                value_on=closed_on,
                booked_on=today,
                loan_id=loan.id,
                product_id=loan.product_id,
            ),
        )
    # The day it was closed on was accrued with the book, but what fell due on it was not billed.
    await closing.bill_due(work, days, loan, closed_on, today)
    await closing.catch_up(work, days, book.creditor, loan, closed_on)


async def _tell(
    work: Work,
    book: Book,
    rows: Sequence[InstalmentRow],
    clock: Clock,
    today: date,
    *,
    reopened: bool,
) -> None:
    """Bucket, case and workflow after money was taken back."""
    await after_money(work, book, rows, clock, today)
    if reopened:
        await lifecycle.wake(work, book.loan.id, book.loan.test_clock_id)
