"""The yearly cost of credit, from dated advances and payments.

Two methods that the law knows, and that give different figures:

* the actuarial method of the United States (12 CFR 1026, Appendix J): a rate per unit-period,
  times the unit-periods of a year, with simple interest in odd fractions of a unit-period;
* the annual percentage rate of charge of the European Union (Directive 2008/48/EC, Annex I):
  the effective annual rate, with time in years.

Rates are percentages a year, not rounded; whoever shows one rounds it as his law says.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final, assert_never

from domain.calendar import add_months
from domain.errors import DomainError, ErrorCode
from domain.money import ZERO

_PRECISION: Final = 34
_CLOSE: Final = Decimal("1e-14")
_MOST_STEPS: Final = 300
_HIGHEST: Final = Decimal(2) ** 40
_MONTHS_A_YEAR: Final = 12
_DAYS_A_YEAR: Final = 365
_DAYS_A_MONTH: Final = 30
_DAYS_A_WEEK: Final = 7
_SHORTEST_HALF: Final = 13
_LONGEST_HALF: Final = 18
_WEEKS_A_YEAR: Final = 52


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that changes hands on a day: an advance, or a payment; above zero."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TimedFlow:
    """Money that changes hands so many years after the first advance."""

    years: Fraction
    amount: Decimal


class Measure(StrEnum):
    """What a unit-period is counted in."""

    MONTHS = "months"
    SEMIMONTHS = "semimonths"
    """Halves of a month: 24 a year, each of 15 days (App. J (b)(5)(iv))."""
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """The interval that occurs most often in a transaction: so many months, or days."""

    measure: Measure
    every: int

    @property
    def per_year(self) -> Fraction:
        """How many make a year; whole weeks count 52 a year (App. J (b)(5)(vii))."""
        match self.measure:
            case Measure.MONTHS:
                return Fraction(_MONTHS_A_YEAR, self.every)
            case Measure.SEMIMONTHS:
                return Fraction(2 * _MONTHS_A_YEAR, self.every)
            case Measure.DAYS:
                if self.every % _DAYS_A_WEEK == 0:
                    return Fraction(_WEEKS_A_YEAR * _DAYS_A_WEEK, self.every)
                return Fraction(_DAYS_A_YEAR, self.every)
            case _:
                assert_never(self.measure)


def us_actuarial(
    advances: Sequence[Flow], payments: Sequence[Flow], unit: UnitPeriod | None = None
) -> Decimal:
    """The annual percentage rate by the general equation of Appendix J (b)(8).

    sum of advances / ((1 + f·i)(1 + i)^t) = sum of payments / ((1 + f·i)(1 + i)^t), where t is the
    whole unit-periods and f the fraction of one from the first advance, counted back from the day
    of each; the rate is i times the unit-periods of a year.

    Args:
        advances: What is lent, in any order.
        payments: What is paid back, in any order.
        unit: The unit-period; the one that (b)(4) prescribes, if it is not given.

    Returns:
        Percent a year, unrounded.

    Raises:
        DomainError: `INVALID_TERMS` when nothing is lent, when less is paid back than was lent,
            or when a payment comes before the first advance.
    """
    start = _start(advances, payments)
    unit = unit_period(advances, payments) if unit is None else unit
    flows = [(*_counted_back(start, flow.on, unit), -flow.amount) for flow in advances]
    flows += [(*_counted_back(start, flow.on, unit), flow.amount) for flow in payments]

    def worth(rate: Decimal) -> Decimal:
        growth = 1 + rate
        return sum(
            (amount / ((1 + part * rate) * growth**whole) for whole, part, amount in flows), ZERO
        )

    with localcontext() as context:
        context.prec = _PRECISION
        return _root(worth) * _decimal(unit.per_year) * 100


def eu_aprc(advances: Sequence[Flow], payments: Sequence[Flow]) -> Decimal:
    """The annual percentage rate of charge of Annex I, part I, of dated flows.

    The time between two days is counted back from the later, in whole years, months or weeks as
    the transaction goes (twelve equal months or 52 weeks a year); days left over before them are
    counted over 365, or over 366 where the year before them holds a 29 February (remarks (c), (d)).

    Returns:
        Percent a year, unrounded.

    Raises:
        DomainError: As `us_actuarial` does.
    """
    start = _start(advances, payments)
    unit = unit_period(advances, payments)

    def timed(flows: Sequence[Flow]) -> list[TimedFlow]:
        return [TimedFlow(_years_between(start, flow.on, unit), flow.amount) for flow in flows]

    return effective_rate(timed(advances), timed(payments))


def effective_rate(advances: Sequence[TimedFlow], payments: Sequence[TimedFlow]) -> Decimal:
    """The effective annual rate: sum of advances / (1 + X)^t = sum of payments / (1 + X)^t.

    Returns:
        Percent a year, unrounded.

    Raises:
        DomainError: `INVALID_TERMS` as `us_actuarial` does.
    """
    _check([flow.amount for flow in advances], [flow.amount for flow in payments])
    with localcontext() as context:
        context.prec = _PRECISION
        flows = [(_decimal(flow.years), -flow.amount) for flow in advances]
        flows += [(_decimal(flow.years), flow.amount) for flow in payments]

        def worth(force: Decimal) -> Decimal:
            # (1 + X)^-t = e^(-t·force): one exponential a flow, whatever the fraction.
            return sum((amount * (-years * force).exp() for years, amount in flows), ZERO)

        return (_root(worth).exp() - 1) * 100


def unit_period(advances: Sequence[Flow], payments: Sequence[Flow]) -> UnitPeriod:
    """The interval that occurs most often, the shorter of two; no longer than a year.

    One advance paid back at once has its whole term as the unit-period (App. J (b)(4)).
    """
    days = sorted({flow.on for flow in (*advances, *payments)})
    found = Counter(_interval(earlier, later) for earlier, later in pairwise(days))
    if not found:
        return UnitPeriod(Measure.MONTHS, _MONTHS_A_YEAR)
    if 2 * _half_months(days) > len(days) - 1:
        return UnitPeriod(Measure.SEMIMONTHS, 1)
    unit, _ = min(found.items(), key=lambda item: (-item[1], -item[0].per_year))
    return UnitPeriod(Measure.MONTHS, _MONTHS_A_YEAR) if unit.per_year < 1 else unit


def _half_months(days: Sequence[date]) -> int:
    """How many days in a row are halves of a month apart: a month from the last but one."""
    return sum(
        _interval(first, third) == UnitPeriod(Measure.MONTHS, 1)
        and _SHORTEST_HALF <= (second - first).days <= _LONGEST_HALF
        for first, second, third in zip(days, days[1:], days[2:], strict=False)
    )


def _interval(earlier: date, later: date) -> UnitPeriod:
    months = (later.year - earlier.year) * _MONTHS_A_YEAR + later.month - earlier.month
    if months > 0 and later in {add_months(earlier, months), _same_end(earlier, months)}:
        return UnitPeriod(Measure.MONTHS, months)
    return UnitPeriod(Measure.DAYS, (later - earlier).days)


def _same_end(day: date, months: int) -> date | None:
    """The last day of another month, for the last day of one."""
    following = add_months(day.replace(day=1), 1)
    if (following - day).days != 1:
        return None
    return date.fromordinal(add_months(following, months).toordinal() - 1)


def _counted_back(start: date, on: date, unit: UnitPeriod) -> tuple[int, Decimal]:
    """Whole unit-periods and the fraction of one between the first advance and a day."""
    match unit.measure:
        case Measure.DAYS:
            whole, left = divmod((on - start).days, unit.every)
            return whole, Decimal(left) / unit.every
        case Measure.SEMIMONTHS:
            months, odd = _months_back(start, on)
            length = unit.every * _DAYS_A_MONTH // 2
            whole, left = divmod(months * _DAYS_A_MONTH + odd, length)
            return whole, Decimal(left) / length
        case Measure.MONTHS:
            months, odd = _months_back(start, on)
            whole, left = divmod(months, unit.every)
            return whole, Decimal(left * _DAYS_A_MONTH + odd) / (unit.every * _DAYS_A_MONTH)
        case _:
            assert_never(unit.measure)


def _years_between(start: date, on: date, unit: UnitPeriod) -> Fraction:
    if unit.measure is Measure.DAYS and unit.every % _DAYS_A_WEEK == 0:
        weeks, odd = divmod((on - start).days, _DAYS_A_WEEK)
        whole = Fraction(weeks, _WEEKS_A_YEAR)
    else:
        months, odd = _months_back(start, on)
        if unit.measure is Measure.MONTHS and unit.every % _MONTHS_A_YEAR == 0:
            months -= months % _MONTHS_A_YEAR
            odd = (add_months(on, -months) - start).days
        whole = Fraction(months, _MONTHS_A_YEAR)
    until = date.fromordinal(start.toordinal() + odd)
    return whole + Fraction(odd, (until - add_months(until, -_MONTHS_A_YEAR)).days)


def _months_back(start: date, on: date) -> tuple[int, int]:
    """Whole months counted back from a day, and the days that are left before them."""
    months = (on.year - start.year) * _MONTHS_A_YEAR + on.month - start.month
    if add_months(on, -months) < start:
        months -= 1
    return months, (add_months(on, -months) - start).days


def _start(advances: Sequence[Flow], payments: Sequence[Flow]) -> date:
    _check([flow.amount for flow in advances], [flow.amount for flow in payments])
    start = min(flow.on for flow in advances)
    if any(flow.on < start for flow in payments):
        raise DomainError(ErrorCode.INVALID_TERMS, "A payment comes before the first advance.")
    return start


def _check(advances: Sequence[Decimal], payments: Sequence[Decimal]) -> None:
    if not advances or any(amount <= ZERO for amount in (*advances, *payments)):
        raise DomainError(
            ErrorCode.INVALID_TERMS, "Something must be lent, and every amount be above zero."
        )
    if sum(payments, ZERO) < sum(advances, ZERO):
        raise DomainError(ErrorCode.INVALID_TERMS, "Less is paid back than was lent.")


def _decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def _root(worth: Callable[[Decimal], Decimal]) -> Decimal:
    """Where what is paid back is worth what was lent: false position, in its Illinois form.

    What is paid back is worth more than what was lent at no interest, and less at enough of it.
    """
    low, high = ZERO, Decimal(1)
    at_low, at_high = worth(low), worth(high)
    if at_low == ZERO:
        return low
    while at_high > ZERO:
        low, at_low, high = high, at_high, high * 2
        if high > _HIGHEST:
            raise DomainError(ErrorCode.INVALID_TERMS, "No rate makes the two sides equal.")
        at_high = worth(high)
    for _ in range(_MOST_STEPS):
        guess = (low * at_high - high * at_low) / (at_high - at_low)
        at_guess = worth(guess)
        if at_guess == ZERO or high - low < _CLOSE:
            return guess
        if (at_guess > ZERO) == (at_high > ZERO):
            high, at_high, at_low = guess, at_guess, at_low / 2
        else:
            low, at_low, at_high = guess, at_guess, at_high / 2
        if abs(at_guess) < _CLOSE:
            return guess
    return (low + high) / 2
