"""Published allocations, to the cent; what is not covered is counted by reason."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.lending.waterfall import (
    WATERFALLS,
    Allocation,
    Component,
    Owed,
    Preset,
    Waterfall,
    after,
    apply_waterfall,
)
from domain.money import ZERO
from tests.domain.lending.published import Case, amount, cases, checks, day

COVERED = "covered"
ALL = cases("allocation")


def standing(case: Case) -> str:
    """`covered`, or what the present engine has no answer for."""
    kinds = {event["type"] for event in case.data["events"]}
    strategy = case.inputs["strategy"]["type"]
    if strategy == "bucketed":
        return "bucketed"
    for kind in ("charge_off", "undo"):
        if kind in kinds:
            return kind
    if strategy == "due_then_advance" and "charge" in kinds:
        return "charges that fall due before their instalment"
    return COVERED


def test_every_case_is_covered_or_counted() -> None:
    assert Counter(standing(case) for case in ALL) == {
        COVERED: 7,
        "bucketed": 21,
        "charge_off": 2,
        "undo": 3,
        "charges that fall due before their instalment": 6,
    }


def waterfall_of(case: Case) -> Waterfall:
    strategy = case.inputs["strategy"]
    due = strategy.get("due_order") or strategy["order"]
    in_advance = strategy.get("advance_order") or due
    return Waterfall(
        tuple(Component(name) for name in due), tuple(Component(name) for name in in_advance)
    )


@dataclass
class Replayed:
    """The loan after its payments were applied by value date, then entry order."""

    planned: list[Owed]
    owed: tuple[Owed, ...] = ()
    credit: Decimal = ZERO
    splits: dict[str, tuple[Allocation, ...]] = field(default_factory=dict)
    principal_after: dict[str, Decimal] = field(default_factory=dict)
    paid: list[tuple[date, Allocation]] = field(default_factory=list)


def planned(case: Case, events: list[Any]) -> list[Owed]:
    """The instalments with their charges; those after maturity share one extra instalment."""
    rows = [
        Owed(
            number,
            day(row["due"]),
            interest=amount(row["interest"]),
            principal=amount(row["principal"]),
        )
        for number, row in enumerate(case.inputs["instalments"], start=1)
    ]
    late = [e for e in events if e["type"] == "charge" and day(e["due"]) > rows[-1].due_on]
    if late:
        rows.append(Owed(len(rows) + 1, max(day(charge["due"]) for charge in late)))
    for charge in (event for event in events if event["type"] == "charge"):
        at = next(i for i, row in enumerate(rows) if day(charge["due"]) <= row.due_on)
        name = charge["kind"]
        rows[at] = replace(
            rows[at], **{name: rows[at].of(Component(name)) + amount(charge["amount"])}
        )
    return rows


def replay(case: Case, events: list[Any]) -> Replayed:
    found = Replayed(planned(case, events))
    found.owed = tuple(found.planned)
    payments = sorted(
        (event for event in events if event["type"] == "payment"), key=lambda event: event["date"]
    )
    for payment in payments:
        on = day(payment["date"])
        split = apply_waterfall(
            found.owed, amount(payment["amount"]), waterfall_of(case), on, "EUR"
        )
        found.owed = after(found.owed, split.allocations)
        found.credit += split.unapplied
        found.splits[payment["id"]] = split.allocations
        found.principal_after[payment["id"]] = sum(row.principal for row in found.owed) + ZERO
        found.paid += [(on, part) for part in split.allocations]
    return found


def money(value: Decimal) -> str:
    return f"{value:.2f}"


def instalment_rows(found: Replayed) -> list[dict[str, str]]:
    rows = []
    for row, left in zip(found.planned, found.owed, strict=True):
        parts = [(on, part.amount) for on, part in found.paid if part.instalment == row.number]
        rows.append(
            {
                "due": row.due_on.isoformat(),
                "principal": money(row.principal),
                "interest": money(row.interest),
                "fees": money(row.fee),
                "penalties": money(row.penalty),
                "total": money(row.total),
                "paid": money(sum((paid for _, paid in parts), ZERO)),
                "paid_in_advance": money(sum((p for on, p in parts if on < row.due_on), ZERO)),
                "paid_late": money(sum((p for on, p in parts if on > row.due_on), ZERO)),
                "outstanding": money(left.total),
            }
        )
    return rows


def transaction_row(found: Replayed, transaction: str) -> dict[str, str]:
    by_component: defaultdict[Component, Decimal] = defaultdict(Decimal)
    for part in found.splits[transaction]:
        by_component[part.component] += part.amount
    return {
        "id": transaction,
        "principal": money(by_component[Component.PRINCIPAL]),
        "interest": money(by_component[Component.INTEREST]),
        "fees": money(by_component[Component.FEE]),
        "penalties": money(by_component[Component.PENALTY]),
        "principal_balance_after": money(found.principal_after[transaction]),
    }


@pytest.mark.parametrize(
    "case", [case for case in ALL if standing(case) == COVERED], ids=lambda case: case.id
)
def test_allocation(case: Case) -> None:
    for events, check in checks(case):
        found = replay(case, events)
        answered = {"after", "date"}
        if "outstanding" in check:
            assert money(sum((row.total for row in found.owed), ZERO)) == check["outstanding"]
            answered.add("outstanding")
        if "overpaid" in check:
            assert money(found.credit) == check["overpaid"]
            answered.add("overpaid")
        if "instalments" in check:
            assert instalment_rows(found) == check["instalments"]
            answered.add("instalments")
        if "transactions" in check:
            for expected in check["transactions"]:
                row = transaction_row(found, expected["id"])
                assert row == {key: expected[key] for key in row}
                paid = sum((part.amount for part in found.splits[expected["id"]]), ZERO)
                assert money(paid) == expected["amount"]
            answered.add("transactions")
        assert set(check) <= answered, "a figure of the case went unchecked"


def test_a_preset_is_the_order_of_the_sequential_cases() -> None:
    sequential = [c for c in ALL if c.inputs["strategy"]["type"] == "sequential"]
    preset = WATERFALLS[Preset.PENALTY_FEE_INTEREST_PRINCIPAL]
    assert {waterfall_of(case) for case in sequential} == {preset}
