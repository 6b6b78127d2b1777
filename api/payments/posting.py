"""Posting payments: lock, allocate by the product's waterfall, write everything at once.

Posting never locks a recovery case; it raises the case's wake. Nothing of Temporal is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.arrears import closing
from api.arrears.tables import BookRow
from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.collecting import facts as collecting
from api.loan_changes import recovery, versions
from api.loans import lifecycle
from api.loans import queries as loans
from api.loans.balances import apply, owed, plan_as, refresh, scheduled, sum_owed
from api.loans.payoffs import payoff_of
from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.messages import withdrawing
from api.payments import correcting, queries, reading
from api.payments.early import early_of
from api.payments.mending import correct_interest
from api.payments.origin import BY_HAND, Origin
from api.payments.recording import KEPT_AS_CREDIT, Movement, record
from api.payments.tables import TransactionRow
from api.products.schedules import changes_schedule
from api.products.terms import waterfall_of
from api.tasks import service as tasks
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role, WakeKind
from contracts.payments import NewPayment, Payment
from domain.errors import DomainError, ErrorCode
from domain.ids import case_workflow_id
from domain.lending.early import Settled, Taking
from domain.lending.ledger import repayment_entry, unearned_interest_entry
from domain.lending.payoff import payoff
from domain.lending.waterfall import Allocation, Component, apply_waterfall
from domain.money import ZERO, positive, quantize


@dataclass(frozen=True, slots=True)
class Received:
    """A payment that may be posted: how much, and the two days that date it."""

    amount: Decimal
    value_on: date
    today: date


async def post_payment(
    work: Work, loan_id: UUID, new: NewPayment, origin: Origin = BY_HAND
) -> Payment:
    """Post one payment to a loan.

    Raises `NOT_FOUND`, `LOAN_NOT_ACTIVE`, `CURRENCY_MISMATCH`, `AMOUNT_PRECISION`,
    `AMOUNT_NOT_POSITIVE`, `VALUE_DATE_OUT_OF_RANGE` and `PAYOFF_AMOUNT_MISMATCH`, and
    `UNAVAILABLE` when the day ended or the loan was paid meanwhile; then nothing was changed.
    A payment dated before something else on the loan corrects the past.
    """
    corrected = await correcting.post_if_backdated(work, loan_id, new, origin)
    if corrected is not None:
        return corrected
    days = await _hold_days(work, loan_id, new)
    book = await loans.book_of(work, loan_id, lock=True)
    clock = await clock_for(work, book.loan.test_clock_id)
    received = accept(book, clock, new)
    rows = await loans.instalments(work, loan_id)
    early = await early_of(work, book, rows)
    rebate = _NO_REBATE
    if new.payoff:
        rebate = _rebate(book, rows, received, early)
    settled = _settle(book, rows, received, early, pays_off=new.payoff)
    split = settled.split
    if settled.replanned:
        before = [scheduled(row) for row in rows]
        await versions.keep_first(work, book.loan, before)
        plan_as(rows, settled.replanned)
        if days is not None:
            await correct_interest(work, book.loan, days, before, rows, received.today)
    apply(rows, split.allocations)
    refresh(book.loan, rows, received.value_on)
    if days is None and sum_owed(rows).total == 0:
        raise DomainError(
            ErrorCode.UNAVAILABLE, "The loan has just been paid by others; ask again."
        )
    credited = split.unapplied
    book.loan.credit += credited + rebate.unearned_paid
    book.loan.version += 1
    payment_id = await record(
        work,
        book.loan,
        Movement(
            kind="repayment",
            amount=received.amount,
            value_on=received.value_on,
            booked_on=received.today,
            entry=repayment_entry(split.allocations, credited, origin.account),
            allocations=split.allocations,
            credited=credited,
            method=new.method,
            reference=new.reference,
            natural_key=origin.natural_key,
            id=origin.payment_id,
        ),
    )
    await _record_rebate(work, book, rebate, received, payment_id)
    if settled.replanned:
        cause = versions.Cause(received.today, payment_id=payment_id)
        await versions.keep(work, book.loan, [scheduled(row) for row in rows], cause)
    audit(
        work,
        "payment.posted",
        "loan",
        loan_id,
        {"payment": str(payment_id), "amount": str(received.amount), "on": str(received.value_on)},
    )
    paid = {part.instalment for part in split.allocations}
    paid |= {row.number for row in settled.replanned}
    await withdrawing.instalments_met(
        work, loan_id, [row.number for row in rows if row.met_on and row.number in paid]
    )
    await after_money(work, book, rows, clock, received.today)
    return await _shown(work, payment_id)


async def _hold_days(work: Work, loan_id: UUID, new: NewPayment) -> BookRow | None:
    """Hold the loan's book if the payment may end the loan or change its interest.

    The last interest of a loan is settled with the day on which it ended. Was that day closed
    between our look at the clock and our commit, nobody would ever settle it. None: it may not.
    """
    book = await loans.book_of(work, loan_id)
    loan = book.loan
    owes = loan.principal_outstanding + loan.interest_outstanding
    owes += loan.fee_outstanding + loan.penalty_outstanding
    owes_less_by_it = changes_schedule(book.product)  # what repays principal early saves interest
    if not new.payoff and new.amount < owes and not owes_less_by_it:
        return None
    clock = await clock_for(work, loan.test_clock_id)
    return await closing.enter_book(work, clock, book.creditor, loan_id)


async def keep_as_credit(
    work: Work, book: Book, clock: Clock, new: NewPayment, origin: Origin
) -> UUID:
    """Keep money that the locked loan has no use for as the customer's credit, to be given back."""
    loan = book.loan
    today = clock.today(book.creditor.zone)
    loan.credit += new.amount
    loan.version += 1
    payment_id = await record(
        work,
        loan,
        Movement(
            kind="repayment",
            amount=new.amount,
            value_on=today,
            booked_on=today,
            entry=repayment_entry((), new.amount, origin.account),
            credited=new.amount,
            method=new.method,
            reference=new.reference,
            reason=KEPT_AS_CREDIT,
            natural_key=origin.natural_key,
            id=origin.payment_id,
        ),
    )
    audit(
        work,
        "payment.kept_as_credit",
        "loan",
        loan.id,
        {"payment": str(payment_id), "amount": str(new.amount), "on": str(today)},
    )
    await tasks.open_task(
        work,
        clock,
        natural_key=f"refund:{payment_id}",
        kind="refund",
        title=f"Refund {quantize(new.amount, loan.currency)} {loan.currency} on LN-{loan.number}",
        role=Role.MANAGER,
        due_at=clock.now + lifecycle.REFUND_WITHIN,
        loan_id=loan.id,
        customer_id=loan.customer_id,
    )
    return payment_id


