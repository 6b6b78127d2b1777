"""Amounts of money: exponents, precision, limits."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from domain import money
from domain.errors import DomainError, ErrorCode


@pytest.mark.parametrize(
    ("currency", "decimals", "smallest"),
    [("EUR", 2, "0.01"), ("INR", 2, "0.01"), ("JPY", 0, "1"), ("KWD", 3, "0.001")],
)
def test_minor_unit_follows_the_exponent(currency: str, decimals: int, smallest: str) -> None:
    assert money.exponent(currency) == decimals
    assert money.minor_unit(currency) == Decimal(smallest)


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XXX", "BTC"])
def test_currency_must_be_known(currency: str) -> None:
    with pytest.raises(DomainError) as refusal:
        money.exact(Decimal(1), currency)
    assert refusal.value.code is ErrorCode.UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [("1", "EUR", "1.00"), ("1.10", "EUR", "1.10"), ("1.000", "JPY", "1"), ("0", "KWD", "0.000")],
)
def test_exact_keeps_the_amount_at_the_exponent(amount: str, currency: str, kept: str) -> None:
    assert str(money.exact(Decimal(amount), currency)) == kept


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("-1.005", "EUR"),
        ("NaN", "EUR"),
        ("sNaN", "EUR"),
        ("Infinity", "EUR"),
        ("1e15", "EUR"),
        ("-1e15", "EUR"),
        ("1e-999", "EUR"),
        ("1e999", "EUR"),
    ],
)
def test_exact_refuses_rather_than_rounds(amount: str, currency: str) -> None:
    with pytest.raises(DomainError) as refusal:
        money.exact(Decimal(amount), currency)
    assert refusal.value.code is ErrorCode.AMOUNT_PRECISION


def test_precision_refusal_says_how_many_decimals() -> None:
    with pytest.raises(DomainError) as refusal:
        money.exact(Decimal("0.001"), "EUR")
    assert refusal.value.facts == {"currency": "EUR", "decimals": 2}


def test_largest_amount_is_kept() -> None:
    assert money.exact(money.MAX_AMOUNT, "KWD") == money.MAX_AMOUNT


@pytest.mark.parametrize("amount", ["0", "0.00", "-0.01", "-0"])
def test_positive_refuses_nothing_and_less(amount: str) -> None:
    with pytest.raises(DomainError) as refusal:
        money.positive(Decimal(amount), "EUR")
    assert refusal.value.code is ErrorCode.AMOUNT_NOT_POSITIVE


def test_quantize_rounds_halves_to_even_unless_told() -> None:
    assert money.quantize(Decimal("50.125"), "EUR") == Decimal("50.12")
    assert money.quantize(Decimal("50.135"), "EUR") == Decimal("50.14")
    assert money.quantize(Decimal("50.125"), "EUR", ROUND_HALF_UP) == Decimal("50.13")
    assert money.quantize(Decimal("2.5"), "JPY") == Decimal(2)
