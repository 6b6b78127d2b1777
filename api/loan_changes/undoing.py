"""An applied change is taken back: new movements that restore what it moved."""

from collections.abc import Sequence
from decimal import Decimal

from api.ledger import service as ledger
from api.loan_changes import pausing, queries, recovery
from api.loan_changes.ground import Effect, Held, finish, natural_key
from api.loan_changes.tables import LoanChangeRow
from api.loans.balances import owed, refresh, relieve
from api.loans.tables import InstalmentRow
from api.payments import mending, past, reliefs, reopening, rewriting
from api.payments import queries as payments
from api.payments.recording import Movement, record
from api.payments.tables import AllocationRow, TransactionRow
from api.products.schedules import earns_daily
from api.work import Work
from contracts.loan_changes import Undo
from domain.errors import DomainError, ErrorCode
from domain.lending.ledger import Entry, EntryKind, reversal_entry
from domain.lending.loan import Lifecycle
from domain.lending.waterfall import Component
from domain.money import ZERO


async def undo(work: Work, held: Held, asked: Undo) -> Effect:
    """Take an applied change back.

    A loan that it had closed reopens. Raises `NOT_FOUND`, `ALREADY_REVERSED`, and
    `NOT_REVERSIBLE` for what was used since: a charge that was paid, credit that was spent, a
    change that takes another one back, or one that never happened.
    """
    row = await queries.one(work, held.loan.id, asked.change_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such change on this loan.")
    if row.status == "undone":
        raise DomainError(ErrorCode.ALREADY_REVERSED, "The change has been undone before.")
    movement = await queries.movement(work, natural_key(row.id))
    if row.status != "applied" or movement is None:
        raise _stands(f"The change is {row.status}; there is nothing to undo.")
    entry: Entry | None = None
    match row.kind:
        case "waiver" | "forgiveness" | "settlement" | "goodwill_credit":
            entry = await _unrelieve(work, held, row, movement)
        case "charge":
            _uncharge(held, (await payments.allocations(work, [movement.id]))[movement.id])
        case "charge_off" | "write_off":
            await _reinstate(work, held, row)
        case "interest_pause":
            return await pausing.lift(work, held, row, movement)
        case "refund":
            held.loan.credit += movement.amount
        case _:
            raise _stands("This kind of change is not undone; make the opposite one.")
    reopens = held.loan.lifecycle == Lifecycle.CLOSED.value and any(
        owed(each).total for each in held.rows
    )
    refresh(held.loan, held.rows, held.ground.today)
    await _take_back(work, held, movement, entry)
    if earns_daily(held.ground.book.product):
        await rewriting.plan_anew(work, held.ground)
    if reopens:
        closed_on = reopening.reopen(work, held.loan, held.reason)
        await reopening.resume(work, held.ground, closed_on)
    await finish(work, held)
    return Effect(row.amount)


async def _unrelieve(work: Work, held: Held, row: LoanChangeRow, movement: TransactionRow) -> Entry:
    """What was taken off is owed again, and what a closing gave back with it.

    Answers the entry of the relief as it stands: told again, it may have met something else.
    """
    loan = held.loan
    told = await past.told_of(work, movement)
    for part in told.allocations:
        relieve(_row(held, part.instalment), part.component, -part.amount)
    loan.written_off += row.absorbed
    children = await payments.children_of(work, movement.id)
    given_back = [child for child in children if child.kind != "reallocation"]
    credited = told.unapplied + sum((child.credited for child in given_back), ZERO)
    if loan.credit < credited:
        raise _stands("The credit it gave has been used or paid back.")
    loan.credit -= credited
    rebates = [child.id for child in given_back if child.kind == "interest_rebate"]
    for given in (await payments.allocations(work, rebates)).values():
        for rebate in given:
            _row(held, rebate.instalment).interest_rebated -= rebate.amount
    for child in given_back:
        await mending.take_back(work, held.ground, child, reason=held.reason, cause=None)
    return reliefs.entry_of(EntryKind(movement.kind), told, row.absorbed)


def _uncharge(held: Held, parts: Sequence[AllocationRow]) -> None:
    for part in parts:
        row, component = _row(held, part.instalment), Component(part.component)
        if owed(row).of(component) < part.amount:
            raise _stands("The charge was paid or waived; waive or refund instead.")
        if component is Component.FEE:
            row.fee -= part.amount
        else:
            row.penalty -= part.amount
    if held.written_off.remaining > held.owed_in_books():
        raise _stands("It was written off since; undo that first.")


async def _reinstate(work: Work, held: Held, row: LoanChangeRow) -> None:
    """The book balance rises again; recoveries beyond what is left are no income any more."""
    loan = held.loan
    left = loan.written_off - row.amount
    if left < 0:
        raise _stands("A part of it was forgiven since; undo that first.")
    surplus: Decimal = max(ZERO, loan.recovered - left)
    await recovery.book(work, loan, held.ground.today, -surplus)
    loan.written_off = left
    if row.kind == "charge_off":
        loan.charged_off_on = None


async def _take_back(work: Work, held: Held, movement: TransactionRow, entry: Entry | None) -> None:
    entry = entry or await ledger.entry_of(work, movement.id)
    await record(
        work,
        held.loan,
        Movement(
            kind="reversal",
            amount=movement.amount,
            value_on=movement.value_on,
            booked_on=held.ground.today,
            entry=None if entry is None else reversal_entry(entry),
            reason=held.reason,
            natural_key=held.natural_key,
            reverses_id=movement.id,
        ),
    )


def _row(held: Held, number: int) -> InstalmentRow:
    return next(row for row in held.rows if row.number == number)


def _stands(detail: str) -> DomainError:
    return DomainError(ErrorCode.NOT_REVERSIBLE, detail)
