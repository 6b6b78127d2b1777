"""What an auditor reads: every attempt with its reasons, every act, and checks of the chains."""

from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.names import Role
from tests.api.evidence.test_packs import worked_case
from tests.api.messages.arrange import Desk
from tests.api.support import Actors, Headers, key, ok

Json = dict[str, Any]


async def read(desk: Desk, who: Headers, path: str, status: int = 200, **asked: str) -> Json:
    answer = await desk.api.client.get(f"/api/v1{path}", params=asked, headers=who)
    return cast(Json, ok(answer, status))


async def test_the_ledger_tells_every_attempt_and_why(desk: Desk) -> None:
    customer_id, case_id = await worked_case(desk)
    who = await Actors(desk.api).user(Role.MANAGER)
    newest, denied, allowed = (await read(desk, who, "/contact-decisions"))["items"]
    assert (newest["case_number"], newest["place"]) == (None, 3)
    assert (denied["outcome"], denied["status"]) == ("deny", "withheld")
    assert denied["rules"][0] == {
        "rule": "tenor.hold.dispute",
        "code": "on-hold",
        "words": "a hold stood: dispute",
        "stops": True,
    }
    assert not any(said["stops"] for said in (*denied["rules"][1:], *allowed["rules"]))
    assert (allowed["outcome"], allowed["contacts_counted"]) == ("allow", 0)
    assert allowed["local_time"] == "Wed 12:00 America/New_York"
    assert allowed["customer_id"] == str(customer_id)
    for asked, found in (
        ({"outcome": "deny"}, [newest, denied]),
        ({"rule": "tenor.hold.dispute"}, [newest, denied]),
        ({"rule": "on-hold", "case_id": str(case_id)}, [denied]),
        ({"case_id": str(case_id)}, [denied, allowed]),
        ({"channel": "email"}, []),
        ({"from_on": "2028-03-01", "to_on": "2028-03-01"}, [newest, denied, allowed]),
        ({"to_on": "2028-02-29"}, []),
    ):
        assert (await read(desk, who, "/contact-decisions", **asked))["items"] == found, asked
    first = await read(desk, who, "/contact-decisions", limit="2")
    rest = await read(desk, who, "/contact-decisions", cursor=first["next_cursor"])
    assert [*first["items"], *rest["items"]] == [newest, denied, allowed]
    backwards = {"from_on": "2028-03-02", "to_on": "2028-03-01"}
    await read(desk, who, "/contact-decisions", 422, **backwards)
    agent = await Actors(desk.api).user(Role.AGENT)
    for path in ("/contact-decisions", "/audit", "/evidence-checks"):
        await read(desk, agent, path, 403)


async def test_the_audit_is_searched_and_checks_are_kept(
    desk: Desk, superuser: AsyncEngine
) -> None:
    await worked_case(desk)
    who = await Actors(desk.api).user(Role.MANAGER)
    assert (await read(desk, who, "/evidence-checks"))["items"] == []

    async def verify() -> Json:
        answer = await desk.api.client.post("/api/v1/evidence-checks", headers=who | key())
        return cast(Json, ok(answer, 201))

    whole = await verify()
    assert (whole["decisions"], whole["damages"], whole["findings"]) == (3, 0, [])
    async with superuser.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.execute(
            text("update contact_decisions set outcome = 'allow' where place = 2")
        )
    damaged = await verify()
    assert damaged["damages"] == len(damaged["findings"]) == 1
    kept = (await read(desk, who, "/evidence-checks"))["items"]
    assert [(each["id"], each["damages"]) for each in kept] == [
        (damaged["id"], 1),
        (whole["id"], 0),
    ]
    acts = (await read(desk, who, "/audit", action="evidence."))["items"]
    assert [each["facts"]["damages"] for each in acts] == [1, 0]
    (sent,) = (await read(desk, who, "/audit", action="message.sent"))["items"]
    about = (await read(desk, who, "/audit", subject_id=sent["subject_id"]))["items"]
    assert [each["action"] for each in about] == ["message.sent", "message.dispatched"]
    by_actor = (await read(desk, who, "/audit", actor=sent["actor"]))["items"]
    assert sent in by_actor
