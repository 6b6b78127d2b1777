"""Days without interest: agreed ahead, added late, taken back; books and payments follow."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, make_scene

FIRST_DAY = datetime(2028, 2, 1, 12, tzinfo=UTC)
PLAN = ("number", "from_on", "due_on", "principal", "interest")
APRIL = {"from_on": "2028-03-02", "to_on": "2028-04-01"}
"""The whole second period, (1 March, 1 April]: its interest is 11.05."""


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = await make_scene(api, starts_at=FIRST_DAY)
    await set_limits(scene)
    return scene


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    """1,200 at 12 percent over twelve months: 106.62 a month, 12.00 of interest at first."""
    return await open_desk(scene, disbursed_on="2028-02-01")


def plan(loan: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in PLAN) for row in loan["schedule"]]


def interest(loan: dict[str, Any]) -> list[str]:
    return [row["interest"] for row in loan["schedule"]]


async def income(scene: Scene) -> Decimal:
    return -Decimal((await scene.trial_balance()).get(("USD", "interest_income"), "0"))


async def test_a_pause_ahead_takes_its_days_out_and_nothing_else(desk: Desk) -> None:
    before = await desk.loan()
    told = await desk.preview("interest_pause", from_on="2028-03-11", to_on="2028-03-20")
    assert await desk.loan() == before
    made = await desk.change("interest_pause", from_on="2028-03-11", to_on="2028-03-20")
    after = await desk.loan()
    # 21 of 31 days earn: 11.05 × 21/31 = 7.4855.
    assert interest(after)[1] == "7.49"
    assert made["amount"] == told["amount"] == "3.56"
    assert interest(after)[:1] + interest(after)[2:] == interest(before)[:1] + interest(before)[2:]
    assert [row[3] for row in plan(after)] == [row[3] for row in plan(before)]
    assert told["moved"]["schedule_after"] == made["moved"]["schedule_after"]
    await live_until(desk.scene, date(2028, 3, 11))
    assert await income(desk.scene) == Decimal("15.21")  # 12.00 + 11.05 × 9/31
    await live_until(desk.scene, date(2028, 3, 21))
    assert await income(desk.scene) == Decimal("15.21")
    await live_until(desk.scene, date(2028, 4, 2))
    assert await income(desk.scene) == Decimal("19.49")
    assert await untied(desk.scene) == ()


async def test_a_pause_added_late_splits_payments_again(desk: Desk) -> None:
    for due in (date(2028, 3, 1), date(2028, 4, 1)):
        await live_until(desk.scene, due)
        await desk.scene.pay(desk.loan_id, "106.62")
    await live_until(desk.scene, date(2028, 4, 20))
    made = await desk.change("interest_pause", **APRIL)
    assert made["amount"] == "11.05"
    loan = await desk.loan()
    assert interest(loan)[1] == "0.00"
    # The 11.05 of April went on to May's instalment, its interest first.
    assert loan["schedule"][2]["paid"] == "11.05"
    assert await untied(desk.scene) == ()
    assert "interest correction" in " ".join(made["moved"]["entries"])
    accrued = Decimal((await desk.scene.trial_balance())["USD", "accrued_interest"])
    # Nothing of the pause; of May's 10.09 the 18 days of 30 that are closed.
    assert await income(desk.scene) == Decimal("12.00") + accrued


async def test_undoing_a_pause_restores_the_schedule_and_the_payments(desk: Desk) -> None:
    for due in (date(2028, 3, 1), date(2028, 4, 1)):
        await live_until(desk.scene, due)
        await desk.scene.pay(desk.loan_id, "106.62")
    await live_until(desk.scene, date(2028, 4, 20))
    before, books = await desk.loan(), await desk.scene.trial_balance()
    made = await desk.change("interest_pause", **APRIL)
    await desk.change("undo", change_id=made["id"])
    after = await desk.loan()
    assert after["schedule"] == before["schedule"]
    assert after["outstanding"] == before["outstanding"]
    assert await desk.scene.trial_balance() == books
    assert await untied(desk.scene) == ()


async def test_a_late_pause_withdraws_the_fee_that_the_interest_had_brought(desk: Desk) -> None:
    await live_until(desk.scene, date(2028, 3, 1))
    await desk.scene.pay(desk.loan_id, "106.62")
    await live_until(desk.scene, date(2028, 4, 1))
    await desk.scene.pay(desk.loan_id, "95.57")  # its principal alone
    await live_until(desk.scene, date(2028, 4, 20))
    late = await desk.loan()
    assert (late["bucket"], late["outstanding"]["penalty"]) == ("1-29", "10.00")
    await desk.change("interest_pause", **APRIL)
    loan = await desk.loan()
    assert (loan["bucket"], loan["outstanding"]["penalty"]) == ("current", "0.00")
    assert await untied(desk.scene) == ()


async def test_pauses_overlap_without_counting_twice_and_outlive_a_new_plan(desk: Desk) -> None:
    await desk.change("interest_pause", from_on="2028-04-02", to_on="2028-04-20")
    await desk.change("interest_pause", from_on="2028-04-10", to_on="2028-05-01")
    assert interest(await desk.loan())[2] == "0.00"
    refused = await desk.ask("interest_pause", from_on="2028-04-15", to_on="2028-04-16")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-date")
    await desk.change("re_amortise", instalments=6)
    assert interest(await desk.loan())[2] == "0.00"


async def test_a_payment_dated_before_a_pause_is_still_taken(desk: Desk) -> None:
    await live_until(desk.scene, date(2028, 4, 20))
    await desk.change("interest_pause", **APRIL)
    await desk.scene.pay(desk.loan_id, "106.62", value_on="2028-03-01")
    await desk.scene.pay(desk.loan_id, "95.57", value_on="2028-04-01")
    loan = await desk.loan()
    assert loan["bucket"] == "current"
    assert [row["outstanding"] for row in loan["schedule"][:2]] == ["0.00", "0.00"]
    assert await untied(desk.scene) == ()