async def posted_under(work: Work, natural_key: str) -> UUID | None:
    """The payment that was posted under a natural key, if one was."""
    return await queries.by_natural_key(work, natural_key)


async def _shown(work: Work, payment_id: UUID) -> Payment:
    row = await work.session.get_one(TransactionRow, payment_id)
    parts = await queries.allocations(work, [payment_id])
    return reading.shown(row, parts[payment_id], is_reversed=False)


def accept(book: Book, clock: Clock, new: NewPayment) -> Received:
    """Check a payment against the loan and the calendar."""
    loan = book.loan
    if loan.lifecycle != "active" or loan.disbursed_on is None:
        raise DomainError(
            ErrorCode.LOAN_NOT_ACTIVE,
            f"The loan is {loan.lifecycle}; payments are taken while it is active.",
            {"lifecycle": loan.lifecycle},
        )
    if new.currency != loan.currency:
        raise DomainError(
            ErrorCode.CURRENCY_MISMATCH,
            f"The loan is in {loan.currency}; a payment in another currency is refused.",
            {"currency": loan.currency},
        )
    today = clock.today(book.creditor.zone)
    value_on = new.value_on or today
    if not loan.disbursed_on <= value_on <= today:
        raise DomainError(
            ErrorCode.VALUE_DATE_OUT_OF_RANGE,
            f"The value date lies between {loan.disbursed_on} and {today}.",
            {"from": str(loan.disbursed_on), "to": str(today)},
        )
    return Received(positive(new.amount, loan.currency), value_on, today)


