"""Why a case is where it is, told to staff and to the customer."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.names import Role
from tests.api.messages.arrange import NOON, Desk, WorkFactory, make_desk
from tests.api.support import Actors, Api, Headers, ok

pytestmark = pytest.mark.usefixtures("api")

Json = dict[str, Any]


@pytest.fixture
async def desk(api: Api, work: WorkFactory) -> Desk:
    return await make_desk(api, work)


async def _explained(desk: Desk, case_id: UUID, who: Headers, status: int = 200) -> Json:
    answer = await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}/explanation", headers=who)
    return ok(answer, status)


async def _worked_case(desk: Desk) -> tuple[UUID, UUID]:
    """A case with one message sent, one put off for the night and one withheld by a hold."""
    customer_id, loan_id, case_id = await desk.overdue()
    about: Json = {"loan_id": loan_id, "case_id": case_id}
    await desk.queue(customer_id, **about)
    await desk.sent()
    await desk.set_clock(NOON + timedelta(hours=11))
    await desk.queue(customer_id, **about)
    await desk.lease()
    await desk.hold(customer_id, case_id, "fraud")
    await desk.queue(customer_id, channel="email", **about)
    await desk.lease("email")
    return customer_id, case_id


async def test_staff_are_told_everything(desk: Desk) -> None:
    _, case_id = await _worked_case(desk)
    told = await _explained(desk, case_id, await Actors(desk.api).user(Role.AGENT))
    assert told["reader"] == "agent"
    assert told["why"].startswith("Maria Keller owes 106.62 USD overdue")
    assert "SMS “overdue gentle” sent" in [each["text"] for each in told["done"]]
    put_off, withheld = told["withheld"]
    assert put_off["text"] == (
        "SMS “overdue gentle” was put off, because it is outside the hours in which the customer "
        "may be contacted."
    )
    assert put_off["retried_at"] is not None
    assert withheld["text"] == "E-mail “overdue gentle” was not sent, because a hold stood: fraud."
    assert (withheld["reasons"], withheld["retried_at"]) == (["hold.fraud"], None)
    assert told["stops"][0] == "A payment of 106.62 USD today ends it."


async def test_a_customer_is_told_of_his_own_case_without_internals(desk: Desk) -> None:
    customer_id, case_id = await _worked_case(desk)
    who = await Actors(desk.api).user(Role.CUSTOMER, customer_id)
    told = await _explained(desk, case_id, who)
    assert told["reader"] == "customer"
    assert told["why"].startswith("106.62 USD should have been paid by now")
    assert [each["text"] for each in told["done"]] == ["We wrote to you (SMS)."]
    assert [each["text"] for each in told["withheld"]] == [
        "An SMS to you was put off, because it was outside the hours in which we may contact you."
    ]
    assert told["withheld"][0]["reasons"] == []
    for internal in ("fraud", "hold", "stage", "early", "gentle", "strategy"):
        assert internal not in str(told)


async def test_a_case_of_somebody_else_is_not_there(desk: Desk) -> None:
    _, case_id = await _worked_case(desk)
    other = await desk.customer()
    who = await Actors(desk.api).user(Role.CUSTOMER, other)
    foreign = await _explained(desk, case_id, who, 404)
    missing = await _explained(desk, uuid4(), who, 404)
    assert foreign == missing
