"""Replies by SMS: proven, kept encrypted, understood, answered, and done once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from httpx2 import Response
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from twilio.request_validator import RequestValidator

from api.customers.tables import SuppressionRow
from api.messages import delivery
from api.messages.inbound import Inbound, receive
from api.recovery.tables import PromiseRow
from api.wakes.tables import WakeRow
from api.webhooks import routes
from api.work import Work
from contracts.work import DispatchMessages
from domain.ids import case_workflow_id, delivery_workflow_id
from tests.api.messages.arrange import NOON, Desk
from tests.api.support import Actors

TOKEN = "twilio-test-token"


def address(desk: Desk, query: str = "") -> str:
    """Where Twilio posts to, as it knows it."""
    path = desk.api.app.url_path_for("receive_twilio_message")
    return f"http://api.test{path}{query}"


async def write(
    desk: Desk,
    sender: str,
    body: str,
    sid: str = "SM0001",
    *,
    signature: str | None = None,
    query: str = "",
) -> Response:
    """What Twilio would post for a text message."""
    url = address(desk, query)
    form = {"MessageSid": sid, "From": sender, "To": "+12125550000", "Body": body, "NumMedia": "0"}
    signed = RequestValidator(TOKEN).compute_signature(url, form)
    return await desk.api.client.post(
        url.removeprefix("http://api.test"),
        content=urlencode(form),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signed if signature is None else signature,
        },
    )


async def suppressed(desk: Desk) -> list[str]:
    async with desk.work() as work:
        return list(await work.session.scalars(select(SuppressionRow.reason)))


async def wanted(desk: Desk, workflow_id: str) -> int:
    async with desk.work() as work:
        return (
            await work.session.scalar(
                select(WakeRow.wanted).where(WakeRow.workflow_id == workflow_id)
            )
            or 0
        )


# -- proof -------------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["", "bm90IHJpZ2h0", "x" * 5000])
async def test_without_twilios_signature_nothing_is_stored(desk: Desk, signature: str) -> None:
    phone = await desk.phone(await desk.customer())
    answer = await write(desk, phone, "STOP", signature=signature)
    assert answer.status_code == 403
    assert answer.json()["code"] == "bad-signature"
    assert await desk.messages() == []
    assert await suppressed(desk) == []


async def test_a_changed_text_is_refused(desk: Desk) -> None:
    phone = await desk.phone(await desk.customer())
    form = {"MessageSid": "SM1", "From": phone, "Body": "hello"}
    signed = RequestValidator(TOKEN).compute_signature(address(desk), form)
    for changed in (
        form | {"Body": "STOP"},
        form | {"From": "+12125550002"},
        form | {"More": "1"},
    ):
        answer = await desk.api.client.post(
            address(desk),
            content=urlencode(changed),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": signed,
            },
        )
        assert answer.status_code == 403
    assert await desk.messages() == []


async def test_the_signature_is_for_the_public_address_with_its_query(desk: Desk) -> None:
    phone = await desk.phone(await desk.customer())
    assert (await write(desk, phone, "hello", query="?a=1&b=%20x")).status_code == 200
    elsewhere = address(desk).replace("http://api.test", "https://evil.example")
    signed = RequestValidator(TOKEN).compute_signature(
        elsewhere,
        {"MessageSid": "SM2", "From": phone, "To": "+12125550000", "Body": "x", "NumMedia": "0"},
    )
    assert (await write(desk, phone, "x", "SM2", signature=signed)).status_code == 403


# -- stop, start, help ---------------------------------------------------------------------------


async def test_stop_suppresses_the_number_and_confirms_once_at_any_hour(desk: Desk) -> None:
    await desk.set_clock(datetime(2028, 3, 2, 4, tzinfo=UTC))  # eleven at night in New York
    customer_id, _, case_id = await desk.overdue()
    phone = await desk.phone(customer_id)
    waiting = await desk.queue(customer_id, case_id=case_id)
    answer = await write(desk, phone, " Please STOP texting me!")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.text.endswith("<Response/>")
    assert await suppressed(desk) == ["stop"]
    assert await wanted(desk, case_workflow_id(case_id)) == 1
    lease = await desk.lease()
    assert [one.body for one in lease.messages] == [
        "Harbor Credit: you are opted out and will get no more texts from us at this number. "
        "Reply START to opt back in."
    ]
    assert (await desk.dispatch(lease)).withdrawn == 0
    await desk.report(lease, "accepted", provider_id="SM9")
    assert (await desk.message(waiting)).reasons == ["opted-out"]
    # A second STOP changes nothing and is not confirmed again.
    await write(desk, phone, "STOP", "SM0002")
    assert (await desk.lease()).messages == []
    assert len(await desk.messages(template="stop_confirm")) == 1
    # Neither reply costs a slot of the caps.
    assert await desk.slots() == []


async def test_a_stop_waits_for_a_dispatch_under_way(desk: Desk) -> None:
    """Once a STOP is answered nothing is dispatched that had not been before."""
    customer_id, loan_id, case_id = await desk.overdue()
    message_id = await desk.queue(customer_id, loan_id=loan_id, case_id=case_id)
    phone = await desk.phone(customer_id)
    lease = await desk.lease()
    async with desk.work() as work:
        request = DispatchMessages(group=lease.group, message_ids=[message_id])
        assert (await delivery.dispatch(work, request)).message_ids == [message_id]
        stopping = asyncio.create_task(write(desk, phone, "STOP"))
        await desk.somebody_waits()
        assert not stopping.done()
    assert (await stopping).status_code == 200
    assert await suppressed(desk) == ["stop"]


async def test_a_reply_is_kept_encrypted(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    await write(desk, await desk.phone(customer_id), "my dog ate the letter")
    (row,) = await desk.messages(direction="inbound")
    assert (row.status, row.customer_id, row.case_id) == ("received", customer_id, case_id)
    async with desk.work() as work:
        raw = await work.session.scalar(text("select string_agg(m::text, ' ') from messages m"))
    assert "dog" not in raw
    assert b"dog" not in (row.body_ct or b"")
    answer = await desk.api.client.get(
        f"/api/v1/customers/{customer_id}/messages", headers=await admin(desk)
    )
    assert [one["body"] for one in answer.json()["items"] if one["direction"] == "inbound"] == [
        "my dog ate the letter"
    ]


async def admin(desk: Desk) -> dict[str, str]:
    return await Actors(desk.api).admin()


async def test_start_opts_in_again_and_a_later_stop_is_confirmed_anew(desk: Desk) -> None:
    phone = await desk.phone(await desk.customer())
    for sid, body in (("SM1", "STOP"), ("SM2", "start"), ("SM3", "Stop.")):
        await write(desk, phone, body, sid)
    assert await suppressed(desk) == ["stop"]
    assert len(await desk.messages(template="stop_confirm")) == 2
    assert len(await desk.messages(template="start_confirm")) == 1
    assert await desk.tasks() == []


async def test_yes_opts_in_only_who_is_opted_out(desk: Desk) -> None:
    phone = await desk.phone(await desk.customer())
    await write(desk, phone, "Yes", "SM1")
    (task,) = await desk.tasks()
    assert task.kind == "reply"
    await write(desk, phone, "STOP", "SM2")
    await write(desk, phone, "YES", "SM3")
    assert await suppressed(desk) == []
    assert len(await desk.tasks()) == 1


async def test_help_is_answered_even_after_a_stop_but_only_once_a_day(desk: Desk) -> None:
    phone = await desk.phone(await desk.customer())
    for sid, body in (("SM1", "STOP"), ("SM2", "HELP"), ("SM3", "help please")):
        await write(desk, phone, body, sid)
    lease = await desk.lease()
    assert sorted(one.body.partition(": ")[2][:12] for one in lease.messages) == [
        "this number ",
        "you are opte",
    ]
    assert len(await desk.messages(template="help")) == 1


# -- promises ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "amount"),
    [("cant this week, 30 on friday", "30.00"), ("I will pay all on Friday", "106.62")],
)
async def test_a_promise_is_noted_and_confirmed(desk: Desk, body: str, amount: str) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    waiting = await desk.queue(
        customer_id, loan_id=loan_id, case_id=case_id, validity="case_open", due_at=NOON
    )
    before = await wanted(desk, case_workflow_id(case_id))
    await write(desk, await desk.phone(customer_id), body)
    async with desk.work() as work:
        (made,) = await work.session.scalars(select(PromiseRow))
    assert (format(made.amount, ".2f"), made.due_on, made.source) == (
        amount,
        date(2028, 3, 3),
        "sms",
    )
    assert await wanted(desk, case_workflow_id(case_id)) == before + 1
    lease = await desk.lease()
    assert [one.body for one in lease.messages] == [
        f"Harbor Credit: thank you. We noted ${amount} by Mar 3, 2028 and will not remind you "
        "until then. Is that wrong? Just reply. STOP to opt out."
    ]
    # The reminder that was on its way has lost its point.
    assert (await desk.message(waiting)).reasons == ["case-suspended-promise"]
    assert await desk.tasks() == []


async def test_a_promise_without_a_case_goes_to_a_person(desk: Desk) -> None:
    customer_id = await desk.customer()
    await write(desk, await desk.phone(customer_id), "I will pay 50 on Friday")
    (task,) = await desk.tasks()
    assert (task.kind, task.customer_id) == ("reply", customer_id)
    assert len(await desk.messages(template="unclear")) == 1


async def test_what_is_unclear_goes_to_a_person_and_is_answered_once_a_day(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    phone = await desk.phone(customer_id)
    for number in range(3):
        await write(desk, phone, "who is this??", f"SM{number}")
    tasks = await desk.tasks()
    assert len(tasks) == 3
    assert {(task.case_id, task.due_at) for task in tasks} == {(case_id, NOON + timedelta(days=1))}
    assert len(await desk.messages(template="unclear")) == 1


# -- shared and unknown numbers ------------------------------------------------------------------


async def test_a_stop_binds_everybody_with_the_number(desk: Desk) -> None:
    one, _, first_case = await desk.overdue(phone="+12125550777")
    two, _, second_case = await desk.overdue(phone="+12125550777")
    await write(desk, "+12125550777", "I will pay 50 on Friday", "SM1")
    (task,) = await desk.tasks()
    assert task.customer_id is None
    assert await desk.messages(direction="outbound") == []
    await write(desk, "+12125550777", "stop", "SM2")
    for case_id in (first_case, second_case):
        assert await wanted(desk, case_workflow_id(case_id)) == 1
    messages = [await desk.queue(one), await desk.queue(two)]
    lease = await desk.lease()
    assert [row.template for row in await desk.messages(status="leased")] == ["stop_confirm"]
    assert len(lease.messages) == 1
    for message_id in messages:
        assert (await desk.message(message_id)).reasons == ["opted-out"]
    assert {row.customer_id for row in await desk.messages(direction="inbound")} == {None}


async def test_a_number_that_nobody_has(desk: Desk) -> None:
    await write(desk, "+12125550888", "hello?", "SM1")
    (task,) = await desk.tasks()
    assert task.customer_id is None
    await write(desk, "+12125550888", "STOP", "SM2")
    assert await suppressed(desk) == ["stop"]
    assert await desk.messages(direction="outbound") == []
    # Whoever takes the number later is not written to.
    message_id = await desk.queue(await desk.customer(phone="+12125550888"), template="help")
    await desk.lease()
    assert (await desk.message(message_id)).status == "withheld"


# -- once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["STOP", "I will pay 30 on Friday", "hm"])
async def test_the_same_webhook_a_hundred_times_has_one_effect(desk: Desk, body: str) -> None:
    customer_id, _, case_id = await desk.overdue()
    phone = await desk.phone(customer_id)
    before = await wanted(desk, case_workflow_id(case_id))
    answers = await asyncio.gather(*(write(desk, phone, body) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await desk.messages(direction="inbound")) == 1
    assert len(await desk.messages(direction="outbound")) == 1
    assert await wanted(desk, case_workflow_id(case_id)) - before == 1
    assert len(await desk.tasks()) == (1 if body == "hm" else 0)
    wake = await desk.wake(delivery_workflow_id("sms", desk.shard))
    assert wake is not None
    assert wake.due_at == NOON


@pytest.mark.parametrize(("failures", "status"), [(2, 200), (3, 503)])
async def test_a_stop_is_not_lost_to_a_deadlock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, failures: int, status: int
) -> None:
    phone = await desk.phone(await desk.customer())
    left = failures

    async def broken_off(work: Work, sms: Inbound) -> None:
        nonlocal left
        await receive(work, sms)
        if left:
            left -= 1
            raise OperationalError("update", {}, Exception("deadlock detected"))

    monkeypatch.setattr(routes, "receive", broken_off)
    assert (await write(desk, phone, "STOP")).status_code == status
    assert await suppressed(desk) == (["stop"] if status == 200 else [])
    assert len(await desk.messages(template="stop_confirm")) == (1 if status == 200 else 0)
