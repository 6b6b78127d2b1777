"""Loans whose interest is earned by the day: paid early, late, in part, taken back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.daycount import DayCount
from domain.lending.simple_interest import Payment, SimpleInterest
from tests.api.ledger.tying import untied
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, make_scene

DAY = timedelta(days=1)
FIRST_DAY = datetime(2028, 2, 1, 12, tzinfo=UTC)
TERMS: dict[str, Any] = {
    "schedule": {"interest": "daily", "rounding": "half-up"},
    "day_count": "actual/365",
    "waterfall": "interest_first",
    "penalty": {"kind": "none"},
}


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api, starts_at=FIRST_DAY, **TERMS)


@pytest.fixture
async def loan_id(scene: Scene) -> str:
    """1,200 at 12 percent over twelve months."""
    return str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])


async def loan_of(scene: Scene, loan_id: str) -> dict[str, Any]:
    return await scene.get(f"/loans/{loan_id}")


def split(paid: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Interest and principal that a payment paid."""
    found = {"interest": Decimal(0), "principal": Decimal(0)}
    for part in paid["allocations"]:
        found[part["component"]] += Decimal(part["amount"])
    return found["interest"], found["principal"]


def by_calculator(payments: list[Payment]) -> list[tuple[Decimal, Decimal]]:
    told = SimpleInterest(
        Decimal(1200), "USD", Decimal(12), DayCount.ACTUAL_365, date(2028, 2, 1)
    ).paid(payments)
    return [(paid.interest, paid.principal) for paid in told]


async def test_it_lives_months_as_the_calculator_of_simple_interest_says(
    scene: Scene, loan_id: str
) -> None:
    before = await loan_of(scene, loan_id)
    amount = Decimal(before["schedule"][0]["total"])
    made: list[Payment] = []
    told: list[tuple[Decimal, Decimal]] = []
    # Early; late by nine days; a part, and the rest of it; two at once; a day after the date.
    for on, money in (
        (date(2028, 2, 20), amount),
        (date(2028, 4, 10), amount),
        (date(2028, 4, 20), Decimal("40.00")),
        (date(2028, 5, 1), amount - 40),
        (date(2028, 5, 1), Decimal("3.33")),
        (date(2028, 6, 2), 2 * amount),
    ):
        await live_until(scene, on)
        made.append(Payment(on, amount=money))
        told.append(split(await scene.pay(loan_id, f"{money:.2f}")))
        assert told == by_calculator(made), on
        assert await untied(scene) == ()
    after = await loan_of(scene, loan_id)
    assert [row["total"] for row in after["schedule"][:11]] == [
        row["total"] for row in before["schedule"][:11]
    ]
    await live_until(scene, date(2028, 7, 15))
    await scene.trial_balance()
    assert await untied(scene) == ()
    quote: dict[str, Any] = await scene.get(f"/loans/{loan_id}/payoff")
    expected = by_calculator([*made, Payment(date(2028, 7, 15))])[-1]
    assert Decimal(quote["payoff"]["total"]) == sum(expected)
    paid = await scene.pay(loan_id, quote["payoff"]["total"])
    assert split(paid) == expected
    assert paid["loan_closed"] is True
    await live_until(scene, date(2028, 7, 17))
    found = await scene.trial_balance()
    assert {name for _, name in found} <= {"cash", "interest_income"}
    assert await untied(scene) == ()
