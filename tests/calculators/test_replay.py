"""`tenor replay`: the published allocations and delinquencies, all of them, to the cent."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tenor import cli
from tenor.calculators.replay import answer
from tests.domain.lending.published import Case, cases

ALLOCATIONS = cases("allocation")
DELINQUENCIES = cases("delinquency")


def asked(case: Case) -> dict[str, Any]:
    """A case without its answers."""
    checks = [
        {name: value if name in {"after", "date"} else None for name, value in check.items()}
        for check in case.data["checks"]
    ]
    return {**case.data, "checks": checks}


def test_all_cases_are_there() -> None:
    assert (len(ALLOCATIONS), len(DELINQUENCIES)) == (39, 8)


@pytest.mark.parametrize("case", ALLOCATIONS, ids=lambda case: case.id)
def test_allocation(case: Case) -> None:
    found = answer(asked(case))
    for told, expected in zip(found["checks"], case.data["checks"], strict=True):  # type: ignore[call-overload]
        transactions = {one["id"]: one for one in told.get("transactions", [])}
        for one in expected.get("transactions", []):
            assert transactions[one["id"]] == one
        order = [one["id"] for one in expected.get("transactions", [])]
        assert [key for key in transactions if key in order] == order
        rest = {name: value for name, value in expected.items() if name != "transactions"}
        assert {name: told[name] for name in rest} == rest


@pytest.mark.parametrize("case", DELINQUENCIES, ids=lambda case: case.id)
def test_delinquency(case: Case) -> None:
    found = answer(asked(case))
    for told, expected in zip(found["checks"], case.data["checks"], strict=True):  # type: ignore[call-overload]
        loan = {name: told["loan"][name] for name in expected.get("loan", ())}
        assert {**told, "loan": loan} == {"loan": {}, **expected}


def test_lines_are_answered_in_order_and_bad_ones_in_their_place() -> None:
    good = asked(ALLOCATIONS[0])
    unknown = {**good, "id": "x-1", "inputs": {**good["inputs"], "strategy": {"type": "magic"}}}
    negative = json.loads(json.dumps(asked(ALLOCATIONS[-1])))
    negative["id"] = "x-2"
    payment = next(event for event in negative["events"] if event["type"] == "payment")
    payment["amount"] = "-1.00"
    other = {"id": "x-3", "inputs": {"principal": "1.00"}}
    ghost = {**good, "id": "x-4", "events": [{"type": "undo", "ref": "nobody"}]}
    ghost["checks"] = [{"after": 1, "outstanding": None}]
    told = [good, unknown, negative, other, ghost]
    lines = [*(json.dumps(case) for case in told), "no json", "[]", '{"id": NaN}', "", "[" * 9999]
    said = CliRunner().invoke(cli.app, ["replay"], input="\n".join(lines))
    assert said.exit_code == 1
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    assert rows[0]["checks"] == answer(good)["checks"]
    errors = [(row["id"], row["error"]["code"], row["error"]["path"]) for row in rows[1:]]
    assert errors == [
        ("x-1", "invalid-request", "inputs.strategy"),
        ("x-2", "amount-not-positive", "inputs"),
        ("x-3", "unsupported", "inputs"),
        ("x-4", "unsupported", "events.0.ref"),
        *[(None, "invalid-request", "")] * 4,
    ]


def test_people_get_tables() -> None:
    line = json.dumps(asked(ALLOCATIONS[0]))
    said = CliRunner().invoke(cli.app, ["replay", "--table"], input=line)
    assert said.exit_code == 0
    assert ALLOCATIONS[0].id in said.stdout
    assert "paid in advance" in said.stdout
