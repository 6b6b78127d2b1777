"""A payment's life over HTTP: reported, pending, cleared, returned; counted once, undone once."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response

from api.loans.service import advance_loan
from api.payments import service as payments
from api.security.principal import SYSTEM
from contracts.names import Role
from contracts.payments import NewPayment
from tests.api.payments.days import live_until
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok

INSTALMENT = "106.62"


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def take(  # noqa: PLR0917 - a call, as it goes over the wire
    scene: Scene,
    payment: Any,
    step: str,
    body: object = None,
    headers: Headers | None = None,
    version: int | None = None,
) -> Response:
    """Ask for a step of a payment's life."""
    seen = payment["version"] if version is None else version
    return await scene.api.client.post(
        f"/api/v1/payments/{payment['id']}/{step}",
        json=body,
        headers=(headers or scene.admin) | key() | {"If-Match": f'"{seen}"'},
    )


async def owed(scene: Scene, loan: Any) -> str:
    found: Any = await scene.get(f"/loans/{loan['id']}")
    return str(found["outstanding"]["total"])


async def advance(scene: Scene, loan: Any) -> None:
    """Let the loan's workflow apply what is due."""
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        await advance_loan(work, loan["id"])


# -- reported ------------------------------------------------------------------------------------


async def test_a_report_moves_nothing_and_the_money_becomes_it(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    before = await owed(scene, loan)
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="reported", reference="RF-1")
    assert (told["status"], told["allocations"]) == ("reported", [])
    assert told["life"]["awaited_until"] == "2028-02-06"
    assert await owed(scene, loan) == before
    standing: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert standing["awaited"] == {
        "reported": INSTALMENT,
        "pending": "0.00",
        "provisional": "0.00",
    }
    came: Any = await scene.pay(loan["id"], INSTALMENT, reference="rf 1")
    assert (came["id"], came["status"]) == (told["id"], "cleared")
    listed: Any = await scene.get(f"/loans/{loan['id']}/payments")
    assert [item["id"] for item in listed["items"]] == [told["id"]]
    assert sum(float(part["amount"]) for part in came["allocations"]) == float(INSTALMENT)
    await scene.trial_balance()


async def test_a_report_made_twice_is_one_report(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    first: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    again: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    assert again["id"] == first["id"]


async def test_another_amount_is_another_payment(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    other: Any = await scene.pay(loan["id"], "50.00")
    assert other["id"] != told["id"]
    listed: Any = await scene.get(f"/loans/{loan['id']}/payments?status=reported")
    assert [item["id"] for item in listed["items"]] == [told["id"]]
    cleared: Any = await scene.get(f"/loans/{loan['id']}/payments?status=cleared")
    assert [item["id"] for item in cleared["items"]] == [other["id"]]


async def test_a_report_expires_after_its_days_and_is_cleared_when_money_is_late(
    scene: Scene,
) -> None:
    loan = await scene.loan(await scene.customer())
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    await live_until(scene, date(2028, 2, 5))
    await advance(scene, loan)
    assert (await scene.get(f"/payments/{told['id']}"))["status"] == "reported"
    await live_until(scene, date(2028, 2, 6))
    await advance(scene, loan)
    await advance(scene, loan)
    expired: Any = await scene.get(f"/payments/{told['id']}")
    assert (expired["status"], expired["version"]) == ("expired", 2)
    cleared: Any = ok(await take(scene, expired, "clear", {"amount": "100.00"}))
    assert (cleared["status"], cleared["amount"]) == ("cleared", "100.00")
    assert cleared["value_on"] == "2028-02-06"


async def test_a_customer_reports_and_withdraws_for_his_own_loans_alone(scene: Scene) -> None:
    customer = await scene.customer()
    loan = await scene.loan(customer)
    actors = Actors(scene.api)
    own = await actors.user(Role.CUSTOMER, customer)  # type: ignore[arg-type]
    stranger = await actors.user(Role.CUSTOMER, await scene.customer())  # type: ignore[arg-type]
    path = f"/api/v1/loans/{loan['id']}/payments/report"
    body = {"amount": INSTALMENT, "currency": "USD"}
    refused = await scene.api.client.post(path, json=body, headers=stranger | key())
    assert refused.status_code == 404
    told: Any = ok(await scene.api.client.post(path, json=body, headers=own | key()), 201)
    assert told["life"]["source"] == "customer"
    assert (await take(scene, told, "withdraw", headers=stranger)).status_code == 404
    assert (await take(scene, told, "clear", {}, headers=own)).status_code == 403
    gone: Any = ok(await take(scene, told, "withdraw", headers=own))
    assert gone["status"] == "withdrawn"
    again = await take(scene, gone, "withdraw", headers=own)
    assert (again.status_code, again.json()["code"]) == (409, "illegal-transition")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"currency": "EUR"}, "currency-mismatch"),
        ({"amount": "1.001"}, "amount-precision"),
        ({"amount": "0.00"}, "amount-not-positive"),
        ({"value_on": "2028-02-02"}, "value-date-out-of-range"),
    ],
)
@pytest.mark.parametrize("status", ["reported", "pending"])
async def test_what_may_not_be_posted_may_not_be_announced(
    scene: Scene, status: str, fields: dict[str, str], code: str
) -> None:
    loan = await scene.loan(await scene.customer())
    answer = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments",
        json={"amount": INSTALMENT, "currency": "USD", "status": status} | fields,
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)


