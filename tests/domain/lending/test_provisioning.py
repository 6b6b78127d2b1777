"""Non-accrual and provisions: what a late loan is still counted for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import RBI_SMA, STANDARD
from domain.lending.provisioning import (
    AccruesAgain,
    Earned,
    Provisioning,
    Standing,
    percents_by_bucket,
    provide,
)
from domain.money import ZERO

UNTIL_CURED = Provisioning({"NPA": Decimal(15)}, "NPA")
UNTIL_BELOW = Provisioning({"NPA": Decimal(15)}, "NPA", AccruesAgain.BELOW)


@pytest.mark.parametrize(
    ("history", "until_cured", "until_below"),
    [
        ("current", False, False),
        ("current SMA-0 SMA-2", False, False),
        ("SMA-2 NPA", True, True),
        ("SMA-2 NPA SMA-1", True, False),
        ("NPA SMA-0 current", False, False),
        ("NPA current SMA-0", False, False),
        ("NPA current NPA SMA-0", True, False),
        ("", False, False),
    ],
)
def test_interest_stops_in_a_bucket_and_goes_on_by_the_rule(
    history: str, until_cured: bool, until_below: bool
) -> None:
    buckets = history.split()
    assert UNTIL_CURED.is_non_accrual(RBI_SMA, buckets) is until_cured
    assert UNTIL_BELOW.is_non_accrual(RBI_SMA, buckets) is until_below
    assert not Provisioning({}).is_non_accrual(RBI_SMA, buckets)


LATE = Standing(
    principal=Decimal("1000.00"),
    charges=Decimal("25.00"),
    interest=(
        Earned(Decimal("12.00"), Decimal("2.00"), is_due=True),
        Earned(Decimal("11.00"), ZERO, is_due=True),
        Earned(Decimal("4.50"), ZERO, is_due=False),
        # Paid ahead: nothing is unpaid, and what was paid too much lessens no other row.
        Earned(ZERO, Decimal("3.00"), is_due=False),
    ),
)


def test_interest_due_is_provided_for_while_it_is_income() -> None:
    found = provide(LATE, Decimal("2.5"), "USD", non_accrual=False)
    # 1,000.00 + 25.00 + 10.00 + 11.00; 2.5 % is 26.15.
    assert (found.suspended, found.book, found.allowance) == (
        ZERO,
        Decimal("1046.00"),
        Decimal("26.15"),
    )


def test_suspended_interest_is_no_asset_to_provide_for() -> None:
    found = provide(LATE, Decimal(50), "USD", non_accrual=True)
    assert (found.suspended, found.book, found.allowance) == (
        Decimal("25.50"),
        Decimal("1025.00"),
        Decimal("512.50"),
    )


@pytest.mark.parametrize(
    ("written_off", "suspended", "book"),
    [("500.00", "25.50", "525.00"), ("1040.00", "10.50", "0"), ("1050.50", "0", "0")],
)
def test_what_is_written_off_is_not_counted_twice(
    written_off: str, suspended: str, book: str
) -> None:
    standing = Standing(LATE.principal, LATE.charges, LATE.interest, Decimal(written_off))
    found = provide(standing, Decimal(100), "USD", non_accrual=True)
    assert (found.suspended, found.book) == (Decimal(suspended), Decimal(book))


@given(
    st.decimals(0, 10**6, places=2),
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999), st.booleans()), max_size=5),
    st.decimals(0, 10**6, places=2),
    st.decimals(0, 100, places=3),
    st.booleans(),
)
def test_no_more_is_set_aside_than_is_in_the_books(
    principal: Decimal,
    interest: list[tuple[int, int, bool]],
    written_off: Decimal,
    percent: Decimal,
    non_accrual: bool,
) -> None:
    rows = tuple(
        Earned(Decimal(earned) / 100, Decimal(met) / 100, is_due=due)
        for earned, met, due in interest
    )
    standing = Standing(principal, ZERO, rows, written_off)
    found = provide(standing, percent, "USD", non_accrual=non_accrual)
    unpaid = sum((row.unpaid for row in rows), ZERO)
    assert 0 <= found.allowance <= found.book
    assert 0 <= found.suspended <= unpaid
    assert found.suspended + found.book <= max(ZERO, principal + unpaid - written_off)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Provisioning({"31-60": Decimal(1)}), "provisioning.rates"),
        (Provisioning({}, "31-60"), "provisioning.non_accrual_from"),
        (Provisioning({}, "current"), "provisioning.non_accrual_from"),
    ],
)
def test_buckets_are_those_of_the_ladder(terms: Provisioning, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        terms.check(STANDARD)
    assert (refused.value.code, refused.value.facts) == (
        ErrorCode.INVALID_TERMS,
        {"field": field},
    )


@pytest.mark.parametrize("percent", ["-0.1", "100.1", "NaN", "1.0000001"])
def test_a_percentage_that_cannot_be_is_refused(percent: str) -> None:
    with pytest.raises(DomainError) as refused:
        Provisioning({"current": Decimal(percent)})
    assert refused.value.facts == {"field": "provisioning.rates"}


def test_a_bucket_has_one_percentage() -> None:
    with pytest.raises(DomainError):
        percents_by_bucket([("current", Decimal(1)), ("current", Decimal(1))])
