"""The steps of a payment's life that somebody takes: cleared, returned, withdrawn.

Each locks the book, the loan and what is announced, in this order, and is refused where it cannot
follow; so of two that are taken at once one succeeds.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.loan_changes import charging
from api.loans import queries as loans
from api.loans.queries import Book
from api.loans.tables import LoanRow
from api.messages import releasing
from api.payments import announcing, correcting, ending, lives, queries, reading
from api.payments.origin import BY_HAND, Origin
from api.payments.posting import keep_as_credit, post_payment
from api.payments.tables import PaymentLifeRow
from api.products.terms import life_terms
from api.recovery import service as recovery
from api.versions import check_version
from api.work import Work
from contracts.payments import (
    ClearPayment,
    Correction,
    NewPayment,
    Payment,
    ReturnPayment,
    ReversePayment,
)
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import Lifecycle
from domain.lending.payment_life import AWAITED, PaymentState, PaymentStep, after
from domain.lending.reversal import ReversalKind
from domain.money import ZERO, positive, quantize
from domain.recovery.holds import stops_fees


@dataclass(frozen=True, slots=True)
class Held:
    """A loan that is locked, and a payment that was announced on it."""

    book: Book
    clock: Clock
    today: date
    life: PaymentLifeRow

    @property
    def loan(self) -> LoanRow:
        """The loan."""
        return self.book.loan


async def hold(work: Work, payment_id: UUID, *, at_once: bool = False) -> Held:
    """Lock an announced payment and what it is on; raises `NOT_FOUND`.

    The book is held open first, so that a past day may be told again. `at_once` leaves that out,
    for money of today: its loan may be locked already, and books come before loans.
    """
    found = await lives.find(work, payment_id)
    if found is None:
        raise reading.missing()
    book, clock = await _hold_loan(work, found.loan_id, at_once=at_once)
    life = await lives.lock(work, payment_id)
    if life is None:
        raise reading.missing()
    return Held(book, clock, clock.today(book.creditor.zone), life)


async def _hold_for(work: Work, payment_id: UUID, step: PaymentStep, seen: int) -> Held:
    """Lock an announced payment for a step that may follow on what was seen of it.

    A payment that simply came in is cleared already, or was taken back.
    """
    if await lives.find(work, payment_id) is None:
        plain = await reading.one(work, payment_id)
        after(PaymentState(plain.status), step)
    held = await hold(work, payment_id)
    after(PaymentState(held.life.state), step)
    check_version(seen, held.life.version)
    return held


async def _hold_loan(work: Work, loan_id: UUID, *, at_once: bool = False) -> tuple[Book, Clock]:
    book = await reading.seen_loan(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    if at_once:
        return await loans.book_of(work, loan_id, lock=True), clock
    return (await correcting.hold(work, book, clock)).book, clock


# -- the money is there --------------------------------------------------------------------------


async def clear(work: Work, payment_id: UUID, how: ClearPayment, seen: int) -> Payment:
    """The money of an announced payment is there.

    On a loan that has ended meanwhile it is kept as the customer's credit, to be given back.
    Raises `NOT_FOUND`, `ILLEGAL_TRANSITION`, `PRECONDITION_FAILED`, `INVALID_REQUEST` for another
    amount of a payment that counts already, and what posting raises.
    """
    return await settle(work, await _hold_for(work, payment_id, PaymentStep.CLEAR, seen), how)


async def settle(work: Work, held: Held, how: ClearPayment, origin: Origin = BY_HAND) -> Payment:
    """Clear a locked payment; raises what `clear` raises but for versions."""
    life = held.life
    amount = life.amount if how.amount is None else positive(how.amount, life.currency)
    if life.posted_key is not None:
        if amount != life.amount or how.value_on not in {None, life.value_on}:
            raise DomainError(
                ErrorCode.INVALID_REQUEST,
                "The payment counts already, with its amount and date: let it be returned, and "
                "post what came.",
                {"amount": str(life.amount), "value_on": life.value_on.isoformat()},
            )
        # Whoever tells of this money again is answered with this payment.
        life.natural_key = origin.natural_key
        return await _cleared(work, held)
    was_pending = life.state == PaymentState.PENDING.value
    value_on = how.value_on or (life.value_on if was_pending else None)
    life.amount, life.value_on = amount, value_on or held.today
    new = NewPayment.model_validate(
        {
            "amount": amount,
            "currency": life.currency,
            "value_on": value_on,
            "method": life.method,
            "reference": life.reference,
            "payoff": life.payoff,
        }
    )
    ending.post(life)
    return await _cleared(work, held, await _post(work, held, new, origin))


async def _post(work: Work, held: Held, new: NewPayment, origin: Origin) -> Correction | None:
    """Post the money of a payment, or keep it where the loan has no use for it any more."""
    loan, known = held.loan, replace(origin, payment_id=held.life.id)
    ended = loan.lifecycle == Lifecycle.CLOSED.value and (
        new.value_on is None or loan.closed_on is None or new.value_on > loan.closed_on
    )
    if ended:
        held.life.value_on = held.today
        await keep_as_credit(work, held.book, held.clock, new, known)
        return None
    return (await post_payment(work, loan.id, new, known)).correction


async def _cleared(work: Work, held: Held, correction: Correction | None = None) -> Payment:
    life = held.life
    ending.clear(life, held.clock, held.today)
    audit(
        work,
        "payment.cleared",
        "loan",
        life.loan_id,
        {"payment": str(life.id), "amount": str(life.amount), "on": life.value_on.isoformat()},
    )
    await go_on(work, held)
    return (await reading.one(work, life.id)).model_copy(update={"correction": correction})


async def clear_with(
    work: Work, payment_id: UUID, new: NewPayment, origin: Origin
) -> Payment | None:
    """Clear an awaited payment with money that came in; null when it is awaited no longer."""
    held = await hold(work, payment_id, at_once=new.value_on is None)
    life = held.life
    if PaymentState(life.state) not in AWAITED:
        return None
    if life.posted_key is None:
        life.method, life.reference = new.method, new.reference or life.reference
        life.payoff = life.payoff or new.payoff
    value_on = (new.value_on or held.today) if life.posted_key is None else None
    return await settle(work, held, ClearPayment(value_on=value_on), origin)


# -- it did not come, or did not stay ------------------------------------------------------------


async def give_back(work: Work, payment_id: UUID, why: ReturnPayment, seen: int) -> Payment:
    """The bank did not pay, or took the money back: what the payment moved is undone, once.

    The product's fee is charged as far as the caps of the creditor's country leave room, unless
    it is waived or something stops fees. Raises `NOT_FOUND`, `ALREADY_REVERSED`,
    `ILLEGAL_TRANSITION`, `PRECONDITION_FAILED`, and what `correcting.reverse_payment` raises.
    """
    life = await lives.find(work, payment_id)
    if life is None:
        shown = await _give_back_plain(work, payment_id, why, seen)
    else:
        held = await _hold_for(work, payment_id, PaymentStep.RETURN, seen)
        shown = await _give_back_announced(work, held, why)
    fee = ZERO if why.waive_fee else await _return_fee(work, shown)
    if shown.life is None:
        return shown
    told = shown.life.model_copy(update={"return_fee": quantize(fee, shown.currency)})
    return shown.model_copy(update={"life": told})


async def _give_back_plain(work: Work, payment_id: UUID, why: ReturnPayment, seen: int) -> Payment:
    """A payment that was simply received, and did not stay."""
    row = await queries.payment(work, payment_id)
    if row is None:
        raise reading.missing()
    await _hold_loan(work, row.loan_id)
    if await queries.reversal_of(work, payment_id) is None:
        check_version(seen, 1)
    return await correcting.reverse_payment(work, row.loan_id, payment_id, _reversal(why))


async def _give_back_announced(work: Work, held: Held, why: ReturnPayment) -> Payment:
    life = held.life
    if life.posted_key is not None:
        shown = await correcting.reverse_payment(work, life.loan_id, life.id, _reversal(why))
    else:
        ending.take_back(life, ReversalKind.RETURNED, why.reason, held.clock, held.today)
        audit(
            work,
            "payment.returned",
            "loan",
            life.loan_id,
            {"payment": str(life.id), "reason": why.reason, "amount": str(life.amount)},
        )
        shown = reading.announced(life, held.loan)
    await go_on(work, held)
    return shown


def _reversal(why: ReturnPayment) -> ReversePayment:
    return ReversePayment(kind="returned", reason=why.reason, note=why.note)


async def _return_fee(work: Work, payment: Payment) -> Decimal:
    """Charge what a returned payment costs; answers how much that came to."""
    await work.session.flush()
    book = await loans.book_of(work, payment.loan_id)
    wanted = life_terms(book.product).return_fee
    if wanted == ZERO or book.loan.lifecycle != Lifecycle.ACTIVE.value:
        return ZERO
    clock = await clock_for(work, book.loan.test_clock_id)
    holds = await recovery.holds_on(work, clock, [book.loan.customer_id])
    if stops_fees(holds.get(book.loan.customer_id, frozenset())):
        return ZERO
    return await charging.charge_return_fee(work, payment.loan_id, payment.id, wanted)


async def withdraw(work: Work, payment_id: UUID, seen: int) -> Payment:
    """Whoever reported a payment takes that back.

    Raises `NOT_FOUND`, `ILLEGAL_TRANSITION` and `PRECONDITION_FAILED`.
    """
    held = await _hold_for(work, payment_id, PaymentStep.WITHDRAW, seen)
    await end(work, held, PaymentStep.WITHDRAW)
    return reading.announced(held.life, held.loan)


async def end(work: Work, held: Held, step: PaymentStep) -> None:
    """A payment that counts nowhere comes to nothing: it is withdrawn, or expires."""
    ending.end(held.life, step, held.clock, held.today)
    audit(
        work,
        f"payment.{held.life.state}",
        "loan",
        held.life.loan_id,
        {"payment": str(held.life.id), "amount": str(held.life.amount)},
    )
    await go_on(work, held)


async def go_on(work: Work, held: Held) -> None:
    """It is awaited no longer: what it held back goes on."""
    await work.session.flush()
    await releasing.payment_not_awaited(work, held.clock, held.loan.id, held.loan.case_id)
    await announcing.tell(work, held.loan)
