"""Cases of US simple interest: payments of a loan, and what of each was interest."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.base import Amount, Currency
from domain.calendar import MONTHLY, nth_date
from domain.daycount import DayCount
from domain.lending.rounding import Rounding
from domain.lending.simple_interest import Paid, Payment, SimpleInterest
from domain.money import ZERO, quantize
from tenor.calculators.lines import Figures
from tenor.calculators.quoting import CasePart, wanted

_SHOWN: Final = Decimal("0.0001")


class _Payment(CasePart):
    date: date
    amount: Amount | None = None
    principal: Amount | Literal["rest"] | None = None


class _Rounding(CasePart):
    mode: Rounding


class _Inputs(CasePart):
    currency: Currency = "USD"
    principal: Amount
    annual_rate_percent: Amount
    day_count: DayCount
    disbursement_date: date
    rounding: _Rounding
    payments: Annotated[tuple[_Payment, ...], Field(min_length=1, max_length=2000)]


class _Case(CasePart):
    inputs: _Inputs


def answer_simple_interest(asked: Figures) -> Figures:
    """Fill in the expected figures of a case."""
    inputs = _Case.model_validate(asked).inputs
    loan = SimpleInterest(
        quantize(inputs.principal, inputs.currency),
        inputs.currency,
        inputs.annual_rate_percent,
        inputs.day_count,
        inputs.disbursement_date,
        inputs.rounding.mode,
    )
    payments = [
        Payment(
            payment.date,
            payment.amount,
            payment.principal if isinstance(payment.principal, Decimal) else None,
        )
        for payment in inputs.payments
    ]
    paid = loan.paid(payments)
    rows = [_row(number, one, inputs.currency) for number, one in enumerate(paid, start=1)]
    years = sorted({one.on.year for one in paid})
    found = {
        "rows": rows,
        "selected_rows": rows,
        "totals": _totals(paid, inputs.currency),
        "year_totals": {
            str(year): _totals([one for one in paid if one.on.year == year], inputs.currency)
            for year in years
        },
        "unpaid_interest": _skipped(loan, payments, paid),
    }
    return wanted(asked, found)


def _row(number: int, one: Paid, currency: str) -> dict[str, object]:
    figures = {
        "opening": one.opening,
        "interest": one.interest,
        "principal": one.principal,
        "total": one.interest + one.principal,
        "balance_after": one.balance_after,
    }
    told = {name: format(quantize(amount, currency), "f") for name, amount in figures.items()}
    return {"n": number, "due_date": one.on.isoformat(), **told}


def _totals(paid: Sequence[Paid], currency: str) -> dict[str, str]:
    interest = sum((one.interest for one in paid), ZERO)
    principal = sum((one.principal for one in paid), ZERO)
    figures = {"interest": interest, "principal": principal, "total": interest + principal}
    return {name: format(quantize(amount, currency), "f") for name, amount in figures.items()}


def _skipped(
    loan: SimpleInterest, payments: Sequence[Payment], paid: Sequence[Paid]
) -> list[dict[str, object]]:
    """What was unpaid on the monthly dates on which nobody paid, between the payments."""
    found: list[dict[str, object]] = []
    for before, after in zip(paid, paid[1:], strict=False):
        months = 1
        while (on := nth_date(before.on, MONTHLY, months)) < after.on:
            unpaid = loan.unpaid_interest(payments, on)
            amount = Decimal(unpaid.numerator) / Decimal(unpaid.denominator)
            found.append(
                {
                    "date": on.isoformat(),
                    "amount": format(amount.quantize(_SHOWN, ROUND_HALF_UP), "f"),
                    "principal": format(before.balance_after, "f"),
                }
            )
            months += 1
    return found
