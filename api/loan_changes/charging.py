"""A fee or a penalty is charged by hand, within the caps of the creditor's country."""

from decimal import Decimal
from typing import Final
from uuid import UUID

from api.audit.service import record as audit
from api.loan_changes import capping
from api.loan_changes.ground import Effect, Held, finish, hold
from api.loans.balances import refresh
from api.loans.planned import planned_row
from api.loans.tables import InstalmentRow
from api.payments.recording import Movement, record
from api.products.schedules import earns_daily
from api.recovery import protecting
from api.work import Work
from contracts.loan_changes import Charge
from domain.lending.caps import check_charge, room_for
from domain.lending.change_entries import charge_entry
from domain.lending.schedule import Instalment
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO, positive

RETURN_FEE: Final = "return_fee"
"""Why a fee is charged when the bank returns a payment."""


async def charge(work: Work, held: Held, asked: Charge) -> Effect:
    """Charge a loan; it falls due with the running instalment, after the last one today.

    Raises `LOAN_NOT_ACTIVE`, `CHARGE_IN_MORATORIUM`, `CAP_EXCEEDED` and the refusals of amounts.
    """
    held.require_active()
    await protecting.require_chargeable(work, held.clock, held.loan.customer_id)
    loan = held.loan
    amount = positive(asked.amount, loan.currency)
    component = Component(asked.component)
    limits = await capping.limits_of(work, held.ground)
    check_charge(limits, capping.cost_of(held.ground), component, amount)
    await _write(work, held, component, amount)
    return Effect(amount)


async def charge_return_fee(
    work: Work, loan_id: UUID, payment_id: UUID, wanted: Decimal
) -> Decimal:
    """Charge what a returned payment costs, as far as the caps leave room; answers how much.

    Once per payment: the caller sees to it that one is returned once. Raises `LOAN_NOT_ACTIVE`.
    """
    held = await hold(work, loan_id, payment_id, RETURN_FEE)
    held.require_active()
    limits = await capping.limits_of(work, held.ground)
    room = room_for(limits, capping.cost_of(held.ground), Component.FEE)
    amount = wanted if room is None else min(wanted, room)
    if amount > ZERO:
        await _write(work, held, Component.FEE, amount)
    audit(
        work,
        "loan.return_fee",
        "loan",
        loan_id,
        {"payment": str(payment_id), "amount": str(amount), "wanted": str(wanted)},
    )
    return amount


async def _write(work: Work, held: Held, component: Component, amount: Decimal) -> None:
    """Put a charge on the running instalment, and write it."""
    loan, today = held.loan, held.ground.today
    row = _bearer(work, held)
    if component is Component.FEE:
        row.fee += amount
    else:
        row.penalty += amount
    refresh(loan, held.rows, today)
    await record(
        work,
        loan,
        Movement(
            kind="charge",
            amount=amount,
            value_on=today,
            booked_on=today,
            entry=charge_entry(component, amount),
            allocations=(Allocation(row.number, component, amount),),
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    await finish(work, held)


def _bearer(work: Work, held: Held) -> InstalmentRow:
    """The instalment whose period the day lies in; a new one, due today, after the last.

    Where interest is earned by the day, the last one takes what comes after it: it goes on.
    """
    today = held.ground.today
    for row in held.rows:
        if today <= row.due_on:
            return row
    last = held.rows[-1]
    if earns_daily(held.ground.book.product):
        return last
    extra = planned_row(
        held.loan.id, Instalment(last.number + 1, last.due_on, today, principal=ZERO, interest=ZERO)
    )
    work.session.add(extra)
    held.add_row(extra)
    return extra
