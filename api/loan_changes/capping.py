"""A loan in service held against the caps of its creditor's country."""

from collections.abc import Sequence

from api.caps import service as caps
from api.caps.service import Planned
from api.payments.planning import Ground
from api.work import Work
from domain.lending.caps import Cost, Limit
from domain.money import ZERO


async def limits_of(work: Work, ground: Ground) -> Sequence[Limit]:
    """The limits that a loan keeps; those of one that keeps none are worked out, and kept."""
    loan_id = ground.book.loan.id
    held: Sequence[Limit] = await caps.of_loan(work, loan_id)
    if not held:
        held = caps.limits(planned(ground))
        await caps.keep(work, loan_id, held)
    return held


async def plan_again(work: Work, ground: Ground) -> None:
    """Hold a new schedule against the caps, and keep the limits that follow from it.

    Raises `CAP_EXCEEDED`.
    """
    plan = planned(ground)
    held = caps.limits(plan, await caps.of_loan(work, ground.book.loan.id))
    caps.check(plan, held, cost_of(ground))
    await caps.keep(work, ground.book.loan.id, held)


def planned(ground: Ground) -> Planned:
    """A loan's schedule as it is now."""
    return Planned(
        country=ground.book.creditor.country,
        currency=ground.book.loan.currency,
        principal=ground.book.loan.principal,
        rows=ground.rows,
        fees=[row.fee for row in ground.rows],
    )


def cost_of(ground: Ground) -> Cost:
    """What a loan costs so far; what was waived or given back costs nothing."""
    loan = ground.book.loan
    return Cost(
        principal=loan.principal,
        currency=loan.currency,
        interest=sum(
            (row.interest - row.interest_rebated - row.interest_relieved for row in ground.rows),
            ZERO,
        ),
        fees=sum((row.fee - row.fee_relieved for row in ground.rows), ZERO),
        penalties=sum((row.penalty - row.penalty_relieved for row in ground.rows), ZERO),
    )
