"""A new loan pays the old one off."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.support import Api, make_scene, ok

NEW: dict[str, object] = {
    "principal": "2000.00",
    "instalments": 24,
    "annual_rate_percent": "9",
    "first_due_on": "2028-03-01",
}


@pytest.fixture
async def desk(api: Api) -> Desk:
    scene = await make_scene(api)
    await set_limits(scene)
    return await open_desk(scene)


async def test_a_new_loan_pays_the_old_one_off_and_tops_it_up(desk: Desk) -> None:
    payoff = Decimal((await desk.outstanding())["owed"])
    cash = (await desk.scene.trial_balance())["USD", "cash"]
    made = await desk.change("refinance", **NEW)
    old = await desk.loan()
    assert (old["closed_reason"], old["outstanding"]["total"]) == ("refinanced", "0.00")
    new: dict[str, Any] = await desk.scene.get(f"/loans/{made['made_loan_id']}")
    assert (new["lifecycle"], new["principal"], len(new["schedule"])) == ("active", "2000.00", 24)
    assert new["customer_id"] == old["customer_id"]
    accounts = await desk.scene.trial_balance()
    assert Decimal(accounts["USD", "cash"]) == Decimal(cash) - 2000 + payoff
    assert accounts["USD", "principal_receivable"] == "2000.00"


async def test_a_preview_makes_no_loan(desk: Desk) -> None:
    before: dict[str, Any] = await desk.scene.get("/loans")
    preview = await desk.preview("refinance", **NEW)
    assert preview["made_loan_id"] is None
    assert preview["moved"]["after"]["closed_reason"] == "refinanced"
    assert await desk.scene.get("/loans") == before


async def test_it_waits_for_a_second_person(desk: Desk) -> None:
    await set_limits(desk.scene, "100.00")
    asked = await desk.change("refinance", **NEW)
    assert (asked["status"], asked["made_loan_id"]) == ("pending", None)
    approved = ok(await desk.decide(asked["id"], "approve", await desk.manager()), 201)
    assert (await desk.scene.get(f"/loans/{approved['made_loan_id']}"))["lifecycle"] == "active"


async def test_less_than_the_payoff_is_refused(desk: Desk) -> None:
    answer = await desk.ask("refinance", **(NEW | {"principal": "600.00"}))
    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, "principal")
