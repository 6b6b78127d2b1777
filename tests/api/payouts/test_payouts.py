"""Payouts: ordered with the disbursement, claimed before the bank is called, settled once."""

from typing import Any

import pytest

from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok

Json = dict[str, Any]

TO = {"account": "US12345678", "holder": "Maria Keller"}


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


@pytest.fixture
async def worker(actors: Actors) -> Headers:
    return await actors.service("payments")


async def disbursed(scene: Scene, actors: Actors, **fields: object) -> Json:
    """A loan that was applied for, approved by another and disbursed."""
    applied = await scene.post(
        "/loans/apply",
        {
            "customer_id": await scene.customer(),
            "product": scene.product,
            "principal": "1200.00",
            "currency": "USD",
            "instalments": 12,
        },
    )
    other = await actors.admin()
    path, seen = f"/api/v1/loans/{applied['id']}", applied["version"]
    for act, body in (("approve", {}), ("disburse", {"first_due_on": "2028-03-01"} | fields)):
        answer = await scene.api.client.patch(
            f"{path}/{act}", json=body, headers=other | {"If-Match": f'"{seen}"'}
        )
        applied = ok(answer)
        seen = applied["version"]
    return applied


async def payout_of(scene: Scene, loan: Json) -> Json:
    found: Json = await scene.get(f"/loans/{loan['id']}/payouts")
    (payout,) = found["items"]
    return dict(payout)


async def ask(scene: Scene, worker: Headers, payout: Json, what: str, body: object = None) -> Json:
    path = f"/api/v1/payouts/{payout['id']}/{what}"
    return ok(await scene.api.client.post(path, json=body, headers=worker))


async def test_without_an_account_the_money_leaves_outside(scene: Scene, actors: Actors) -> None:
    loan = await disbursed(scene, actors)
    assert (await scene.get(f"/loans/{loan['id']}/payouts"))["items"] == []
    assert (await scene.trial_balance())["USD", "cash"] == "-1200.00"


async def test_an_ordered_payout_waits_on_clearing_and_shows_no_account(
    scene: Scene, actors: Actors
) -> None:
    loan = await disbursed(scene, actors, payout=TO)
    assert loan["lifecycle"] == "active"
    payout = await payout_of(scene, loan)
    assert (payout["status"], payout["amount"]) == ("ordered", "1200.00")
    assert "US12345678" not in str(payout)
    balances = await scene.trial_balance()
    assert balances["USD", "payout_clearing"] == "-1200.00"
    assert ("USD", "cash") not in balances


async def test_a_payout_is_claimed_then_settled_once(
    scene: Scene, actors: Actors, worker: Headers
) -> None:
    payout = await payout_of(scene, await disbursed(scene, actors, payout=TO))
    assert (await ask(scene, worker, payout, "plan"))["action"] == "pay_out"
    order = (await ask(scene, worker, payout, "claim"))["order"]
    assert (order["account"], order["repeat"], order["amount"]) == ("US12345678", False, "1200.00")
    again = (await ask(scene, worker, payout, "claim"))["order"]
    assert (again["attempt_id"], again["repeat"]) == (order["attempt_id"], True)
    said = {"attempt_id": order["attempt_id"], "outcome": "settled", "bank_reference": "bp_1"}
    for _ in range(2):
        plan = await ask(scene, worker, payout, "outcomes", said)
        assert (plan["open"], plan["status"]) == (False, "settled")
    assert (await scene.trial_balance())["USD", "cash"] == "-1200.00"


async def test_a_pending_payout_is_asked_for_an_hour_later(
    scene: Scene, actors: Actors, worker: Headers
) -> None:
    payout = await payout_of(scene, await disbursed(scene, actors, payout=TO))
    order = (await ask(scene, worker, payout, "claim"))["order"]
    said = {"attempt_id": order["attempt_id"], "outcome": "pending", "bank_reference": "bp_1"}
    plan = await ask(scene, worker, payout, "outcomes", said)
    assert (plan["due"], plan["at"]) == (False, "2028-02-01T13:00:00Z")
    assert (await ask(scene, worker, payout, "claim"))["order"] is None


async def test_a_refused_payout_asks_a_person_who_may_order_it_anew(
    scene: Scene, actors: Actors, worker: Headers, work: WorkFactory
) -> None:
    loan = await disbursed(scene, actors, payout=TO)
    payout = await payout_of(scene, loan)
    order = (await ask(scene, worker, payout, "claim"))["order"]
    path = f"/api/v1/payouts/{payout['id']}/retry"
    early = await scene.api.client.post(
        path, json=TO, headers=scene.admin | key() | {"If-Match": '"1"'}
    )
    assert (early.status_code, early.json()["code"]) == (409, "payout-not-failed")
    said = {"attempt_id": order["attempt_id"], "outcome": "refused", "code": "AC04"}
    assert (await ask(scene, worker, payout, "outcomes", said))["status"] == "failed"
    tasks: Json = await scene.get("/tasks")
    assert [task["kind"] for task in tasks["items"]] == ["payout"]
    seen = (await payout_of(scene, loan))["version"]
    again = await scene.api.client.post(
        path,
        json={"account": "US99999999", "holder": "Maria Keller"},
        headers=scene.admin | key() | {"If-Match": f'"{seen}"'},
    )
    assert again.status_code == 202
    second = (await ask(scene, worker, payout, "claim"))["order"]
    assert second["attempt_id"] != order["attempt_id"]
    assert (second["account"], second["repeat"]) == ("US99999999", False)
    late = {"attempt_id": order["attempt_id"], "outcome": "settled"}
    assert (await ask(scene, worker, payout, "outcomes", late))["status"] == "sending"
