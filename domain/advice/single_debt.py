"""How long one debt takes to repay by a rule for its payments, with nothing rounded in between.

Statements tell what paying only the minimum means in this way (European Commission,
Markt/2014/107/H3/TA/LV, examples 11 to 15). What is shown is rounded by whoever shows it.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from domain.advice.plans import MOST_MONTHS
from domain.errors import DomainError, ErrorCode

_PERCENT_MONTHS: Final = 1200
_PRECISION: Final = 34

Payment = Callable[[Fraction, Fraction], Fraction]
"""What is paid in a month, told the opening balance and the interest of the month."""


def fixed(amount: Decimal) -> Payment:
    """The same amount every month."""
    return lambda _balance, _interest: Fraction(amount)


def principal_with_interest(amount: Decimal) -> Payment:
    """The same amount of principal every month, and the interest."""
    return lambda _balance, interest: Fraction(amount) + interest


def percent_of_balance(
    percent: Decimal, least: Decimal, *, of_interest_too: bool = False
) -> Payment:
    """A part of the balance, with the interest of the month or without; at least an amount."""
    part = Fraction(percent) / 100

    def pay(balance: Fraction, interest: Fraction) -> Fraction:
        base = balance + interest if of_interest_too else balance
        return max(part * base, Fraction(least))

    return pay


def payments_until_paid(
    balance: Decimal, annual_rate_percent: Decimal, payment: Payment
) -> tuple[Fraction, ...]:
    """The payments of all months, the last one no more than is left.

    Raises `BUDGET_BELOW_INTEREST` when the debt would not be gone in fifty years.
    """
    left = Fraction(balance)
    rate = Fraction(annual_rate_percent) / _PERCENT_MONTHS
    paid: list[Fraction] = []
    while left > 0:
        if len(paid) == MOST_MONTHS:
            raise _endless()
        interest = left * rate
        amount = min(payment(left, interest), left + interest)
        paid.append(amount)
        left += interest - amount
    return tuple(paid)


def months_needed(balance: Decimal, annual_rate_percent: Decimal, payment: Decimal) -> Decimal:
    """How many months a fixed payment takes, as a fraction: −ln(1 − B·r/A) / ln(1 + r).

    Raises `BUDGET_BELOW_INTEREST` when the payment does not cover the interest.
    """
    with localcontext() as context:
        context.prec = _PRECISION
        rate = annual_rate_percent / _PERCENT_MONTHS
        if not rate:
            return balance / payment
        rest = 1 - balance * rate / payment
        if rest <= 0:
            raise _endless()
        return -rest.ln() / (1 + rate).ln()


def _endless() -> DomainError:
    return DomainError(
        ErrorCode.BUDGET_BELOW_INTEREST,
        f"With this payment the debt would not be cleared within {MOST_MONTHS // 12} years.",
        {"field": "inputs.payment"},
    )
