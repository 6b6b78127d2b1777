"""Caps on what credit may cost, as data of a jurisdiction: they override every product.

A `Cap` is a rule of law. Held against a planned loan it becomes a `Limit` in money, which the loan
keeps: whatever is charged later, by a person or by the end of a day, stays within its limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, assert_never

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
    CONTRACT_COST = "contract_cost"
    """All interest and fees together, penalties left aside."""
    TOTAL_COST = "total_cost"
    """All interest, fees and penalties of the loan together."""
    YEARLY_COST = "yearly_cost"
    """The annual percentage rate of charge (Directive 2008/48/EC, Annex I)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a planned loan decides how much it may cost.

    Attributes:
        principal: What is lent.
        credit_days: The principal outstanding by the schedule, summed over its days.
        currency: Of both.
    """

    principal: Decimal
    credit_days: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that something may cost.

    Attributes:
        rule: The name by which a refusal tells it.
        measure: What it limits.
        source: Where the law says so.
        currency: The only currency it is for; None for any.
        amount: In that currency.
        percent_of_principal: Of what was lent.
        percent_per_day: Of the principal outstanding by the schedule, for each of its days.
        percent_a_year: For the measure `yearly_cost`, and for no other.

    Raises `ValueError` unless it has exactly one of the four, and an amount its currency.
    """

    rule: str
    measure: Measure
    source: str
    currency: str | None = None
    amount: Decimal | None = None
    percent_of_principal: Decimal | None = None
    percent_per_day: Decimal | None = None
    percent_a_year: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a cap that caps nothing."""
        said = (self.amount, self.percent_of_principal, self.percent_per_day, self.percent_a_year)
        if sum(each is not None for each in said) != 1:
            raise ValueError("a cap is an amount or one percentage")
        if self.amount is not None and self.currency is None:
            raise ValueError("an amount has a currency")
        if (self.percent_a_year is not None) != (self.measure is Measure.YEARLY_COST):
            raise ValueError("the yearly cost is capped by a percentage a year, and nothing else")

    def limit(self, plan: Plan) -> "Limit | None":
        """What the cap comes to for a loan; None where it is for another currency."""
        if self.currency not in {None, plan.currency}:
            return None
        if self.percent_a_year is not None:
            most = self.percent_a_year
        elif self.percent_of_principal is not None:
            most = percent_of(plan.principal, self.percent_of_principal, plan.currency)
        elif self.percent_per_day is not None:
            most = percent_of(plan.credit_days, self.percent_per_day, plan.currency)
        else:
            most = self.amount or ZERO
        return Limit(self.rule, self.measure, self.source, most)


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that something of one loan may cost, and by which rule.

    `most` is money in the loan's currency; of the yearly cost it is a percentage.
    """

    rule: str
    measure: Measure
    source: str
    most: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """What a loan costs so far, whether paid or not: what was waived costs nothing."""

    principal: Decimal
    currency: str
    interest: Decimal
    fees: Decimal
    penalties: Decimal

    def of(self, measure: Measure) -> Decimal:
        """What counts against a limit; nothing where each charge, or no money, is measured."""
        match measure:
            case Measure.SINGLE_CHARGE | Measure.YEARLY_COST:
                return ZERO
            case Measure.DEFAULT_CHARGES:
                return self.penalties
            case Measure.CONTRACT_COST:
                return self.interest + self.fees
            case Measure.TOTAL_COST:
                return self.interest + self.fees + self.penalties
            case _:
                assert_never(measure)


_OF_PENALTIES: Final = frozenset(
    {Measure.SINGLE_CHARGE, Measure.DEFAULT_CHARGES, Measure.TOTAL_COST}
)
_OF_FEES: Final = frozenset({Measure.SINGLE_CHARGE, Measure.CONTRACT_COST, Measure.TOTAL_COST})


def limits_of(caps: Sequence[Cap], plan: Plan) -> tuple[Limit, ...]:
    """What caps come to for a planned loan."""
    return tuple(limit for cap in caps if (limit := cap.limit(plan)) is not None)


def check_plan(
    limits: Sequence[Limit], cost: Cost, yearly_percent: Decimal, charges: Sequence[Decimal] = ()
) -> None:
    """Refuse a loan, or a new schedule of one, that would cost more than a cap allows.

    `charges` are those that are made with it. Raises `CAP_EXCEEDED` with the facts `rule`,
    `source`, `most` and `cost`.
    """
    for limit in limits:
        match limit.measure:
            case Measure.YEARLY_COST:
                planned = yearly_percent
            case Measure.SINGLE_CHARGE:
                planned = max(charges, default=ZERO)
            case _:
                planned = cost.of(limit.measure)
        if planned > limit.most:
            raise _exceeded(limit, _told(limit, limit.most, cost), _told(limit, planned, cost))


def check_charge(
    limits: Sequence[Limit], cost: Cost, component: Component, amount: Decimal
) -> None:
    """Refuse a charge that a cap does not allow.

    Raises `CAP_EXCEEDED`, for the narrowest one, with the facts `rule`, `source` and `most`, what
    may still be charged.
    """
    rooms = _rooms(limits, cost, component)
    room, limit = min(rooms, key=lambda each: each[0], default=(amount, None))
    if limit is not None and amount > room:
        told = str(quantize(room, cost.currency))
        raise DomainError(
            ErrorCode.CAP_EXCEEDED,
            f"{limit.rule} ({limit.source}) leaves room for {told} {cost.currency}.",
            {"rule": limit.rule, "source": limit.source, "most": told},
        )


def room_for(limits: Sequence[Limit], cost: Cost, component: Component) -> Decimal | None:
    """The most that all limits together let a charge be; None where none limits it.

    For penalties that follow from lateness, `cost` counts waived ones too: they do not grow again.
    """
    return min((room for room, _ in _rooms(limits, cost, component)), default=None)


def _rooms(
    limits: Sequence[Limit], cost: Cost, component: Component
) -> list[tuple[Decimal, Limit]]:
    """What each limit leaves for a charge, of those that limit it."""
    limiting = _OF_PENALTIES if component is Component.PENALTY else _OF_FEES
    return [
        (max(ZERO, limit.most - cost.of(limit.measure)), limit)
        for limit in limits
        if limit.measure in limiting
    ]


def _told(limit: Limit, amount: Decimal, cost: Cost) -> str:
    if limit.measure is Measure.YEARLY_COST:
        return f"{amount.quantize(Decimal('0.01'))} %"
    return f"{quantize(amount, cost.currency)} {cost.currency}"


def _exceeded(limit: Limit, most: str, planned: str) -> DomainError:
    return DomainError(
        ErrorCode.CAP_EXCEEDED,
        f"{limit.rule} ({limit.source}) allows {most}; this would cost {planned}.",
        {"rule": limit.rule, "source": limit.source, "most": most, "cost": planned},
    )