# -- pending ---------------------------------------------------------------------------------------


async def test_a_pending_payment_waits_to_be_counted(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    before = await owed(scene, loan)
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    await live_until(scene, date(2028, 2, 3))
    under_way: Any = await scene.pay(
        loan["id"], INSTALMENT, status="pending", method="direct_debit", value_on="2028-02-02"
    )
    assert (under_way["id"], under_way["status"]) == (told["id"], "pending")
    assert await owed(scene, loan) == before
    await live_until(scene, date(2028, 2, 8))
    cleared: Any = ok(await take(scene, under_way, "clear", {}))
    assert (cleared["status"], cleared["value_on"]) == ("cleared", "2028-02-02")
    assert await owed(scene, loan) != before


async def test_a_pending_payment_is_returned_without_a_trace_in_the_books(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    entries: Any = await scene.get(f"/loans/{loan['id']}/journal")
    back: Any = ok(await take(scene, under_way, "return", {"reason": "insufficient_funds"}))
    assert (back["status"], back["life"]["reason"]) == ("returned", "insufficient_funds")
    assert (await scene.get(f"/loans/{loan['id']}/journal"))["items"] == entries["items"]
    again = await take(scene, back, "return", {"reason": "insufficient_funds"})
    assert (again.status_code, again.json()["code"]) == (409, "already-reversed")


async def test_a_provisional_payment_counts_at_once_and_comes_back_exactly(api: Api) -> None:
    scene = await make_scene(api, payment_life={"pending_counts": "provisionally"})
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    late: Any = await scene.get(f"/loans/{loan['id']}")
    under_way: Any = await scene.pay(
        loan["id"], INSTALMENT, status="pending", value_on="2028-03-01"
    )
    assert under_way["status"] == "pending"
    assert len(under_way["correction"]["fees_withdrawn"]) == 1
    standing: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert standing["awaited"]["provisional"] == INSTALMENT
    back: Any = ok(await take(scene, under_way, "return", {"reason": "account_closed"}))
    assert (back["id"], back["status"]) == (under_way["id"], "returned")
    again: Any = await scene.get(f"/loans/{loan['id']}")
    for name in ("outstanding", "schedule", "bucket", "past_due_days", "credit"):
        assert again[name] == late[name], name
    await scene.trial_balance()


async def test_money_that_counts_provisionally_is_not_counted_again_when_it_comes(
    api: Api,
) -> None:
    scene = await make_scene(api, payment_life={"pending_counts": "provisionally"})
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], INSTALMENT, status="pending", reference="DD-9")
    after = await owed(scene, loan)
    came: Any = await scene.pay(loan["id"], INSTALMENT, reference="DD-9")
    assert (came["id"], came["status"]) == (under_way["id"], "cleared")
    assert await owed(scene, loan) == after
    wrong = await take(scene, came, "clear", {})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "illegal-transition")


