"""`tenor quote`: all published schedules, to the cent."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tenor import cli
from tenor.calculators.quote import answer
from tests.domain.lending.published import Case, cases

ALL = cases("schedules")


def asked(case: Case) -> dict[str, Any]:
    """A case without its answers."""
    return {**case.data, "expected": dict.fromkeys(case.data["expected"])}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_schedule(case: Case) -> None:
    found: Any = answer(asked(case))["expected"]
    for name, expected in case.data["expected"].items():
        told = found[name]
        if name == "selected_rows":
            told = [row for row in told if row["n"] in {one["n"] for one in expected}]
        if name == "unpaid_interest":
            told = told[: len(expected)]  # the source lists the first skipped months alone
        if name in {"year_totals", "balance_after_n"}:
            told = {key: told[key] for key in expected}
        assert told == expected


def test_lines_and_tables() -> None:
    good = asked(ALL[0])
    other = {**good, "kind": "lottery"}
    bad = {**good, "id": "x", "inputs": {**good["inputs"], "principal": "-1"}}
    lines = "\n".join(json.dumps(case) for case in (good, other, bad))
    said = CliRunner().invoke(cli.app, ["quote"], input=lines)
    assert said.exit_code == 1
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    assert rows[0]["expected"] == ALL[0].data["expected"]
    assert (rows[1]["id"], rows[1]["error"]["code"]) == (other["id"], "unsupported")
    assert rows[2]["error"] == {
        "code": "amount-not-positive",
        "message": "The amount must be above zero.",
        "path": "inputs.principal",
    }
    shown = CliRunner().invoke(cli.app, ["quote", "--table"], input=json.dumps(good))
    assert "balance after" in shown.stdout
