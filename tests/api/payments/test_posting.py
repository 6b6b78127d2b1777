"""Posting payments: allocation, idempotency, early payoff, refusals, concurrency."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from api.clocks.tables import TestClockRow
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Scene, key, make_scene, ok


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def test_a_payment_is_split_and_journalled(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    paid: dict[str, Any] = await scene.pay(loan["id"], "106.62")
    assert paid["allocations"] == [
        {"instalment": 1, "component": "interest", "amount": "12.00"},
        {"instalment": 1, "component": "principal", "amount": "94.62"},
    ]
    assert paid["status"] == "cleared"
    assert paid["credited"] == "0.00"
    shown: dict[str, Any] = await scene.get(f"/loans/{loan['id']}")
    assert shown["schedule"][0]["met_on"] == "2028-02-01"
    assert shown["outstanding"] == paid["outstanding_after"]
    balances = await scene.trial_balance()
    assert balances["USD", "cash"] == "-1093.38"
    history: dict[str, Any] = await scene.get(f"/loans/{loan['id']}/payments")
    assert [item["number"] for item in history["items"]] == [paid["number"]]


async def test_paying_all_closes_the_loan_and_keeps_the_rest_as_credit(scene: Scene) -> None:
    loan: dict[str, Any] = await scene.loan(await scene.customer())
    total = loan["outstanding"]["total"]
    paid = await scene.pay(loan["id"], f"{float(total) + 5:.2f}")
    assert paid["loan_closed"] is True
    assert paid["credited"] == "5.00"
    shown = await scene.get(f"/loans/{loan['id']}")
    assert (shown["lifecycle"], shown["closed_reason"]) == ("closed", "repaid")
    tasks: dict[str, Any] = await scene.get("/tasks")
    assert [task["kind"] for task in tasks["items"]] == ["refund"]
    late = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments",
        json={"amount": "1.00", "currency": "USD"},
        headers=scene.admin | key(),
    )
    assert (late.status_code, late.json()["code"]) == (409, "loan-not-active")


async def test_the_payoff_closes_the_loan_at_exactly_zero(scene: Scene) -> None:
    loan = await scene.loan(
        await scene.customer(), disbursed_on="2028-01-15", first_due_on="2028-02-15"
    )
    owed: dict[str, Any] = await scene.get(f"/loans/{loan['id']}/outstanding")
    payoff = owed["payoff"]
    assert payoff["on"] == "2028-02-01"
    # 12 % a year on 1200 for 17 of the 31 days of the running month.
    assert payoff["interest"] == "6.58"
    wrong = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments",
        json={"amount": "1206.57", "currency": "USD", "payoff": True},
        headers=scene.admin | key(),
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "payoff-amount-mismatch")
    paid: dict[str, Any] = await scene.pay(loan["id"], payoff["total"], payoff=True)
    assert paid["loan_closed"] is True
    assert paid["outstanding_after"]["total"] == "0.00"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "-1.00"}, 422, "amount-not-positive"),
        ({"amount": "0.00"}, 422, "amount-not-positive"),
        ({"amount": "1.005"}, 422, "amount-precision"),
        ({"currency": "EUR"}, 422, "currency-mismatch"),
        ({"value_on": "2028-02-02"}, 422, "value-date-out-of-range"),
        ({"value_on": "2027-12-31"}, 422, "value-date-out-of-range"),
        ({"method": "barter"}, 422, "invalid-request"),
    ],
)
async def test_bad_payments_change_nothing(
    scene: Scene, client: AsyncClient, change: dict[str, object], status: int, code: str
) -> None:
    loan = await scene.loan(await scene.customer())
    body: dict[str, object] = {"amount": "50.00", "currency": "USD"} | change
    answer = await client.post(
        f"/api/v1/loans/{loan['id']}/payments", json=body, headers=scene.admin | key()
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await scene.get(f"/loans/{loan['id']}"))["outstanding"] == loan["outstanding"]


async def test_no_payment_before_disbursement(scene: Scene, client: AsyncClient) -> None:
    applied = await scene.post(
        "/loans/apply",
        {
            "customer_id": await scene.customer(),
            "product": scene.product,
            "principal": "500.00",
            "currency": "USD",
            "instalments": 6,
        },
    )
    answer = await client.post(
        f"/api/v1/loans/{applied['id']}/payments",
        json={"amount": "10.00", "currency": "USD"},
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "loan-not-active")


async def test_fifty_callers_with_one_key_post_once(scene: Scene, client: AsyncClient) -> None:
    loan = await scene.loan(await scene.customer())
    headers = scene.admin | {"Idempotency-Key": "one"}
    answers = await asyncio.gather(
        *(
            client.post(
                f"/api/v1/loans/{loan['id']}/payments",
                json={"amount": "50.00", "currency": "USD"},
                headers=headers,
            )
            for _ in range(50)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    history: dict[str, Any] = await scene.get(f"/loans/{loan['id']}/payments")
    assert len(history["items"]) == 1


async def test_concurrent_payments_all_count(scene: Scene, client: AsyncClient) -> None:
    loan: dict[str, Any] = await scene.loan(await scene.customer())
    answers = await asyncio.gather(
        *(
            client.post(
                f"/api/v1/loans/{loan['id']}/payments",
                json={"amount": "7.00", "currency": "USD"},
                headers=scene.admin | key(),
            )
            for _ in range(20)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    shown: dict[str, Any] = await scene.get(f"/loans/{loan['id']}")
    before = round(float(loan["outstanding"]["total"]) * 100)
    assert round(float(shown["outstanding"]["total"]) * 100) == before - 14000
    await scene.trial_balance()


async def test_a_collection_names_its_loan_in_the_body(scene: Scene, client: AsyncClient) -> None:
    loan = await scene.loan(await scene.customer())
    answer = await client.post(
        "/api/v1/collections",
        json={"loan_id": loan["id"], "amount": "12.00", "currency": "USD", "method": "cash"},
        headers=scene.admin | key(),
    )
    assert ok(answer, 201)["loan_id"] == loan["id"]


async def test_a_reversed_payment_is_owed_again_and_only_once(
    scene: Scene, client: AsyncClient
) -> None:
    loan: dict[str, Any] = await scene.loan(await scene.customer())
    await scene.trial_balance()
    before = await scene.trial_balance()
    paid = await scene.pay(loan["id"], "150.00")
    url = f"/api/v1/loans/{loan['id']}/payments/{paid['id']}/reverse"
    body = {"reason": "bounced"}
    answers = await asyncio.gather(
        *(client.post(url, json=body, headers=scene.admin | key()) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    shown: dict[str, Any] = await scene.get(f"/loans/{loan['id']}")
    assert shown["outstanding"] == loan["outstanding"]
    assert shown["schedule"] == loan["schedule"]
    assert await scene.trial_balance() == before


async def test_a_payment_takes_back_the_reminders_it_makes_pointless(
    scene: Scene, work: WorkFactory
) -> None:
    loan = await scene.loan(await scene.customer())
    async with work() as unit:
        clock = await unit.session.get_one(TestClockRow, UUID(str(scene.clock_id)))
        clock.now_at = datetime(2028, 2, 27, 15, tzinfo=UTC)
    advanced = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/advance", headers=await Actors(scene.api).service("loans")
    )
    assert ok(advanced)["state"] == "active"
    queued: dict[str, Any] = await scene.get(f"/messages?loan_id={loan['id']}")
    assert {item["status"] for item in queued["items"]} == {"queued"}
    await scene.pay(loan["id"], "106.62")
    after: dict[str, Any] = await scene.get(f"/messages?loan_id={loan['id']}")
    assert {(item["status"], *item["reasons"]) for item in after["items"]} == {
        ("expired", "instalment-paid")
    }


async def test_a_product_decides_what_its_payments_pay(api: Api) -> None:
    interest_last = ["principal", "fee", "penalty", "interest"]
    own = {
        "past_due": interest_last,
        "due": interest_last,
        "in_advance": interest_last,
        "processing": "vertical",
        "future": "last_instalment",
    }
    scene = await make_scene(api, waterfall=own)
    loan = await scene.loan(await scene.customer())
    last = loan["schedule"][-1]
    paid: dict[str, Any] = await scene.pay(loan["id"], "200.00")
    rest = f"{200 - float(last['principal']):.2f}"
    assert paid["allocations"] == [
        {"instalment": last["number"] - 1, "component": "principal", "amount": rest},
        {"instalment": last["number"], "component": "principal", "amount": last["principal"]},
    ]


async def test_the_law_of_the_creditor_overrides_the_order_of_the_product(api: Api) -> None:
    scene = await make_scene(api)
    creditor = await scene.post(
        "/creditors",
        {
            "code": "lawful",
            "name": "Lawful Lending",
            "country": "DE",
            "zone": "America/New_York",
            "legal_order": "principal_first",
        },
    )
    product = {
        "code": "lawful",
        "name": "Personal loan",
        "creditor_id": creditor["id"],
        "currency": "USD",
        "annual_rate_percent": "12",
        "waterfall": "interest_first",
    }
    await scene.post("/products", product)
    loan = await scene.loan(await scene.customer(), product="lawful")
    paid: dict[str, Any] = await scene.pay(loan["id"], "20.00")
    assert paid["allocations"] == [{"instalment": 1, "component": "principal", "amount": "20.00"}]
