"""Caps of a country: before a charge is made by hand, at late fees, at a new schedule."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from httpx2 import Response

from tests.api.arrears.test_closing import close_until
from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.support import Api, Scene, key, make_scene


async def british_desk(
    api: Api, rate: str, lent: dict[str, object] | None = None, **terms: object
) -> Desk:
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
        }
        | terms,
    )
    scene.creditor_id, scene.currency = str(creditor["id"]), "GBP"
    scene.product = str(product["code"])
    await set_limits(scene)
    agreed: dict[str, object] = {"principal": "100.00", "instalments": 3} | (lent or {})
    return await open_desk(scene, disbursed_on="2028-01-15", **agreed)


async def test_charges_for_default_stay_below_fifteen_pounds(api: Api) -> None:
    desk = await british_desk(api, "240")
    await desk.change("charge", component="penalty", amount="10.00")
    answer = await desk.ask("charge", component="penalty", amount="5.01")
    assert (answer.status_code, answer.json()["code"]) == (422, "cap-exceeded")
    facts = answer.json()["facts"]
    assert (facts["rule"], facts["most"]) == ("gb.default-charges-15", "5.00")
    await desk.change("charge", component="penalty", amount="5.00")


@pytest.mark.parametrize(
    ("rate", "instalments", "rule", "most"),
    [
        ("240", 3, "gb.initial-cost-0.8-percent-per-day", "9.02"),
        ("120", 10, "gb.total-cost-100-percent", "37.25"),
    ],
)
async def test_fees_stay_below_what_interest_leaves(
    api: Api, rate: str, instalments: int, rule: str, most: str
) -> None:
    desk = await british_desk(api, rate, lent={"instalments": instalments})
    answer = await desk.ask("charge", component="fee", amount="50.00")
    facts = answer.json()["facts"]
    assert (answer.status_code, facts["rule"], facts["most"]) == (422, rule, most)
    await desk.change("charge", component="fee", amount=most)


async def test_a_cheap_loan_has_no_such_cap(api: Api) -> None:
    desk = await british_desk(api, "12")
    made = await desk.change("charge", component="penalty", amount="20.00")
    assert made["status"] == "applied"


async def penalties(desk: Desk) -> list[str]:
    return [row["penalty"] for row in (await desk.loan())["schedule"]]


async def test_late_fees_are_cut_down_to_the_room_left(api: Api) -> None:
    desk = await british_desk(api, "240", penalty={"kind": "flat", "amount": "9.00"})
    await close_until(desk.scene, datetime(2028, 4, 1, 12, tzinfo=UTC))
    assert await penalties(desk) == ["9.00", "6.00", "0.00"]
    await close_until(desk.scene, datetime(2028, 5, 1, 12, tzinfo=UTC))
    assert await penalties(desk) == ["9.00", "6.00", "0.00"]
    answer = await desk.ask("charge", component="penalty", amount="0.01")
    assert answer.json()["facts"]["most"] == "0.00"
    # The first instalment was paid in time after all: the room is that of the others.
    paid: Any = await desk.scene.pay(desk.loan_id, "47.47", value_on="2028-02-15")
    assert await penalties(desk) == ["0.00", "9.00", "6.00"]
    await desk.scene.post(
        f"/loans/{desk.loan_id}/payments/{paid['id']}/reverse", {"reason": "bounced"}
    )
    assert await penalties(desk) == ["9.00", "6.00", "0.00"]
    await desk.scene.trial_balance()


async def test_penalty_interest_stops_at_the_cap_and_a_waiver_does_not_start_it_again(
    api: Api,
) -> None:
    daily = {"kind": "flat_per_day", "amount": "1.20"}
    desk = await british_desk(api, "240", penalty=daily)
    await close_until(desk.scene, datetime(2028, 4, 20, 12, tzinfo=UTC))
    assert sum(Decimal(amount) for amount in await penalties(desk)) == 15
    await desk.change("waiver", parts=[{"component": "penalty", "amount": "10.00"}])
    await close_until(desk.scene, datetime(2028, 5, 20, 12, tzinfo=UTC))
    assert sum(Decimal(amount) for amount in await penalties(desk)) == 15


async def test_a_new_schedule_stays_below_the_caps(api: Api) -> None:
    desk = await british_desk(api, "240")
    answer = await desk.ask("reschedule", instalments=10)
    assert (answer.status_code, answer.json()["facts"]["rule"]) == (
        422,
        "gb.total-cost-100-percent",
    )
    made = await desk.change("reschedule", instalments=3)
    assert made["status"] == "applied"
    # Stretched beyond a year it would be another sort of credit; what held for it holds on.
    await desk.change("reschedule", instalments=12, annual_rate_percent="60")
    answer = await desk.ask("charge", component="penalty", amount="15.01")
    assert answer.json()["facts"]["rule"] == "gb.default-charges-15"


async def quoted(desk: Desk, rate: str, **terms: object) -> Response:
    body = {
        "product": desk.scene.product,
        "principal": "100.00",
        "currency": "GBP",
        "instalments": 3,
        "annual_rate_percent": rate,
        "disbursed_on": "2028-01-15",
        "first_due_on": "2028-02-15",
    }
    return await desk.scene.api.client.post(
        "/api/v1/loans/quote", json=body | terms, headers=desk.scene.admin
    )


async def test_a_quote_tells_the_caps_and_refuses_what_is_beyond(api: Api) -> None:
    desk = await british_desk(api, "240")
    quote = (await quoted(desk, "240")).json()
    assert {(cap["rule"], cap["most"], cap["costs"]) for cap in quote["caps"]} == {
        ("gb.default-charges-15", "15.00", "0.00"),
        ("gb.total-cost-100-percent", "100.00", "42.42"),
        ("gb.initial-cost-0.8-percent-per-day", "51.44", "42.42"),
    }
    assert (await quoted(desk, "12")).json()["caps"] == []
    refused = await quoted(desk, "400")
    assert (refused.status_code, refused.json()["code"]) == (422, "cap-exceeded")
    assert refused.json()["facts"]["rule"] == "gb.initial-cost-0.8-percent-per-day"


async def test_a_loan_beyond_a_cap_is_not_made(api: Api) -> None:
    desk = await british_desk(api, "240", origination_fee="9.02", min_principal="50.00")
    scene = desk.scene
    answer = await scene.api.client.post(
        "/api/v1/loans",
        json={
            "customer_id": (await desk.loan())["customer_id"],
            "product": scene.product,
            "principal": "99.00",
            "currency": "GBP",
            "instalments": 3,
            "disbursed_on": "2028-01-15",
            "first_due_on": "2028-02-15",
        },
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "cap-exceeded")