@pytest.mark.parametrize(
    ("counts", "at_gateway", "is_it"),
    [
        ("when_cleared", True, True),
        ("provisionally", False, True),
        # It was booked to our account, and the gateway's money does not lie there.
        ("provisionally", True, False),
    ],
)
async def test_money_that_others_tell_of_is_the_announced_payment_once(
    api: Api, counts: str, at_gateway: bool, is_it: bool
) -> None:
    scene = await make_scene(api, payment_life={"pending_counts": counts})
    loan = await scene.loan(await scene.customer())
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="pending", method="card")
    new = NewPayment(amount=Decimal(INSTALMENT), currency="USD", method="card")
    origin = payments.Origin("gateway:ch_1", at_gateway=at_gateway)
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        posted = await payments.post_payment(work, UUID(str(loan["id"])), new, origin)
    assert (str(posted.id) == told["id"]) is is_it
    assert posted.status == "cleared"
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        assert await payments.posted_under(work, "gateway:ch_1") == posted.id
    await scene.trial_balance()


async def test_what_counts_keeps_its_amount(api: Api) -> None:
    scene = await make_scene(api, payment_life={"pending_counts": "provisionally"})
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    answer = await take(scene, under_way, "clear", {"amount": "100.00"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_time_clears_a_pending_payment_where_the_product_says_so(api: Api) -> None:
    scene = await make_scene(api, payment_life={"pending_ends": "clear", "pending_days": 3})
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    await live_until(scene, date(2028, 2, 3))
    await advance(scene, loan)
    assert (await scene.get(f"/payments/{under_way['id']}"))["status"] == "pending"
    await live_until(scene, date(2028, 2, 4))
    await advance(scene, loan)
    cleared: Any = await scene.get(f"/payments/{under_way['id']}")
    assert (cleared["status"], cleared["value_on"]) == ("cleared", "2028-02-01")


async def test_what_time_cannot_clear_a_person_is_asked_about(api: Api) -> None:
    scene = await make_scene(api, payment_life={"pending_ends": "clear", "pending_days": 3})
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], "500.00", status="pending", payoff=True)
    await live_until(scene, date(2028, 2, 4))
    before = await owed(scene, loan)
    await advance(scene, loan)
    await advance(scene, loan)
    tasks: Any = await scene.get("/tasks?kind=payment")
    assert len(tasks["items"]) == 1
    assert (await scene.get(f"/payments/{under_way['id']}"))["status"] == "pending"
    assert await owed(scene, loan) == before
    await scene.trial_balance()


