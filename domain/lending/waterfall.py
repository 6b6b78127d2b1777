"""How a payment is split over instalments and their components.

Money goes to what is past due, then to what is due, then to what is paid in advance; each bucket
has an order of components, and says whether an instalment or a component is finished first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from domain.money import ZERO, positive, quantize


class Component(StrEnum):
    """What an instalment is made of."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Preset(StrEnum):
    """The named allocation orders a product may choose from."""

    INTEREST_FIRST = "interest_first"
    """Interest, principal, fee, penalty."""
    PENALTY_FEE_INTEREST_PRINCIPAL = "penalty_fee_interest_principal"
    """Penalty, fee, interest, principal."""
    PRINCIPAL_FIRST = "principal_first"
    """Principal, interest, fee, penalty."""


class Processing(StrEnum):
    """What is finished first inside a bucket."""

    HORIZONTAL = "horizontal"
    """An instalment, with all its components, before the next one."""
    VERTICAL = "vertical"
    """A component, over all instalments of the bucket, before the next one."""


class FutureRule(StrEnum):
    """Which instalments take money that is paid in advance."""

    NEXT = "next_instalment"
    """The oldest first: the next instalments are paid early."""
    LAST = "last_instalment"
    """The youngest first: the term becomes shorter."""
    REAMORTISE = "reamortise"
    """All in equal shares: every instalment to come becomes smaller."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How money is split: an order of components for each bucket, and what is finished first.

    An instalment is *past due* after its due date, *due* on it, *in advance* before it. The
    buckets are served in this order. `past_due` is as `due` where it is not given.

    Attributes:
        due: The order in instalments that fall due on the day.
        in_advance: The order in instalments due later.
        past_due: The order in instalments that were due before.
        processing: What is finished first inside a bucket.
        future: Which instalments take money paid in advance.
        charges_fall_due: Fees and penalties with a due date of their own are served with what is
            due, though their instalment is not due yet (`Owed.fee_due`, `Owed.penalty_due`).
    """

    due: tuple[Component, ...]
    in_advance: tuple[Component, ...]
    past_due: tuple[Component, ...] = ()
    processing: Processing = Processing.HORIZONTAL
    future: FutureRule = FutureRule.NEXT
    charges_fall_due: bool = False

    def __post_init__(self) -> None:
        """An order that forgot a component would leave it unpaid for ever."""
        if not self.past_due:
            object.__setattr__(self, "past_due", self.due)
        for order in (self.past_due, self.due, self.in_advance):
            if sorted(order) != sorted(Component):
                raise ValueError("a waterfall names each component once")


def _same(*order: Component) -> Waterfall:
    return Waterfall(due=order, in_advance=order)


