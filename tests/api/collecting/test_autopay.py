"""Autopay: planned ahead, claimed before it is charged, posted once, tried again by the code."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from api.arrears import closing
from api.collecting.tables import PaymentMethodRow
from api.messages.tables import MessageRow
from contracts.names import Role
from tests.api.collecting.gateway import INSTALMENT, Till, paid_event
from tests.api.support import Actors, key

DECIDED = datetime(2028, 2, 27, 12, tzinfo=UTC)
"""After the reminders of 1 March were decided."""
DUE = datetime(2028, 3, 1, 15, tzinfo=UTC)
"""After the time of day at which charges are made in New York."""


async def due(till: Till, card: str = "pm_card_visa") -> tuple[dict[str, object], str]:
    """A loan whose first instalment is to be charged now, and its collection."""
    loan = await till.loan()
    await till.mandate(loan, card)
    await till.clock(DECIDED)
    await till.advance(loan)
    await till.clock(DUE)
    (found,) = await till.collections(loan)
    return loan, str(found["id"])


async def test_a_saved_method_shows_no_token_and_keeps_it_encrypted(till: Till) -> None:
    loan = await till.loan()
    saved = await till.card(loan["customer_id"])
    assert "token" not in saved
    assert saved["last4"] == "4242"
    async with till.work() as unit:
        row = (await unit.session.scalars(select(PaymentMethodRow))).one()
        assert b"pm_card_visa" not in (row.token_ct or b"")


async def test_a_card_number_never_enters(till: Till) -> None:
    loan = await till.loan()
    answer = await till.scene.api.client.post(
        f"/api/v1/customers/{loan['customer_id']}/payment-methods",
        json={"token": "4242424242424242"},
        headers=till.scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "4242424242424242" not in answer.text


async def test_the_charge_is_planned_with_the_reminders_and_replaces_them(till: Till) -> None:
    loan = await till.loan()
    await till.mandate(loan)
    await till.clock(DECIDED)
    for _ in range(2):
        await till.advance(loan)
    (found,) = await till.collections(loan)
    assert (found["kind"], found["status"], found["instalment"]) == ("autopay", "open", 1)
    assert found["next_at"] == "2028-03-01T14:00:00Z"
    async with till.work() as unit:
        assert (await unit.session.scalars(select(MessageRow))).all() == []
    plan = await till.ask(found["id"], "plan")
    assert (plan["action"], plan["due"], plan["at"]) == ("wait", False, "2028-03-01T14:00:00Z")


async def test_autopay_that_begins_late_takes_waiting_reminders_back(till: Till) -> None:
    loan = await till.loan()
    await till.clock(DECIDED)
    await till.advance(loan)
    await till.mandate(loan)
    async with till.work() as unit:
        statuses = (await unit.session.scalars(select(MessageRow.status))).all()
        assert set(statuses) == {"expired"}
    assert [each["instalment"] for each in await till.collections(loan)] == [1]


async def test_a_charge_is_claimed_first_and_posted_once(till: Till) -> None:
    loan, collection = await due(till)
    assert (await till.ask(collection, "plan"))["action"] == "charge"
    order = await till.claimed(collection)
    assert (order["action"], order["repeat"], order["amount"]) == ("charge", False, INSTALMENT)
    assert order["token"] == "pm_card_visa"
    again = await till.claimed(collection)
    assert (again["attempt_id"], again["repeat"]) == (order["attempt_id"], True)
    said = {"outcome": "succeeded", "payment_reference": "pi_1", "amount": INSTALMENT}
    for _ in range(3):
        plan = await till.say(collection, order, **said)
        assert (plan["open"], plan["status"]) == (False, "paid")
    (payment,) = await till.payments(loan)
    assert (payment["amount"], payment["method"], payment["reference"]) == (
        INSTALMENT,
        "card",
        "pi_1",
    )
    balances = await till.scene.trial_balance()
    assert balances["USD", "gateway_clearing"] == INSTALMENT


async def test_the_names_a_gateway_gives_are_kept(till: Till) -> None:
    _, collection = await due(till)
    order = await till.claimed(collection)
    await till.say(collection, order, outcome="unchanged", token="pm_1", gateway_customer="cus_1")
    again = await till.claimed(collection)
    assert (again["token"], again["gateway_customer"]) == ("pm_1", "cus_1")


async def test_no_money_is_tried_again_three_days_later(till: Till) -> None:
    _, collection = await due(till)
    order = await till.claimed(collection)
    plan = await till.say(collection, order, outcome="declined", code="insufficient_funds")
    assert (plan["open"], plan["due"], plan["at"]) == (True, False, "2028-03-04T14:00:00Z")
    assert (await till.ask(collection, "claim"))["order"] is None
    await till.clock(datetime(2028, 3, 4, 15, tzinfo=UTC))
    second = await till.claimed(collection)
    assert second["attempt_id"] != order["attempt_id"]


async def test_a_definite_no_ends_it(till: Till) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    plan = await till.say(collection, order, outcome="declined", code="stolen_card")
    assert (plan["open"], plan["status"]) == (False, "failed")
    (found,) = await till.collections(loan)
    assert (found["reason"], found["next_at"]) == ("stolen_card", None)


async def test_a_fourth_decline_is_the_last(till: Till) -> None:
    loan, collection = await due(till)
    tried = 0
    plan = await till.ask(collection, "plan")
    while plan["open"]:
        if plan["at"] is not None:
            await till.clock(datetime.fromisoformat(plan["at"]))
        order = await till.claimed(collection)
        plan = await till.say(collection, order, outcome="declined", code="insufficient_funds")
        tried += 1
    assert tried == 4
    (found,) = await till.collections(loan)
    assert (found["status"], len(found["attempts"])) == ("failed", 4)


async def test_what_is_paid_meanwhile_is_not_charged(till: Till) -> None:
    loan, collection = await due(till)
    await till.scene.pay(loan["id"], INSTALMENT)
    plan = await till.ask(collection, "plan")
    assert (plan["open"], plan["status"]) == (False, "cancelled")
    assert (await till.ask(collection, "claim"))["order"] is None


async def test_what_the_bank_has_under_way_is_not_charged_again(till: Till) -> None:
    loan, collection = await due(till)
    await till.scene.pay(loan["id"], "100.00", status="pending", method="direct_debit")
    claimed = await till.ask(collection, "claim")
    assert claimed["order"]["amount"] == str(Decimal(INSTALMENT) - 100)


async def test_what_is_wholly_under_way_is_not_charged_at_all(till: Till) -> None:
    loan, collection = await due(till)
    await till.scene.pay(loan["id"], INSTALMENT, status="pending", method="direct_debit")
    assert (await till.ask(collection, "claim"))["order"] is None
    assert (await till.ask(collection, "plan"))["status"] == "cancelled"


async def test_a_cancelled_mandate_charges_nothing_more(till: Till) -> None:
    loan, collection = await due(till)
    answer = await till.scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/autopay/cancel",
        headers=till.scene.admin | {"If-Match": '"1"'},
    )
    assert answer.status_code == 200
    assert (await till.ask(collection, "plan"))["status"] == "cancelled"


async def test_a_removed_method_ends_its_mandates(till: Till) -> None:
    loan, collection = await due(till)
    mandate = await till.scene.get(f"/loans/{loan['id']}/autopay")
    answer = await till.scene.api.client.post(
        f"/api/v1/payment-methods/{mandate['payment_method_id']}/remove",
        headers=till.scene.admin | {"If-Match": '"1"'},
    )
    assert answer.json()["status"] == "removed"
    assert (await till.scene.get(f"/loans/{loan['id']}/autopay"))["status"] == "cancelled"
    assert (await till.ask(collection, "plan"))["status"] == "cancelled"


async def test_a_loan_has_one_mandate(till: Till) -> None:
    loan = await till.loan()
    await till.mandate(loan)
    method = await till.card(loan["customer_id"])
    answer = await till.scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/autopay",
        json={"payment_method_id": method["id"]},
        headers=till.scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "autopay-already-active")


async def test_anothers_card_is_no_card(till: Till, actors: Actors) -> None:
    loan = await till.loan()
    foreign = await till.card(await till.scene.customer(name="Eve Foreign"))
    customer = await actors.user(Role.CUSTOMER, loan["customer_id"])
    for who in (customer, till.scene.admin):
        answer = await till.scene.api.client.post(
            f"/api/v1/loans/{loan['id']}/autopay",
            json={"payment_method_id": foreign["id"]},
            headers=who | key(),
        )
        assert answer.status_code == 404


async def test_news_before_our_own_answer_settles_and_the_answer_changes_nothing(
    till: Till,
) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    told = await till.tell(paid_event(order["attempt_id"], "pi_7", 10662))
    assert told.status_code == 204
    (found,) = await till.collections(loan)
    assert found["status"] == "paid"
    said = {"outcome": "succeeded", "payment_reference": "pi_7", "amount": INSTALMENT}
    await till.say(collection, order, **said)
    assert len(await till.payments(loan)) == 1


@pytest.mark.parametrize("same", [True, False])
async def test_a_hundred_events_at_once_are_one_posting(till: Till, same: bool) -> None:
    """The same event again and again, and as many events that tell of one payment."""
    loan, collection = await due(till)
    order = await till.claimed(collection)
    event = paid_event(order["attempt_id"], "pi_9", 10662)
    events = [event if same else event | {"id": f"evt_{number}"} for number in range(100)]
    told = await asyncio.gather(*(till.tell(each) for each in events))
    assert {answer.status_code for answer in told} == {204}
    assert [each["amount"] for each in await till.payments(loan)] == [INSTALMENT]
    assert (await till.scene.trial_balance())["USD", "gateway_clearing"] == INSTALMENT


async def test_events_of_others_and_in_other_currencies_are_passed_over(till: Till) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    attempt = order["attempt_id"]
    for event in (
        paid_event("01900000-0000-7000-8000-000000000000", "pi_1", 10662),
        paid_event("nobody", "pi_2", 10662),
        paid_event(attempt, "pi_3", 10662, currency="eur"),
        paid_event(attempt, "", 10662),
        paid_event(attempt, "pi_4", -5),
    ):
        assert (await till.tell(event)).status_code == 204
    assert await till.payments(loan) == []


async def test_only_stripe_is_believed_and_only_lately(till: Till) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    event = paid_event(order["attempt_id"], "pi_1", 10662)
    answers = [
        await till.tell(event, secret="whsec_of_somebody"),
        await till.tell(event, at=DUE.timestamp()),
        await till.tell(event, at=0),
        await till.scene.api.client.post("/api/v1/webhooks/stripe", json=event),
        await till.scene.api.client.post(
            "/api/v1/webhooks/stripe", json=event, headers={"Stripe-Signature": "t=x,v1=y"}
        ),
    ]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(403, "bad-signature")}
    assert await till.payments(loan) == []


async def test_a_second_payment_becomes_credit_that_is_to_be_given_back(till: Till) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    for payment in ("pi_1", "pi_2"):
        await till.tell(paid_event(order["attempt_id"], payment, 10662))
    first, second = await till.payments(loan)
    assert (first["credited"], second["credited"]) == ("0.00", INSTALMENT)
    assert len(await till.tasks("refund")) == 1
    assert (await till.scene.trial_balance())["USD", "customer_credit"] == f"-{INSTALMENT}"


async def test_credit_to_be_given_back_stays_so_whatever_moves_before_it(till: Till) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    for payment in ("pi_1", "pi_2"):
        await till.tell(paid_event(order["attempt_id"], payment, 10662))
    first, second = await till.payments(loan)
    await till.scene.pay(loan["id"], "50.00", value_on="2028-02-20")
    assert (await till.payments(loan))[1]["credited"] == INSTALMENT
    path = f"/loans/{loan['id']}/payments"
    await till.scene.post(f"{path}/{first['id']}/reverse", {"reason": "chargeback"})
    shown = await till.scene.get(f"/loans/{loan['id']}")
    assert (shown["credit"], len(await till.tasks("refund"))) == (INSTALMENT, 1)
    assert (await till.scene.trial_balance())["USD", "gateway_clearing"] == INSTALMENT
    await till.scene.post(f"{path}/{second['id']}/reverse", {"reason": "chargeback"})
    shown = await till.scene.get(f"/loans/{loan['id']}")
    assert shown["credit"] == "0.00"
    assert [task["status"] for task in await till.tasks("refund")] == ["done"]
    balances = await till.scene.trial_balance()
    assert balances.keys().isdisjoint({("USD", "gateway_clearing"), ("USD", "customer_credit")})


async def test_money_for_a_loan_that_closed_meanwhile_becomes_credit(till: Till) -> None:
    loan, collection = await due(till)
    order = await till.claimed(collection)
    shown = await till.scene.get(f"/loans/{loan['id']}")
    total = shown["outstanding"]["total"]  # type: ignore[index]
    await till.scene.pay(loan["id"], str(total))
    said = {"outcome": "succeeded", "payment_reference": "pi_1", "amount": INSTALMENT}
    plan = await till.say(collection, order, **said)
    assert plan["status"] == "paid"
    after = await till.scene.get(f"/loans/{loan['id']}")
    assert (after["lifecycle"], after["credit"]) == ("closed", INSTALMENT)
    assert len(await till.tasks("refund")) == 1
    await till.scene.trial_balance()


async def test_a_hold_stops_automatic_charges(till: Till) -> None:
    loan, collection = await due(till)
    now = datetime(2028, 3, 12, 15, tzinfo=UTC)
    await till.clock(now)
    books = 1
    while books:
        async with till.work() as unit:
            books, _ = await closing.close_due_books(unit, UUID(str(till.scene.clock_id)), now)
    late = await till.scene.get(f"/loans/{loan['id']}/delinquent")
    await till.scene.post(
        f"/recovery-cases/{late['case_id']}/holds",
        {"kind": "bankruptcy", "review_on": "2028-04-20"},
    )
    assert (await till.ask(collection, "plan"))["status"] == "cancelled"
