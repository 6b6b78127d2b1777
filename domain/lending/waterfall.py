"""How a payment is split: oldest instalment first, and within one in the order of the preset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from domain.money import ZERO, positive


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


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The order of components in instalments already due, and in those paid in advance."""

    due: tuple[Component, ...]
    in_advance: tuple[Component, ...]

    def __post_init__(self) -> None:
        """An order that forgot a component would leave it unpaid for ever."""
        for order in (self.due, self.in_advance):
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
    """What is still unpaid of one instalment, by component; none of it is below zero."""

    number: int
    due_on: date
    penalty: Decimal = ZERO
    fee: Decimal = ZERO
    interest: Decimal = ZERO
    principal: Decimal = ZERO

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
    """Split a payment by explicit orders; an instalment due after `value_on` is in advance."""
    left = positive(amount, currency)
    allocations: list[Allocation] = []
    for instalment in sorted(owed, key=lambda row: (row.due_on, row.number)):
        order = waterfall.due if instalment.due_on <= value_on else waterfall.in_advance
        for component in order:
            part = min(left, instalment.of(component))
            if part > 0:
                allocations.append(Allocation(instalment.number, component, part))
                left -= part
        if not left:
            break
    return Allocated(tuple(allocations), left)


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
