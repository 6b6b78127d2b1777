"""Loans from application to closing, over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from contracts.names import Role
from tests.api.support import Actors, Api, Scene, key, make_scene, ok


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def _apply(scene: Scene, **fields: object) -> dict[str, Any]:
    customer = await scene.customer()
    return await scene.post(
        "/loans/apply",
        {
            "customer_id": customer,
            "product": scene.product,
            "principal": "1000.00",
            "currency": "USD",
            "instalments": 6,
        }
        | fields,
    )


async def test_a_loan_has_a_schedule_that_sums_to_its_principal(scene: Scene) -> None:
    loan: dict[str, Any] = await scene.loan(await scene.customer())
    assert loan["lifecycle"] == "active"
    assert loan["number"].startswith("LN-")
    schedule = loan["schedule"]
    assert len(schedule) == 12
    assert schedule[0]["due_on"] == "2028-03-01"
    assert schedule[0]["interest"] == "12.00"
    assert sum(int(row["principal"].replace(".", "")) for row in schedule) == 120000
    assert loan["outstanding"]["principal"] == "1200.00"
    balances = await scene.trial_balance()
    assert balances["USD", "principal_receivable"] == "1200.00"
    assert balances["USD", "cash"] == "-1200.00"


async def test_an_application_is_decided_by_somebody_else(
    scene: Scene, client: AsyncClient, actors: Actors
) -> None:
    loan = await _apply(scene)
    url = f"/api/v1/loans/{loan['id']}"
    tag = {"If-Match": f'"{loan["version"]}"'}
    own = await client.patch(f"{url}/approve", json={}, headers=scene.admin | tag)
    assert own.status_code == 403
    assert own.json()["code"] == "own-application"
    other = await actors.admin()
    approved = await client.patch(f"{url}/approve", json={}, headers=other | tag)
    assert ok(approved)["lifecycle"] == "approved"
    again = await client.patch(
        f"{url}/approve", json={}, headers=other | {"If-Match": approved.headers["etag"]}
    )
    assert again.status_code == 409
    assert again.json()["code"] == "illegal-transition"
    paid_out = await client.patch(
        f"{url}/disburse",
        json={"first_due_on": "2028-03-01"},
        headers=other | {"If-Match": approved.headers["etag"]},
    )
    assert ok(paid_out)["lifecycle"] == "active"
    assert paid_out.json()["disbursed_on"] == "2028-02-01"


async def test_a_stale_edit_is_refused_and_changes_nothing(
    scene: Scene, client: AsyncClient, actors: Actors
) -> None:
    loan = await _apply(scene)
    url = f"/api/v1/loans/{loan['id']}"
    admin = await actors.admin()
    missing = await client.patch(f"{url}/approve", json={}, headers=admin)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition-required")
    stale = await client.patch(f"{url}/approve", json={}, headers=admin | {"If-Match": '"99"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert (await scene.get(f"/loans/{loan['id']}"))["lifecycle"] == "applied"


async def test_an_offer_may_be_smaller_never_larger(scene: Scene, client: AsyncClient) -> None:
    loan = await _apply(scene)
    admin = await Actors(scene.api).admin()
    url = f"/api/v1/loans/{loan['id']}/approve"
    tag = {"If-Match": f'"{loan["version"]}"'}
    larger = await client.patch(url, json={"principal": "1000.01"}, headers=admin | tag)
    assert larger.json()["code"] == "invalid-terms"
    smaller = await client.patch(url, json={"principal": "800.00"}, headers=admin | tag)
    assert ok(smaller)["principal"] == "800.00"


async def test_rejecting_and_withdrawing_end_an_application(
    scene: Scene, client: AsyncClient, actors: Actors
) -> None:
    admin = await actors.admin()
    loan = await _apply(scene)
    rejected = await client.patch(
        f"/api/v1/loans/{loan['id']}/reject",
        json={"reason": "affordability"},
        headers=admin | {"If-Match": f'"{loan["version"]}"'},
    )
    assert ok(rejected)["lifecycle"] == "rejected"
    customer = str(loan["customer_id"])
    second = await scene.post(
        "/loans/apply",
        {
            "customer_id": customer,
            "product": scene.product,
            "principal": "500.00",
            "currency": "USD",
            "instalments": 6,
        },
    )
    himself = await actors.user(Role.CUSTOMER, customer_id=UUID(customer))
    withdrawn = await client.patch(
        f"/api/v1/loans/{second['id']}/withdraw",
        json={},
        headers=himself | {"If-Match": f'"{second["version"]}"'},
    )
    assert ok(withdrawn)["closed_reason"] == "withdrawn"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"principal": "-5.00"}, 422, "amount-not-positive"),
        ({"principal": "100.001"}, 422, "amount-precision"),
        ({"principal": 100}, 422, "invalid-request"),
        ({"principal": "NaN"}, 422, "invalid-request"),
        ({"principal": "1e3"}, 422, "invalid-request"),
        ({"currency": "XXX"}, 422, "unknown-currency"),
        ({"currency": "EUR"}, 422, "currency-mismatch"),
        ({"first_due_on": "2028-02-30"}, 422, "invalid-request"),
        ({"first_due_on": "2028-02-01"}, 422, "invalid-terms"),
        ({"disbursed_on": "2028-02-02"}, 422, "invalid-date"),
        ({"instalments": 0}, 422, "invalid-request"),
        ({"instalments": 500}, 422, "invalid-terms"),
        ({"surprise": "field"}, 422, "invalid-request"),
        ({"customer_id": "00000000-0000-7000-8000-000000000000"}, 404, "not-found"),
        ({"product": "no-such"}, 404, "not-found"),
    ],
)
async def test_bad_input_is_refused_clearly(
    scene: Scene, client: AsyncClient, change: dict[str, object], status: int, code: str
) -> None:
    body: dict[str, object] = {
        "customer_id": await scene.customer(),
        "product": scene.product,
        "principal": "1200.00",
        "currency": "USD",
        "instalments": 12,
        "disbursed_on": "2028-02-01",
        "first_due_on": "2028-03-01",
    } | change
    answer = await client.post("/api/v1/loans", json=body, headers=scene.admin | key())
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    listed = await scene.get("/loans")
    assert listed["items"] == []


async def test_wrong_json_is_a_problem(scene: Scene, client: AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/loans",
        content=b'{"customer_id": ',
        headers=scene.admin | key() | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid-request"


async def test_a_customer_sees_only_his_own_loans(
    scene: Scene, client: AsyncClient, actors: Actors
) -> None:
    mine = await scene.customer()
    other = await scene.customer(phone="+12125550124", email="b@customers.example")
    loan = await scene.loan(mine)
    theirs = await scene.loan(other)
    me = await actors.user(Role.CUSTOMER, customer_id=UUID(mine))
    assert ok(await client.get(f"/api/v1/loans/{loan['id']}", headers=me))["id"] == loan["id"]
    foreign = await client.get(f"/api/v1/loans/{theirs['id']}", headers=me)
    missing = await client.get("/api/v1/loans/00000000-0000-7000-8000-000000000000", headers=me)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    listed = ok(await client.get(f"/api/v1/customers/{other}/loans", headers=me))
    assert listed["items"] == []


async def test_lists_are_paged_by_number(scene: Scene) -> None:
    customer = await scene.customer()
    made = [str((await scene.loan(customer))["id"]) for _ in range(5)]
    first: dict[str, Any] = await scene.get("/loans?limit=2")
    second: dict[str, Any] = await scene.get(f"/loans?limit=2&cursor={first['next_cursor']}")
    third: dict[str, Any] = await scene.get(f"/loans?limit=2&cursor={second['next_cursor']}")
    seen = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert seen == made
    assert third["next_cursor"] is None


async def test_a_repeated_creation_is_answered_once(scene: Scene, client: AsyncClient) -> None:
    body = {
        "customer_id": await scene.customer(),
        "product": scene.product,
        "principal": "1200.00",
        "currency": "USD",
        "instalments": 12,
        "first_due_on": "2028-03-01",
    }
    headers = scene.admin | {"Idempotency-Key": "same"}
    first = await client.post("/api/v1/loans", json=body, headers=headers)
    second = await client.post("/api/v1/loans", json=body, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    other = await client.post(
        "/api/v1/loans", json=body | {"principal": "1300.00"}, headers=headers
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    none = await client.post("/api/v1/loans", json=body, headers=scene.admin)
    assert (none.status_code, none.json()["code"]) == (400, "idempotency-key-required")
