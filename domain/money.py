"""Amounts of money: Decimal in the minor units of their currency, never float.

A currency's exponent (ISO 4217) says how many decimals an amount may have; an amount with more
is refused, never silently rounded. Rounding happens only where a rule says so.
"""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from functools import cache

from domain.errors import DomainError, ErrorCode

ZERO = Decimal(0)

_TWO = (
    "AED ARS AUD BDT BRL CAD CHF CNY COP CZK DKK EGP EUR GBP GHS HKD HUF IDR ILS INR KES LKR MAD "
    "MXN MYR NGN NOK NPR NZD PEN PHP PKR PLN RON SAR SEK SGD THB TRY TZS UAH USD ZAR"
)
_ZERO = "CLP ISK JPY KRW PYG RWF UGX VND XAF XOF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: dict[str, int] = {
    code: decimals
    for codes, decimals in ((_TWO, 2), (_ZERO, 0), (_THREE, 3))
    for code in codes.split()
}
"""ISO 4217 minor units of the currencies in which books are kept."""

MAX_AMOUNT = Decimal("99999999999999")
"""The largest amount kept: NUMERIC(20,3) with room for sums."""


def exponent(currency: str) -> int:
    """Number of decimals of a currency; raises `UNKNOWN_CURRENCY`."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise DomainError(
            ErrorCode.UNKNOWN_CURRENCY,
            "The currency is not one Tenor keeps books in (ISO 4217, three capital letters).",
        ) from None


@cache
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01, 1 or 0.001; raises `UNKNOWN_CURRENCY`."""
    return Decimal(1).scaleb(-exponent(currency))


def quantize(amount: Decimal, currency: str, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Round an amount to the currency's minor unit (half-even unless the rule says otherwise)."""
    return amount.quantize(minor_unit(currency), rounding=rounding)


def exact(amount: Decimal, currency: str) -> Decimal:
    """The amount at the currency's exponent, or `AMOUNT_PRECISION` if it has more decimals."""
    if not amount.is_finite() or abs(amount) > MAX_AMOUNT:
        raise DomainError(ErrorCode.AMOUNT_PRECISION, "The amount is not a number Tenor can keep.")
    rounded = amount.quantize(minor_unit(currency), rounding=ROUND_DOWN)
    if rounded != amount:
        raise DomainError(
            ErrorCode.AMOUNT_PRECISION,
            f"{currency} has {exponent(currency)} decimals; the amount has more.",
            {"currency": currency, "decimals": exponent(currency)},
        )
    return rounded


def positive(amount: Decimal, currency: str) -> Decimal:
    """An exact amount above zero, or `AMOUNT_NOT_POSITIVE`."""
    kept = exact(amount, currency)
    if kept <= 0:
        raise DomainError(ErrorCode.AMOUNT_NOT_POSITIVE, "The amount must be above zero.")
    return kept
