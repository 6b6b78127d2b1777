"""What a household can afford: income against expenses and debts, a risk score, a suggestion.

The score adds up components, each with the points it gave, the most it can give and a reason in
plain words; nothing is weighed that is not shown. More points mean more risk, 100 is the most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from domain.advice.plans import Comparison, Debt, check, compare, minimums
from domain.errors import DomainError, ErrorCode, Fact
from domain.money import ZERO, exact, quantize

VERSION: Final = 1
"""Of these rules; kept with every assessment."""

BUFFER_PERCENT: Final = Decimal(10)
"""What of the money left over is not planned for: the washing machine breaks in every plan."""

SNOWBALL_COSTS_PERCENT: Final = Decimal(2)
SNOWBALL_SOONER_MONTHS: Final = 3
"""The snowball is suggested where it costs at most so much more interest and its first success
comes at least so much sooner."""

ESSENTIAL: Final = frozenset(
    {
        "housing",
        "utilities",
        "food",
        "transport",
        "childcare",
        "health",
        "insurance",
        "communication",
        "taxes",
        "maintenance",
        "education",
    }
)
"""Kinds of expense that one cannot live without, unless it is said otherwise."""

_TENTH: Final = Decimal("0.1")
_HUNDRED: Final = Decimal(100)


class Per(StrEnum):
    """How often an amount comes or goes."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"
    YEAR = "year"


_TIMES_A_YEAR: Final = {Per.WEEK: 52, Per.FORTNIGHT: 26, Per.MONTH: 12, Per.YEAR: 1}


@dataclass(frozen=True, slots=True)
class Line:
    """An income or an expense.

    Attributes:
        kind: What sort, as a code.
        amount: How much each time, not negative.
        per: How often.
        essential: Whether one cannot live without; says nothing of an income.
    """

    kind: str
    amount: Decimal
    per: Per = Per.MONTH
    essential: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person says of his means.

    Attributes:
        currency: Of every amount.
        income: What comes in after tax.
        expenses: What goes out, debt payments left out.
        debts: What is owed to whomever.
        budget: What he wants to pay on debts a month; None: what is recommended.
    """

    currency: str
    income: tuple[Line, ...]
    expenses: tuple[Line, ...]
    debts: tuple[Debt, ...]
    budget: Decimal | None = None


class Band(StrEnum):
    """What a score means."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the score."""

    code: str
    points: int
    most: int
    reason: str


@dataclass(frozen=True, slots=True)
class Risk:
    """The score with all that made it."""

    score: int
    band: Band
    components: tuple[Component, ...]


