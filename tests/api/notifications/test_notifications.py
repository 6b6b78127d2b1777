"""Notifications: what was sent is found in the list, one's own only, and reading it is noted."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from api.audit.tables import AuditRow
from api.clock import clock_for
from api.customers.tables import CustomerRow
from api.identity.tables import UserRow
from api.messages.tables import MessageRow
from api.recovery.service import open_task
from api.work import Work
from contracts.names import Role
from tests.api.messages.arrange import NOON, Desk, make_desk
from tests.api.support import Actors, Api, Headers, ok

WorkFactory = Callable[[], AbstractAsyncContextManager[Work]]
Json = dict[str, object]


@pytest.fixture
async def desk(api: Api, work: WorkFactory) -> Desk:
    return await make_desk(api, work)


async def mine(client: AsyncClient, headers: Headers, query: str = "") -> Json:
    return ok(await client.get(f"/api/v1/notifications{query}", headers=headers))


def items(page: Json) -> list[Json]:
    found = page["items"]
    assert isinstance(found, list)
    return found


async def owner(desk: Desk, message_id: UUID) -> UUID:
    customer_id = (await desk.message(message_id)).customer_id
    assert customer_id is not None
    return customer_id


async def test_a_sent_message_is_found_in_the_list_in_the_same_words(
    desk: Desk, client: AsyncClient, actors: Actors
) -> None:
    message_id = await desk.remind()
    customer_id = await owner(desk, message_id)
    maria = await actors.user(Role.CUSTOMER, customer_id)
    assert await mine(client, maria) == {"items": [], "next_cursor": None, "unread": 0}
    lease = await desk.sent()
    page = await mine(client, maria)
    [told] = items(page)
    assert page["unread"] == 1
    assert told["kind"] == "message"
    assert told["body"] == lease.messages[0].body
    assert str(told["body"]).startswith(str(told["title"]).removesuffix(" …")[:40])
    assert (told["message_id"], told["read"], told["read_at"]) == (str(message_id), False, None)
    assert told["created_at"] == NOON.isoformat().replace("+00:00", "Z")


async def test_what_did_not_go_and_what_answers_is_not_told(
    desk: Desk, client: AsyncClient, actors: Actors
) -> None:
    message_id = await desk.remind()
    maria = await actors.user(Role.CUSTOMER, await owner(desk, message_id))
    lease = await desk.lease()
    await desk.dispatch(lease)
    await desk.report(lease, "refused", code="21211", retire_address=True)
    answered = await desk.customer()
    await desk.queue(answered, purpose="reply", template="help", facts={})
    await desk.sent(provider_id="SM2")
    assert items(await mine(client, maria)) == []
    assert items(await mine(client, await actors.user(Role.CUSTOMER, answered))) == []


async def test_a_late_receipt_tells_nothing_twice(
    desk: Desk, client: AsyncClient, actors: Actors
) -> None:
    message_id = await desk.remind()
    lease = await desk.sent()
    await desk.report(lease, "accepted", provider_id="SM1")
    maria = await actors.user(Role.CUSTOMER, await owner(desk, message_id))
    assert len(items(await mine(client, maria))) == 1


async def test_reading_is_noted_once(
    desk: Desk, client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    message_id = await desk.remind()
    await desk.sent()
    maria = await actors.user(Role.CUSTOMER, await owner(desk, message_id))
    [told] = items(await mine(client, maria))
    path = f"/api/v1/notifications/{told['id']}/read"
    first = ok(await client.patch(path, headers=maria))
    second = ok(await client.patch(path, headers=maria))
    assert first == second
    assert first["read"] is True
    assert (await mine(client, maria))["unread"] == 0
    async with work() as unit:
        actions = await unit.session.scalars(
            select(AuditRow.action).where(AuditRow.action == "notification.read")
        )
        assert len(actions.all()) == 1


async def test_only_ones_own_can_be_read(desk: Desk, client: AsyncClient, actors: Actors) -> None:
    message_id = await desk.remind()
    await desk.sent()
    customer_id = await owner(desk, message_id)
    [told] = items(await mine(client, await actors.user(Role.CUSTOMER, customer_id)))
    path = f"/api/v1/notifications/{told['id']}/read"
    strangers = [
        await actors.user(Role.CUSTOMER, await desk.customer()),
        await actors.user(Role.CUSTOMER),
        # The staff see the list, and leave it unread.
        await actors.user(Role.AGENT),
        await actors.admin(),
    ]
    missing = await client.patch(f"/api/v1/notifications/{uuid4()}/read", headers=strangers[0])
    for stranger in strangers:
        refused = await client.patch(path, headers=stranger)
        assert refused.status_code == 404
        assert refused.content == missing.content
    seen = ok(
        await client.get(f"/api/v1/customers/{customer_id}/notifications", headers=strangers[2])
    )
    assert seen["unread"] == 1
    foreign = await client.get(
        f"/api/v1/customers/{customer_id}/notifications", headers=strangers[0]
    )
    assert foreign.status_code == 404


async def test_the_newest_comes_first_page_by_page(
    desk: Desk, client: AsyncClient, actors: Actors
) -> None:
    customer_id = await desk.customer()
    sent: list[UUID] = []
    for day in range(3):
        await desk.set_clock(NOON + timedelta(days=day * 9))
        sent.append(
            await desk.queue(
                customer_id,
                purpose="servicing",
                template="promise_thanks",
                facts={"amount": "10.00", "currency": "USD"},
            )
        )
        lease = await desk.sent(provider_id=f"SM{day}")
        assert len(lease.messages) == 1, (await desk.message(sent[-1])).reasons
    maria = await actors.user(Role.CUSTOMER, customer_id)
    first = await mine(client, maria, "?limit=2")
    rest = await mine(client, maria, f"?limit=2&cursor={first['next_cursor']}")
    found = [one["message_id"] for one in items(first) + items(rest)]
    assert found == [str(key) for key in reversed(sent)]
    assert rest["next_cursor"] is None
    assert first["unread"] == rest["unread"] == 3


async def test_after_erasure_nothing_is_left_to_read(
    desk: Desk, client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    message_id = await desk.remind()
    await desk.sent()
    customer_id = await owner(desk, message_id)
    async with work() as unit:
        await unit.session.execute(
            update(CustomerRow).where(CustomerRow.id == customer_id).values(wrapped_key=None)
        )
    seen = ok(
        await client.get(
            f"/api/v1/customers/{customer_id}/notifications", headers=await actors.admin()
        )
    )
    [told] = items(seen)
    assert (told["title"], told["body"]) == ("", "")


async def test_advisors_are_told_of_their_tasks_once(
    desk: Desk, client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    advisors = [await actors.user(Role.ADVISOR), await actors.user(Role.ADVISOR)]
    agent = await actors.user(Role.AGENT)
    gone = await actors.user(Role.ADVISOR)
    gone_id = ok(await client.get("/api/v1/auth/me", headers=gone))["id"]
    async with work() as unit:
        await unit.session.execute(
            update(UserRow).where(UserRow.id == UUID(str(gone_id))).values(disabled_at=unit.now)
        )
    customer_id = await desk.customer()
    for role, key in ((Role.ADVISOR, "a"), (Role.AGENT, "b"), (Role.ADVISOR, "a")):
        async with work() as unit:
            clock = await clock_for(unit, desk.clock_id)
            await open_task(
                unit,
                clock,
                natural_key=key,
                kind="escalation",
                title="Take over RC-1001",
                role=role,
                due_at=clock.now,
                customer_id=customer_id,
            )
    for advisor in advisors:
        page = await mine(client, advisor)
        [told] = items(page)
        assert (told["kind"], told["title"], told["body"]) == (
            "escalation",
            "Take over RC-1001",
            "",
        )
        assert told["task_id"] is not None
    assert items(await mine(client, agent)) == []
    # Each has his own to read.
    [first] = items(await mine(client, advisors[0]))
    ok(await client.patch(f"/api/v1/notifications/{first['id']}/read", headers=advisors[0]))
    assert (await mine(client, advisors[0]))["unread"] == 0
    assert (await mine(client, advisors[1]))["unread"] == 1
    async with work() as unit:
        told_of = await unit.session.scalars(select(MessageRow.id))
        assert told_of.all() == []


async def test_a_notice_reaches_who_has_neither_phone_nor_address(
    desk: Desk, client: AsyncClient, actors: Actors
) -> None:
    customer_id, loan_id, case_id = await desk.overdue(
        phone=None, email=None, zone=None, consents=[]
    )
    message_id = await desk.queue(
        customer_id, channel="in_app", loan_id=loan_id, case_id=case_id, validity="case_open"
    )
    lease = await desk.sent("in_app", provider_id=str(message_id))
    assert lease.messages[0].subject is not None
    assert "Free and independent debt advice" in lease.messages[0].body
    maria = await actors.user(Role.CUSTOMER, customer_id)
    page = await mine(client, maria)
    [told] = items(page)
    assert (page["unread"], told["title"]) == (1, lease.messages[0].subject)
    [decision] = await desk.decisions(message_id)
    assert (decision.outcome, decision.inputs["channel"]) == ("allow", "in_app")
    assert (await desk.message(message_id)).template_version == "shipped-1"
    [slot] = await desk.slots()
    assert slot.channel == "in_app"