def _settle(
    book: Book,
    rows: Sequence[InstalmentRow],
    received: Received,
    early: Taking | None,
    *,
    pays_off: bool,
) -> Settled:
    """Split money over what is owed; where the product says so, more than that changes the plan."""
    left = [owed(row) for row in rows]
    if early is not None and (early.ends_of_itself or not pays_off):
        plan = [scheduled(row) for row in rows]
        return early.settle(plan, left, received.amount, received.value_on)
    return Settled(
        apply_waterfall(
            left,
            received.amount,
            waterfall_of(book.product),
            received.value_on,
            book.loan.currency,
        )
    )


@dataclass(frozen=True, slots=True)
class _Rebate:
    """Interest that an early payoff gives back: never earned, or paid ahead and not earned."""

    parts: tuple[Allocation, ...]
    unearned_paid: Decimal

    @property
    def total(self) -> Decimal:
        """Unpaid interest that will not be asked for."""
        return sum((part.amount for part in self.parts), ZERO)


_NO_REBATE = _Rebate((), ZERO)


def _rebate(
    book: Book, rows: Sequence[InstalmentRow], received: Received, early: Taking | None
) -> _Rebate:
    """Take out of the plan what an early payoff does not owe; refuse another amount."""
    loan = book.loan
    quote = payoff_of(rows, received.value_on, book.product)
    if quote.total != received.amount:
        raise DomainError(
            ErrorCode.PAYOFF_AMOUNT_MISMATCH,
            f"On {received.value_on} the payoff is {quantize(quote.total, loan.currency)} "
            f"{loan.currency}; send exactly that, or leave `payoff` out.",
            {"payoff": str(quantize(quote.total, loan.currency)), "on": str(received.value_on)},
        )
    if early is not None and early.ends_of_itself:
        return _NO_REBATE
    parts: list[Allocation] = []
    for row in rows:
        single = payoff([owed(row)], [scheduled(row)], received.value_on, loan.currency)
        if single.rebate_interest > 0:
            row.interest_rebated += single.rebate_interest
            parts.append(Allocation(row.number, Component.INTEREST, single.rebate_interest))
    return _Rebate(tuple(parts), quote.unearned_paid_interest)


async def _record_rebate(
    work: Work, book: Book, rebate: _Rebate, received: Received, payment_id: UUID
) -> None:
    """Write the rebate as a movement of its own; its journal entry follows at the day's end."""
    if rebate.total > 0:
        await record(
            work,
            book.loan,
            Movement(
                kind="interest_rebate",
                amount=rebate.total,
                value_on=received.value_on,
                booked_on=received.today,
                entry=None,
                allocations=rebate.parts,
                parent_id=payment_id,
            ),
        )
    if rebate.unearned_paid > 0:
        await record(
            work,
            book.loan,
            Movement(
                kind="unearned_interest",
                amount=rebate.unearned_paid,
                value_on=received.value_on,
                booked_on=received.today,
                entry=unearned_interest_entry(rebate.unearned_paid),
                credited=rebate.unearned_paid,
                parent_id=payment_id,
            ),
        )


async def after_money(
    work: Work, book: Book, rows: Sequence[InstalmentRow], clock: Clock, today: date
) -> None:
    """What money changes besides balances: recoveries, bucket, life, who must hear of it."""
    await recovery.settle(work, book.loan, today)
    await closing.set_bucket(work, closing.Aged(book.loan, book.product, rows), clock, today)
    if sum_owed(rows).total == 0 and book.loan.lifecycle == "active":
        await lifecycle.close_repaid(work, book.loan, clock, today)
    if book.loan.case_id is not None:
        await wakes.raise_wake(
            work, case_workflow_id(book.loan.case_id), WakeKind.CASE, book.loan.test_clock_id
        )
    await collecting.look_again(work, book.loan.id)
