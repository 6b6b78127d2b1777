"""Amounts as card gateways write them: whole numbers of minor units, with the known exceptions.

Stripe, "Currencies": ISK and UGX have no minor unit but are written with two decimals; currencies
with three decimals are taken in steps of ten of their smallest unit only.
"""

from decimal import Decimal

from domain.errors import DomainError, ErrorCode
from domain.money import exact, exponent

_WRITTEN_WITH_TWO = frozenset({"ISK", "UGX"})
_STEP_OF_TEN = 3
"""Decimals of the currencies whose last one must be zero."""


def to_units(amount: Decimal, currency: str) -> int:
    """An amount as the gateway takes it.

    Raises `AMOUNT_PRECISION` where the gateway cannot take exactly this amount, and
    `UNKNOWN_CURRENCY`.
    """
    units = int(exact(amount, currency).scaleb(_decimals(currency)))
    if exponent(currency) == _STEP_OF_TEN and units % 10:
        raise DomainError(
            ErrorCode.AMOUNT_PRECISION,
            f"Gateways take {currency} with two decimals only.",
            {"currency": currency, "decimals": 2},
        )
    return units


def from_units(units: int, currency: str) -> Decimal:
    """The amount that a gateway wrote; raises `UNKNOWN_CURRENCY`."""
    return exact(Decimal(units).scaleb(-_decimals(currency)), currency)


def _decimals(currency: str) -> int:
    return 2 if currency in _WRITTEN_WITH_TWO else exponent(currency)
