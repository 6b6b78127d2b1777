"""Changes a loan's past: payments dated before something else, and payments taken back.

Whatever comes after the change is told again in the order of value dates, and what turns out
another is corrected by new movements: splits, late fees, balances, buckets, the loan's life. Who
was told something else before is told: cases, collections, the loan's workflow.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.arrears import closing, history, pauses
from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.collecting import facts as collecting
from api.loan_changes import barrier, recovery
from api.loans import lifecycle
from api.loans import queries as loans
from api.loans.queries import Book
from api.messages import service as messages
from api.messages import withdrawing
from api.payments import ending, lives, mending, past, planning, queries, reopening, showing
from api.payments.early import early_of
from api.payments.origin import Origin
from api.payments.past import LivePayment, Past
from api.payments.planning import Change, Ground, Plan
from api.payments.recording import Movement, record
from api.payments.tables import TransactionRow
from api.products.terms import life_terms
from api.recovery import correcting as cases
from api.tasks import service as tasks
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role, WakeKind
from contracts.payments import Correction, NewPayment, Payment, PaymentPreview, ReversePayment
from domain.errors import DomainError, ErrorCode
from domain.ids import case_workflow_id
from domain.lending.correction import LAST, Receipt
from domain.lending.ledger import Account, repayment_entry, reversal_entry
from domain.lending.loan import ClosedReason, Lifecycle
from domain.lending.reversal import ReversalKind, kind_of
from domain.money import positive, quantize


@dataclass(frozen=True, slots=True)
class Held:
    """A loan whose past is about to change: its ground, its clock, its past, and the plan."""

    ground: Ground
    clock: Clock
    past: Past
    plan: Plan
    taken: LivePayment | None = None

    @property
    def gone(self) -> tuple[LivePayment, ...]:
        """Payments whose credit is another now, or that do not stand any more."""
        moved = tuple(each.payment for each in self.plan.moved)
        return moved if self.taken is None else (*moved, self.taken)


# -- a payment that counts from a past day -----------------------------------------------------


async def post_if_backdated(
    work: Work, loan_id: UUID, new: NewPayment, origin: Origin
) -> Payment | None:
    """Post a payment that is dated before something else on its loan; null for any other.

    Raises what `posting.post_payment` raises; then nothing was changed.
    """
    if new.value_on is None:
        return None
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    if new.value_on >= clock.today(book.creditor.zone):
        return None
    ground = await hold(work, book, clock)
    if not await _is_backdated(work, ground, new.value_on):
        return None
    held = await _with_payment(work, ground, clock, new)
    told = held.plan.now.receipts[LAST]
    unmet = mending.set_balances(ground, held.past, held.plan)
    row_id = await record(
        work,
        ground.book.loan,
        Movement(
            kind="repayment",
            amount=new.amount,
            value_on=new.value_on,
            booked_on=ground.today,
            entry=repayment_entry(told.allocations, told.unapplied, origin.account),
            allocations=told.allocations,
            credited=told.unapplied,
            method=new.method,
            reference=new.reference,
            natural_key=origin.natural_key,
            id=origin.payment_id,
        ),
    )
    row = await work.session.get_one(TransactionRow, row_id)
    await mending.record_payoff(work, ground, row, told, None)
    audit(
        work,
        "payment.posted",
        "loan",
        loan_id,
        {"payment": str(row_id), "amount": str(new.amount), "on": new.value_on.isoformat()},
    )
    correction = await carry_out(work, held, row_id, "backdated", unmet)
    posted = LivePayment(row, told, (), was_payoff=new.payoff)
    return showing.payment(posted, correction, is_reversed=False)


async def preview_payment(work: Work, loan_id: UUID, new: NewPayment) -> PaymentPreview:
    """What a payment would do, whatever day it counts from; nothing is written.

    Raises what `posting.post_payment` raises, and `INVALID_REQUEST` for one that would move nothing
    before it is cleared.
    """
    book = await loans.book_of(work, loan_id)
    if new.status == "reported" or (
        new.status == "pending" and not life_terms(book.product).pending_counts
    ):
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            f"A {new.status} payment moves no balance before it is cleared: leave `status` out to "
            "see what it will do then.",
            {"field": "status"},
        )
    clock = await clock_for(work, book.loan.test_clock_id)
    ground = await hold(work, book, clock)
    dated = new.model_copy(update={"value_on": new.value_on or ground.today})
    held = await _with_payment(work, ground, clock, dated)
    return showing.preview(
        held.ground,
        amount=dated.amount,
        value_on=dated.value_on or ground.today,
        told=held.plan.now.receipts[LAST],
        payment_id=None,
        correction=await showing.correction(work, held.ground, held.plan),
    )


async def _is_backdated(work: Work, ground: Ground, value_on: date) -> bool:
    """Whether anything on a locked loan came after a day: then the past is another with it."""
    loan = ground.book.loan
    return (
        loan.lifecycle == Lifecycle.CLOSED
        or ground.early is not None  # instalments that have begun since may be others now
        or loan.bucket != "current"
        or await queries.dated_after(work, loan.id, value_on)
    )


async def _with_payment(work: Work, ground: Ground, clock: Clock, new: NewPayment) -> Held:
    value_on = new.value_on or ground.today
    _accept(ground, new, value_on)
    await barrier.check(work, ground.book.loan.id, value_on, LAST)
    before = await past.load_for(work, ground.book, ground.rows, value_on, LAST)
    change = Change(value_on, added=Receipt(LAST, value_on, new.amount, new.payoff))
    plan = planning.plan(ground, before, change)
    if new.payoff:
        _require_payoff(ground, plan, new, value_on)
    return Held(ground, clock, before, plan)


def _accept(ground: Ground, new: NewPayment, value_on: date) -> None:
    """Check a payment against the loan and the calendar."""
    loan = ground.book.loan
    repaid = loan.closed_reason == ClosedReason.REPAID.value
    if loan.disbursed_on is None or not (loan.lifecycle == Lifecycle.ACTIVE or repaid):
        raise _not_active(loan.lifecycle)
    if new.currency != loan.currency:
        raise DomainError(
            ErrorCode.CURRENCY_MISMATCH,
            f"The loan is in {loan.currency}; a payment in another currency is refused.",
            {"currency": loan.currency},
        )
    if not loan.disbursed_on <= value_on <= ground.today:
        raise DomainError(
            ErrorCode.VALUE_DATE_OUT_OF_RANGE,
            f"The value date lies between {loan.disbursed_on} and {ground.today}.",
            {"from": str(loan.disbursed_on), "to": str(ground.today)},
        )
    if loan.closed_on is not None and value_on > loan.closed_on:
        raise _not_active(loan.lifecycle)
    positive(new.amount, loan.currency)


def _not_active(state: str) -> DomainError:
    return DomainError(
        ErrorCode.LOAN_NOT_ACTIVE,
        f"The loan is {state}; payments are taken while it is active.",
        {"lifecycle": state},
    )


def _require_payoff(ground: Ground, plan: Plan, new: NewPayment, value_on: date) -> None:
    """Refuse a payoff that is not exactly what closed the loan on its day."""
    quoted = plan.now.receipts[LAST].asked
    if quoted is None or quoted == new.amount:
        return
    currency = ground.book.loan.currency
    raise DomainError(
        ErrorCode.PAYOFF_AMOUNT_MISMATCH,
        f"On {value_on} the payoff is {quantize(quoted, currency)} {currency}; send exactly that, "
        "or leave `payoff` out.",
        {"payoff": str(quantize(quoted, currency)), "on": str(value_on)},
    )


# -- a payment that did not hold ---------------------------------------------------------------


async def reverse_payment(
    work: Work, loan_id: UUID, payment_id: UUID, why: ReversePayment
) -> Payment:
    """Reverse a payment.

    Raises `NOT_FOUND`, `ALREADY_REVERSED`, and `NOT_REVERSIBLE` when its overpayment was already
    given back or the loan ended in another way than by payment.
    """
    held, payment = await _without_payment(work, loan_id, payment_id)
    kind = kind_of(why.reason, why.kind)
    ground = held.ground
    life = await lives.lock(work, payment_id)
    if life is not None:
        ending.take_back(life, kind, why.reason, held.clock, ground.today)
    account = await queries.money_account(work, payment_id)
    unmet = mending.set_balances(ground, held.past, held.plan)
    entry = repayment_entry(
        payment.told.allocations,
        payment.told.unapplied,
        Account.CASH if account is None else Account(account),
    )
    cause = await record(
        work,
        ground.book.loan,
        Movement(
            kind=kind.value,
            amount=payment.row.amount,
            value_on=payment.row.value_on,
            booked_on=ground.today,
            entry=reversal_entry(entry),
            reason=why.reason,
            reverses_id=payment_id,
        ),
    )
    for movement in payment.payoff:
        await mending.take_back(work, ground, movement, reason=why.reason, cause=cause)
    audit(
        work,
        "payment.reversed",
        "loan",
        loan_id,
        {
            "payment": str(payment_id),
            "kind": kind.value,
            "reason": why.reason,
            "amount": str(payment.row.amount),
        },
    )
    correction = await carry_out(work, held, cause, why.reason, unmet)
    return showing.payment(
        payment,
        correction,
        is_reversed=True,
        returned=kind is ReversalKind.RETURNED,
        life=life,
    )


async def preview_reversal(work: Work, loan_id: UUID, payment_id: UUID) -> PaymentPreview:
    """What taking a payment back would do; nothing is written.

    Raises what `reverse_payment` raises.
    """
    held, payment = await _without_payment(work, loan_id, payment_id)
    if held.plan.credit_now < 0:
        raise mending.credit_is_gone()
    return showing.preview(
        held.ground,
        amount=payment.row.amount,
        value_on=payment.row.value_on,
        told=payment.told,
        payment_id=payment_id,
        correction=await showing.correction(work, held.ground, held.plan),
    )


async def _without_payment(work: Work, loan_id: UUID, payment_id: UUID) -> tuple[Held, LivePayment]:
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    ground = await hold(work, book, clock)
    row = await _reversible(work, ground.book, payment_id)
    await barrier.check(work, loan_id, row.value_on, row.number)
    before = await past.load_for(work, ground.book, ground.rows, row.value_on, row.number)
    payment = next(each for each in before.payments if each.row.id == payment_id)
    plan = planning.plan(ground, before, Change(row.value_on, taken=payment))
    return Held(ground, clock, before, plan, taken=payment), payment


async def _reversible(work: Work, book: Book, payment_id: UUID) -> TransactionRow:
    payment = await queries.repayment(work, book.loan.id, payment_id)
    if payment is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such payment on this loan.")
    if await queries.reversal_of(work, payment_id) is not None:
        raise DomainError(ErrorCode.ALREADY_REVERSED, "The payment has been reversed before.")
    loan = book.loan
    if loan.lifecycle != Lifecycle.ACTIVE and loan.closed_reason != ClosedReason.REPAID.value:
        raise DomainError(
            ErrorCode.NOT_REVERSIBLE,
            f"The loan is {loan.lifecycle} ({loan.closed_reason}); its payments stand.",
            {"lifecycle": loan.lifecycle},
        )
    return payment


# -- both --------------------------------------------------------------------------------------


async def hold(work: Work, book: Book, clock: Clock) -> Ground:
    """Hold the book open, then the loan: no day of it is closed while its past changes."""
    days = await closing.enter_book(work, clock, book.creditor, book.loan.id)
    book = await loans.book_of(work, book.loan.id, lock=True)
    rows = await loans.instalments(work, book.loan.id)
    paused = await pauses.of_loan(work, book.loan.id)
    early = await early_of(work, book, rows)
    return Ground(book, rows, days, clock.today(book.creditor.zone), paused, early)


async def carry_out(  # noqa: PLR0913, PLR0917 - what was done, and what it makes of the loan
    work: Work,
    held: Held,
    cause: UUID,
    reason: str,
    unmet: frozenset[int],
    closes_as: ClosedReason = ClosedReason.REPAID,
) -> Correction:
    """Write all that follows from the change; the balances are set, the change is recorded."""
    ground, plan, clock = held.ground, held.plan, held.clock
    loan = ground.book.loan
    shown = await showing.correction(work, ground, plan)
    loan.version += 1
    await mending.write_movements(work, ground, held.past, plan, cause)
    await recovery.settle(work, loan, ground.today)
    await _mend_refunds(work, held, cause)
    was_closed = loan.lifecycle == Lifecycle.CLOSED
    owes = plan.owed_now.total > 0
    if was_closed and owes:
        await reopening.resume(work, ground, reopening.reopen(work, loan, reason))
    elif was_closed:
        await reopening.redo_final(work, ground)
    paid = [row.number for row in ground.rows if row.met_on is not None]
    await withdrawing.instalments_met(work, loan.id, paid)
    await _correct_arrears(work, held, cause)
    if not was_closed and not owes:
        await lifecycle.close(work, loan, clock, ground.today, closes_as)
    elif unmet or (was_closed and owes):
        # It is served again, or its next reminders are others now.
        await lifecycle.wake(work, loan.id, loan.test_clock_id)
    await collecting.look_again(work, loan.id)
    return shown


async def _correct_arrears(work: Work, held: Held, cause: UUID) -> None:
    """Bucket and its history, and whoever acted on what it was thought to be."""
    ground, plan = held.ground, held.plan
    loan = ground.book.loan
    periods = [(stretch.first, stretch.last) for stretch in plan.undue]
    if plan.buckets:
        await history.rewrite(work, loan, plan.buckets, cause)
        told = await cases.concerned(work, loan, periods)
        await cases.tell(work, held.clock, loan, told, since=plan.buckets[0].on, periods=periods)
    else:
        aged = closing.Aged(loan, ground.book.product, ground.rows)
        await closing.set_bucket(work, aged, held.clock, ground.today)
    if loan.case_id is not None:
        await wakes.raise_wake(
            work, case_workflow_id(loan.case_id), WakeKind.CASE, loan.test_clock_id
        )
    for undue in await messages.undue(work, loan.id, ground.book.creditor.zone, periods):
        audit(
            work,
            "message.undue",
            "message",
            undue.message_id,
            {"loan_id": str(loan.id), "cause": str(cause)},
        )


async def _mend_refunds(work: Work, held: Held, cause: UUID) -> None:
    """Refunds that were asked for of credit which is another now; a closed loan asks for its own.

    Money that was kept as credit from the beginning has a task of its own, which stays.
    """
    plan, loan, clock = held.plan, held.ground.book.loan, held.clock
    if plan.credit_now == plan.credit_before:
        return
    keys = {f"refund:{payment.row.id}" for payment in held.gone}
    if loan.closed_on is not None:
        keys.add(f"refund:{loan.id}:{loan.closed_on.isoformat()}")
    for key in sorted(keys):
        await tasks.finish_opened(work, clock.now, key, "credit_changed")
    if plan.overpaid > 0 and plan.lifecycle_before == plan.lifecycle_now == Lifecycle.CLOSED:
        await tasks.open_task(
            work,
            clock,
            natural_key=f"refund:{cause}",
            kind="refund",
            title=f"Refund {quantize(plan.overpaid, loan.currency)} {loan.currency} "
            f"on LN-{loan.number}",
            role=Role.MANAGER,
            due_at=clock.now + lifecycle.REFUND_WITHIN,
            loan_id=loan.id,
            customer_id=loan.customer_id,
        )