async def test_a_person_is_asked_once_what_became_of_a_pending_payment(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    await live_until(scene, date(2028, 2, 11))
    await advance(scene, loan)
    await advance(scene, loan)
    tasks: Any = await scene.get("/tasks?kind=payment")
    assert [task["loan_id"] for task in tasks["items"]] == [loan["id"]]
    assert (await scene.get(f"/payments/{under_way['id']}"))["status"] == "pending"


# -- returned -------------------------------------------------------------------------------------


async def test_a_return_costs_what_the_product_says_within_the_caps(api: Api) -> None:
    scene = await make_scene(api, payment_life={"return_fee": "25.00"})
    loan = await scene.loan(await scene.customer())
    paid: Any = await scene.pay(loan["id"], INSTALMENT)
    before = await owed(scene, loan)
    back: Any = ok(await take(scene, paid, "return", {"reason": "insufficient_funds"}))
    assert back["status"] == "returned"
    found: Any = await scene.get(f"/loans/{loan['id']}")
    assert found["outstanding"]["fee"] == "25.00"
    assert float(found["outstanding"]["total"]) == float(before) + float(INSTALMENT) + 25
    await scene.trial_balance()


async def test_a_return_fee_may_be_waived(api: Api) -> None:
    scene = await make_scene(api, payment_life={"return_fee": "25.00"})
    loan = await scene.loan(await scene.customer())
    under_way: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    body = {"reason": "insufficient_funds", "waive_fee": True}
    back: Any = ok(await take(scene, under_way, "return", body))
    assert back["life"]["return_fee"] == "0.00"
    assert (await scene.get(f"/loans/{loan['id']}"))["outstanding"]["fee"] == "0.00"


@pytest.mark.parametrize("provisional", [False, True])
async def test_of_two_returns_at_once_one_reverses(api: Api, provisional: bool) -> None:
    counts = "provisionally" if provisional else "when_cleared"
    terms = {"pending_counts": counts, "return_fee": "5.00"}
    scene = await make_scene(api, payment_life=terms)
    loan = await scene.loan(await scene.customer())
    before = float(await owed(scene, loan))
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    if not provisional:
        told = ok(await take(scene, told, "clear", {}))
    answers = await asyncio.gather(
        *(take(scene, told, "return", {"reason": "bounced"}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert float(await owed(scene, loan)) == before + 5
    await scene.trial_balance()


async def test_a_stale_version_is_refused(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    for step, body in (("clear", {}), ("withdraw", None)):
        answer = await take(scene, told, step, body, version=7)
        assert answer.status_code == 412, answer.text
    paid: Any = await scene.pay(loan["id"], "50.00")
    assert (await take(scene, paid, "return", {"reason": "bounced"}, version=2)).status_code == 412


async def test_a_reversal_by_its_old_name_ends_the_life_too(api: Api) -> None:
    scene = await make_scene(api, payment_life={"pending_counts": "provisionally"})
    loan = await scene.loan(await scene.customer())
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="pending")
    back = await scene.post(
        f"/loans/{loan['id']}/payments/{told['id']}/reverse", {"reason": "posted_in_error"}
    )
    assert back["status"] == "reversed"
    assert (await take(scene, back, "clear", {})).json()["code"] == "illegal-transition"


async def test_a_batch_takes_announced_payments_too(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    items = [
        {"loan_id": loan["id"], "amount": INSTALMENT, "currency": "USD", "status": "reported"},
        {"loan_id": loan["id"], "amount": INSTALMENT, "currency": "USD"},
    ]
    done: Any = await scene.post("/payments/batch", {"items": items}, 200)
    first, second = (result["payment"] for result in done["items"])
    assert (first["id"], first["status"]) == (second["id"], "reported")
    assert second["status"] == "cleared"


async def test_money_for_a_loan_that_has_ended_is_kept_as_credit(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    told: Any = await scene.pay(loan["id"], INSTALMENT, status="reported")
    standing: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await scene.pay(loan["id"], standing["payoff"]["total"], payoff=True)
    cleared: Any = ok(await take(scene, told, "clear", {}))
    assert (cleared["status"], cleared["credited"]) == ("cleared", INSTALMENT)
    found: Any = await scene.get(f"/loans/{loan['id']}")
    assert (found["lifecycle"], found["credit"]) == ("closed", INSTALMENT)


@pytest.mark.parametrize("status", ["reported", "pending"])
async def test_what_moves_nothing_has_no_preview(scene: Scene, status: str) -> None:
    loan = await scene.loan(await scene.customer())
    body = {"amount": "50.00", "currency": "USD", "status": status}
    refused = await scene.post(f"/loans/{loan['id']}/payments?dry_run=true", body, 422)
    assert refused["code"] == "invalid-request"
    assert "before it is cleared" in refused["detail"]
