"""A loan's past as it stands: payments with the split they have now, fees, and work by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from api.caps import service as caps
from api.loan_changes import versions
from api.loans.balances import scheduled
from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.payments import queries
from api.payments.recording import KEPT_AS_CREDIT
from api.payments.tables import AllocationRow, TransactionRow
from api.products.schedules import earns_daily
from api.products.terms import daily_of
from api.work import Work
from domain.lending.caps import Limit
from domain.lending.correction import (
    ByHand,
    Charged,
    Fact,
    FeeDay,
    Given,
    LateFee,
    LetOff,
    Receipt,
    Restored,
    Told,
    Uncharged,
)
from domain.lending.schedule import Instalment
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO


@dataclass(frozen=True, slots=True)
class LivePayment:
    """A payment that stands, with what it pays now.

    Attributes:
        row: The payment as it was posted.
        told: What it pays now, its latest reallocation considered.
        payoff: Movements of its early payoff that stand: rebate, unearned interest.
        was_payoff: It was taken as a payoff, whether or not it still is one.
    """

    row: TransactionRow
    told: Told
    payoff: tuple[TransactionRow, ...]
    was_payoff: bool

    @property
    def receipt(self) -> Receipt:
        """The payment as it is told again."""
        return Receipt(self.row.number, self.row.value_on, self.row.amount, self.was_payoff)

    @property
    def is_kept(self) -> bool:
        """It was never split: the loan had no use for it, and it is to go back."""
        return self.row.reason == KEPT_AS_CREDIT

    @property
    def credited(self) -> Decimal:
        """All that it added to the customer's credit."""
        return self.told.unapplied + self.told.unearned


@dataclass(frozen=True, slots=True)
class LiveFee:
    """A late fee that stands."""

    row: TransactionRow
    fee: LateFee


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person charged, let off or gave, or took back of that.

    Attributes:
        row: The movement as it was written.
        fact: What it was meant to do.
        told: What it let off, its latest reallocation considered; of one that takes such a thing
            back, what is owed again. Nothing of a charge.
        stands: It was not undone, and undoes nothing.
    """

    row: TransactionRow
    fact: ByHand
    told: Told
    stands: bool

    def effects(self) -> Iterator[tuple[int, Component, Decimal]]:
        """What it did to what is owed: below zero where less is."""
        match self.fact:
            case Charged() as charged:
                yield charged.instalment, charged.component, charged.amount
            case Uncharged() as uncharged:
                yield uncharged.instalment, uncharged.component, -uncharged.amount
            case LetOff() | Given():
                for part in self.told.allocations:
                    yield part.instalment, part.component, -part.amount
            case Restored():
                for part in self.told.allocations:
                    yield part.instalment, part.component, part.amount
            case _:
                assert_never(self.fact)

    @property
    def charges(self) -> bool:
        """It is about a charge, not about what was let off."""
        return isinstance(self.fact, Charged | Uncharged)


@dataclass(frozen=True, slots=True)
class Past:
    """What of a loan's past comes after a point in it.

    Attributes:
        payments: Payments from that point on, in the order of value date and number.
        deeds: What was done by hand from that point on, in the same order.
        fees: Late fees that arose after its day.
        settled: Instalments whose late fee arose by that day and stands.
        charged: How many late fees each instalment ever had on a day, withdrawn ones among them.
        replanned: Payments among them that changed the schedule.
        schedule: How the instalments were planned before the first of these; none without one.
        since: The day from which it is told.
        limits: What the law lets the loan cost.
    """

    payments: tuple[LivePayment, ...]
    deeds: tuple[Deed, ...]
    fees: tuple[LiveFee, ...]
    settled: frozenset[int]
    charged: dict[FeeDay, int]
    since: date
    replanned: frozenset[UUID] = frozenset()
    schedule: tuple[Instalment, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All that is told again."""
        paid = [payment.receipt for payment in self.payments if not payment.is_kept]
        return (*paid, *(deed.fact for deed in self.deeds))


async def load(work: Work, loan_id: UUID, since: date, number: int) -> Past:
    """Read a locked loan's past from a value date and an entry number on."""
    await work.session.flush()
    rows = await queries.live_payments(work, loan_id, since, number)
    fees = await queries.late_fees(work, loan_id)
    charged: dict[FeeDay, int] = {}
    for fee in fees:
        day = fee.instalment, fee.row.value_on
        charged[day] = charged.get(day, 0) + 1
    standing = [fee for fee in fees if not fee.withdrawn]
    made = await versions.made_by_payments(work, loan_id, [row.id for row in rows])
    first = next((made[row.id] for row in rows if row.id in made), None)
    return Past(
        payments=tuple(await live(work, rows)),
        deeds=await _deeds(work, loan_id, since, number),
        fees=tuple(
            LiveFee(fee.row, LateFee(fee.instalment, fee.row.value_on, fee.row.amount))
            for fee in standing
            if fee.row.value_on > since
        ),
        settled=frozenset(fee.instalment for fee in standing if fee.row.value_on <= since),
        charged=charged,
        since=since,
        replanned=frozenset(made),
        schedule=() if first is None else await versions.rows_of(work, loan_id, first - 1),
        limits=await caps.of_loan(work, loan_id),
    )


