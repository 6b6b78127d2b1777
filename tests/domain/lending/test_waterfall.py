"""Allocation: conservation, order, presets."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.waterfall import (
    WATERFALLS,
    Allocation,
    Component,
    FutureRule,
    Owed,
    Preset,
    Processing,
    Waterfall,
    after,
    allocate,
    apply_waterfall,
)
from domain.money import ZERO
from tests.domain.lending.strategies import DATES, debts, money, thorough

Debts = tuple[str, list[Owed]]
PAYMENTS = st.integers(1, 3_000_000)
PRESETS = st.sampled_from(Preset)


@thorough
@given(debts(), PAYMENTS, PRESETS, DATES)
def test_a_payment_is_split_without_loss(
    owing: Debts, minor: int, preset: Preset, value_on: date
) -> None:
    currency, owed = owing
    amount = money(minor, currency)
    split = allocate(owed, amount, preset, value_on, currency)
    assert sum((part.amount for part in split.allocations), split.unapplied) == amount
    assert all(part.amount > 0 for part in split.allocations)
    left = after(owed, split.allocations)
    assert all(row.of(component) >= 0 for row in left for component in Component)
    owed_before = sum(row.total for row in owed)
    owed_after = sum(row.total for row in left)
    assert owed_after == max(0, owed_before - amount)
    assert split.unapplied == max(0, amount - owed_before)


@thorough
@given(debts(), PAYMENTS, PAYMENTS, PRESETS, DATES)
def test_a_larger_payment_never_raises_what_is_owed(
    owing: Debts, minor: int, more: int, preset: Preset, value_on: date
) -> None:
    currency, owed = owing

    def left(paid: int) -> tuple[Owed, ...]:
        split = allocate(owed, money(paid, currency), preset, value_on, currency)
        return after(owed, split.allocations)

    for small, large in zip(left(minor), left(minor + more), strict=True):
        assert all(large.of(component) <= small.of(component) for component in Component)


@thorough
@given(debts(), PAYMENTS, PAYMENTS, PRESETS, DATES)
def test_two_payments_split_as_one_does(
    owing: Debts, first: int, second: int, preset: Preset, value_on: date
) -> None:
    """What is paid does not depend on how the money was divided."""
    currency, owed = owing
    one = allocate(owed, money(first + second, currency), preset, value_on, currency)
    left: tuple[Owed, ...] = tuple(owed)
    for minor in (first, second):
        part = allocate(left, money(minor, currency), preset, value_on, currency)
        left = after(left, part.allocations)
    assert left == after(owed, one.allocations)


@thorough
@given(debts(), PAYMENTS, PRESETS, DATES)
def test_the_oldest_instalment_comes_first(
    owing: Debts, minor: int, preset: Preset, value_on: date
) -> None:
    currency, owed = owing
    split = allocate(owed, money(minor, currency), preset, value_on, currency)
    left = sorted(after(owed, split.allocations), key=lambda row: row.due_on)
    touched = {part.instalment for part in split.allocations}
    for earlier, later in zip(left, left[1:], strict=False):
        if later.number in touched:
            assert earlier.total == 0


ONE = Owed(
    1,
    date(2024, 2, 1),
    penalty=Decimal("1.00"),
    fee=Decimal("2.00"),
    interest=Decimal("3.00"),
    principal=Decimal("4.00"),
)


@pytest.mark.parametrize(
    ("preset", "order"),
    [
        (Preset.INTEREST_FIRST, "interest principal fee penalty"),
        (Preset.PENALTY_FEE_INTEREST_PRINCIPAL, "penalty fee interest principal"),
        (Preset.PRINCIPAL_FIRST, "principal interest fee penalty"),
    ],
)
def test_presets_keep_their_order(preset: Preset, order: str) -> None:
    split = allocate([ONE], Decimal("10.50"), preset, date(2024, 3, 1), "EUR")
    assert [part.component.value for part in split.allocations] == order.split()
    assert split.unapplied == Decimal("0.50")


def test_a_part_payment_stops_inside_a_component() -> None:
    split = allocate(
        [ONE], Decimal("4.25"), Preset.PENALTY_FEE_INTEREST_PRINCIPAL, date(2024, 3, 1), "EUR"
    )
    assert split.allocations == (
        Allocation(1, Component.PENALTY, Decimal("1.00")),
        Allocation(1, Component.FEE, Decimal("2.00")),
        Allocation(1, Component.INTEREST, Decimal("1.25")),
    )
    assert split.unapplied == 0


def test_every_preset_has_its_order() -> None:
    assert set(WATERFALLS) == set(Preset)


def test_an_instalment_not_yet_due_takes_the_order_in_advance() -> None:
    waterfall = Waterfall(
        due=(Component.PENALTY, Component.FEE, Component.INTEREST, Component.PRINCIPAL),
        in_advance=(Component.PRINCIPAL, Component.PENALTY, Component.FEE, Component.INTEREST),
    )
    for value_on, component in (
        (date(2024, 2, 1), Component.PENALTY),
        (date(2024, 1, 31), Component.PRINCIPAL),
    ):
        split = apply_waterfall([ONE], Decimal("1.00"), waterfall, value_on, "EUR")
        assert [part.component for part in split.allocations] == [component]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", ErrorCode.AMOUNT_NOT_POSITIVE),
        ("-1", ErrorCode.AMOUNT_NOT_POSITIVE),
        ("0.001", ErrorCode.AMOUNT_PRECISION),
    ],
)
def test_a_payment_is_a_positive_exact_amount(amount: str, code: ErrorCode) -> None:
    with pytest.raises(DomainError) as refusal:
        allocate([ONE], Decimal(amount), Preset.INTEREST_FIRST, date(2024, 3, 1), "EUR")
    assert refusal.value.code is code


def test_an_order_names_each_component_once() -> None:
    with pytest.raises(ValueError, match="each component once"):
        Waterfall(due=(Component.FEE,), in_advance=tuple(Component))


@pytest.mark.parametrize(
    "allocation",
    [
        Allocation(1, Component.FEE, Decimal("2.01")),
        Allocation(2, Component.FEE, Decimal("1.00")),
    ],
)
def test_an_allocation_beyond_what_is_owed_is_a_mistake(allocation: Allocation) -> None:
    with pytest.raises(ValueError, match="more than its instalment owes"):
        after([ONE], [allocation])


def test_the_older_due_date_wins_over_the_lower_number() -> None:
    charged = Owed(7, date(2024, 1, 15), fee=Decimal("2.00"))
    split = allocate([ONE, charged], Decimal("1.00"), Preset.INTEREST_FIRST, ONE.due_on, "EUR")
    assert split.allocations == (Allocation(7, Component.FEE, Decimal("1.00")),)


SAME = tuple(Component)
OPEN = [
    Owed(1, date(2028, 1, 1), interest=Decimal("1.00"), principal=Decimal("9.00")),
    Owed(2, date(2028, 2, 1), interest=Decimal("1.00"), principal=Decimal("9.00")),
    Owed(3, date(2028, 3, 1), interest=Decimal("1.00"), principal=Decimal("9.00")),
    Owed(4, date(2028, 4, 1), interest=Decimal("1.00"), principal=Decimal("9.00")),
]


def paid_by(waterfall: Waterfall, amount: str, value_on: date) -> dict[tuple[int, str], str]:
    split = apply_waterfall(OPEN, Decimal(amount), waterfall, value_on, "EUR")
    return {(part.instalment, part.component.value): str(part.amount) for part in split.allocations}


def test_vertically_a_component_is_finished_over_the_bucket() -> None:
    way = Waterfall(due=SAME, in_advance=SAME, processing=Processing.VERTICAL)
    assert paid_by(way, "3.00", date(2028, 2, 2)) == {
        (1, "interest"): "1.00",
        (2, "interest"): "1.00",
        (1, "principal"): "1.00",
    }


def test_what_is_paid_in_advance_may_shorten_the_term() -> None:
    way = Waterfall(due=SAME, in_advance=SAME, future=FutureRule.LAST)
    assert paid_by(way, "12.00", date(2028, 1, 1)) == {
        (1, "interest"): "1.00",
        (1, "principal"): "9.00",
        (4, "interest"): "1.00",
        (4, "principal"): "1.00",
    }


def test_what_is_paid_in_advance_may_be_shared_out_until_it_is_used_up() -> None:
    way = Waterfall(due=SAME, in_advance=SAME[::-1], future=FutureRule.REAMORTISE)
    assert paid_by(way, "10.00", date(2027, 12, 1)) == {
        (number, "principal"): "2.50" for number in (1, 2, 3, 4)
    }
    small = [replace(OPEN[0], principal=ZERO), *OPEN[1:]]
    split = apply_waterfall(small, Decimal("10.01"), way, date(2027, 12, 1), "EUR")
    by_number = [
        sum((part.amount for part in split.allocations if part.instalment == number), ZERO)
        for number in (1, 2, 3, 4)
    ]
    assert by_number == [Decimal("1.00"), Decimal("3.00"), Decimal("3.00"), Decimal("3.01")]


def test_charges_may_fall_due_before_their_instalment() -> None:
    way = Waterfall(due=SAME, in_advance=SAME[::-1], charges_fall_due=True)
    later = replace(OPEN[1], fee=Decimal("4.00"), fee_due=Decimal("3.00"))
    split = apply_waterfall([later], Decimal("5.00"), way, date(2028, 1, 15), "EUR")
    assert split.allocations == (
        Allocation(2, Component.FEE, Decimal("3.00")),
        Allocation(2, Component.PRINCIPAL, Decimal("2.00")),
    )
