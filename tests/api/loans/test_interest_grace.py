"""Interest that is put off is earned in its own periods, and falls due with the one after them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, make_scene

FIRST_DAY = datetime(2028, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = await make_scene(
        api,
        starts_at=FIRST_DAY,
        schedule={"interest_grace": 2, "amortisation": "equal_principal"},
        min_instalments=6,
    )
    await set_limits(scene)
    return scene


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    """1,200 at 12 percent in twelve parts of 100; 12 and 11 of interest are put off to May."""
    return await open_desk(scene, disbursed_on="2028-02-01")


async def accrued(scene: Scene) -> Decimal:
    return Decimal((await scene.trial_balance()).get(("USD", "accrued_interest"), "0"))


async def payoff(desk: Desk) -> dict[str, Any]:
    quote: dict[str, Any] = await desk.scene.get(f"/loans/{desk.loan_id}/payoff")
    found: dict[str, Any] = quote["payoff"]
    return found


async def test_interest_put_off_is_earned_period_by_period(desk: Desk) -> None:
    loan = await desk.loan()
    assert [row["interest"] for row in loan["schedule"][:4]] == ["0.00", "0.00", "33.00", "9.00"]
    await live_until(desk.scene, date(2028, 3, 1))
    await desk.scene.pay(desk.loan_id, "100.00")
    assert await accrued(desk.scene) == Decimal("11.59")  # 28 of 29 days are closed
    await live_until(desk.scene, date(2028, 3, 18))
    # 1 March closed the first period; 17 of the second one's 31 days are over.
    assert await accrued(desk.scene) == Decimal("17.68")  # 12.00 + 11.00 × 16/31
    told = await payoff(desk)
    assert Decimal(told["interest"]) == Decimal("18.03")
    assert await untied(desk.scene) == ()


async def test_a_loan_with_interest_put_off_is_paid_off_at_zero(desk: Desk) -> None:
    await live_until(desk.scene, date(2028, 3, 18))
    told = await payoff(desk)
    assert Decimal(told["total"]) == Decimal("1218.03") + Decimal("10.00")  # a late fee
    paid: dict[str, Any] = await desk.scene.post(
        f"/loans/{desk.loan_id}/payments",
        {"amount": told["total"], "currency": "USD", "payoff": True},
    )
    assert paid["loan_closed"] is True
    await live_until(desk.scene, date(2028, 3, 20))
    found = await desk.scene.trial_balance()
    assert ("USD", "accrued_interest") not in found
    assert Decimal(found["USD", "interest_income"]) == Decimal("-18.03")
    assert await untied(desk.scene) == ()


async def test_interest_put_off_outlives_a_new_plan(desk: Desk) -> None:
    await live_until(desk.scene, date(2028, 3, 10))
    await desk.change("re_amortise", instalments=3)
    rows = (await desk.loan())["schedule"]
    # The first new row, from 1 April on, asks for its own 10.00 and the 23.00 of the grace.
    assert (rows[2]["from_on"], rows[2]["interest"]) == ("2028-04-01", "33.00")
    interest = sum((Decimal(row["interest"]) for row in rows), Decimal(0))
    for row in rows:
        if row["due_on"] > "2028-03-10":
            await live_until(desk.scene, date.fromisoformat(row["due_on"]))
            await desk.scene.pay(desk.loan_id, "700.00")
            assert await untied(desk.scene) == ()
            if (await desk.loan())["lifecycle"] == "closed":
                break
    income = Decimal((await desk.scene.trial_balance())["USD", "interest_income"])
    assert -interest <= income < 0
    assert await accrued(desk.scene) >= 0
