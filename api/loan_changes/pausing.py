"""Interest pauses: days on which a loan earns no interest, agreed ahead or added later."""

from datetime import timedelta
from typing import Final

from api.loan_changes import interest_pauses, versions
from api.loan_changes.ground import Effect, Held
from api.loan_changes.tables import LoanChangeRow
from api.loans import lifecycle
from api.loans.balances import scheduled
from api.payments.rewriting import Rewriting, rewrite
from api.payments.tables import TransactionRow
from api.work import Work
from contracts.loan_changes import InterestPause as Asked
from domain.errors import DomainError, ErrorCode
from domain.lending.interest_pause import given_up, without_paused_days
from domain.lending.tranches import InterestPause

LONGEST: Final = timedelta(days=3 * 366)
"""A guard against slips of the year."""


async def pause_interest(work: Work, held: Held, asked: Asked) -> Effect:
    """Take the interest of some days out of the schedule.

    Raises `LOAN_NOT_ACTIVE`, `INVALID_DATE` for days that earn none, and what
    `api.payments.rewriting.rewrite` raises.
    """
    held.require_active()
    before = [scheduled(row) for row in held.rows]
    pause = InterestPause(asked.from_on, asked.to_on)
    if not asked.from_on <= asked.to_on <= asked.from_on + LONGEST:
        raise _no_days("A pause has a first day, and a last one not before it, within three years.")
    standing = await interest_pauses.of_loan(work, held.loan.id)
    planned = tuple(
        without_paused_days(row, (*standing, pause), held.loan.currency) for row in before
    )
    saved = given_up(before, planned)
    if saved <= 0:
        raise _no_days("The loan earns no interest on these days.")
    await rewrite(
        work,
        held.ground,
        held.clock,
        Rewriting(
            planned=planned,
            since=asked.from_on,
            change_id=held.change_id,
            # Where money paid ahead changes the schedule, the past is not told across a pause.
            kind="interest_paused" if held.ground.early is None else "replanned",
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    await lifecycle.wake(work, held.loan.id, held.loan.test_clock_id)
    return Effect(saved)


async def lift(work: Work, held: Held, row: LoanChangeRow, movement: TransactionRow) -> Effect:
    """Take a pause back: its days earn interest, as if it had never been.

    Raises `NOT_REVERSIBLE` where the schedule was changed since, and what `rewrite` raises.
    """
    version = await versions.made_by_change(work, held.loan.id, row.id)
    if version is None:
        raise DomainError(
            ErrorCode.NOT_REVERSIBLE, "The schedule was changed since; take that back first."
        )
    asked = Asked.model_validate(row.terms)
    await rewrite(
        work,
        held.ground,
        held.clock,
        Rewriting(
            planned=await versions.rows_of(work, held.loan.id, version - 1),
            since=asked.from_on,
            change_id=held.change_id,
            kind="reversal",
            reason=held.reason,
            natural_key=held.natural_key,
            reverses_id=movement.id,
        ),
    )
    return Effect(row.amount)


def _no_days(detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_DATE, detail, {"field": "from_on"})
