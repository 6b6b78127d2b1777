"""The command `tenor replay`: terms and dated events in, allocation and arrears out."""

from typing import Annotated

import typer

from tenor.calculators.allocation import answer_allocation
from tenor.calculators.delinquency import answer_delinquency
from tenor.calculators.lines import Figures, UnsupportedError, answer_lines, objects
from tenor.calculators.tables import table


def replay(
    *,
    as_table: Annotated[bool, typer.Option("--table", help="Print tables for people.")] = False,
) -> None:
    """Apply dated events to loans given as JSON Lines, and fill in the figures asked for.

    Each line is a case: "inputs" (instalments, and either the "strategy" of allocation or the
    "grace_days" of delinquency), "events" (payment, charge, undo, charge_off, credit_refund;
    pause, resume) and "checks": what is null in a check ("transactions", "instalments",
    "outstanding", "overpaid"; "loan", "instalment_level", "next_payment_due") is filled in as it
    is after so many events. A line that cannot be answered becomes {"id", "error": {"code",
    "message", "path"}}, and the exit status is 1.
    """
    answer_lines(answer, _shown if as_table else None)


def answer(asked: Figures) -> Figures:
    """Answer a case of either family."""
    inputs = asked.get("inputs")
    names = inputs.keys() if isinstance(inputs, dict) else ()
    if "strategy" in names:
        return answer_allocation(asked)
    if "grace_days" in names:
        return answer_delinquency(asked)
    raise UnsupportedError(
        "A case names an allocation `strategy`, or the `grace_days` of delinquency.", "inputs"
    )


def _shown(case: Figures) -> str:
    parts = [str(case.get("id", ""))]
    for check in objects(case.get("checks")):
        parts.append(f"after {check.get('after')} events")
        for name in ("transactions", "instalments"):
            rows = objects(check.get(name))
            if rows:
                parts.append(table(rows))
        parts += [
            f"{name.replace('_', ' ')}: {value}"
            for name, value in check.items()
            if name not in {"after", "transactions", "instalments"}
        ]
    return "\n".join(parts) + "\n"
