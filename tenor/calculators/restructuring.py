"""Cases of instalments that are spread anew, and of annuities with nothing rounded."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Amount, Currency
from domain.calendar import Frequency, Unit
from domain.daycount import DayCount, year_fraction
from domain.lending.reageing import Aged, NewRows, re_age
from domain.lending.rounding import Rounding, divide
from domain.lending.unrounded import exact_annuity
from domain.money import ZERO, quantize
from tenor.calculators.checks import check_amount, check_rate, refused
from tenor.calculators.lines import Figures
from tenor.calculators.quoting import CasePart, Every, wanted

_MOST_ROWS = 600


class _Row(CasePart):
    due: date
    principal: Amount
    paid: Amount = ZERO
    penalties: Amount = ZERO


class _ReAge(CasePart):
    type: Literal["re_age"]
    on: Annotated[date, Field(alias="date")]
    first_due: date
    every: Annotated[int, Field(ge=1, le=366)]
    unit: Unit
    count: Annotated[int, Field(ge=1, le=_MOST_ROWS)]


class _Mode(CasePart):
    mode: Rounding = Rounding.HALF_EVEN


class _ReAgeInputs(CasePart):
    currency: Currency = "EUR"
    instalments: Annotated[tuple[_Row, ...], Field(min_length=1, max_length=_MOST_ROWS)]
    action: _ReAge
    rounding: _Mode = _Mode()


class _ReAgeCase(CasePart):
    inputs: _ReAgeInputs


def answer_restructure(asked: Figures) -> Figures:
    """A case whose matured, unpaid instalments are spread over new ones."""
    inputs = _ReAgeCase.model_validate(asked).inputs
    currency, action = inputs.currency, inputs.action
    for at, told in enumerate(inputs.instalments):
        amounts = {"principal": told.principal, "paid": told.paid, "penalties": told.penalties}
        for name, amount in amounts.items():
            check_amount(amount, currency, f"inputs.instalments.{at}.{name}", may_be_zero=True)
    rows = re_age(
        [Aged(row.due, row.principal, row.paid, row.penalties) for row in inputs.instalments],
        action.on,
        NewRows(action.first_due, Frequency(action.unit, action.every), action.count),
        inputs.rounding.mode,
        currency,
    )

    def text(amount: Decimal) -> str:
        return format(quantize(amount, currency), "f")

    balance = sum((row.principal for row in rows), ZERO)
    shown: list[dict[str, object]] = []
    for row in rows:
        balance -= row.principal
        shown.append(
            {
                "due_date": row.due_on.isoformat(),
                "principal": text(row.principal),
                "penalties": text(row.penalties),
                "total": text(row.total),
                "balance_after": text(balance),
            }
        )
    return wanted(asked, {"rows": shown})


class _Display(CasePart):
    display_decimals: Annotated[int, Field(ge=0, le=12)] = 2
    display_mode: Rounding = Rounding.HALF_UP


class _UnroundedInputs(CasePart):
    principal: Amount
    annual_rate_percent: Amount
    interest_method: Literal["declining_balance"] = "declining_balance"
    amortisation: Literal["equal_instalment"] = "equal_instalment"
    n_instalments: Annotated[int, Field(ge=1, le=_MOST_ROWS)]
    frequency: Every
    day_count: Literal["period"]
    rounding: _Display


class _UnroundedCase(CasePart):
    inputs: _UnroundedInputs


def answer_unrounded(asked: Figures) -> Figures:
    """A case that computes with all digits and rounds what it shows."""
    inputs = _UnroundedCase.model_validate(asked).inputs
    if inputs.principal <= 0:
        raise refused("The amount must be above zero.", "inputs.principal")
    check_rate(inputs.annual_rate_percent, "inputs.annual_rate_percent")
    display = inputs.rounding

    def text(exact: Fraction) -> str:
        scaled = exact * 10**display.display_decimals
        whole = divide(scaled.numerator, scaled.denominator, display.display_mode)
        return format(Decimal(whole).scaleb(-display.display_decimals), "f")

    day = date.min  # whole periods of this day count are the same everywhere
    part = year_fraction(
        DayCount.PERIOD,
        day,
        day,
        Frequency(inputs.frequency.unit, inputs.frequency.every),
        whole_period=True,
    )
    rows: list[dict[str, object]] = [
        {
            "n": row.number,
            "opening": text(row.opening),
            "interest": text(row.interest),
            "principal": text(row.principal),
            "total": text(row.total),
            "balance_after": text(row.balance_after),
        }
        for row in exact_annuity(
            inputs.principal,
            Fraction(inputs.annual_rate_percent) / 100 * part,
            inputs.n_instalments,
        )
    ]
    return wanted(
        asked,
        {
            "rows": rows,
            "selected_rows": rows,
            "instalment": rows[0]["total"],
            "balance_after_n": {str(row["n"]): row["balance_after"] for row in rows},
        },
    )
