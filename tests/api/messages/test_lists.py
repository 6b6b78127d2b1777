"""Lists of messages and the reasons behind each, for those who may see them."""

from uuid import UUID, uuid4

from contracts.names import Role
from tests.api.messages.arrange import Desk
from tests.api.support import Actors, Headers, ok


async def listed(
    desk: Desk, headers: Headers, path: str = "/messages", **query: object
) -> list[str]:
    """The ids of all messages of a list, page by page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {key: str(value) for key, value in query.items()}
        if cursor is not None:
            parameters["cursor"] = cursor
        body = ok(
            await desk.api.client.get(
                f"/api/v1{path}", params={"limit": "2"} | parameters, headers=headers
            )
        )
        items = body["items"]
        assert isinstance(items, list)
        found += [item["id"] for item in items]
        next_cursor = body["next_cursor"]
        if next_cursor is None:
            return found
        cursor = str(next_cursor)


async def test_filters_and_pages(desk: Desk) -> None:
    agent = await Actors(desk.api).user(Role.AGENT)
    customer_id, loan_id, case_id = await desk.overdue()
    sms = [await desk.queue(customer_id, case_id=case_id) for _ in range(3)]
    email = await desk.queue(
        customer_id, channel="email", template="overdue_email", loan_id=loan_id
    )
    await desk.queue(await desk.customer())
    everything = await listed(desk, agent)
    assert len(everything) == 5
    assert everything[:4] == [str(one) for one in (*sms, email)]
    assert await listed(desk, agent, channel="email") == [str(email)]
    assert await listed(desk, agent, case_id=case_id) == [str(one) for one in sms]
    assert await listed(desk, agent, loan_id=loan_id) == [str(email)]
    assert len(await listed(desk, agent, customer_id=customer_id)) == 4
    await desk.sent("email", "X1")
    assert await listed(desk, agent, status="sent") == [str(email)]
    answer = await desk.api.client.get("/api/v1/messages?status=gone", headers=agent)
    assert answer.status_code == 422


async def test_a_customer_sees_what_went_to_him_and_nothing_else(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    await desk.queue(customer_id, channel="email", case_id=case_id, template="overdue_email")
    await desk.sent("email", "X1")
    planned = await desk.queue(customer_id)
    his = await Actors(desk.api).user(Role.CUSTOMER, customer_id)
    path = f"/customers/{customer_id}/messages"
    assert len(await listed(desk, his, path)) == 1
    agent = await Actors(desk.api).user(Role.AGENT)
    assert len(await listed(desk, agent, path)) == 2
    other = await desk.customer()
    foreign = await desk.api.client.get(f"/api/v1/customers/{other}/messages", headers=his)
    missing = await desk.api.client.get(f"/api/v1/customers/{uuid4()}/messages", headers=his)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    for path in ("messages", f"messages/{planned}/decisions"):
        answer = await desk.api.client.get(f"/api/v1/{path}", headers=his)
        assert answer.status_code == 403


async def test_why_a_message_did_not_go(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    await desk.hold(customer_id, case_id)
    message_id = await desk.queue(customer_id, loan_id=loan_id)
    await desk.lease()
    agent = await Actors(desk.api).user(Role.AGENT)
    answer = await desk.api.client.get(f"/api/v1/messages/{message_id}/decisions", headers=agent)
    (decision,) = answer.json()
    assert decision["outcome"] == "deny"
    assert "tenor.hold.dispute: on-hold" in decision["reasons"]
    assert decision["packs"] == ["us@1"]
    assert decision["local_time"] == "Wed 12:00 America/New_York"
    answer = await desk.api.client.get(f"/api/v1/messages/{UUID(int=3)}/decisions", headers=agent)
    assert answer.status_code == 404
