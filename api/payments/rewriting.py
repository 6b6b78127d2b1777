"""A loan's past told again with instalments that are planned otherwise: an interest pause, say.

Payments since are split again by what the instalments ask for now, and all that follows from it
is corrected, as for a payment that is dated back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.clock import Clock
from api.loan_changes import barrier
from api.loans.balances import scheduled
from api.payments import correcting, mending, past, planning
from api.payments.past import LivePayment
from api.payments.planning import Change, Ground
from api.payments.recording import Movement, record
from api.work import Work
from domain.errors import DomainError, ErrorCode
from domain.lending.correction import LAST
from domain.lending.interest_pause import given_up
from domain.lending.schedule import Instalment
from domain.lending.waterfall import Component


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Other instalments for a loan, and what makes them.

    Attributes:
        planned: The instalments; number and dates are those that the loan has.
        since: The first day on which they differ.
        change_id: The change that makes them.
        kind: The kind of the movement to be written.
        reason: Why.
        natural_key: Of the movement.
        reverses_id: The movement that it takes back.
    """

    planned: tuple[Instalment, ...]
    since: date
    change_id: UUID
    kind: str
    reason: str
    natural_key: str
    reverses_id: UUID | None = None


async def rewrite(work: Work, ground: Ground, clock: Clock, wanted: Rewriting) -> None:
    """Give a held loan other instalments, and tell its past by them.

    Raises `BEHIND_SCHEDULE_CHANGE`, `ILLEGAL_TRANSITION` where more interest was waived than is
    left, and `NOT_REVERSIBLE` where credit is needed that was used.
    """
    loan = ground.book.loan
    before = [scheduled(row) for row in ground.rows]
    since, number = await _point(work, ground, before, wanted)
    told = await past.load(work, loan.id, since, number)
    await barrier.check(
        work, loan.id, since, min((each.row.number for each in told.payments), default=LAST)
    )
    if told.schedule:
        raise DomainError(
            ErrorCode.BEHIND_SCHEDULE_CHANGE,
            "Money paid ahead has changed the schedule since; what came before stands as it is.",
            {"from": since.isoformat()},
        )
    change = Change(since, planned=wanted.planned, change_id=wanted.change_id)
    plan = planning.plan(ground, told, change)
    unmet = mending.set_balances(ground, told, plan)
    cause = await record(
        work,
        loan,
        Movement(
            kind=wanted.kind,
            amount=abs(given_up(before, wanted.planned)),
            value_on=ground.today,
            booked_on=ground.today,
            entry=None,
            reason=wanted.reason,
            natural_key=wanted.natural_key,
            reverses_id=wanted.reverses_id,
        ),
    )
    held = correcting.Held(ground, clock, told, plan)
    await correcting.carry_out(work, held, cause, wanted.reason, unmet)


async def plan_anew(work: Work, ground: Ground) -> None:
    """Plan a held loan's instalments by what is owed now, where interest is earned by the day.

    What changed is written already, and counts from today.
    """
    told = await past.load_for(work, ground.book, ground.rows, ground.today, LAST)
    plan = planning.plan(ground, told, Change(ground.today))
    mending.set_balances(ground, told, plan)
    if plan.replans:
        await mending.correct_interest(
            work,
            ground.book.loan,
            ground.days,
            plan.schedule_before,
            ground.rows,
            ground.today,
        )


async def _point(
    work: Work, ground: Ground, before: Sequence[Instalment], wanted: Rewriting
) -> tuple[date, int]:
    """From where the past is told: no later than the first payment of interest that changes."""
    loan = ground.book.loan
    since = min(wanted.since, ground.today)
    if loan.disbursed_on is not None:
        since = max(since, loan.disbursed_on)
    others = {
        row.number
        for row, planned in zip(before, wanted.planned, strict=True)
        if row.interest != planned.interest
    }
    whole = await past.load(work, loan.id, loan.disbursed_on or since, 0)
    for payment in whole.payments:
        if payment.row.value_on >= since:
            break
        if _pays_interest_of(payment, others):
            return payment.row.value_on, payment.row.number
    return since, 0


def _pays_interest_of(payment: LivePayment, numbers: set[int]) -> bool:
    return any(
        part.component is Component.INTEREST and part.instalment in numbers
        for part in (*payment.told.allocations, *payment.told.rebate)
    )
