"""Caps of a jurisdiction: what they come to for a loan, and what goes beyond them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.caps import (
    Cap,
    Cost,
    Limit,
    Measure,
    Plan,
    check_charge,
    check_plan,
    limits_of,
    room_for,
)
from domain.lending.waterfall import Component
from domain.money import ZERO

PLAN = Plan(Decimal(200), Decimal("12345.00"), "GBP")
COST = Cost(Decimal(200), "GBP", interest=Decimal(60), fees=Decimal(10), penalties=ZERO)


def limit(measure: Measure, most: str) -> Limit:
    return Limit(f"x.{measure}", measure, "Act 1", Decimal(most))


def test_each_way_of_saying_a_cap() -> None:
    caps = [
        Cap("a", Measure.SINGLE_CHARGE, "s", "GBP", Decimal(7)),
        Cap("b", Measure.TOTAL_COST, "s", percent_of_principal=Decimal(50)),
        # 0.8 % of 12345 is 98.76.
        Cap("c", Measure.CONTRACT_COST, "s", percent_per_day=Decimal("0.8")),
        Cap("d", Measure.YEARLY_COST, "s", percent_a_year=Decimal(36)),
        Cap("e", Measure.TOTAL_COST, "s", "USD", Decimal(1)),
    ]
    assert [(each.rule, each.most) for each in limits_of(caps, PLAN)] == [
        ("a", Decimal(7)),
        ("b", Decimal(100)),
        ("c", Decimal("98.76")),
        ("d", Decimal(36)),
    ]


@pytest.mark.parametrize(
    "terms",
    [
        {"measure": Measure.YEARLY_COST, "percent_of_principal": Decimal(1)},
        {"measure": Measure.TOTAL_COST, "percent_a_year": Decimal(1)},
        {
            "measure": Measure.TOTAL_COST,
            "percent_per_day": Decimal(1),
            "percent_of_principal": Decimal(1),
        },
    ],
)
def test_a_cap_that_contradicts_itself_is_none(terms: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="percentage"):
        Cap(rule="x", source="s", **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "holds", "breaks"),
    [
        (Measure.SINGLE_CHARGE, "10.00", "9.99"),
        (Measure.CONTRACT_COST, "70.00", "69.99"),
        (Measure.TOTAL_COST, "70.00", "69.99"),
        (Measure.YEARLY_COST, "35.5", "35.49"),
        (Measure.DEFAULT_CHARGES, "0", None),
    ],
)
def test_a_plan_beyond_a_cap_is_refused(measure: Measure, holds: str, breaks: str | None) -> None:
    charges = [Decimal(10)]
    check_plan([limit(measure, holds)], COST, Decimal("35.5"), charges)
    if breaks is None:
        return
    with pytest.raises(DomainError) as refused:
        check_plan([limit(measure, breaks)], COST, Decimal("35.5"), charges)
    assert refused.value.code is ErrorCode.CAP_EXCEEDED
    assert refused.value.facts["rule"] == f"x.{measure}"


def test_a_fee_counts_against_the_contract_and_a_penalty_does_not() -> None:
    held = [limit(Measure.CONTRACT_COST, "75")]
    check_charge(held, COST, Component.PENALTY, Decimal(1000))
    with pytest.raises(DomainError) as refused:
        check_charge(held, COST, Component.FEE, Decimal("5.01"))
    assert refused.value.facts["most"] == "5.00"


def test_the_narrowest_cap_is_told() -> None:
    held = [limit(Measure.TOTAL_COST, "90"), limit(Measure.SINGLE_CHARGE, "3")]
    with pytest.raises(DomainError) as refused:
        check_charge(held, COST, Component.FEE, Decimal(50))
    assert refused.value.facts["rule"] == "x.single_charge"


@given(
    st.lists(st.builds(limit, st.sampled_from(Measure), st.integers(0, 200).map(str)), max_size=4),
    st.integers(0, 100),
)
def test_what_room_is_left_is_just_what_may_be_charged(held: list[Limit], charged: int) -> None:
    """The end of a day cuts a penalty down to what a person could charge."""
    cost = replace(COST, penalties=Decimal(charged))
    room = room_for(held, cost, Component.PENALTY)
    amount = Decimal(1000) if room is None else room
    if amount:
        check_charge(held, cost, Component.PENALTY, amount)
    if room is not None:
        with pytest.raises(DomainError):
            check_charge(held, cost, Component.PENALTY, room + Decimal("0.01"))
