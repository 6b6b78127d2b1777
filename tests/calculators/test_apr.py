"""`tenor apr`: JSON in, JSON out, and refusals that a program can read."""

import json

import pytest
from typer.testing import CliRunner

from domain.calendar import MONTHLY, due_dates
from tenor import cli
from tests.domain.lending.published import cases, day

runner = CliRunner()


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
        ("not json", "invalid-request"),
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
    text = asked if isinstance(asked, str) else json.dumps(asked)
    told = runner.invoke(cli.app, ["apr"], input=text)
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
