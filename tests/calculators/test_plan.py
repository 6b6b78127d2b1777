"""`tenor plan`: JSON in, JSON out, and refusals that a program can read."""

import json

import pytest
from typer.testing import CliRunner

from tenor import cli
from tests.domain.lending.published import cases

runner = CliRunner()
ALL = cases("payoff_plans")


def test_all_published_plans_as_json_lines() -> None:
    lines = [
        json.dumps({**case.data, "expected": dict.fromkeys(case.data["expected"])}) for case in ALL
    ]
    told = runner.invoke(cli.app, ["plan"], input="\n".join(lines))
    assert told.exit_code == 0
    for case, line in zip(ALL, told.stdout.splitlines(), strict=True):
        found, expected = json.loads(line)["expected"], dict(case.data["expected"])
        if "payments" in expected:
            found["payments"] = {month: found["payments"][month] for month in expected["payments"]}
        if "months_detail" in expected:
            found["months_detail"] = found["months_detail"][: len(expected["months_detail"])]
            # Our figure is exact; the source names how far off its own may be.
            assert found.pop("total_interest_tolerance") == "0.00"
            del expected["total_interest_tolerance"]
        assert found == expected, case.id


def test_other_rules_of_payment() -> None:
    """200,000 at 6 %: 900 of principal a month is the study's example 12, with 201.00 at last."""

    def paid(**rule: str) -> dict[str, str]:
        inputs = {"balance": "200000.00", "annual_rate_percent": "6", "payment_rule": rule}
        asked = {"id": "x", "kind": "single_debt", "inputs": inputs, "expected": {"payments": None}}
        told = runner.invoke(cli.app, ["plan"], input=json.dumps(asked))
        found: dict[str, str] = json.loads(told.stdout)["expected"]["payments"]
        return found

    principal = paid(type="fixed_principal", amount="900.00")
    assert (principal["1"], principal["2"], principal["223"]) == ("1900.00", "1895.50", "201.00")
    percent = paid(type="percent_of_balance", percent="2", minimum="300.00")
    assert (percent["1"], percent["2"]) == ("4000.00", "3940.00")


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"kind": "lottery"}, "unsupported", "kind"),
        ({"inputs": {}}, "invalid-request", "inputs.strategy"),
        (
            {
                "kind": "nper",
                "inputs": {"balance": "100", "annual_rate_percent": "120", "payment": "10"},
            },
            "budget-below-interest",
            "inputs.payment",
        ),
        ({"expected": None}, "unsupported", "expected"),
    ],
)
def test_a_bad_line_is_answered_in_its_place(
    change: dict[str, object], code: str, path: str
) -> None:
    (good,) = [case.data for case in ALL if case.data["kind"] == "plan"]
    asked = {**good, **change, "id": "bad"}
    told = runner.invoke(cli.app, ["plan"], input=json.dumps(asked))
    assert told.exit_code == 1
    said = json.loads(told.stdout)
    assert (said["id"], said["error"]["code"], said["error"]["path"]) == ("bad", code, path)


def test_a_table_for_people() -> None:
    (good,) = [case.data for case in ALL if case.data["kind"] == "plan"]
    asked = {**good, "expected": {"months": None, "months_detail": None}}
    told = runner.invoke(cli.app, ["plan", "--table"], input=json.dumps(asked))
    assert "total balance" in told.stdout
    assert "1691.05" in told.stdout


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
