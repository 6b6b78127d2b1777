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
    at = next(n for n, event in enumerate(negative["events"]) if event["type"] == "payment")
    negative["events"][at]["amount"] = "-1.00"
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
        ("x-2", "amount-not-positive", f"events.{at}.amount"),
        ("x-3", "unsupported", "inputs"),
        ("x-4", "unsupported", "events.0.ref"),
        *[(None, "invalid-request", "")] * 4,
    ]


CHARGED = next(
    case for case in ALLOCATIONS if any(one["type"] == "charge" for one in case.data["events"])
)
FEE_AT = next(n for n, one in enumerate(CHARGED.data["events"]) if one["type"] == "charge")
BUCKETED = next(
    case for case in ALLOCATIONS if case.data["inputs"]["strategy"]["type"] == "bucketed"
)


@pytest.mark.parametrize(
    ("case", "place", "value", "code", "path"),
    [
        (CHARGED, ("events", FEE_AT, "amount"), "-5.00", "amount-not-positive", None),
        (CHARGED, ("events", FEE_AT, "amount"), "0.001", "amount-precision", None),
        (CHARGED, ("inputs", "currency"), "XXX", "unknown-currency", None),
        (CHARGED, ("inputs", "instalments"), [], "invalid-request", None),
        (
            CHARGED,
            ("inputs", "instalments", 0, "principal"),
            "-5.00",
            "amount-not-positive",
            None,
        ),
        (CHARGED, ("inputs", "instalments", 0, "due"), "1999-01-01", "invalid-request", None),
        (CHARGED, ("checks", 0, "after"), 99, "invalid-request", None),
        (
            BUCKETED,
            ("inputs", "strategy", "order", "due"),
            ["fee", "fee", "interest", "principal"],
            "invalid-request",
            "inputs.strategy.bucketed.order.due",
        ),
        (DELINQUENCIES[0], ("inputs", "grace_days"), -1, "invalid-request", None),
        (
            DELINQUENCIES[0],
            ("inputs", "instalments", 1, "due"),
            "1999-01-01",
            "invalid-request",
            None,
        ),
        (
            DELINQUENCIES[0],
            ("inputs", "buckets"),
            [{"name": "a", "min": 9}, {"name": "b", "min": 9}],
            "invalid-terms",
            None,
        ),
        (DELINQUENCIES[0], ("checks", 0, "after"), 999, "invalid-request", None),
    ],
)
def test_a_slip_is_named_with_its_place(
    case: Case, place: tuple[str | int, ...], value: object, code: str, path: str | None
) -> None:
    told = json.loads(json.dumps(asked(case)))
    *above, last = place
    within = told
    for step in above:
        within = within[step]
    within[last] = value
    lines = [json.dumps(told), json.dumps(asked(case))]
    said = CliRunner().invoke(cli.app, ["replay"], input="\n".join(lines))
    slip, good = [json.loads(line) for line in said.stdout.splitlines()]
    expected = ".".join(str(step) for step in place) if path is None else path
    assert (said.exit_code, slip["error"]["code"], slip["error"]["path"]) == (1, code, expected)
    assert "error" not in good


def test_two_events_of_one_id_are_refused() -> None:
    told = json.loads(json.dumps(asked(CHARGED)))
    payment = next(one for one in told["events"] if one["type"] == "payment")
    told["events"].append(payment)
    said = CliRunner().invoke(cli.app, ["replay"], input=json.dumps(told))
    assert json.loads(said.stdout)["error"]["path"] == f"events.{len(told['events']) - 1}.id"


def test_people_get_tables() -> None:
    line = json.dumps(asked(ALLOCATIONS[0]))
    said = CliRunner().invoke(cli.app, ["replay", "--table"], input=line)
    assert said.exit_code == 0
    assert ALLOCATIONS[0].id in said.stdout
    assert "paid in advance" in said.stdout
