"""The book balance falls and what is owed stays: charge-off and write-off."""

from decimal import Decimal

from api.loan_changes.ground import Effect, Held, finish
from api.payments.recording import Movement, record
from api.work import Work
from contracts.loan_changes import ChargeOff, WriteOff
from domain.lending.change_entries import write_off_entry
from domain.lending.ledger import EntryKind


async def charge_off(work: Work, held: Held, _: ChargeOff) -> Effect:
    """Expense all that is left of the book balance.

    Raises `LOAN_NOT_ACTIVE` and `CHANGE_EXCEEDS_OWED`.
    """
    held.require_active()
    amount = held.written_off.charge_off(held.owed_in_books())
    held.loan.charged_off_on = held.ground.today
    return await _expense(work, held, EntryKind.CHARGE_OFF, amount)


async def write_off(work: Work, held: Held, asked: WriteOff) -> Effect:
    """Expense a part of the book balance.

    Raises `LOAN_NOT_ACTIVE`, `CHANGE_EXCEEDS_OWED` and the refusals of amounts.
    """
    held.require_active()
    amount = held.written_off.write_off(held.owed_in_books(), asked.amount, held.loan.currency)
    return await _expense(work, held, EntryKind.WRITE_OFF, amount)


async def _expense(work: Work, held: Held, kind: EntryKind, amount: Decimal) -> Effect:
    today = held.ground.today
    held.loan.written_off += amount
    await record(
        work,
        held.loan,
        Movement(
            kind=kind.value,
            amount=amount,
            value_on=today,
            booked_on=today,
            entry=write_off_entry(kind, amount),
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    await finish(work, held)
    return Effect(amount)