class SuggestionCode(StrEnum):
    """What is suggested."""

    KEEP_GOING = "keep_going"
    AVALANCHE = "avalanche"
    SNOWBALL = "snowball"
    REVIEW_BUDGET = "review_budget"
    SEEK_ADVICE = "seek_advice"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is suggested, and why, in plain words."""

    code: SuggestionCode
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no plan."""

    code: str
    detail: str
    facts: tuple[tuple[str, Fact], ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """What follows from a statement; all amounts a month.

    Attributes:
        income: What comes in.
        expenses: What goes out, debts left out.
        debt_payments: The minimum payments together.
        disposable: Income less expenses: what is there for debts.
        left_over: What is left of it after the minimum payments.
        dti_percent: Debt payments to income; None without income.
        total_debt: All balances.
        risk: The score.
        monthly_payment: What is recommended to pay on debts.
        suggestion: What to do.
        comparison: Both plans with the budget wanted, or the recommended one.
        no_plan: Why there are none.
    """

    income: Decimal
    expenses: Decimal
    debt_payments: Decimal
    disposable: Decimal
    left_over: Decimal
    dti_percent: Decimal | None
    total_debt: Decimal
    risk: Risk
    monthly_payment: Decimal
    suggestion: Suggestion
    comparison: Comparison | None
    no_plan: Refusal | None


def assess(statement: Statement) -> Assessment:
    """Assess a statement.

    Raises:
        DomainError: `UNKNOWN_CURRENCY`, `AMOUNT_PRECISION`, `INVALID_REQUEST` for a negative
            amount or debts that make no sense.
    """
    currency = statement.currency
    if statement.debts:
        check(statement.debts, currency)
    if statement.budget is not None and exact(statement.budget, currency) < 0:
        raise _negative()
    income = _monthly(statement.income, currency)
    expenses = _monthly(statement.expenses, currency)
    essential = _monthly([line for line in statement.expenses if line.essential], currency)
    payments = quantize(minimums(statement.debts), currency)
    disposable = income - expenses
    dti = None if not income else _share(payments, income)
    total = quantize(sum((debt.balance for debt in statement.debts), ZERO), currency)
    risk = _risk(_Figures(income, essential, payments, disposable, dti, total, statement.debts))
    recommended = recommended_payment(disposable, payments, total, currency)
    comparison, refusal = _plans(statement, recommended)
    return Assessment(
        income=income,
        expenses=expenses,
        debt_payments=payments,
        disposable=disposable,
        left_over=disposable - payments,
        dti_percent=dti,
        total_debt=total,
        risk=risk,
        monthly_payment=recommended,
        suggestion=_suggest(statement, disposable, payments, risk, comparison),
        comparison=comparison,
        no_plan=refusal,
    )


def recommended_payment(
    disposable: Decimal, payments: Decimal, total_debt: Decimal, currency: str
) -> Decimal:
    """What to pay on debts a month.

    Nine tenths of what is there for debts, in whole units, but no less than the minimum payments
    where these can be paid, never more than is there, and nothing where nothing is there or owed.
    """
    there = max(disposable, ZERO)
    planned = (there * (_HUNDRED - BUFFER_PERCENT) / _HUNDRED).quantize(Decimal(1), ROUND_DOWN)
    wanted = max(planned, min(payments, there))
    return quantize(min(wanted, max(total_debt, payments)), currency, ROUND_DOWN)


def _monthly(lines: Sequence[Line], currency: str) -> Decimal:
    total = ZERO
    for line in lines:
        if exact(line.amount, currency) < 0:
            raise _negative()
        total += line.amount * _TIMES_A_YEAR[line.per] / 12
    return quantize(total, currency, ROUND_HALF_UP)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    """A percentage with one decimal."""
    return (part / whole * _HUNDRED).quantize(_TENTH, ROUND_HALF_EVEN)


# -- the score ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Figures:
    income: Decimal
    essential: Decimal
    payments: Decimal
    disposable: Decimal
    dti: Decimal | None
    total_debt: Decimal
    debts: tuple[Debt, ...]


_DTI: Final = ((Decimal(60), 40), (Decimal(43), 30), (Decimal(36), 20), (Decimal(20), 10))
"""From which share of income how many points. 36 % is the usual lenders' mark, 43 % was the limit
of a qualified mortgage (12 CFR 1026.43(e)(2)(vi) as of 2014)."""
_DEBT_TO_YEAR: Final = ((_HUNDRED, 15), (Decimal(50), 8))
_RATES: Final = ((Decimal(30), 10), (Decimal(18), 5))
_ESSENTIALS: Final = ((Decimal(80), 5), (Decimal(70), 3))
_BANDS: Final = ((75, Band.SEVERE), (50, Band.HIGH), (25, Band.MODERATE))


def _risk(figures: _Figures) -> Risk:
    components = (
        _from_dti(figures),
        _from_disposable(figures),
        _from_debt_to_income(figures),
        _from_rates(figures),
        _from_essentials(figures),
    )
    score = min(sum(component.points for component in components), 100)
    band = next((band for least, band in _BANDS if score >= least), Band.LOW)
    return Risk(score, band, components)


def _points(value: Decimal, steps: Sequence[tuple[Decimal, int]]) -> int:
    return next((points for least, points in steps if value >= least), 0)


def _from_dti(figures: _Figures) -> Component:
    if figures.dti is None:
        points = 40 if figures.payments else 0
        reason = "There is no income to pay debts from." if points else "No debts are to be paid."
        return Component("debt_to_income", points, 40, reason)
    points = _points(figures.dti, _DTI)
    return Component(
        "debt_to_income",
        points,
        40,
        f"{figures.dti} % of the income goes to minimum payments on debts.",
    )


def _from_disposable(figures: _Figures) -> Component:
    left = figures.disposable - figures.payments
    if figures.disposable < 0:
        points, reason = 30, "Expenses are higher than the income, before any debt is paid."
    elif left < 0:
        points, reason = 20, "What is left after expenses does not cover the minimum payments."
    elif left * 10 < figures.payments:
        points, reason = 10, "The minimum payments can be made, with hardly anything to spare."
    else:
        points, reason = 0, "Expenses and minimum payments can be paid, with money to spare."
    return Component("disposable_income", points, 30, reason)


def _from_debt_to_income(figures: _Figures) -> Component:
    if not figures.total_debt:
        return Component("debt_to_yearly_income", 0, 15, "Nothing is owed.")
    if not figures.income:
        return Component("debt_to_yearly_income", 15, 15, "There are debts and no income.")
    share = _share(figures.total_debt, figures.income * 12)
    return Component(
        "debt_to_yearly_income",
        _points(share, _DEBT_TO_YEAR),
        15,
        f"All debts together are {share} % of a year's income.",
    )


def _from_rates(figures: _Figures) -> Component:
    if not figures.total_debt:
        return Component("cost_of_debt", 0, 10, "Nothing is owed.")
    weighed = sum((debt.balance * debt.annual_rate_percent for debt in figures.debts), ZERO)
    rate = (weighed / figures.total_debt).quantize(_TENTH, ROUND_HALF_EVEN)
    return Component(
        "cost_of_debt", _points(rate, _RATES), 10, f"The debts cost {rate} % a year on average."
    )


def _from_essentials(figures: _Figures) -> Component:
    if not figures.income:
        points = 5 if figures.essential else 0
        return Component("essential_expenses", points, 5, "There is no income for essentials.")
    share = _share(figures.essential, figures.income)
    return Component(
        "essential_expenses",
        _points(share, _ESSENTIALS),
        5,
        f"{share} % of the income goes to what one cannot live without.",
    )


# -- what to do --------------------------------------------------------------------------------


def _plans(statement: Statement, recommended: Decimal) -> tuple[Comparison | None, Refusal | None]:
    if not statement.debts:
        return None, Refusal("no-debts", "There are no debts to plan for.")
    budget = recommended if statement.budget is None else statement.budget
    try:
        return compare(statement.debts, budget, statement.currency), None
    except DomainError as error:
        if error.code not in {ErrorCode.BUDGET_BELOW_MINIMUMS, ErrorCode.BUDGET_BELOW_INTEREST}:
            raise
        return None, Refusal(error.code.value, error.detail, tuple(error.facts.items()))


def _suggest(
    statement: Statement,
    disposable: Decimal,
    payments: Decimal,
    risk: Risk,
    comparison: Comparison | None,
) -> Suggestion:
    if not statement.debts:
        return Suggestion(SuggestionCode.KEEP_GOING, "There are no debts: nothing is to be done.")
    if disposable < payments or (comparison is None and statement.budget is None):
        if risk.band is Band.SEVERE or disposable <= 0:
            return Suggestion(
                SuggestionCode.SEEK_ADVICE,
                "The debts cannot be paid from what is left after expenses. An advisor can agree "
                "smaller payments with the creditors, or another solution; advice is free.",
            )
        return Suggestion(
            SuggestionCode.REVIEW_BUDGET,
            "What is left after expenses does not cover the payments. Go through the expenses "
            "that are not essential first, and ask for advice if that is not enough.",
        )
    if comparison is None:
        return Suggestion(
            SuggestionCode.REVIEW_BUDGET,
            "The payment wanted is too small for a plan; more is affordable, as recommended.",
        )
    return _better(comparison)


def _better(comparison: Comparison) -> Suggestion:
    avalanche, snowball = comparison.avalanche, comparison.snowball
    if len(avalanche.order) == 1:
        return Suggestion(
            SuggestionCode.KEEP_GOING,
            f"There is one debt; with this payment it is gone after {avalanche.months} months.",
        )
    if snowball is not None and _encourages(comparison):
        return Suggestion(
            SuggestionCode.SNOWBALL,
            f"Paying the smallest debt first costs {comparison.interest_saved} "
            f"{comparison.currency} more interest, and the first debt is gone after "
            f"{snowball.cleared[0].month} months instead of {avalanche.cleared[0].month}.",
        )
    text = (
        f"Paying the debt with the highest rate first clears all debts after {avalanche.months} "
        "months"
    )
    if comparison.interest_saved > 0:
        text += f" and saves {comparison.interest_saved} {comparison.currency} of interest"
    return Suggestion(SuggestionCode.AVALANCHE, f"{text}.")


def _encourages(comparison: Comparison) -> bool:
    avalanche, snowball = comparison.avalanche, comparison.snowball
    if snowball is None:
        return False
    allowed = avalanche.total_interest * SNOWBALL_COSTS_PERCENT / _HUNDRED
    sooner = avalanche.cleared[0].month - snowball.cleared[0].month
    return comparison.interest_saved <= allowed and sooner >= SNOWBALL_SOONER_MONTHS


def _negative() -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, "An amount is not negative.", {"field": "amount"})
