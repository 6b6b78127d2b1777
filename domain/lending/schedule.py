"""Repayment schedules: equal instalments on the declining balance, and flat interest.

Everything is computed in whole minor units and exact ratios; only an instalment and the interest
of a period are rounded, once each. Balances are differences of rounded amounts, and the last
instalment takes what rounding left over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import lcm
from typing import NamedTuple, assert_never

from domain.calendar import due_dates, nth_date
from domain.daycount import year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import Rounding, divide, to_minor
from domain.lending.terms import InterestMethod, Terms
from domain.money import exponent

_SMOOTHING_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Instalment:
    """One row of a schedule: the period (from_on, due_on] and what falls due at its end."""

    number: int
    """Counted from one."""
    from_on: date
    due_on: date
    principal: Decimal
    interest: Decimal

    @property
    def total(self) -> Decimal:
        """Principal and interest."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class _Rates:
    """The interest rates of the periods as numerators over one denominator."""

    numerators: tuple[int, ...]
    denominator: int


class _Row(NamedTuple):
    """Principal and interest of a period, in minor units."""

    principal: int
    interest: int


def schedule_dates(terms: Terms) -> tuple[date, ...]:
    """The due dates of a loan.

    Where the first one is just a period after the disbursement, they are counted from the
    disbursement (31 October, 30 November, 31 December); otherwise from the first due date.
    """
    if nth_date(terms.disbursed_on, terms.frequency, 1) == terms.first_due_on:
        return due_dates(terms.disbursed_on, terms.frequency, terms.instalments + 1)[1:]
    return due_dates(terms.first_due_on, terms.frequency, terms.instalments)


def build_schedule(terms: Terms) -> tuple[Instalment, ...]:
    """All instalments of a loan; their principal adds up to the principal of the loan.

    Raises `INVALID_TERMS` where the terms leave an instalment that pays nothing (a principal too
    small for so many) or one that does not cover its interest (a first period too long).
    """
    dates = schedule_dates(terms)
    rates = _period_rates(terms, dates)
    principal = to_minor(terms.principal, terms.currency)
    match terms.interest_method:
        case InterestMethod.DECLINING_BALANCE:
            rows = _declining_balance(principal, rates, terms)
        case InterestMethod.FLAT:
            rows = _flat(principal, rates, terms.rounding)
        case _:
            assert_never(terms.interest_method)
    _check_rows(rows)
    scale = -exponent(terms.currency)
    return tuple(
        Instalment(
            number,
            from_on,
            due_on,
            Decimal(row.principal).scaleb(scale),
            Decimal(row.interest).scaleb(scale),
        )
        for number, (from_on, due_on, row) in enumerate(
            zip((terms.disbursed_on, *dates), dates, rows, strict=False), start=1
        )
    )


def _period_rates(terms: Terms, dates: Sequence[date]) -> _Rates:
    """r_i = annual rate × year fraction of period i, exactly."""
    first_is_whole = nth_date(terms.disbursed_on, terms.frequency, 1) == dates[0]
    fractions = [
        year_fraction(
            terms.day_count,
            start,
            end,
            terms.frequency,
            whole_period=first_is_whole if position == 0 else True,
        )
        for position, (start, end) in enumerate(
            zip((terms.disbursed_on, *dates), dates, strict=False)
        )
    ]
    rate, rate_denominator = terms.annual_rate_percent.as_integer_ratio()
    common = lcm(*{fraction.denominator for fraction in fractions})
    return _Rates(
        tuple(
            rate * fraction.numerator * (common // fraction.denominator) for fraction in fractions
        ),
        rate_denominator * 100 * common,
    )


def _equal_instalment(principal: int, rates: _Rates, rounding: Rounding) -> int:
    """E = P × (1 + r_1)…(1 + r_n) / F_n, with F_1 = 1 and F_k = 1 + F_(k-1) × (1 + r_k).

    For equal periods this is the annuity formula; for unequal ones it is what brings the balance
    to zero, which the formula with an average rate does not. With the rates a_k / b it becomes a
    ratio of whole numbers: growth is b^n × the product, annuity b^(n-1) × F_n.
    """
    b = rates.denominator
    growth, annuity, power = b + rates.numerators[0], 1, 1
    for numerator in rates.numerators[1:]:
        factor = b + numerator
        power *= b
        annuity = power + annuity * factor
        growth *= factor
    return divide(principal * growth, b * annuity, rounding)


def _declining_balance(principal: int, rates: _Rates, terms: Terms) -> list[_Row]:
    """Rows of equal instalments; the residue in the last one is smoothed where terms say so."""
    instalment = _equal_instalment(principal, rates, terms.rounding)
    rows = _annuity_rows(principal, instalment, rates, terms.rounding)
    if terms.instalment_smoothing:
        rows = _smoothed(principal, instalment, rows, rates, terms.rounding)
    return rows


def _annuity_rows(principal: int, instalment: int, rates: _Rates, rounding: Rounding) -> list[_Row]:
    balance = principal
    rows: list[_Row] = []
    for numerator in rates.numerators[:-1]:
        interest = divide(balance * numerator, rates.denominator, rounding)
        part = min(instalment - interest, balance)
        balance -= part
        rows.append(_Row(part, interest))
    interest = divide(balance * rates.numerators[-1], rates.denominator, rounding)
    rows.append(_Row(balance, interest))
    return rows


def _smoothed(
    principal: int, instalment: int, rows: list[_Row], rates: _Rates, rounding: Rounding
) -> list[_Row]:
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
        adjusted = divide(instalment * count + difference, count, rounding)
        attempt = _annuity_rows(principal, adjusted, rates, rounding)
        remaining = attempt[-1].principal + attempt[-1].interest - adjusted
        if abs(remaining) >= abs(difference):
            break
        instalment, rows, difference = adjusted, attempt, remaining
    return rows


def _flat(principal: int, rates: _Rates, rounding: Rounding) -> list[_Row]:
    """Interest of each period on the whole principal; equal instalments, the last takes the rest.

    instalment = (P + total interest) / n, principal of a row = instalment − its interest.
    """
    interests = [
        divide(principal * numerator, rates.denominator, rounding) for numerator in rates.numerators
    ]
    count = len(interests)
    instalment = divide(principal + sum(interests), count, rounding)
    balance = principal
    rows: list[_Row] = []
    for interest in interests[:-1]:
        part = min(instalment - interest, balance)
        balance -= part
        rows.append(_Row(part, interest))
    rows.append(_Row(balance, interests[-1]))
    return rows


def _check_rows(rows: Sequence[_Row]) -> None:
    for row in rows:
        if row.principal < 0:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "The first period is so long that the instalment does not cover its interest.",
                {"field": "first_due_on"},
            )
        if row.principal + row.interest == 0:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "The principal is too small for so many instalments: some would be zero.",
                {"field": "instalments"},
            )
