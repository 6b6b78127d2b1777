"""Writes what a change of the past moves: balances, new movements with their entries, and audit.

Nothing that was written before is touched. A payment whose split changes gets a `reallocation`
that holds the whole new split; a late fee that would not have arisen is reversed; one that would
have is charged on its own day. All of it is booked today, at the value dates it belongs to.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.arrears.tables import BookRow
from api.audit.service import record as audit
from api.ledger import service as ledger
from api.loan_changes import versions
from api.loans.balances import plan_as, refresh, scheduled
from api.loans.tables import InstalmentRow, LoanRow
from api.payments import reliefs
from api.payments.past import LiveFee, Past
from api.payments.planning import Ground, Moved, Plan
from api.payments.recording import CORRECTED, Movement, reallocation, record, record_all
from api.payments.tables import TransactionRow
from api.products.schedules import earns_daily
from api.products.terms import penalty_policy
from api.work import Work
from domain.errors import DomainError, ErrorCode
from domain.ids import late_fee_key
from domain.lending.correction import LAST, LateFee, Told
from domain.lending.interest_correction import Booked, interest_correction
from domain.lending.ledger import (
    late_fee_entry,
    reallocation_entry,
    reversal_entry,
    unearned_interest_entry,
)
from domain.lending.schedule import Instalment
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO


def set_balances(ground: Ground, past: Past, plan: Plan) -> frozenset[int]:
    """Put the locked loan and its instalments where the plan says; answers those not met any more.

    Raises `NOT_REVERSIBLE` when credit that is needed now was used or paid back before.
    """
    if plan.credit_now < 0:
        raise credit_is_gone()
    fees = _by_instalment(
        [(fee.fee.instalment, -fee.fee.amount) for fee in plan.withdrawn]
        + [(fee.instalment, fee.amount) for fee in plan.charged]
    )
    rebates = _by_instalment(
        [
            (part.instalment, sign * part.amount)
            for sign, tolds in (
                (-1, [payment.told for payment in past.payments]),
                (1, list(plan.now.receipts.values())),
            )
            for told in tolds
            for part in told.rebate
        ]
    )
    unmet: set[int] = set()
    reliefs.set_relieved(ground.rows, past, plan)
    if plan.replans:
        plan_as(ground.rows, plan.now.schedule)
    for row in ground.rows:
        row.penalty += fees.get(row.number, ZERO)
        row.interest_rebated += rebates.get(row.number, ZERO)
        _set_paid(row, plan)
        if row.met_on is not None and plan.now.met_on[row.number] is None:
            unmet.add(row.number)
        row.met_on = plan.now.met_on[row.number]
    loan = ground.book.loan
    refresh(loan, ground.rows, ground.today)
    loan.credit = plan.credit_now
    return frozenset(unmet)


def credit_is_gone() -> DomainError:
    """The refusal of a change that needs credit which is no longer there."""
    return DomainError(
        ErrorCode.NOT_REVERSIBLE, "Its overpayment has already been used or paid back."
    )


def _set_paid(row: InstalmentRow, plan: Plan) -> None:
    left = plan.now.owed[row.number]
    row.principal_paid = row.principal - row.principal_relieved - left.principal
    row.interest_paid = row.interest - row.interest_rebated - row.interest_relieved - left.interest
    row.fee_paid = row.fee - row.fee_relieved - left.fee
    row.penalty_paid = row.penalty - row.penalty_relieved - left.penalty


def _by_instalment(amounts: Sequence[tuple[int, Decimal]]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for number, amount in amounts:
        found[number] = found.get(number, ZERO) + amount
    return found


async def write_movements(work: Work, ground: Ground, past: Past, plan: Plan, cause: UUID) -> None:
    """Record fees withdrawn and charged, reliefs and payments split anew, all for one cause."""
    if plan.replans or (past.replanned and not earns_daily(ground.book.product)):
        await _keep_schedules(work, ground, past, plan, cause)
        before = plan.schedule_before
        await correct_interest(
            work, ground.book.loan, ground.days, before, ground.rows, ground.today
        )
    await _withdraw(work, ground, plan.withdrawn, cause)
    await _charge(work, ground, past, plan.charged, cause)
    for relief in plan.relieved:
        await reliefs.tell_anew(work, ground, relief, cause)
    for moved in plan.moved:
        await _reallocate(work, ground, moved, cause)


async def _keep_schedules(work: Work, ground: Ground, past: Past, plan: Plan, cause: UUID) -> None:
    """Keep the schedule as it was told again: where the telling began, and after each payment."""
    loan, today = ground.book.loan, ground.today
    rows = plan.schedule_since
    await versions.keep_first(work, loan, plan.schedule_before)
    if earns_daily(ground.book.product):
        # Every payment of its life is told again: what they made of it in the end is what counts.
        cause_now = versions.Cause(today, payment_id=cause)
        await versions.keep(work, loan, plan.now.schedule, cause_now)
        return
    await versions.keep(work, loan, rows, versions.Cause(today, change_id=plan.change_id))
    ids = {payment.row.number: payment.row.id for payment in past.payments} | {LAST: cause}
    for number in plan.now.receipts:
        rows = plan.now.plans.get(number, rows)
        if number in plan.now.plans or ids[number] in past.replanned:
            await versions.keep(work, loan, rows, versions.Cause(today, payment_id=ids[number]))


async def correct_interest(  # noqa: PLR0913, PLR0917 - two schedules of a loan, and its days
    work: Work,
    loan: LoanRow,
    days: BookRow,
    before: Sequence[Instalment],
    rows: Sequence[InstalmentRow],
    today: date,
) -> None:
    """Bring interest that was booked by an old schedule to the one the instalments have now."""
    through = days.closed_through
    ended = loan.closed_on is not None and loan.closed_on <= through
    if loan.closed_on is not None and ended:
        through = loan.closed_on
    after = [scheduled(row) for row in rows]
    entry = interest_correction(before, after, Booked(through, ended=ended), loan.currency)
    if entry is not None:
        await ledger.post(
            work, ledger.Posting.of_loan(loan, entry, value_on=today, booked_on=today)
        )


async def _withdraw(work: Work, ground: Ground, withdrawn: Sequence[LiveFee], cause: UUID) -> None:
    await record_all(
        work,
        ground.book.loan,
        [_reversal(ground, fee.row, reason=CORRECTED, cause=cause) for fee in withdrawn],
    )
    for fee in withdrawn:
        audit(
            work,
            "loan.late_fee_withdrawn",
            "loan",
            ground.book.loan.id,
            {
                "instalment": fee.fee.instalment,
                "amount": str(fee.fee.amount),
                "on": fee.fee.on.isoformat(),
            },
        )


async def take_back(
    work: Work, ground: Ground, row: TransactionRow, *, reason: str, cause: UUID | None
) -> None:
    """Reverse a late fee, a rebate or unearned interest that stands."""
    await record(work, ground.book.loan, _reversal(ground, row, reason=reason, cause=cause))


def _reversal(ground: Ground, row: TransactionRow, *, reason: str, cause: UUID | None) -> Movement:
    entry = None
    if row.kind == "late_fee":
        entry = reversal_entry(late_fee_entry(row.amount))
    elif row.kind == "unearned_interest":
        entry = reversal_entry(unearned_interest_entry(row.amount))
    return Movement(
        kind="reversal",
        amount=row.amount,
        value_on=row.value_on,
        booked_on=ground.today,
        entry=entry,
        reason=reason,
        reverses_id=row.id,
        caused_by_id=cause,
    )


def _key(ground: Ground, past: Past, fee: LateFee) -> str:
    """The natural key of a late fee that a correction charges."""
    policy = penalty_policy(ground.book.product)
    if policy is not None and policy.kind.is_daily:
        before = past.charged.get((fee.instalment, fee.on), 0)
        return late_fee_key(ground.book.loan.id, fee.instalment, before, fee.on)
    before = sum(times for (number, _), times in past.charged.items() if number == fee.instalment)
    return late_fee_key(ground.book.loan.id, fee.instalment, before)


async def _charge(
    work: Work, ground: Ground, past: Past, charged: Sequence[LateFee], cause: UUID
) -> None:
    loan = ground.book.loan
    await record_all(
        work,
        loan,
        [
            Movement(
                kind="late_fee",
                amount=fee.amount,
                value_on=fee.on,
                booked_on=ground.today,
                entry=late_fee_entry(fee.amount),
                allocations=(Allocation(fee.instalment, Component.PENALTY, fee.amount),),
                natural_key=_key(ground, past, fee),
                caused_by_id=cause,
            )
            for fee in charged
        ],
    )
    for fee in charged:
        audit(
            work,
            "loan.late_fee_charged",
            "loan",
            loan.id,
            {"instalment": fee.instalment, "amount": str(fee.amount), "on": fee.on.isoformat()},
        )


async def _reallocate(work: Work, ground: Ground, moved: Moved, cause: UUID) -> None:
    """A payment's new split, and what became of the payoff that it was."""
    row, before, now = moved.payment.row, moved.payment.told, moved.now
    if (before.rebate, before.unearned) != (now.rebate, now.unearned):
        for movement in moved.payment.payoff:
            await take_back(work, ground, movement, reason=CORRECTED, cause=cause)
        await record_payoff(work, ground, row, now, cause)
    if (before.allocations, before.unapplied) == (now.allocations, now.unapplied):
        return
    loan = ground.book.loan
    entry = reallocation_entry(before.allocations, before.unapplied, now.allocations, now.unapplied)
    await record(work, loan, reallocation(row, now, entry, ground.today, cause))
    audit(
        work,
        "payment.reallocated",
        "loan",
        loan.id,
        {"payment": str(row.id), "amount": str(row.amount), "cause": str(cause)},
    )


async def record_payoff(
    work: Work, ground: Ground, payment: TransactionRow, told: Told, cause: UUID | None
) -> None:
    """What a payoff gives back: interest not asked for, and interest paid ahead as credit."""
    loan = ground.book.loan
    rebate = sum((part.amount for part in told.rebate), ZERO)
    if rebate > 0:
        await record(
            work,
            loan,
            Movement(
                kind="interest_rebate",
                amount=rebate,
                value_on=payment.value_on,
                booked_on=ground.today,
                entry=None,
                allocations=told.rebate,
                parent_id=payment.id,
                caused_by_id=cause,
            ),
        )
    if told.unearned > 0:
        await record(
            work,
            loan,
            Movement(
                kind="unearned_interest",
                amount=told.unearned,
                value_on=payment.value_on,
                booked_on=ground.today,
                entry=unearned_interest_entry(told.unearned),
                credited=told.unearned,
                parent_id=payment.id,
                caused_by_id=cause,
            ),
        )
