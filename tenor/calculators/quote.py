"""The command `tenor quote`: the terms of loans in, their schedules out."""

from collections.abc import Mapping
from typing import Annotated, Final

import typer

from tenor.calculators.lines import Answer, Figures, answer_lines
from tenor.calculators.quoting import answer_schedule
from tenor.calculators.recalculating import answer_overdue, answer_payoff, answer_prepayment
from tenor.calculators.restructuring import answer_restructure, answer_unrounded
from tenor.calculators.tables import case_shown
from tenor.calculators.us_simple import answer_simple_interest

_BY_KIND: Final[Mapping[str, Answer]] = {
    "us_simple_interest": answer_simple_interest,
    "prepayment": answer_prepayment,
    "overdue": answer_overdue,
    "payoff_quote": answer_payoff,
    "restructure": answer_restructure,
    "unrounded_schedule": answer_unrounded,
}
"""The kinds of cases that are more than a schedule of terms and events."""


def quote(
    *,
    as_table: Annotated[bool, typer.Option("--table", help="Print tables for people.")] = False,
) -> None:
    """Work out the schedules of loans given as JSON Lines, and fill in the figures asked for.

    Each line is a case: "inputs" (principal, annual_rate_percent, frequency, day_count,
    disbursement_date, due_dates or n_instalments and first_due_date, rounding, and any option of a
    product) and "expected", in which what is null ("rows", "totals", "year_totals",
    "first_instalment", "last_instalment", "daily", "payoff") is filled in. A line that
    cannot be answered becomes {"id", "error": {"code", "message", "path"}}, and the exit status is
    1.
    """
    answer_lines(answer, case_shown if as_table else None)


def answer(asked: Figures) -> Figures:
    """Answer a case by its kind."""
    return _BY_KIND.get(str(asked.get("kind")), answer_schedule)(asked)
