"""The command `tenor plan`: debts on standard input, ways out of them on standard output."""

import json
import sys
from decimal import Decimal
from typing import Annotated

import typer
from pydantic import ValidationError

from contracts.advice import DebtPlans, PlanRequest
from domain.advice.plans import Debt, compare, minimums
from domain.errors import DomainError, ErrorCode
from tenor.calculators.refusals import refuse, refuse_input


def plan(
    *,
    table: Annotated[
        bool, typer.Option("--table/--no-table", help="Show every month, or the sums alone.")
    ] = True,
    indent: Annotated[
        int | None, typer.Option(min=0, max=8, help="Spaces by which the JSON is indented.")
    ] = None,
) -> None:
    """Compare the avalanche and the snowball for debts given as JSON on standard input.

    Reads {"currency": "USD", "debts": [{"name": "Card", "balance": "1000.00",
    "annual_rate_percent": "14.99", "minimum_payment": "75.00"}], "monthly_payment": "225.00"};
    "extra", paid beyond the minimum payments, may stand instead of "monthly_payment". A refusal is
    an object with "code" and "detail" on standard error, and exit code 2.
    """
    try:
        asked = PlanRequest.model_validate_json(sys.stdin.read())
        debts = [
            Debt(debt.name, debt.balance, debt.annual_rate_percent, debt.minimum_payment)
            for debt in asked.debts
        ]
        found = compare(debts, _budget(asked, debts), asked.currency)
    except ValidationError as error:
        refuse_input(error)
    except DomainError as error:
        refuse(error.code, error.detail)
    shown = DebtPlans.model_validate(found).model_dump(mode="json")
    if not table:
        for method in ("avalanche", "snowball"):
            if shown[method] is not None:
                del shown[method]["table"]
    typer.echo(json.dumps(shown, indent=indent))


def _budget(asked: PlanRequest, debts: list[Debt]) -> Decimal:
    if (asked.monthly_payment is None) == (asked.extra is None):
        raise DomainError(ErrorCode.INVALID_REQUEST, "Say either `monthly_payment` or `extra`.")
    if asked.monthly_payment is not None:
        return asked.monthly_payment
    return minimums(debts) + (asked.extra or Decimal(0))
