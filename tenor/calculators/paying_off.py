"""Cases of ways out of debt: plans for several debts, and one debt by a rule for its payments."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal, assert_never

from pydantic import Field

from contracts.base import Amount, Currency
from domain.advice.plans import Debt, Method, minimums, pay_off
from domain.advice.single_debt import (
    Payment,
    fixed,
    months_needed,
    payments_until_paid,
    percent_of_balance,
    principal_with_interest,
)
from domain.lending.rounding import Rounding, divide, from_minor
from domain.money import ZERO, exponent
from tenor.calculators.checks import check_amount, check_rate, refused
from tenor.calculators.lines import Figures, UnsupportedError
from tenor.calculators.quoting import CasePart, wanted

_TENTH: Final = Decimal("0.1")
_Positive = Annotated[Amount, Field(gt=0)]


class _Debt(CasePart):
    name: str
    balance: Amount
    annual_rate_percent: Amount
    minimum: Amount = ZERO


class _PlanInputs(CasePart):
    currency: Currency = "USD"
    strategy: Method
    extra: Annotated[Amount | None, Field(ge=0)] = None
    monthly_payment: Amount | None = None
    debts: Annotated[tuple[_Debt, ...], Field(min_length=1, max_length=50)]


class _Plan(CasePart):
    inputs: _PlanInputs


class _Fixed(CasePart):
    type: Literal["fixed"]
    amount: _Positive


class _FixedPrincipal(CasePart):
    type: Literal["fixed_principal"]
    amount: _Positive


class _Percent(CasePart):
    type: Literal["percent_of_balance", "percent_of_balance_with_interest"]
    percent: Annotated[Amount, Field(gt=0, le=100)]
    minimum: Annotated[Amount, Field(ge=0)] = ZERO


_Rule = Annotated[_Fixed | _FixedPrincipal | _Percent, Field(discriminator="type")]


class _SingleInputs(CasePart):
    currency: Currency = "EUR"
    balance: Amount
    annual_rate_percent: Amount
    payment_rule: _Rule
    rounding: Literal["none"] = "none"


class _Single(CasePart):
    inputs: _SingleInputs


class _MonthsInputs(CasePart):
    balance: _Positive
    annual_rate_percent: Amount
    payment: _Positive


class _Months(CasePart):
    inputs: _MonthsInputs


def answer_plan(asked: Figures) -> Figures:
    """Answer a case by its kind; raises `UnsupportedError` for another one."""
    match asked.get("kind", "plan"):
        case "plan":
            return _several(asked)
        case "single_debt":
            return _single(asked)
        case "nper":
            inputs = _Months.model_validate(asked).inputs
            check_rate(inputs.annual_rate_percent, "inputs.annual_rate_percent")
            months = months_needed(inputs.balance, inputs.annual_rate_percent, inputs.payment)
            shown = format(months.quantize(_TENTH, ROUND_HALF_UP), "f")
            return wanted(asked, {"months_fractional": shown})
        case _:
            raise UnsupportedError("A plan is of kind plan, single_debt or nper.", "kind")


def _several(asked: Figures) -> Figures:
    inputs = _Plan.model_validate(asked).inputs
    debts = [
        Debt(debt.name, debt.balance, debt.annual_rate_percent, debt.minimum)
        for debt in inputs.debts
    ]
    if inputs.monthly_payment is not None and inputs.extra is None:
        budget = inputs.monthly_payment
    elif inputs.extra is not None and inputs.monthly_payment is None:
        budget = minimums(debts) + inputs.extra
    else:
        raise refused("Say either `extra` or `monthly_payment`.", "inputs.extra")
    plan = pay_off(debts, budget, inputs.currency, inputs.strategy)
    return wanted(
        asked,
        {
            "months": plan.months,
            "total_interest": format(plan.total_interest, "f"),
            "total_interest_tolerance": format(from_minor(0, inputs.currency), "f"),
            "total_paid": format(plan.total_paid, "f"),
            "order": list(plan.order),
            "cleared": [{"debt": gone.debt, "month": gone.month} for gone in plan.cleared],
            "months_detail": [
                {"month": month.month, "total_balance": format(month.balance, "f")}
                for month in plan.table
            ],
        },
    )


def _single(asked: Figures) -> Figures:
    inputs = _Single.model_validate(asked).inputs
    check_amount(inputs.balance, inputs.currency, "inputs.balance")
    check_rate(inputs.annual_rate_percent, "inputs.annual_rate_percent")
    paid = payments_until_paid(
        inputs.balance, inputs.annual_rate_percent, _payment(inputs.payment_rule)
    )
    return wanted(
        asked,
        {
            "months": len(paid),
            "payments": {
                str(number): _shown(amount, inputs.currency)
                for number, amount in enumerate(paid, start=1)
            },
        },
    )


def _payment(rule: _Fixed | _FixedPrincipal | _Percent) -> Payment:
    match rule:
        case _Fixed():
            return fixed(rule.amount)
        case _FixedPrincipal():
            return principal_with_interest(rule.amount)
        case _Percent():
            with_interest = rule.type == "percent_of_balance_with_interest"
            return percent_of_balance(rule.percent, rule.minimum, of_interest_too=with_interest)
        case _:
            assert_never(rule)


def _shown(amount: Fraction, currency: str) -> str:
    minor = amount * 10 ** exponent(currency)
    return format(
        from_minor(divide(minor.numerator, minor.denominator, Rounding.HALF_UP), currency), "f"
    )
