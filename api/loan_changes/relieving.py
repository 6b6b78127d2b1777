"""What is owed falls without money: waiver, forgiveness, settlement, goodwill credit."""

from collections.abc import Sequence
from decimal import Decimal

from api.loan_changes import queries
from api.loan_changes.ground import Effect, Held, finish
from api.loans.balances import owed, refresh, relieve, scheduled
from api.payments import correcting, mending, past, planning, reliefs
from api.payments.planning import Change
from api.payments.recording import Movement, record
from api.payments.tables import TransactionRow
from api.products.schedules import earns_daily
from api.work import Work
from contracts.loan_changes import Forgiveness, GoodwillCredit, ReliefPart, Settlement, Waiver
from domain.errors import DomainError, ErrorCode
from domain.lending import relief
from domain.lending.correction import LAST, Given, LetOff, Told
from domain.lending.ledger import EntryKind
from domain.lending.loan import ClosedReason
from domain.lending.payoff import payoff
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO, positive


async def waive(work: Work, held: Held, asked: Waiver) -> Effect:
    """Take penalties, fees or earned interest off.

    Raises `LOAN_NOT_ACTIVE`, `CHANGE_EXCEEDS_OWED` and the refusals of amounts.
    """
    held.require_active()
    return await _happen(work, held, EntryKind.WAIVER, _let_off(held, asked.parts))


async def forgive(work: Work, held: Held, asked: Forgiveness) -> Effect:
    """Reduce what is owed; in full it closes the loan as forgiven.

    Raises what `waive` raises.
    """
    held.require_active()
    if asked.parts is None:
        return await _forgive_all(work, held, EntryKind.FORGIVENESS, ClosedReason.FORGIVEN)
    let_off = _let_off(held, asked.parts)
    return await _happen(work, held, EntryKind.FORGIVENESS, let_off, ClosedReason.FORGIVEN)


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
    given = Given(LAST, held.ground.today, amount)
    return await _happen(work, held, EntryKind.GOODWILL_CREDIT, given)


def _let_off(held: Held, parts: Sequence[ReliefPart]) -> LetOff:
    wanted = [
        relief.Relief(Component(part.component), part.amount, part.instalment) for part in parts
    ]
    taken = relief.relieve(held.earned(), wanted, held.loan.currency)
    return LetOff(LAST, held.ground.today, taken)


async def _happen(
    work: Work,
    held: Held,
    kind: EntryKind,
    fact: LetOff | Given,
    closes_as: ClosedReason = ClosedReason.REPAID,
) -> Effect:
    """Let something off or give it today: a fact among those by which the past is told."""
    ground, today = held.ground, held.ground.today
    before = await past.load_for(work, ground.book, ground.rows, today, LAST)
    plan = planning.plan(ground, before, Change(today, added=fact))
    unmet = mending.set_balances(ground, before, plan)
    effect = await _write(work, held, kind, plan.now.let_off[LAST])
    cause = (await _movement(work, held)).id
    changing = correcting.Held(ground, held.clock, before, plan)
    await correcting.carry_out(work, changing, cause, held.reason, unmet, closes_as)
    return effect


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
    for part in parts:
        relieve(by_number[part.instalment], part.component, part.amount)
    loan.credit += unearned
    refresh(loan, held.rows, today)
    effect = await _write(work, held, kind, Told(parts, ZERO))
    movement = await _movement(work, held)
    told = Told(allocations=(), unapplied=ZERO, rebate=rebates, unearned=unearned)
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


async def _write(work: Work, held: Held, kind: EntryKind, told: Told) -> Effect:
    """Write what was let off; what of it had been written off before is no loss again."""
    loan, today = held.loan, held.ground.today
    amount = reliefs.relieved(told)
    absorbed = held.written_off.absorbed(amount)
    loan.written_off -= absorbed
    await record(
        work,
        loan,
        Movement(
            kind=kind.value,
            amount=amount + told.unapplied,
            value_on=today,
            booked_on=today,
            entry=reliefs.entry_of(kind, told, absorbed),
            allocations=told.allocations,
            credited=told.unapplied,
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    return Effect(amount + told.unapplied, absorbed)


async def _movement(work: Work, held: Held) -> TransactionRow:
    found = await queries.movement(work, held.natural_key)
    if found is None:
        raise ValueError("the movement was just written")
    return found
