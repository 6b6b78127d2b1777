"""`tenor plan`: JSON in, JSON out, and refusals that a program can read."""

import json

import pytest
from typer.testing import CliRunner

from tenor import cli

runner = CliRunner()
DEBTS = [
    {
        "name": "Credit Card",
        "balance": "1000.00",
        "annual_rate_percent": "14.99",
        "minimum_payment": "75.00",
    },
    {
        "name": "Student Loan",
        "balance": "900.00",
        "annual_rate_percent": "4.75",
        "minimum_payment": "50.00",
    },
]


def test_both_plans_are_compared() -> None:
    asked = json.dumps({"currency": "USD", "debts": DEBTS, "monthly_payment": "225.00"})
    told = runner.invoke(cli.app, ["plan"], input=asked)
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["snowball"]["total_interest"] == "90.83"
    assert found["snowball"]["table"][0]["balance"] == "1691.05"
    assert found["avalanche"]["order"] == ["Credit Card", "Student Loan"]
    assert found["interest_saved"] == "23.62"


def test_extra_stands_for_what_is_paid_beyond_the_minimums() -> None:
    asked = json.dumps({"debts": DEBTS, "extra": "100.00"})
    told = runner.invoke(cli.app, ["plan", "--no-table"], input=asked)
    found = json.loads(told.stdout)
    assert found["monthly_payment"] == "225.00"
    assert "table" not in found["avalanche"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("{", "invalid-request"),
        ("", "invalid-request"),
        (json.dumps({"debts": DEBTS}), "invalid-request"),
        (json.dumps({"debts": DEBTS, "extra": "1", "monthly_payment": "200"}), "invalid-request"),
        (json.dumps({"debts": [], "extra": "1"}), "invalid-request"),
        (json.dumps({"debts": DEBTS, "extra": 1}), "invalid-request"),
        (json.dumps({"debts": DEBTS, "monthly_payment": "100"}), "budget-below-minimums"),
        (json.dumps({"currency": "XXX", "debts": DEBTS, "extra": "1"}), "unknown-currency"),
    ],
)
def test_a_refusal_is_said_on_standard_error(asked: str, code: str) -> None:
    told = runner.invoke(cli.app, ["plan"], input=asked)
    assert told.exit_code == 2
    assert told.stdout == ""
    assert json.loads(told.stderr)["code"] == code
