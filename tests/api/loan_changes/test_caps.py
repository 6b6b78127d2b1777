"""Caps of a country are asked before a charge is made by hand."""

import pytest

from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.support import Api, Scene, make_scene


async def british_desk(api: Api, rate: str) -> Desk:
    """A loan of 100 pounds for three months from a British creditor."""
    scene: Scene = await make_scene(api)
    creditor = await scene.post(
        "/creditors",
        {"code": "harbour", "name": "Harbour Credit", "country": "GB", "zone": "Europe/London"},
    )
    product = await scene.post(
        "/products",
        {
            "code": "short-term",
            "name": "Short-term loan",
            "creditor_id": creditor["id"],
            "currency": "GBP",
            "annual_rate_percent": rate,
        },
    )
    scene.creditor_id, scene.currency = str(creditor["id"]), "GBP"
    scene.product = str(product["code"])
    await set_limits(scene)
    return await open_desk(scene, disbursed_on="2028-01-15", principal="100.00", instalments=3)


async def test_charges_for_default_stay_below_fifteen_pounds(api: Api) -> None:
    desk = await british_desk(api, "300")
    await desk.change("charge", component="penalty", amount="10.00")
    answer = await desk.ask("charge", component="penalty", amount="5.01")
    assert (answer.status_code, answer.json()["code"]) == (422, "cap-exceeded")
    facts = answer.json()["facts"]
    assert (facts["rule"], facts["most"]) == ("gb.default-charges-15", "5.00")
    await desk.change("charge", component="penalty", amount="5.00")


@pytest.mark.parametrize(("amount", "rule"), [("99.00", "gb.total-cost-100-percent")])
async def test_the_total_cost_stays_below_what_was_lent(api: Api, amount: str, rule: str) -> None:
    desk = await british_desk(api, "300")
    answer = await desk.ask("charge", component="fee", amount=amount)
    assert (answer.status_code, answer.json()["facts"]["rule"]) == (422, rule)


async def test_a_cheap_loan_has_no_such_cap(api: Api) -> None:
    desk = await british_desk(api, "12")
    made = await desk.change("charge", component="penalty", amount="20.00")
    assert made["status"] == "applied"
