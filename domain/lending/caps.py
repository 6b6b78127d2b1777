"""Caps on what credit may cost, as data of a jurisdiction: they override every product."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import percent_of
from domain.lending.waterfall import Component
from domain.money import ZERO, quantize


class Measure(StrEnum):
    """What a cap is held against."""

    SINGLE_CHARGE = "single_charge"
    """Each charge alone."""
    DEFAULT_CHARGES = "default_charges"
    """All penalties of the loan together."""
    TOTAL_COST = "total_cost"
    """All interest, fees and penalties of the loan together."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that something may cost: an amount, or a percentage of the principal.

    Attributes:
        rule: The name by which a refusal tells it.
        measure: What it limits.
        source: Where the law says so.
        currency: The only currency it is for; None for any.
        amount: In that currency.
        percent_of_principal: Of what was lent.

    Raises `ValueError` unless it has exactly one of the two, and an amount its currency.
    """

    rule: str
    measure: Measure
    source: str
    currency: str | None = None
    amount: Decimal | None = None
    percent_of_principal: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a cap that caps nothing."""
        if (self.amount is None) == (self.percent_of_principal is None):
            raise ValueError("a cap is an amount or a percentage")
        if self.amount is not None and self.currency is None:
            raise ValueError("an amount has a currency")

    def most(self, principal: Decimal, currency: str) -> Decimal | None:
        """The most in a currency; None where the cap is for another."""
        if self.currency not in {None, currency}:
            return None
        if self.percent_of_principal is not None:
            return percent_of(principal, self.percent_of_principal, currency)
        return self.amount


@dataclass(frozen=True, slots=True)
class Cost:
    """What a loan costs so far, whether paid or not: what was waived costs nothing."""

    principal: Decimal
    currency: str
    interest: Decimal
    fees: Decimal
    penalties: Decimal


def check_charge(caps: Sequence[Cap], cost: Cost, component: Component, amount: Decimal) -> None:
    """Refuse a charge that a cap does not allow.

    Raises `CAP_EXCEEDED` with the facts `rule`, `source` and `most`, what may still be charged.
    """
    for cap in caps:
        room = _room(cap, cost, component)
        if room is not None and amount > room:
            told = quantize(room, cost.currency)
            raise DomainError(
                ErrorCode.CAP_EXCEEDED,
                f"{cap.rule} ({cap.source}) leaves room for {told} {cost.currency}.",
                {"rule": cap.rule, "source": cap.source, "most": str(told)},
            )


def room_for(caps: Sequence[Cap], cost: Cost, component: Component) -> Decimal | None:
    """The most that all caps together let a charge be; None where no cap limits it."""
    rooms = [room for cap in caps if (room := _room(cap, cost, component)) is not None]
    return min(rooms, default=None)


def _room(cap: Cap, cost: Cost, component: Component) -> Decimal | None:
    """What one cap leaves for a charge; None where it does not limit it."""
    most = cap.most(cost.principal, cost.currency)
    limits = cap.measure is not Measure.DEFAULT_CHARGES or component is Component.PENALTY
    if most is None or not limits:
        return None
    return max(ZERO, most - _so_far(cap.measure, cost))


def _so_far(measure: Measure, cost: Cost) -> Decimal:
    match measure:
        case Measure.SINGLE_CHARGE:
            return ZERO
        case Measure.DEFAULT_CHARGES:
            return cost.penalties
        case Measure.TOTAL_COST:
            return cost.interest + cost.fees + cost.penalties
        case _:
            assert_never(measure)