WATERFALLS: Mapping[Preset, Waterfall] = MappingProxyType(
    {
        Preset.INTEREST_FIRST: _same(
            Component.INTEREST, Component.PRINCIPAL, Component.FEE, Component.PENALTY
        ),
        Preset.PENALTY_FEE_INTEREST_PRINCIPAL: _same(
            Component.PENALTY, Component.FEE, Component.INTEREST, Component.PRINCIPAL
        ),
        Preset.PRINCIPAL_FIRST: _same(
            Component.PRINCIPAL, Component.INTEREST, Component.FEE, Component.PENALTY
        ),
    }
)
"""The orders behind the presets; each takes the same order in advance as when due."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still unpaid of one instalment, by component; none of it is below zero.

    `penalty_due` and `fee_due` are the parts of the unpaid penalty and fee whose own due date has
    come on the day of a payment, though that of the instalment has not.
    """

    number: int
    due_on: date
    penalty: Decimal = ZERO
    fee: Decimal = ZERO
    interest: Decimal = ZERO
    principal: Decimal = ZERO
    penalty_due: Decimal = ZERO
    fee_due: Decimal = ZERO

    def of(self, component: Component) -> Decimal:
        """The unpaid amount of one component."""
        match component:
            case Component.PENALTY:
                return self.penalty
            case Component.FEE:
                return self.fee
            case Component.INTEREST:
                return self.interest
            case Component.PRINCIPAL:
                return self.principal
            case _:
                assert_never(component)

    def having(self, component: Component, amount: Decimal) -> "Owed":
        """The same with another unpaid amount of one component."""
        match component:
            case Component.PENALTY:
                return replace(self, penalty=amount)
            case Component.FEE:
                return replace(self, fee=amount)
            case Component.INTEREST:
                return replace(self, interest=amount)
            case Component.PRINCIPAL:
                return replace(self, principal=amount)
            case _:
                assert_never(component)

    @property
    def total(self) -> Decimal:
        """All that is unpaid of the instalment."""
        return self.penalty + self.fee + self.interest + self.principal


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment that pays one component of one instalment; above zero."""

    instalment: int
    component: Component
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocated:
    """A payment split: the allocations and the `unapplied` rest add up to it."""

    allocations: tuple[Allocation, ...]
    unapplied: Decimal


def allocate(
    owed: Sequence[Owed], amount: Decimal, preset: Preset, value_on: date, currency: str
) -> Allocated:
    """Split a payment over what is owed, by a named preset.

    `owed` may come in any order; the oldest due date is served first, then the lower number.
    What is more than everything owed stays `unapplied` (the customer's credit). Raises
    `AMOUNT_NOT_POSITIVE` and `AMOUNT_PRECISION`.
    """
    return apply_waterfall(owed, amount, WATERFALLS[preset], value_on, currency)


def apply_waterfall(
    owed: Sequence[Owed], amount: Decimal, waterfall: Waterfall, value_on: date, currency: str
) -> Allocated:
    """Split a payment by explicit orders: what is past due, what is due, what is in advance."""
    rows = sorted(owed, key=lambda row: (row.due_on, row.number))
    split = _Split(positive(amount, currency))
    late = [row for row in rows if row.due_on < value_on]
    due = [row for row in rows if row.due_on == value_on]
    later = [row for row in rows if row.due_on > value_on]
    split.serve(late, waterfall.past_due, waterfall.processing)
    split.serve(due, waterfall.due, waterfall.processing)
    if waterfall.charges_fall_due:
        split.serve_charges(later, waterfall.due)
    match waterfall.future:
        case FutureRule.NEXT:
            split.serve(later, waterfall.in_advance, waterfall.processing)
        case FutureRule.LAST:
            split.serve(later[::-1], waterfall.in_advance, waterfall.processing)
        case FutureRule.REAMORTISE:
            split.share(later, waterfall.in_advance, currency)
        case _:
            assert_never(waterfall.future)
    return split.done()


class _Split:
    """Money while it is being split."""

    def __init__(self, amount: Decimal) -> None:
        self._left = amount
        self._paid: dict[tuple[int, Component], Decimal] = {}

    def done(self) -> Allocated:
        return Allocated(
            tuple(
                Allocation(number, component, amount)
                for (number, component), amount in self._paid.items()
            ),
            self._left,
        )

    def serve(
        self, rows: Sequence[Owed], order: Sequence[Component], processing: Processing
    ) -> None:
        """Pay a bucket."""
        if processing is Processing.HORIZONTAL:
            for row in rows:
                if not self._left:
                    return
                for component in order:
                    self._pay(row, component, row.of(component))
            return
        for component in order:
            for row in rows:
                self._pay(row, component, row.of(component))

    def serve_charges(self, rows: Sequence[Owed], order: Sequence[Component]) -> None:
        """Pay fees and penalties whose own due date has come."""
        for row in rows:
            for component in order:
                if component is Component.PENALTY:
                    self._pay(row, component, row.penalty_due)
                elif component is Component.FEE:
                    self._pay(row, component, row.fee_due)

    def share(self, rows: Sequence[Owed], order: Sequence[Component], currency: str) -> None:
        """Pay all instalments equal shares; what one has no use for is shared out again.

        A share is rounded to the minor unit, the last instalment takes the remainder.
        """
        while self._left and (open_rows := [row for row in rows if self._unpaid(row)]):
            share = quantize(self._left / len(open_rows), currency)
            pot = self._left
            for position, row in enumerate(open_rows, start=1):
                part = pot if position == len(open_rows) else min(share, pot)
                pot -= part
                for component in order:
                    part -= self._pay(row, component, min(part, row.of(component)))

    def _unpaid(self, row: Owed) -> Decimal:
        paid = (self._paid.get((row.number, component), ZERO) for component in Component)
        return row.total - sum(paid, ZERO)

    def _pay(self, row: Owed, component: Component, most: Decimal) -> Decimal:
        """Pay up to an amount of a component, all earlier parts of this payment counted."""
        if not self._left or not most:
            return ZERO
        key = (row.number, component)
        before = self._paid.get(key, ZERO)
        part = min(self._left, most, row.of(component) - before)
        if part <= 0:
            return ZERO
        self._paid[key] = before + part
        self._left -= part
        return part


def after(owed: Sequence[Owed], allocations: Sequence[Allocation]) -> tuple[Owed, ...]:
    """What is owed once the allocations are taken off, in the same order.

    Raises `ValueError` if one of them pays more than is owed of its component.
    """
    paid: dict[tuple[int, Component], Decimal] = {}
    for allocation in allocations:
        key = (allocation.instalment, allocation.component)
        paid[key] = paid.get(key, ZERO) + allocation.amount
    rows = tuple(
        Owed(
            row.number,
            row.due_on,
            **{
                component.value: row.of(component) - paid.pop((row.number, component), ZERO)
                for component in Component
            },
        )
        for row in owed
    )
    if paid or any(row.of(component) < 0 for row in rows for component in Component):
        raise ValueError("an allocation pays more than its instalment owes")
    return rows


def at_most(owed: Sequence[Owed], parts: Sequence[Allocation]) -> tuple[Allocation, ...]:
    """The parts as far as they are owed; those of which nothing is are left out."""
    left = {(row.number, component): row.of(component) for row in owed for component in Component}
    found = []
    for part in parts:
        key = part.instalment, part.component
        amount = min(part.amount, left[key])
        left[key] -= amount
        if amount > 0:
            found.append(Allocation(part.instalment, part.component, amount))
    return tuple(found)


def is_charge(component: Component) -> bool:
    """Whether it is a fee or a penalty, which bear no interest and are no part of a plan."""
    return component in {Component.FEE, Component.PENALTY}
