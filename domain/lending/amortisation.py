"""Rows of a schedule from the interest rates of its periods, in whole minor units.

Only an instalment and the interest of a period are rounded, once each. Balances are differences
of rounded amounts, and the last row takes what rounding left over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.lending.rounding import Rounding, divide

_SMOOTHING_ATTEMPTS = 3


class Row(NamedTuple):
    """Principal and interest of a period, in minor units."""

    principal: int
    interest: int


@dataclass(frozen=True, slots=True)
class Rates:
    """The interest rates of the periods as numerators over one denominator."""

    numerators: tuple[int, ...]
    denominator: int

    def after(self, periods: int) -> "Rates":
        """The rates of the periods that follow the first ones."""
        return Rates(self.numerators[periods:], self.denominator)


@dataclass(frozen=True, slots=True)
class Rules:
    """How rows are rounded.

    Attributes:
        rounding: What becomes of an exact half.
        multiple: Instalments are multiples of so many minor units.
        smoothing: The last row's residue is spread over the others where that lessens it.
    """

    rounding: Rounding
    multiple: int = 1
    smoothing: bool = False

    def round(self, numerator: int, denominator: int) -> int:
        """A ratio as a whole number of minor units."""
        return divide(numerator, denominator, self.rounding)

    def instalment(self, numerator: int, denominator: int) -> int:
        """A ratio as an instalment: a multiple."""
        return divide(numerator, denominator * self.multiple, self.rounding) * self.multiple


def annuity(principal: int, balloon: int, rates: Rates, rules: Rules) -> int:
    """The equal instalment: E = (P × (1 + r_1)…(1 + r_n) − B) / F_n.

    F_1 = 1 and F_k = 1 + F_(k-1) × (1 + r_k); B is what is left for the end. For equal periods
    this is the annuity formula; for unequal ones it is what brings the balance to B, which the
    formula with an average rate does not. With the rates a_k / b it becomes a ratio of whole
    numbers: growth is b^n × the product, the divisor b × (b^(n-1) × F_n).
    """
    b = rates.denominator
    growth, divisor, power = b + rates.numerators[0], 1, 1
    for numerator in rates.numerators[1:]:
        factor = b + numerator
        power *= b
        divisor = power + divisor * factor
        growth *= factor
    whole = power * b  # b^n
    return rules.instalment(principal * growth - balloon * whole, b * divisor)


def equal_instalments(principal: int, balloon: int, rates: Rates, rules: Rules) -> list[Row]:
    """Rows whose principal and interest together are equal; the last pays the balance."""
    instalment = annuity(principal, balloon, rates, rules)
    rows = fixed_instalments(principal, instalment, rates, rules)
    if rules.smoothing and not balloon:
        rows = _smoothed(principal, instalment, rows, rates, rules)
    return rows


def fixed_instalments(principal: int, instalment: int, rates: Rates, rules: Rules) -> list[Row]:
    """Rows of a given instalment; the last pays the balance, whatever it is."""
    balance, denominator, rounding = principal, rates.denominator, rules.rounding
    rows: list[Row] = []
    for numerator in rates.numerators[:-1]:
        interest = divide(balance * numerator, denominator, rounding)
        part = instalment - interest
        part = min(part, balance)
        balance -= part
        rows.append(Row(part, interest))
    rows.append(Row(balance, divide(balance * rates.numerators[-1], denominator, rounding)))
    return rows


def equal_principal(principal: int, balloon: int, rates: Rates, rules: Rules) -> list[Row]:
    """Rows of equal principal, P/n, with the interest of the balance; the last pays the rest."""
    part = rules.round(principal - balloon, len(rates.numerators))
    balance = principal
    rows: list[Row] = []
    for numerator in rates.numerators[:-1]:
        interest = rules.round(balance * numerator, rates.denominator)
        paid = min(part, balance)
        rows.append(Row(paid, interest))
        balance -= paid
    rows.append(Row(balance, rules.round(balance * rates.numerators[-1], rates.denominator)))
    return rows


def interest_only(principal: int, rates: Rates, periods: int, rules: Rules) -> list[Row]:
    """Rows of grace on principal: the interest of the whole balance, and nothing of it repaid."""
    return [
        Row(0, rules.round(principal * numerator, rates.denominator))
        for numerator in rates.numerators[:periods]
    ]


def flat(principal: int, rates: Rates, rules: Rules, *, total_rounded_once: bool) -> list[Row]:
    """Rows of interest on the whole principal: instalment = (P + total interest) / n.

    The principal of a row is the instalment less its interest; the last row takes the rest. With
    `total_rounded_once` the last row's interest is what the others leave of the rounded total.
    """
    b = rates.denominator
    interests = [rules.round(principal * numerator, b) for numerator in rates.numerators]
    if total_rounded_once:
        total = rules.round(principal * sum(rates.numerators), b)
        interests[-1] = max(0, total - sum(interests[:-1]))
    instalment = rules.instalment(principal + sum(interests), len(interests))
    balance = principal
    rows: list[Row] = []
    for interest in interests[:-1]:
        part = min(instalment - interest, balance)
        balance -= part
        rows.append(Row(part, interest))
    rows.append(Row(balance, interests[-1]))
    return rows


def deferred(rows: Sequence[Row], periods: int) -> list[Row]:
    """Rows with the interest of the first periods due together with the first later one."""
    if not periods:
        return list(rows)
    put_off = sum(row.interest for row in rows[:periods])
    return [
        *(Row(row.principal, 0) for row in rows[:periods]),
        Row(rows[periods].principal, rows[periods].interest + put_off),
        *rows[periods + 1 :],
    ]


def _smoothed(
    principal: int, instalment: int, rows: list[Row], rates: Rates, rules: Rules
) -> list[Row]:
    """Spread the last row's difference d over all n instalments, if that makes it smaller.

    Tried while |d| in minor units exceeds n // 2, three times at most, as the source of the
    published figures does.
    """
    count = len(rows)
    half = count // 2
    difference = rows[-1].principal + rows[-1].interest - instalment
    for _ in range(_SMOOTHING_ATTEMPTS):
        if half == 0 or abs(difference) <= half:
            break
        adjusted = rules.instalment(instalment * count + difference, count)
        attempt = fixed_instalments(principal, adjusted, rates, rules)
        remaining = attempt[-1].principal + attempt[-1].interest - adjusted
        if abs(remaining) >= abs(difference):
            break
        instalment, rows, difference = adjusted, attempt, remaining
    return rows
