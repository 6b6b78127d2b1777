"""Published days past due, pauses and buckets: all of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.lending.arrears import (
    BucketStep,
    Ladder,
    Pause,
    Unpaid,
    assess,
    next_due_on,
    overdue_by_bucket,
)
from domain.lending.waterfall import Owed, Preset, after, allocate
from tests.domain.lending.published import Case, amount, cases, checks, day

ALL = cases("delinquency")


def test_all_cases_are_there() -> None:
    assert len(ALL) == 8
    assert sum(len(case.data["checks"]) for case in ALL) == 19


def ladder_of(case: Case) -> Ladder:
    steps = [BucketStep("NO_DELINQUENCY", 0)]
    if "buckets" in case.inputs:
        steps += [BucketStep(row["name"], row["min"]) for row in case.inputs["buckets"]]
    return Ladder(case.id, tuple(steps))


def unpaid_after(case: Case, events: list[Any]) -> list[Unpaid]:
    owed: tuple[Owed, ...] = tuple(
        Owed(number, day(row["due"]), principal=amount(row["amount"]))
        for number, row in enumerate(case.inputs["instalments"], start=1)
    )
    for event in events:
        if event["type"] == "payment":
            split = allocate(
                owed,
                Decimal(event["amount"]),
                Preset.PENALTY_FEE_INTEREST_PRINCIPAL,
                day(event["date"]),
                "EUR",
            )
            owed = after(owed, split.allocations)
    return [(row.due_on, row.total) for row in owed]


def pauses_after(events: list[Any]) -> list[Pause]:
    """A resumption ends the pause that contains it."""
    pauses: list[Pause] = []
    for event in events:
        if event["type"] == "pause":
            pauses.append(Pause(day(event["start"]), day(event["end"])))
        if event["type"] == "resume":
            on = day(event["date"])
            pauses = [
                Pause(pause.start, on) if pause.start <= on <= pause.end else pause
                for pause in pauses
            ]
    return pauses


def text(on: date | None) -> str | None:
    return on.isoformat() if on else None


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_delinquency(case: Case) -> None:
    ladder = ladder_of(case)
    grace = case.inputs["grace_days"]
    for events, check in checks(case):
        today = day(check["date"])
        unpaid, pauses = unpaid_after(case, events), pauses_after(events)
        answered = {"after", "date"}
        if "loan" in check:
            found = assess(unpaid, today, grace, pauses, ladder)
            figures = {
                "classification": found.bucket,
                "overdue_amount": f"{found.overdue_amount:.2f}",
                "delinquent_date": text(found.delinquent_since),
                "delinquent_days": found.delinquent_days,
                "past_due_days": found.past_due_days,
            }
            assert {key: figures[key] for key in check["loan"]} == check["loan"]
            answered.add("loan")
        if "instalment_level" in check:
            by_bucket = overdue_by_bucket(unpaid, today, grace, pauses, ladder)
            assert {name: f"{sum_:.2f}" for name, sum_ in by_bucket.items()} == (
                check["instalment_level"]
            )
            answered.add("instalment_level")
        if "next_payment_due" in check:
            assert text(next_due_on(unpaid, today)) == check["next_payment_due"]
            answered.add("next_payment_due")
        assert set(check) <= answered, "a figure of the case went unchecked"
