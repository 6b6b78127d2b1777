"""`tenor apr`: JSON in, JSON out, and refusals that a program can read."""

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from domain.calendar import MONTHLY, due_dates
from tenor import cli
from tests.domain.lending.published import cases, day

runner = CliRunner()
ALL = cases("apr")


@pytest.mark.parametrize("decimals_told", [True, False])
def test_all_published_rates_as_json_lines(decimals_told: bool) -> None:
    lines = []
    for case in ALL:
        asked = dict.fromkeys(case.data["expected"])
        if decimals_told:
            asked["decimals"] = case.data["expected"]["decimals"]
        lines.append(json.dumps({**case.data, "expected": asked}))
    told = runner.invoke(cli.app, ["apr"], input="\n".join(lines))
    assert told.exit_code == 0
    for case, line in zip(ALL, told.stdout.splitlines(), strict=True):
        found, expected = json.loads(line)["expected"], case.data["expected"]
        if decimals_told:
            assert found == expected, case.id
        else:
            assert found["decimals"] == 6
            shown = Decimal(found["apr_percent"])
            assert str(round(shown, expected["decimals"])) == expected["apr_percent"], case.id


def test_a_bad_line_is_answered_in_its_place() -> None:
    good = {**ALL[0].data, "expected": {"apr_percent": None}}
    late = {"drawdowns": [{"t": "one", "amount": "1"}], "payments": [{"t": "1", "amount": "2"}]}
    bad = [
        ("{", None, "invalid-request", ""),
        (json.dumps({**good, "id": "m", "method": "x"}), "m", "invalid-request", "method"),
        (
            json.dumps({**good, "id": "t", "method": "eu_aprc", "inputs": late}),
            "t",
            "invalid-request",
            "inputs.drawdowns.0.t",
        ),
        (json.dumps({"id": "n", "method": "eu_aprc"}), "n", "invalid-request", "inputs"),
    ]
    text = "\n".join([json.dumps(good), *(line for line, *_ in bad), json.dumps(good)])
    told = runner.invoke(cli.app, ["apr"], input=text)
    assert told.exit_code == 1
    first, *errors, last = [json.loads(line) for line in told.stdout.splitlines()]
    assert first == last
    assert first["expected"]["apr_percent"] == ALL[0].data["expected"]["apr_percent"]
    for said, (_, name, code, path) in zip(errors, bad, strict=True):
        assert (said["id"], said["error"]["code"], said["error"]["path"]) == (name, code, path)
    shown = runner.invoke(cli.app, ["apr", "--table"], input=json.dumps(good, indent=1))
    assert ALL[0].data["expected"]["apr_percent"] in shown.stdout


def test_a_published_rate_is_found_from_dated_flows() -> None:
    (case,) = [case for case in cases("apr") if case.id == "APR-US-c1ii"]

    def flows(name: str) -> list[dict[str, str]]:
        return [{"on": item["date"], "amount": item["amount"]} for item in case.inputs[name]]

    asked = {"advances": flows("advances"), "payments": flows("payments")}
    told = runner.invoke(cli.app, ["apr"], input=json.dumps(asked))
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["us_actuarial"].startswith("11.8")
    assert round(float(found["us_actuarial"]), 2) == 11.82
    assert found["unit_period"] == {"measure": "months", "every": 1}
    assert float(found["eu_aprc"]) > float(found["us_actuarial"])  # it compounds


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"advances": [], "payments": []}, "invalid-request"),
        ({"advances": [{"on": "2028-02-30", "amount": "1.00"}]}, "invalid-request"),
        (
            {
                "advances": [{"on": "2028-01-01", "amount": "100.00"}],
                "payments": [{"on": "2028-02-01", "amount": "99.00"}],
            },
            "invalid-terms",
        ),
    ],
)
def test_a_refusal_is_json_on_standard_error(asked: object, code: str) -> None:
    told = runner.invoke(cli.app, ["apr"], input=json.dumps(asked, indent=2))
    assert told.exit_code == 2
    assert json.loads(told.stderr)["code"] == code


def test_a_long_loan_is_answered() -> None:
    payments = [
        {"on": on.isoformat(), "amount": "600.00"}
        for on in due_dates(day("2028-02-29"), MONTHLY, 360)
    ]
    asked = {"advances": [{"on": "2028-01-31", "amount": "100000.00"}], "payments": payments}
    told = runner.invoke(cli.app, ["apr"], input=json.dumps(asked))
    assert told.exit_code == 0
    assert json.loads(told.stdout)["us_actuarial"].startswith("6.0")
