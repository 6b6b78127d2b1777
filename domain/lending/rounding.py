"""The one rounding of a calculation: exact whole numbers of minor units in, one division out.

Interest and instalments are ratios of whole numbers, so ties are seen exactly: 10,025 at 4.5 %
for 40/360 of a year is 50.125, which a float or an early division would miss.
"""

from decimal import Decimal
from enum import StrEnum

from domain.money import exact, exponent


class Rounding(StrEnum):
    """What becomes of an exact half of a minor unit."""

    HALF_EVEN = "half-even"
    """To the even neighbour, so that halves cancel out over many roundings."""
    HALF_UP = "half-up"
    """Away from zero."""


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The quotient rounded to a whole number; the numerator is not negative."""
    quotient, rest = divmod(numerator, denominator)
    twice = rest + rest
    if twice > denominator or (
        twice == denominator and (rounding is Rounding.HALF_UP or quotient % 2 == 1)
    ):
        return quotient + 1
    return quotient


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in minor units (cents); raises `AMOUNT_PRECISION` if it is not a whole number."""
    return int(exact(amount, currency).scaleb(exponent(currency)))


def from_minor(minor: int, currency: str) -> Decimal:
    """Minor units as an amount with the currency's decimals."""
    return Decimal(minor).scaleb(-exponent(currency))


def percent_of(amount: Decimal, percent: Decimal, currency: str) -> Decimal:
    """A percentage of an amount that is not negative, rounded half-even."""
    numerator, denominator = percent.as_integer_ratio()
    return from_minor(
        divide(to_minor(amount, currency) * numerator, denominator * 100, Rounding.HALF_EVEN),
        currency,
    )
