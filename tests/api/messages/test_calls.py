"""Calls pass the same permit as messages, and are kept whether they were permitted or not."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from api.customers.tables import CustomerRow
from api.messages import permits
from contracts.names import Role
from tests.api.messages.arrange import NOON, Desk, capped_at
from tests.api.support import Actors, Headers, ok

Json = dict[str, object]


@pytest.fixture
async def agent(desk: Desk) -> Headers:
    """Somebody who calls."""
    return await Actors(desk.api).user(Role.AGENT)


async def call(
    desk: Desk,
    agent: Headers,
    case_id: UUID,
    status: int = 201,
    key: str | None = None,
    **body: object,
) -> Json:
    """Ask for a call, or record one."""
    answer = await desk.api.client.post(
        f"/api/v1/recovery-cases/{case_id}/calls",
        json=body,
        headers=agent | {"Idempotency-Key": key or uuid4().hex},
    )
    return ok(answer, status)


async def report(
    desk: Desk, agent: Headers, call_id: object, outcome: str, status: int = 200, **body: object
) -> Json:
    """Report what became of a call."""
    answer = await desk.api.client.post(
        f"/api/v1/calls/{call_id}/result", json={"outcome": outcome} | body, headers=agent
    )
    return ok(answer, status)


async def ask(desk: Desk, agent: Headers, case_id: UUID) -> Json:
    """Ask whether to call now."""
    return ok(
        await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}/call-permit", headers=agent)
    )


async def story(desk: Desk, agent: Headers, case_id: UUID) -> list[str]:
    """The lines of a case about messages and calls."""
    found = ok(await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}", headers=agent))
    lines = found["timeline"]
    assert isinstance(lines, list)
    return [line["text"] for line in lines if line["kind"] == "message"]


async def test_a_permitted_call_tells_the_number_until_it_is_reported(
    desk: Desk, agent: Headers
) -> None:
    _, loan_id, case_id = await desk.overdue()
    asked = await ask(desk, agent, case_id)
    assert asked["outcome"] == "allow"
    assert await desk.slots() == []
    made = await call(desk, agent, case_id)
    assert made["permit"] == asked
    assert str(made["phone"]).startswith("+1212555")
    assert made["outcome"] is None
    (slot,) = await desk.slots()
    assert (slot.channel, slot.kind, slot.loan_ids) == ("call", "attempt", [loan_id])
    done = await report(desk, agent, made["id"], "conversation", note="Will pay on Friday")
    assert (done["outcome"], done["breach"], done["phone"]) == ("conversation", False, None)
    assert done["note"] == "Will pay on Friday"
    (slot,) = await desk.slots()
    assert slot.kind == "conversation"
    assert await story(desk, agent, case_id) == ["Call: conversation"]
    (decision,) = await desk.decisions(UUID(str(made["id"])))
    assert decision.outcome == "allow"
    assert "us.hours: inside-hours" in decision.reasons
    assert await report(desk, agent, made["id"], "busy", 409)


@pytest.mark.parametrize("hours", [9, 19])
async def test_no_number_outside_the_hours_but_when_to_ask_again(
    desk: Desk, agent: Headers, hours: int
) -> None:
    _, _, case_id = await desk.overdue()
    await desk.set_clock(NOON + timedelta(hours=hours))
    asked = await ask(desk, agent, case_id)
    assert asked["outcome"] == "defer"
    made = await call(desk, agent, case_id)
    assert made["permit"] == asked
    assert made["phone"] is None
    assert await desk.slots() == []
    assert await report(desk, agent, made["id"], "conversation", 409)


async def test_a_call_without_a_permit_is_kept_as_a_breach_and_counts(
    desk: Desk, agent: Headers
) -> None:
    customer_id, _, case_id = await desk.overdue()
    await desk.hold(customer_id, case_id)
    made = await call(desk, agent, case_id, outcome="voicemail")
    assert made["breach"] is True
    permit = made["permit"]
    assert isinstance(permit, dict)
    assert (permit["outcome"], permit["reasons"]) == ("deny", ["hold.dispute"])
    (slot,) = await desk.slots()
    assert (slot.channel, slot.kind) == ("call", "attempt")
    assert await story(desk, agent, case_id) == ["Call: voicemail: without permit, hold.dispute"]


async def test_a_call_after_its_permit_is_a_breach(desk: Desk, agent: Headers) -> None:
    _, _, case_id = await desk.overdue()
    made = await call(desk, agent, case_id)
    late = NOON + timedelta(hours=11)
    await desk.set_clock(late)
    assert (
        ok(await desk.api.client.get(f"/api/v1/calls/{made['id']}", headers=agent))["phone"] is None
    )
    early = NOON - timedelta(days=1)
    await report(desk, agent, made["id"], "no_answer", 422, made_at=early.isoformat())
    done = await report(desk, agent, made["id"], "no_answer", made_at=late.isoformat())
    assert done["breach"] is True


async def test_a_customers_call_needs_no_permit_and_is_no_attempt(
    desk: Desk, agent: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(1),))
    customer_id, _, case_id = await desk.overdue()
    await desk.hold(customer_id, case_id)
    made = await call(desk, agent, case_id, by="customer", outcome="conversation")
    assert (made["permit"], made["breach"], made["by"]) == (None, False, "customer")
    (slot,) = await desk.slots()
    assert slot.by_customer
    assert await story(desk, agent, case_id) == ["The customer called: conversation"]
    await call(desk, agent, case_id, 422, by="customer", outcome="busy")


async def test_calls_and_messages_share_the_caps(
    desk: Desk, agent: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(1),))
    _, _, case_id = await desk.overdue()
    first = await call(desk, agent, case_id)
    assert (await ask(desk, agent, case_id))["reasons"] == ["cap-reached"]
    await report(desk, agent, first["id"], "not_made")
    assert await desk.slots() == []
    assert (await ask(desk, agent, case_id))["outcome"] == "allow"


async def test_without_the_customers_key_the_note_is_gone(desk: Desk, agent: Headers) -> None:
    _, _, case_id = await desk.overdue()
    made = await call(desk, agent, case_id)
    await report(desk, agent, made["id"], "voicemail", note="About Friday")
    async with desk.work() as work:
        await work.session.execute(
            update(CustomerRow).values(
                wrapped_key=None, name_ct=None, phone_ct=None, email_ct=None, city_ct=None
            )
        )
    kept = ok(await desk.api.client.get(f"/api/v1/calls/{made['id']}", headers=agent))
    assert (kept["outcome"], kept["note"]) == ("voicemail", None)


async def test_the_same_key_asks_once(desk: Desk, agent: Headers) -> None:
    _, _, case_id = await desk.overdue()
    one = await call(desk, agent, case_id, key="the-same-call")
    two = await call(desk, agent, case_id, key="the-same-call")
    assert one == two
    assert len(await desk.slots()) == 1


async def test_what_is_no_call_is_not_found(desk: Desk, agent: Headers) -> None:
    customer_id, _, case_id = await desk.overdue()
    message_id = await desk.queue(customer_id, case_id=case_id)
    for missing in (message_id, uuid4()):
        answer = await desk.api.client.get(f"/api/v1/calls/{missing}", headers=agent)
        assert answer.status_code == 404
        await report(desk, agent, missing, "busy", 404)
    await call(desk, agent, uuid4(), 404)
