"""Ways out of debt: published figures, and what holds for any debts."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from domain.advice.plans import (
    MOST_MONTHS,
    Debt,
    Method,
    compare,
    first_interest,
    minimums,
    order_of,
    pay_off,
)
from domain.errors import DomainError, ErrorCode
from domain.money import minor_unit
from tests.domain.lending.strategies import thorough

CASES = json.loads(
    (Path(__file__).parents[2] / "cases" / "payoff_plans.json").read_text(encoding="utf-8")
)["cases"]
PLANS = [case for case in CASES if case["kind"] == "plan"]


def debt(name: str, balance: str, rate: str, minimum: str) -> Debt:
    return Debt(name, Decimal(balance), Decimal(rate), Decimal(minimum))


@pytest.mark.parametrize("case", PLANS, ids=lambda case: case["id"])
def test_published_plans(case: dict) -> None:  # type: ignore[type-arg]
    told, expected = case["inputs"], case["expected"]
    debts = [
        debt(d["name"], d["balance"], d["annual_rate_percent"], d["minimum"]) for d in told["debts"]
    ]
    budget = minimums(debts) + Decimal(told["extra"])
    plan = pay_off(debts, budget, "USD", Method(told["strategy"]))
    assert plan.months == expected["months"]
    tolerance = Decimal(expected["total_interest_tolerance"])
    assert abs(plan.total_interest - Decimal(expected["total_interest"])) <= tolerance
    for row in expected["months_detail"]:
        assert plan.table[row["month"] - 1].balance == Decimal(row["total_balance"])


def test_one_debt_at_a_fixed_payment_takes_the_published_number_of_months() -> None:
    """NPER of 30,000 at 18 % paid by 800 is 55.5 months: 56 payments, the last one smaller."""
    plan = pay_off([debt("loan", "30000.00", "18", "0")], Decimal(800), "USD", Method.AVALANCHE)
    assert plan.months == 56
    assert plan.table[-1].paid < 800
    assert {month.paid for month in plan.table[:-1]} == {Decimal("800.00")}


def test_example_11_of_the_european_studies_up_to_its_rounding() -> None:
    """200,000 at 6 % by 1,500: 221 payments; with cents rounded each month the last is 407.63."""
    plan = pay_off(
        [debt("loan", "200000.00", "6", "1500.00")], Decimal(1500), "EUR", Method.SNOWBALL
    )
    assert plan.months == 221
    assert plan.table[-1].paid == Decimal("407.63")


def test_the_orders() -> None:
    debts = [debt("a", "500", "10", "0"), debt("b", "300", "10", "0"), debt("c", "900", "30", "0")]
    assert [d.name for d in order_of(debts, Method.AVALANCHE)] == ["c", "b", "a"]
    assert [d.name for d in order_of(debts, Method.SNOWBALL)] == ["b", "a", "c"]


def test_freed_money_goes_on_within_the_month() -> None:
    debts = [debt("small", "50.00", "0", "50.00"), debt("big", "200.00", "0", "10.00")]
    plan = pay_off(debts, Decimal(100), "USD", Method.SNOWBALL)
    assert [(line.debt, line.paid) for line in plan.table[0].debts] == [
        ("small", Decimal("50.00")),
        ("big", Decimal("50.00")),
    ]
    assert [(c.debt, c.month) for c in plan.cleared] == [("small", 1), ("big", 3)]


def test_yen_has_no_decimals() -> None:
    plan = pay_off([debt("card", "100000", "15", "5000")], Decimal(9000), "JPY", Method.AVALANCHE)
    assert all(month.balance == month.balance.to_integral_value() for month in plan.table)


@pytest.mark.parametrize(
    ("debts", "budget", "code"),
    [
        ([("a", "1000", "12", "50")], "49.99", ErrorCode.BUDGET_BELOW_MINIMUMS),
        ([("a", "1000", "12", "0")], "10.00", ErrorCode.BUDGET_BELOW_INTEREST),
        ([("a", "1000", "12", "0")], "0", ErrorCode.BUDGET_BELOW_INTEREST),
        ([("a", "1000", "9999", "0")], "500", ErrorCode.BUDGET_BELOW_INTEREST),
        ([], "10", ErrorCode.INVALID_REQUEST),
        ([("a", "1", "1", "1"), ("a", "2", "1", "1")], "10", ErrorCode.INVALID_REQUEST),
        ([("a", "0", "1", "1")], "10", ErrorCode.INVALID_REQUEST),
        ([("a", "-5", "1", "1")], "10", ErrorCode.INVALID_REQUEST),
        ([("a", "5", "-1", "1")], "10", ErrorCode.INVALID_REQUEST),
        ([("a", "5", "1", "-1")], "10", ErrorCode.INVALID_REQUEST),
        ([("a", "5.001", "1", "1")], "10", ErrorCode.AMOUNT_PRECISION),
        ([("a", "5", "1", "1")], "10.001", ErrorCode.AMOUNT_PRECISION),
    ],
)
def test_refusals(debts: list[tuple[str, str, str, str]], budget: str, code: ErrorCode) -> None:
    with pytest.raises(DomainError) as caught:
        compare([debt(*each) for each in debts], Decimal(budget), "USD")
    assert caught.value.code is code


def test_a_snowball_that_would_never_end_is_left_out() -> None:
    """Spare money on the small debt first lets the dear one run away; the avalanche stops it."""
    debts = [debt("dear", "1000.00", "240", "0"), debt("small", "900.00", "0", "0")]
    found = compare(debts, Decimal("201.00"), "USD")
    assert found.snowball is None
    assert found.avalanche.order == ("dear", "small")
    assert found.interest_saved == 0


cents = st.integers(1, 2_000_000).map(lambda n: Decimal(n).scaleb(-2))
rates = st.integers(0, 6000).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def debts_and_budget(draw: st.DrawFn) -> tuple[list[Debt], Decimal]:
    """Debts with a budget above the interest, so that they can be cleared."""
    debts = []
    for place in range(draw(st.integers(1, 6))):
        balance = draw(cents)
        minimum = (balance * draw(st.integers(0, 20)) / 100).quantize(Decimal("0.01"))
        debts.append(Debt(f"debt {place}", balance, draw(rates), minimum))
    floor = max(minimums(debts), first_interest(debts, "USD"))
    total = sum((each.balance for each in debts), Decimal(0))
    share = Decimal(draw(st.integers(2, 60))) / 100
    return debts, floor + (total * share).quantize(Decimal("0.01")) + Decimal("0.01")


@thorough
@given(debts_and_budget())
def test_the_avalanche_costs_least_and_both_clear_everything(
    given_: tuple[list[Debt], Decimal],
) -> None:
    debts, budget = given_
    try:
        found = compare(debts, budget, "USD")
    except DomainError:
        reject()
    owed = sum((each.balance for each in debts), Decimal(0))
    plans = [found.avalanche] + ([] if found.snowball is None else [found.snowball])
    for plan in plans:
        assert plan.months <= MOST_MONTHS
        assert plan.table[-1].balance == 0
        assert {c.debt for c in plan.cleared} == {each.name for each in debts}
        assert plan.total_paid == owed + plan.total_interest
        assert all(month.paid <= budget for month in plan.table)
        assert all(month.paid == budget for month in plan.table[:-1])
        for month in plan.table:
            assert all(line.balance >= 0 and line.paid >= 0 for line in month.debts)
    if found.snowball is not None:
        # Half a cent of rounding per debt and month is all that may stand between them.
        slack = minor_unit("USD") * len(debts) * found.snowball.months
        assert found.avalanche.total_interest <= found.snowball.total_interest + slack
        assert found.avalanche.months <= found.snowball.months + 1


@thorough
@given(debts_and_budget(), st.integers(1, 100_000))
def test_paying_more_never_takes_longer(
    given_: tuple[list[Debt], Decimal], more_cents: int
) -> None:
    debts, budget = given_
    try:
        less = pay_off(debts, budget, "USD", Method.AVALANCHE)
    except DomainError:
        reject()
    more = pay_off(debts, budget + Decimal(more_cents).scaleb(-2), "USD", Method.AVALANCHE)
    assert more.months <= less.months
