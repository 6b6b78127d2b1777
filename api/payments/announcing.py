"""Payments that are announced: somebody says that he has paid, or the bank that money is coming.

A report moves nothing; a pending payment is posted at once where the product counts it
provisionally. The loan is locked first, then what is announced on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.loans import lifecycle
from api.loans import queries as loans
from api.loans.balances import counts_as_late, owed
from api.loans.tables import LoanRow
from api.payments import correcting, ending, lives, reading
from api.payments.origin import BY_HAND
from api.payments.planning import Ground
from api.payments.posting import Received, accept, post_payment
from api.payments.tables import TRANSACTION_NUMBERS, PaymentLifeRow
from api.products.terms import life_terms
from api.recovery import service as recovery
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role, WakeKind
from contracts.payments import NewPayment, NewReport, Payment
from domain.errors import DomainError, ErrorCode
from domain.ids import case_workflow_id
from domain.lending.payment_life import (
    Announced,
    LifeTerms,
    PaymentState,
    PaymentStep,
    after,
    holds_reminders_back,
    matching,
)
from domain.money import ZERO

MOST_AWAITED: Final = 20
"""Payments that may be awaited on one loan at a time."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """A locked loan on which a payment is announced, and what else is announced on it."""

    ground: Ground
    clock: Clock
    terms: LifeTerms
    awaited: Sequence[PaymentLifeRow]

    @property
    def loan(self) -> LoanRow:
        """The loan."""
        return self.ground.book.loan


async def report(work: Work, loan_id: UUID, told: NewReport) -> Payment:
    """Somebody says that he has paid. Raises what `announce` raises."""
    return await announce(
        work,
        loan_id,
        NewPayment(
            amount=told.amount,
            currency=told.currency,
            value_on=told.paid_on,
            method=told.method,
            reference=told.reference,
            status="reported",
        ),
    )


async def announce(work: Work, loan_id: UUID, new: NewPayment) -> Payment:
    """Take note of a payment that is reported or pending.

    A report that was made before is answered with the same payment; a pending payment that was
    reported before is that payment from now on. Raises `NOT_FOUND`, `LOAN_NOT_ACTIVE`,
    `CURRENCY_MISMATCH`, `AMOUNT_PRECISION`, `AMOUNT_NOT_POSITIVE`, `VALUE_DATE_OUT_OF_RANGE`,
    `CONFLICT` when too much is awaited, and for a payoff that counts provisionally
    `PAYOFF_AMOUNT_MISMATCH`.
    """
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    ground = await correcting.hold(work, book, clock)
    received = accept(ground.book, clock, new)
    stage = _Stage(
        ground, clock, life_terms(ground.book.product), await lives.awaited(work, loan_id)
    )
    known = _reported_before(stage, received.amount, new.reference)
    if new.status == "reported" and known is not None:
        return reading.announced(known, stage.loan)
    state = PaymentState(new.status)
    if known is None:
        row = await _made(work, stage, received, new)
    else:
        row = known
        row.state = after(PaymentState(row.state), PaymentStep.CONFIRM).value
        row.version += 1
        row.value_on, row.method, row.payoff = received.value_on, new.method, new.payoff
        row.reference = new.reference or row.reference
    row.awaited_until = stage.terms.awaited_until(state, ground.today)
    provisional = state is PaymentState.PENDING and stage.terms.pending_counts
    row.pauses = not provisional and await _pauses(work, stage, row, state)
    if state is PaymentState.PENDING:
        row.pending_at = clock.now
    await work.session.flush()
    told = {"payment": str(row.id), "amount": str(row.amount), "on": row.value_on.isoformat()}
    audit(work, f"payment.{state.value}", "loan", loan_id, told | {"pauses": int(row.pauses)})
    posted = await _count(work, row) if provisional else None
    await tell(work, stage.loan)
    if posted is None:
        return reading.announced(row, stage.loan)
    shown = await reading.one(work, row.id)
    return shown.model_copy(update={"correction": posted.correction})


def _reported_before(
    stage: _Stage, amount: Decimal, reference: str | None
) -> PaymentLifeRow | None:
    """The reported payment that one which is announced now turns out to be."""
    reported = [row for row in stage.awaited if row.state == PaymentState.REPORTED.value]
    return known_again(reported, amount, reference)


def known_again(
    rows: Sequence[PaymentLifeRow], amount: Decimal, reference: str | None
) -> PaymentLifeRow | None:
    """The one of some announced payments that money is, by amount and reference."""
    found = matching(
        [Announced(str(row.id), row.amount, row.reference, row.announced_on) for row in rows],
        amount,
        reference,
    )
    return None if found is None else next(row for row in rows if str(row.id) == found.id)


async def _made(work: Work, stage: _Stage, received: Received, new: NewPayment) -> PaymentLifeRow:
    if len(stage.awaited) >= MOST_AWAITED:
        raise DomainError(
            ErrorCode.CONFLICT,
            f"{MOST_AWAITED} payments are awaited on this loan already.",
            {"awaited": len(stage.awaited)},
        )
    row = PaymentLifeRow(
        number=await work.session.scalar(select(TRANSACTION_NUMBERS.next_value())),
        loan_id=stage.loan.id,
        state=new.status,
        source="customer" if work.principal.role is Role.CUSTOMER else "staff",
        amount=received.amount,
        currency=stage.loan.currency,
        value_on=received.value_on,
        method=new.method,
        reference=new.reference,
        payoff=new.payoff,
        announced_on=stage.ground.today,
        announced_at=stage.clock.now,
        awaited_until=stage.terms.awaited_until(PaymentState(new.status), stage.ground.today),
        pauses=False,
        asked=False,
        version=1,
    )
    work.session.add(row)
    return row


async def _pauses(work: Work, stage: _Stage, row: PaymentLifeRow, state: PaymentState) -> bool:
    """Whether reminders are held back for a payment: it covers what they ask for."""
    others = [
        each.amount
        for each in stage.awaited
        if each is not row and each.pauses and each.posted_key is None
    ]
    return holds_reminders_back(
        state,
        row.amount + sum(others, ZERO),
        await _asked_for(work, stage),
        await lives.unkept_reports(work, stage.loan.id),
        stage.terms,
    )


async def _asked_for(work: Work, stage: _Stage) -> Decimal:
    """What reminders ask for: what is overdue, in the whole case, else the next instalment."""
    today = stage.ground.today
    overdue = sum((counts_as_late(row) for row in stage.ground.rows if row.due_on < today), ZERO)
    if stage.loan.case_id is not None:
        overdue = max(overdue, await recovery.total_overdue(work, stage.loan.case_id, today))
    if overdue > ZERO:
        return overdue
    ahead = (owed(row).total for row in stage.ground.rows if row.met_on is None)
    return next(ahead, ZERO)


async def _count(work: Work, row: PaymentLifeRow) -> Payment:
    """Post a pending payment provisionally, at its value date."""
    new = NewPayment.model_validate(
        {
            "amount": row.amount,
            "currency": row.currency,
            "value_on": row.value_on,
            "method": row.method,
            "reference": row.reference,
            "payoff": row.payoff,
        }
    )
    origin = replace(BY_HAND, payment_id=ending.post(row))
    return await post_payment(work, row.loan_id, new, origin)


async def tell(work: Work, loan: LoanRow) -> None:
    """Whoever acts on a loan looks again: what is awaited on it is another."""
    await work.session.flush()
    if loan.case_id is not None:
        await wakes.raise_wake(
            work, case_workflow_id(loan.case_id), WakeKind.CASE, loan.test_clock_id
        )
    await lifecycle.wake(work, loan.id, loan.test_clock_id)
