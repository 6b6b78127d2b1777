"""What is owed falls without money: waiver, forgiveness, settlement, goodwill credit."""

from collections.abc import Sequence
from decimal import Decimal

from api.loan_changes import queries
from api.loan_changes.ground import Effect, Held, finish
from api.loans.balances import owed, refresh, relieve, scheduled
from api.payments import mending
from api.payments.recording import Movement, record
from api.payments.tables import TransactionRow
from api.products.schedules import earns_daily
from api.work import Work
from contracts.loan_changes import Forgiveness, GoodwillCredit, ReliefPart, Settlement, Waiver
from domain.errors import DomainError, ErrorCode
from domain.lending import relief
from domain.lending.change_entries import relief_entry
from domain.lending.correction import Told
from domain.lending.ledger import Account, EntryKind
from domain.lending.loan import ClosedReason
from domain.lending.payoff import payoff
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO, positive


async def waive(work: Work, held: Held, asked: Waiver) -> Effect:
    """Take penalties, fees or earned interest off.

    Raises `LOAN_NOT_ACTIVE`, `CHANGE_EXCEEDS_OWED` and the refusals of amounts.
    """
    held.require_active()
    parts = _relieved(held, asked.parts)
    effect = await _take_off(work, held, EntryKind.WAIVER, parts)
    await finish(work, held)
    return effect


async def forgive(work: Work, held: Held, asked: Forgiveness) -> Effect:
    """Reduce what is owed; in full it closes the loan as forgiven.

    Raises what `waive` raises.
    """
    held.require_active()
    if asked.parts is None:
        return await _forgive_all(work, held, EntryKind.FORGIVENESS, ClosedReason.FORGIVEN)
    parts = _relieved(held, asked.parts)
    effect = await _take_off(
        work, held, EntryKind.FORGIVENESS, parts, borne_by=Account.FORGIVENESS_EXPENSE
    )
    await finish(work, held, ClosedReason.FORGIVEN)
    return effect


async def settle(work: Work, held: Held, _: Settlement) -> Effect:
    """Forgive what an agreed settlement leaves; the loan closes as settled.

    Raises what `waive` raises.
    """
    held.require_active()
    return await _forgive_all(work, held, EntryKind.SETTLEMENT, ClosedReason.SETTLED)


async def credit(work: Work, held: Held, asked: GoodwillCredit) -> Effect:
    """Pay a part of the loan for the customer, as the product allocates payments.

    Raises `LOAN_NOT_ACTIVE` and the refusals of amounts.
    """
    held.require_active()
    amount = positive(asked.amount, held.loan.currency)
    split = held.ground.split([owed(row) for row in held.rows], amount, held.ground.today)
    effect = await _take_off(
        work,
        held,
        EntryKind.GOODWILL_CREDIT,
        split.allocations,
        borne_by=Account.GOODWILL_EXPENSE,
        credited=split.unapplied,
    )
    await finish(work, held)
    return effect


def _relieved(held: Held, parts: Sequence[ReliefPart]) -> tuple[Allocation, ...]:
    wanted = [
        relief.Relief(Component(part.component), part.amount, part.instalment) for part in parts
    ]
    return relief.relieve(held.earned(), wanted, held.loan.currency)


async def _forgive_all(work: Work, held: Held, kind: EntryKind, closes_as: ClosedReason) -> Effect:
    """Forgive all that may be asked for; interest not yet earned falls away as at a payoff."""
    loan, today = held.loan, held.ground.today
    rebates, unearned = _unearned(held)
    parts = tuple(
        Allocation(row.number, component, row.of(component))
        for row in held.earned()
        for component in Component
        if row.of(component)
    )
    if not parts:
        raise DomainError(ErrorCode.NOTHING_OWED, "Nothing of the loan may be asked for today.")
    by_number = {row.number: row for row in held.rows}
    for part in rebates:
        by_number[part.instalment].interest_rebated += part.amount
    effect = await _take_off(
        work, held, kind, parts, borne_by=Account.FORGIVENESS_EXPENSE, unearned=unearned
    )
    movement = await _movement(work, held)
    told = Told(allocations=(), unapplied=ZERO, rebate=rebates, unearned=unearned)
    refresh(loan, held.rows, today)
    await mending.record_payoff(work, held.ground, movement, told, None)
    await finish(work, held, closes_as)
    return effect


def _unearned(held: Held) -> tuple[tuple[Allocation, ...], Decimal]:
    """Interest of days to come: what is not asked for, and what was paid ahead."""
    if earns_daily(held.ground.book.product):
        asked = {row.number: row.interest for row in held.earned()}
        over = [(row.number, owed(row).interest - asked[row.number]) for row in held.rows]
        return tuple(
            Allocation(number, Component.INTEREST, rest) for number, rest in over if rest > 0
        ), held.paid_ahead()
    rebates: list[Allocation] = []
    ahead = ZERO
    for row in held.rows:
        quote = payoff([owed(row)], [scheduled(row)], held.ground.today, held.loan.currency)
        ahead += quote.unearned_paid_interest
        if quote.rebate_interest > 0:
            rebates.append(Allocation(row.number, Component.INTEREST, quote.rebate_interest))
    return tuple(rebates), ahead


async def _take_off(
    work: Work,
    held: Held,
    kind: EntryKind,
    parts: Sequence[Allocation],
    *,
    borne_by: Account | None = None,
    credited: Decimal = ZERO,
    unearned: Decimal = ZERO,
) -> Effect:
    """Put reliefs on their instalments and write the movement.

    `unearned` is credit that the movement's parts bring, beside its own `credited`.
    """
    loan, today = held.loan, held.ground.today
    by_number = {row.number: row for row in held.rows}
    for part in parts:
        relieve(by_number[part.instalment], part.component, part.amount)
    relieved = sum((part.amount for part in parts), ZERO)
    absorbed = held.written_off.absorbed(relieved)
    loan.written_off -= absorbed
    loan.credit += credited + unearned
    refresh(loan, held.rows, today)
    await record(
        work,
        loan,
        Movement(
            kind=kind.value,
            amount=relieved + credited,
            value_on=today,
            booked_on=today,
            entry=relief_entry(kind, parts, absorbed, borne_by=borne_by, credit=credited),
            allocations=parts,
            credited=credited,
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    return Effect(relieved + credited, absorbed)


async def _movement(work: Work, held: Held) -> TransactionRow:
    found = await queries.movement(work, held.natural_key)
    if found is None:
        raise ValueError("the movement was just written")
    return found
