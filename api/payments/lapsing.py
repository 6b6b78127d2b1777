"""What time alone does to announced payments: a report expires, a pending one is cleared.

It happens at a fixed time of the creditor's day, which the loan's workflow waits for.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from api.clock import Clock, clock_for
from api.loans import queries as loans
from api.loans.queries import Book
from api.payments import lives, living
from api.payments.living import Held
from api.payments.tables import PaymentLifeRow
from api.products.terms import life_terms
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from contracts.payments import ClearPayment
from domain.calendar import local_instant
from domain.errors import DomainError
from domain.lending.loan import DECISION_TIME
from domain.lending.payment_life import PaymentState, PaymentStep, overdue_step

_FIND_OUT_WITHIN: Final = timedelta(days=1)


async def lapse_due(work: Work, loan_id: UUID) -> None:
    """Do what time has brought to the announced payments of a loan; raises `NOT_FOUND`.

    Convergent. Call it before the loan is locked: it locks the book first.
    """
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    for row in await lives.awaited(work, loan_id):
        if _instant(row.awaited_until, book) <= clock.now and not row.asked:
            await _lapse(work, await living.hold(work, row.id))


async def next_lapse(work: Work, book: Book, clock: Clock) -> datetime | None:
    """When time next brings something to the announced payments of a loan; None for nothing."""
    waiting: Sequence[PaymentLifeRow] = await lives.awaited(work, book.loan.id)
    instants = [_instant(row.awaited_until, book) for row in waiting if not row.asked]
    return min((max(at, clock.now) for at in instants), default=None)


def _instant(awaited_until: date, book: Book) -> datetime:
    return local_instant(awaited_until, DECISION_TIME, book.creditor.zone)


async def _lapse(work: Work, held: Held) -> None:
    life, book = held.life, held.book
    if life.asked or _instant(life.awaited_until, book) > held.clock.now:
        return
    state = PaymentState(life.state)
    match overdue_step(state, life.awaited_until, held.today, life_terms(book.product)):
        case PaymentStep.EXPIRE:
            await living.end(work, held, PaymentStep.EXPIRE)
        case PaymentStep.CLEAR:
            await _clear(work, held)
        case _ if state is PaymentState.PENDING:
            await _ask(work, held)
        case _:
            pass


async def _clear(work: Work, held: Held) -> None:
    """A pending payment is held for final; where its money cannot be posted a person is asked."""
    payment_id = held.life.id
    attempt = await work.session.begin_nested()
    try:
        await living.settle(work, held, ClearPayment())
    except DomainError:
        await attempt.rollback()
        await _ask(work, await living.hold(work, payment_id))
    else:
        await attempt.commit()


async def _ask(work: Work, held: Held) -> None:
    """A person is to find out what became of a pending payment; its reminders go on."""
    life = held.life
    life.asked = True
    await tasks.open_task(
        work,
        held.clock,
        natural_key=f"pending_payment:{life.id}",
        kind="payment",
        title=f"Find out at the bank what became of PY-{life.number} on LN-{held.loan.number}",
        role=Role.AGENT,
        due_at=held.clock.now + _FIND_OUT_WITHIN,
        case_id=held.loan.case_id,
        loan_id=held.loan.id,
        customer_id=held.loan.customer_id,
    )
    await living.go_on(work, held)