async def load_for(
    work: Work, book: Book, rows: Sequence[InstalmentRow], since: date, number: int
) -> Past:
    """What of a locked loan's past is told again when something of a point in it changes.

    That is all since then; where interest is earned by the day, all of its life: what a payment
    pays follows from every one before it.
    """
    loan = book.loan
    if loan.disbursed_on is None or not earns_daily(book.product):
        return await load(work, loan.id, since, number)
    whole = await load(work, loan.id, loan.disbursed_on, 0)
    agreed = daily_of(book.product).agreed([scheduled(row) for row in rows])
    return replace(whole, schedule=agreed)


async def live(work: Work, rows: Sequence[TransactionRow]) -> list[LivePayment]:
    """Payments with what they pay now."""
    ids = [row.id for row in rows]
    newest = await queries.reallocations(work, ids)
    movements: dict[UUID, list[tuple[TransactionRow, bool]]] = {key: [] for key in ids}
    for movement, withdrawn in await queries.payoff_movements(work, ids):
        if movement.parent_id is not None:
            movements[movement.parent_id].append((movement, withdrawn))
    sources = [newest.get(row.id, row) for row in rows]
    rebates = [movement.id for found in movements.values() for movement, gone in found if not gone]
    parts = await queries.allocations(work, [source.id for source in sources] + rebates)
    found = []
    for row, source in zip(rows, sources, strict=True):
        standing = tuple(movement for movement, gone in movements[row.id] if not gone)
        told = Told(
            allocations=_allocations(parts[source.id]),
            unapplied=source.credited,
            rebate=tuple(
                part
                for movement in standing
                if movement.kind == "interest_rebate"
                for part in _allocations(parts[movement.id])
            ),
            unearned=sum(
                (move.amount for move in standing if move.kind == "unearned_interest"), ZERO
            ),
        )
        found.append(LivePayment(row, told, standing, bool(movements[row.id])))
    return found


async def _deeds(work: Work, loan_id: UUID, since: date, number: int) -> tuple[Deed, ...]:
    rows = await queries.by_hand(work, loan_id)
    newest = await queries.reallocations(work, [row.id for row, _ in rows])
    ids = [each.id for row, _ in rows for each in (row, newest.get(row.id, row))]
    parts = await queries.allocations(work, ids)
    found: list[Deed] = []
    for row, undoing in rows:
        source = newest.get(row.id, row)
        told = Told(_allocations(parts[source.id]), source.credited)
        fact = _fact(row, _allocations(parts[row.id]))
        if isinstance(fact, Charged):
            told = Told((), ZERO)
        found.append(Deed(row, fact, told, stands=undoing is None))
        if undoing is not None:
            found.append(Deed(undoing, _undoing(undoing, fact, told), told, stands=False))
    return tuple(
        deed for deed in found if (deed.fact.value_on, deed.fact.number) >= (since, number)
    )


async def told_of(work: Work, movement: TransactionRow) -> Told:
    """What something that was let off or given by hand meets now."""
    newest = await queries.reallocations(work, [movement.id])
    source = newest.get(movement.id, movement)
    parts = await queries.allocations(work, [source.id])
    return Told(_allocations(parts[source.id]), source.credited)


def _fact(row: TransactionRow, parts: tuple[Allocation, ...]) -> Charged | LetOff | Given:
    match row.kind:
        case "charge":
            (part,) = parts
            return Charged(row.number, row.value_on, part.instalment, part.component, part.amount)
        case "goodwill_credit":
            return Given(row.number, row.value_on, row.amount)
        case _:
            return LetOff(row.number, row.value_on, parts)


def _undoing(row: TransactionRow, fact: ByHand, told: Told) -> Uncharged | Restored:
    """What is undone stood until the day on which it was."""
    if isinstance(fact, Charged):
        return Uncharged(row.number, row.booked_on, fact.instalment, fact.component, fact.amount)
    return Restored(row.number, row.booked_on, fact.number, told.allocations)


def _allocations(rows: Sequence[AllocationRow]) -> tuple[Allocation, ...]:
    return tuple(Allocation(row.instalment, Component(row.component), row.amount) for row in rows)
