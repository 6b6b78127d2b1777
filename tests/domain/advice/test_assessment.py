"""An assessment: its figures by hand, its score by components, its suggestion in words."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.advice.assessment import (
    Band,
    Line,
    Per,
    Statement,
    SuggestionCode,
    assess,
    recommended_payment,
)
from domain.advice.plans import Debt
from domain.errors import DomainError, ErrorCode


def line(kind: str, amount: str, per: Per = Per.MONTH, *, essential: bool = True) -> Line:
    return Line(kind, Decimal(amount), per, essential)


def debt(name: str, balance: str, rate: str, minimum: str) -> Debt:
    return Debt(name, Decimal(balance), Decimal(rate), Decimal(minimum))


CARD = debt("card", "2000.00", "24.9", "60.00")
LOAN = debt("loan", "6000.00", "9", "200.00")


def statement(income: str, expenses: str, *debts: Debt, budget: str | None = None) -> Statement:
    return Statement(
        "USD",
        (line("wages", income),),
        (line("housing", expenses),),
        debts,
        None if budget is None else Decimal(budget),
    )


def test_the_figures_by_hand() -> None:
    found = assess(statement("2000.00", "1200.00", CARD, LOAN))
    assert (found.income, found.expenses, found.debt_payments) == (2000, 1200, 260)
    assert (found.disposable, found.left_over) == (800, 540)
    assert found.dti_percent == Decimal("13.0")
    assert found.total_debt == 8000
    assert found.monthly_payment == 720
    assert found.comparison is not None
    assert found.comparison.monthly_payment == 720
    assert found.no_plan is None


def test_every_period_becomes_a_month() -> None:
    told = Statement(
        "USD",
        (
            line("wages", "300.00", Per.WEEK),
            line("benefits", "100.00", Per.FORTNIGHT),
            line("other", "1200.00", Per.YEAR),
        ),
        (),
        (),
    )
    # 300 × 52/12 + 100 × 26/12 + 100
    assert assess(told).income == Decimal("1616.67")


def test_the_score_is_the_sum_of_what_it_shows() -> None:
    found = assess(statement("1000.00", "900.00", CARD, LOAN)).risk
    points = {component.code: component.points for component in found.components}
    assert points == {
        "debt_to_income": 10,  # 26 %
        "disposable_income": 20,  # 100 left, 260 to pay
        "debt_to_yearly_income": 8,  # 8,000 of 12,000
        "cost_of_debt": 0,  # 13 % on average
        "essential_expenses": 5,  # 90 %
    }
    assert found.score == 43
    assert found.band is Band.MODERATE
    assert all(component.reason.endswith(".") for component in found.components)


@pytest.mark.parametrize(
    ("income", "expenses", "debts", "code"),
    [
        ("2000.00", "1200.00", (), SuggestionCode.KEEP_GOING),
        ("2000.00", "1200.00", (LOAN,), SuggestionCode.KEEP_GOING),
        ("2000.00", "1200.00", (CARD, LOAN), SuggestionCode.AVALANCHE),
        ("1000.00", "900.00", (CARD, LOAN), SuggestionCode.REVIEW_BUDGET),
        ("900.00", "1000.00", (CARD, LOAN), SuggestionCode.SEEK_ADVICE),
        ("0", "0", (CARD,), SuggestionCode.SEEK_ADVICE),
    ],
)
def test_the_suggestion(
    income: str, expenses: str, debts: tuple[Debt, ...], code: SuggestionCode
) -> None:
    assert assess(statement(income, expenses, *debts)).suggestion.code is code


def test_the_snowball_is_suggested_where_its_first_success_is_nearly_free() -> None:
    debts = (debt("small", "400.00", "10", "10.00"), debt("big", "9000.00", "10.1", "200.00"))
    found = assess(statement("2000.00", "1500.00", *debts))
    assert found.suggestion.code is SuggestionCode.SNOWBALL
    assert "first debt is gone after" in found.suggestion.text


def test_a_budget_of_ones_own_is_planned_with_and_may_be_too_small() -> None:
    found = assess(statement("2000.00", "1200.00", CARD, LOAN, budget="400.00"))
    assert found.comparison is not None
    assert found.comparison.monthly_payment == 400
    small = assess(statement("2000.00", "1200.00", CARD, LOAN, budget="100.00"))
    assert small.comparison is None
    assert small.no_plan is not None
    assert small.no_plan.code == ErrorCode.BUDGET_BELOW_MINIMUMS
    assert small.suggestion.code is SuggestionCode.REVIEW_BUDGET


def test_no_income_is_no_division_by_zero() -> None:
    found = assess(statement("0", "500.00", CARD))
    assert found.dti_percent is None
    assert found.monthly_payment == 0
    assert found.risk.band is Band.SEVERE


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (statement("-1", "0"), ErrorCode.INVALID_REQUEST),
        (statement("1", "-1"), ErrorCode.INVALID_REQUEST),
        (statement("1.001", "0"), ErrorCode.AMOUNT_PRECISION),
        (statement("1", "0", budget="-1"), ErrorCode.INVALID_REQUEST),
        (statement("1", "0", CARD, CARD), ErrorCode.INVALID_REQUEST),
    ],
)
def test_refusals(told: Statement, code: ErrorCode) -> None:
    with pytest.raises(DomainError) as caught:
        assess(told)
    assert caught.value.code is code


amounts = st.integers(0, 500_000).map(lambda n: Decimal(n).scaleb(-2))


@settings(max_examples=200)
@given(disposable=st.integers(-500_000, 500_000), payments=amounts, total=amounts)
def test_what_is_recommended_can_be_paid(
    disposable: int, payments: Decimal, total: Decimal
) -> None:
    there = Decimal(disposable).scaleb(-2)
    owed = max(total, payments)
    paid = recommended_payment(there, payments, owed, "USD")
    assert 0 <= paid <= max(there, 0)
    assert paid <= owed
    if there >= payments:
        assert paid >= payments


@settings(max_examples=80, deadline=None)
@given(income=amounts, expenses=amounts, minimum=amounts, balance=amounts)
def test_less_income_is_never_less_risk(
    income: Decimal, expenses: Decimal, minimum: Decimal, balance: Decimal
) -> None:
    owed = Debt("one", balance + 1, Decimal(12), minimum)

    def score(amount: Decimal) -> int:
        told = Statement(
            "USD",
            (Line("wages", amount),),
            (Line("housing", expenses),),
            (owed,),
        )
        return assess(told).risk.score

    assert 0 <= score(income) <= score(income / 2 // Decimal("0.01") * Decimal("0.01")) <= 100
