"""The command `tenor plan`: debts on standard input, ways out of them on standard output."""

import json
import sys
from decimal import Decimal
from io import StringIO
from typing import Annotated

import typer
from pydantic import ValidationError

from contracts.advice import DebtPlans, PlanRequest
from domain.advice.plans import Debt, compare, minimums
from domain.errors import DomainError, ErrorCode
from tenor.calculators.lines import answer_lines, is_case, one_object
from tenor.calculators.paying_off import answer_plan
from tenor.calculators.refusals import refuse, refuse_input
from tenor.calculators.tables import case_shown


def plan(
    *,
    table: Annotated[
        bool | None,
        typer.Option(
            "--table/--no-table",
            help="Cases: print tables for people. One object: show every month, or the sums alone.",
        ),
    ] = None,
    indent: Annotated[
        int | None,
        typer.Option(min=0, max=8, help="Spaces by which the JSON of one object is indented."),
    ] = None,
) -> None:
    """Work out ways out of debts given as JSON Lines, and fill in the figures asked for.

    Each line is a case: "kind", "inputs" and "expected", whose nulls are filled in. Kinds: plan
    ("strategy" avalanche or snowball, "extra" beyond the minimums or "monthly_payment", "debts"
    with "name", "balance", "annual_rate_percent", "minimum"; asks for "months", "total_interest",
    "months_detail", "order", "cleared"), single_debt ("balance", "annual_rate_percent",
    "payment_rule" of type fixed, fixed_principal, percent_of_balance or
    percent_of_balance_with_interest; asks for "months", "payments"), and nper ("payment"; asks for
    "months_fractional"). A line that cannot be answered becomes {"id", "error": {"code",
    "message", "path"}}, and the exit status is 1.

    A single object {"currency", "debts", "monthly_payment" or "extra"} that is no case compares
    both strategies; its debts say "minimum_payment". A refusal of it is an object with "code" and
    "detail" on standard error, and exit code 2.
    """
    text = sys.stdin.read()
    told = one_object(text)
    if told is not None and not is_case(told):
        _compared(text, every_month=table is not False, indent=indent)
        return
    lines = text if told is None else json.dumps(told)
    answer_lines(answer_plan, case_shown if table else None, StringIO(lines))


def _compared(text: str, *, every_month: bool, indent: int | None) -> None:
    """Compare both plans for one set of debts."""
    try:
        asked = PlanRequest.model_validate_json(text)
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
    if not every_month:
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
