"""The rest of a schedule is planned anew: re-amortised, rescheduled, paused, re-aged.

The rows that were due or have begun stay; those after them are replaced, and both schedules are
kept with the change that made the new one.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import assert_never

from api.loan_changes import capping, interest_pauses, pausing, versions
from api.loan_changes.ground import Effect, Held, finish
from api.loans import lifecycle
from api.loans.balances import owed, refresh, relieve, scheduled
from api.loans.planned import planned_row
from api.loans.tables import InstalmentRow
from api.loans.terms import terms_of
from api.payments.recording import Movement, record
from api.work import Work
from contracts.loan_changes import InterestPause, PaymentHoliday, ReAge, ReAmortise, Reschedule
from domain.errors import DomainError, ErrorCode
from domain.lending.change_entries import capitalisation_entry
from domain.lending.interest_pause import without_paused_days
from domain.lending.ledger import Entry
from domain.lending.rescheduling import Cut, cut, needed, plan_rest, with_interest_put_off
from domain.lending.schedule import Instalment
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO


async def replan(
    work: Work, held: Held, asked: ReAmortise | Reschedule | PaymentHoliday | ReAge | InterestPause
) -> Effect:
    """Plan the rest of a schedule anew, in the way that is asked for; raises what that raises."""
    match asked:
        case ReAmortise():
            return await re_amortise(work, held, asked)
        case Reschedule():
            return await reschedule(work, held, asked)
        case PaymentHoliday():
            return await pause(work, held, asked)
        case ReAge():
            return await re_age(work, held, asked)
        case InterestPause():
            return await pausing.pause_interest(work, held, asked)
        case _:
            assert_never(asked)


async def re_amortise(work: Work, held: Held, asked: ReAmortise) -> Effect:
    """Spread the principal not yet begun over the remaining instalments, or another number.

    Raises `LOAN_NOT_ACTIVE`, `ILLEGAL_TRANSITION` where interest was paid ahead, `NOTHING_OWED`
    and `INVALID_TERMS`.
    """
    start, later = _cut(held)
    return await _replan(
        work,
        held,
        start,
        instalments=asked.instalments or max(1, _coming(later)),
        first_due_on=later[0].due_on if later else None,
    )


async def reschedule(work: Work, held: Held, asked: Reschedule) -> Effect:
    """Give the rest of the loan another term, rate or first due date.

    Raises what `re_amortise` raises, and `INVALID_DATE` for a first due date before the new rows
    begin.
    """
    start, later = _cut(held)
    if asked.first_due_on is not None and asked.first_due_on <= start.on:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            f"The running period ends on {start.on}; the new rows are due after it.",
            {"field": "first_due_on", "from": start.on.isoformat()},
        )
    if asked.annual_rate_percent is not None:
        held.loan.annual_rate_percent = asked.annual_rate_percent
    return await _replan(
        work,
        held,
        start,
        instalments=asked.instalments or max(1, _coming(later)),
        first_due_on=asked.first_due_on or (later[0].due_on if later else None),
    )


async def pause(work: Work, held: Held, asked: PaymentHoliday) -> Effect:
    """Ask for interest alone in the next instalments; their principal is paid later.

    Raises what `re_amortise` raises.
    """
    start, later = _cut(held)
    coming = _coming(later) + start.running
    paying = coming if asked.extend else coming - asked.instalments
    if paying < 1 or asked.instalments > coming:
        raise DomainError(
            ErrorCode.INVALID_TERMS,
            f"{coming} instalments are to come; the holiday leaves none to pay the principal.",
            {"field": "instalments"},
        )
    moved = _free_principal(held.rows[start.kept - 1]) if start.running else ZERO
    return await _replan(
        work,
        held,
        start,
        instalments=paying,
        first_due_on=later[0].due_on if later else None,
        interest_only=asked.instalments - start.running,
        moved=moved,
    )


async def re_age(work: Work, held: Held, asked: ReAge) -> Effect:
    """Bring a late loan to current: what is past due is owed with the rest of the schedule.

    Principal moves; billed interest becomes principal; fees and penalties fall due with the first
    new row. The date of first delinquency stands in the change and in the history of buckets.
    Raises what `re_amortise` raises, and `NOTHING_OWED` when nothing is past due.
    """
    start, later = _cut(held)
    late = [row for row in held.rows[: start.kept] if row.due_on < held.ground.today]
    past = [row for row in late if owed(row).total]
    if not past:
        raise DomainError(ErrorCode.NOTHING_OWED, "Nothing is past due.")
    moved, capitalised = ZERO, []
    carried: dict[Component, Decimal] = {Component.FEE: ZERO, Component.PENALTY: ZERO}
    for row in past:
        left = owed(row)
        moved += _free_principal(row)
        if left.interest:
            relieve(row, Component.INTEREST, left.interest)
            capitalised.append(Allocation(row.number, Component.INTEREST, left.interest))
        row.fee -= left.fee
        row.penalty -= left.penalty
        carried[Component.FEE] += left.fee
        carried[Component.PENALTY] += left.penalty
    return await _replan(
        work,
        held,
        start,
        instalments=asked.instalments or max(1, _coming(later)),
        first_due_on=later[0].due_on if later else None,
        moved=moved,
        capitalised=capitalised,
        carried=carried,
    )


def _cut(held: Held) -> tuple[Cut, Sequence[InstalmentRow]]:
    held.require_active()
    start = cut([scheduled(row) for row in held.rows], held.ground.today)
    later = held.rows[start.kept :]
    for row in later:
        if row.interest_paid or row.interest_relieved or row.interest_rebated:
            raise DomainError(
                ErrorCode.ILLEGAL_TRANSITION,
                f"Interest of instalment {row.number} was paid ahead; the schedule stays until "
                "it is due.",
                {"instalment": row.number},
            )
    return start, later


def _coming(later: Sequence[InstalmentRow]) -> int:
    """How many instalments are to come; those that money paid ahead made needless ask nothing."""
    return len(needed([scheduled(row) for row in later]))


def _free_principal(row: InstalmentRow) -> Decimal:
    """Take the unpaid principal off an instalment, to be planned anew."""
    left = owed(row).principal
    row.principal -= left
    return left


async def _replan(
    work: Work,
    held: Held,
    start: Cut,
    *,
    instalments: int,
    first_due_on: date | None,
    interest_only: int = 0,
    moved: Decimal = ZERO,
    capitalised: Sequence[Allocation] = (),
    carried: dict[Component, Decimal] | None = None,
) -> Effect:
    """Replace the rows after the cut, keep both schedules, write the movement."""
    loan, today = held.loan, held.ground.today
    later = list(held.rows[start.kept :])
    interest = sum((part.amount for part in capitalised), ZERO)
    principal = sum((owed(row).principal for row in later), moved + interest)
    planned = plan_rest(
        terms_of(held.ground.book, held.rows),
        start,
        principal,
        instalments=instalments,
        first_due_on=first_due_on,
        interest_only=interest_only,
        same_period=bool(later) and first_due_on == later[0].due_on,
    )
    pauses = await interest_pauses.of_loan(work, loan.id)
    unpaused = [without_paused_days(row, pauses, loan.currency) for row in planned]
    planned = with_interest_put_off(unpaused, [scheduled(row) for row in later], start)
    await versions.keep_first(work, loan, [scheduled(row) for row in held.rows])
    await _replace(work, held, start, planned)
    first = held.rows[start.kept]
    for component, amount in (carried or {}).items():
        if component is Component.FEE:
            first.fee += amount
        else:
            first.penalty += amount
    loan.reminded_through = min(loan.reminded_through, start.kept)
    refresh(loan, held.rows, today)
    await capping.plan_again(work, held.ground)
    cause = versions.Cause(today, change_id=held.change_id)
    await versions.keep(work, loan, [scheduled(row) for row in held.rows], cause)
    entry: Entry | None = capitalisation_entry(interest) if interest else None
    await record(
        work,
        loan,
        Movement(
            kind="replanned",
            amount=principal,
            value_on=today,
            booked_on=today,
            entry=entry,
            allocations=capitalised,
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    await finish(work, held)
    await lifecycle.wake(work, loan.id, loan.test_clock_id)
    return Effect(principal)


async def _replace(work: Work, held: Held, start: Cut, planned: Sequence[Instalment]) -> None:
    """Put the planned rows in the place of those after the cut.

    Principal of these that was met already stands on the last row kept; charges go with the first
    of the new rows.
    """
    later = list(held.rows[start.kept :])
    anchor = held.rows[start.kept - 1]
    for row in later:
        anchor.principal += row.principal_paid + row.principal_relieved
        anchor.principal_paid += row.principal_paid
        anchor.principal_relieved += row.principal_relieved
    new = [planned_row(held.loan.id, row) for row in planned]
    first = new[0]
    for row in later:
        first.fee += row.fee
        first.fee_paid += row.fee_paid
        first.fee_relieved += row.fee_relieved
        first.penalty += row.penalty
        first.penalty_paid += row.penalty_paid
        first.penalty_relieved += row.penalty_relieved
    for row in later:
        await work.session.delete(row)
    await work.session.flush()
    del held.instalments[start.kept :]
    work.session.add_all(new)
    held.instalments.extend(new)
