"""Pay links: what they ask for, their page, and how they end."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from api.wakes.tables import WakeRow
from contracts.names import Role
from tests.api.collecting.gateway import INSTALMENT, Till, page_event, paid_event, path_of
from tests.api.support import START, Actors, key

HOSTED = "https://gateway.example/page"


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({}, INSTALMENT),
        ({"asks": "full"}, "1200.00"),
        ({"asks": "other", "amount": "20.00"}, "20.00"),
    ],
)
async def test_a_link_says_what_it_asks_for(
    till: Till, fields: dict[str, object], amount: str
) -> None:
    link = await till.link(await till.loan(), **fields)
    assert (link["status"], link["amount"]) == ("open", amount)
    assert str(link["url"]).startswith("http://api.test/pay/")


async def test_a_link_for_what_is_due_grows_with_it(till: Till) -> None:
    link = await till.link(await till.loan())
    await till.clock(datetime(2028, 4, 2, 12, tzinfo=UTC))
    shown = await till.scene.get(f"/pay-links/{link['id']}")
    assert Decimal(str(shown["amount"])) >= 2 * Decimal(INSTALMENT)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"asks": "overdue"}, 409, "nothing-owed"),
        ({"asks": "other"}, 422, "invalid-request"),
        ({"asks": "due", "amount": "5.00"}, 422, "invalid-request"),
        ({"asks": "other", "amount": "99999.00"}, 422, "payment-exceeds-owed"),
        ({"asks": "other", "amount": "0.00"}, 422, "amount-not-positive"),
        ({"asks": "other", "amount": "1.001"}, 422, "amount-precision"),
        ({"valid_days": 0}, 422, "invalid-request"),
    ],
)
async def test_links_that_make_no_sense_are_refused(
    till: Till, fields: dict[str, object], status: int, code: str
) -> None:
    loan = await till.loan()
    answer = await till.scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/pay-links", json=fields, headers=till.scene.admin | key()
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_without_a_key_there_is_no_link(till: Till) -> None:
    loan = await till.loan()
    path = f"/api/v1/loans/{loan['id']}/pay-links"
    answer = await till.scene.api.client.post(path, json={}, headers=till.scene.admin)
    assert answer.json()["code"] == "idempotency-key-required"
    once = till.scene.admin | key()
    first = await till.scene.api.client.post(path, json={}, headers=once)
    again = await till.scene.api.client.post(path, json={}, headers=once)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_who_opens_a_link_is_led_to_the_gateways_page(till: Till) -> None:
    link = await till.link(await till.loan())
    order = await till.opened(link)
    assert (order["amount"], order["return_url"]) == (INSTALMENT, f"{link['url']}/done")
    answer = await till.scene.api.client.get(path_of(link))
    assert (answer.status_code, answer.headers["Location"]) == (303, HOSTED)
    assert "script" not in answer.headers["Content-Security-Policy"]


async def test_a_forged_link_is_none(till: Till) -> None:
    link = await till.link(await till.loan())
    path = path_of(link)
    forged = path[:-2] + ("AA" if not path.endswith("AA") else "BB")
    for wrong in (forged, "/pay/x", "/pay/" + "A" * 43, f"/pay/{link['id']}"):
        answer = await till.scene.api.client.get(wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_paid_link_posts_once_whoever_tells_of_it(till: Till) -> None:
    loan = await till.loan()
    link = await till.link(loan)
    order = await till.opened(link)
    attempt = order["attempt_id"]
    for event in (
        page_event(attempt, "pi_1", 10662),
        paid_event(attempt, "pi_1", 10662),
        page_event(attempt, "pi_1", 10662),
    ):
        assert (await till.tell(event)).status_code == 204
    shown = await till.scene.get(f"/pay-links/{link['id']}")
    (payment,) = await till.payments(loan)
    assert (shown["status"], shown["payment_id"]) == ("paid", payment["id"])
    page = await till.scene.api.client.get(path_of(link))
    assert "has been received" in page.text


async def test_a_full_payment_closes_the_loan(till: Till) -> None:
    loan = await till.loan()
    link = await till.link(loan, asks="full")
    order = await till.opened(link)
    await till.tell(page_event(order["attempt_id"], "pi_1", 120000))
    assert (await till.scene.get(f"/loans/{loan['id']}"))["lifecycle"] == "closed"


async def test_the_page_is_looked_up_when_nobody_tells(till: Till) -> None:
    loan = await till.loan()
    link = await till.link(loan)
    await till.opened(link)
    plan = await till.ask(link["id"], "plan")
    assert (plan["action"], plan["at"]) == (
        "wait",
        (START + timedelta(minutes=30)).isoformat().replace("+00:00", "Z"),
    )
    await till.clock(START + timedelta(minutes=30))
    order = await till.claimed(link["id"])
    assert (order["action"], order["gateway_id"]) == ("look_up", f"cs_{order['attempt_id']}")
    plan = await till.say(link["id"], order, outcome="unchanged")
    assert plan["action"] == "wait"
    await till.scene.api.client.get(f"{path_of(link)}/done")
    order = await till.claimed(link["id"])
    said = {"outcome": "succeeded", "payment_reference": "pi_1", "amount": INSTALMENT}
    await till.say(link["id"], order, **said)
    assert len(await till.payments(loan)) == 1


async def test_a_page_for_another_amount_is_closed_and_made_anew(till: Till) -> None:
    loan = await till.loan()
    link = await till.link(loan)
    await till.opened(link)
    await till.scene.pay(loan["id"], "6.62")
    order = await till.claimed(link["id"])
    assert order["action"] == "close_page"
    await till.say(link["id"], order, outcome="page_gone")
    second = await till.opened(link)
    assert second["amount"] == "100.00"


async def test_a_link_for_a_loan_that_was_paid_asks_for_nothing(till: Till) -> None:
    loan = await till.loan(instalments=1)
    link = await till.link(loan)
    outstanding = loan["outstanding"]["total"]
    await till.scene.pay(loan["id"], outstanding)
    page = await till.scene.api.client.get(path_of(link))
    assert "nothing to pay" in page.text
    assert (await till.ask(link["id"], "plan"))["status"] == "cancelled"


async def test_a_link_ends_with_its_time(till: Till) -> None:
    link = await till.link(await till.loan(), valid_days=2)
    await till.opened(link)
    await till.clock(START + timedelta(days=2))
    assert "expired" in (await till.scene.api.client.get(path_of(link))).text
    order = await till.claimed(link["id"])
    assert order["action"] == "close_page"
    plan = await till.say(link["id"], order, outcome="page_gone")
    assert (plan["open"], plan["status"]) == (False, "expired")


async def test_a_page_paid_at_the_last_moment_counts(till: Till) -> None:
    loan = await till.loan()
    link = await till.link(loan, valid_days=2)
    await till.opened(link)
    await till.clock(START + timedelta(days=2))
    order = await till.claimed(link["id"])
    said = {"outcome": "succeeded", "payment_reference": "pi_1", "amount": INSTALMENT}
    assert (await till.say(link["id"], order, **said))["status"] == "paid"
    assert len(await till.payments(loan)) == 1


async def test_a_link_is_cancelled_once(till: Till) -> None:
    link = await till.link(await till.loan())
    path = f"/api/v1/pay-links/{link['id']}/cancel"
    stale = await till.scene.api.client.post(path, headers=till.scene.admin | {"If-Match": '"7"'})
    assert stale.status_code == 412
    seen = till.scene.admin | {"If-Match": '"1"'}
    assert (await till.scene.api.client.post(path, headers=seen)).status_code == 200
    assert (await till.ask(link["id"], "plan"))["status"] == "expired"


async def test_a_customer_makes_links_for_his_own_loans_only(till: Till, actors: Actors) -> None:
    own, foreign = await till.loan(), await till.loan()
    customer = await actors.user(Role.CUSTOMER, own["customer_id"])
    link = await till.link(foreign)
    client = till.scene.api.client
    made = await client.post(
        f"/api/v1/loans/{own['id']}/pay-links", json={}, headers=customer | key()
    )
    assert made.status_code == 201
    for path in (f"/pay-links/{link['id']}", f"/collections/{link['id']}"):
        assert (await client.get(f"/api/v1{path}", headers=customer)).status_code == 404


async def test_the_wake_of_a_link_is_settled_unless_something_is_due(till: Till) -> None:
    link = await till.link(await till.loan())

    async def unsettled() -> bool:
        async with till.work() as unit:
            row = (
                await unit.session.scalars(
                    select(WakeRow).where(WakeRow.workflow_id == f"payment:{link['id']}")
                )
            ).one()
            return row.wanted > row.done

    assert await unsettled()
    await till.ask(link["id"], "plan")
    assert not await unsettled()
    await till.scene.api.client.get(path_of(link))
    await till.ask(link["id"], "plan")
    assert await unsettled()
    order = await till.claimed(link["id"])
    assert await unsettled()
    await till.say(
        link["id"],
        order,
        outcome="page_open",
        gateway_id="cs_1",
        url=HOSTED,
        page_expires_at="2999-01-01T00:00:00Z",
    )
    assert not await unsettled()
