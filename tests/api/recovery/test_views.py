"""Saved views of the worklist: whose they are, what they show, and who may change them."""

from typing import Any, cast

from contracts.names import Role
from tests.api.recovery.floor import Floor, Json
from tests.api.recovery.test_casework import call, hire, late, team
from tests.api.support import Actors, Headers, key, ok


async def views(floor: Floor, who: Headers, **asked: str) -> list[Json]:
    found: list[Json] = []
    while True:
        answer = await floor.api.client.get("/api/v1/worklist/views", params=asked, headers=who)
        page = ok(answer)
        found.extend(cast(list[Json], page["items"]))
        if page["next_cursor"] is None:
            return found
        asked["cursor"] = str(page["next_cursor"])


async def save(floor: Floor, who: Headers, status: int = 201, **fields: Any) -> Json:
    return await call(floor, who, "POST", "/worklist/views", {"name": "Mine"} | fields, status)


async def test_views_are_ones_own_the_teams_and_the_systems(floor: Floor) -> None:
    first, second = await late(floor, {"name": "Maria Keller"}, {"name": "Ana Free"})
    await floor.act(
        floor.agent, second, "holds", {"kind": "dispute", "review_on": "2028-03-20"}, 201
    )
    for case_id in (first, second):
        await floor.plan(case_id)
    await team(floor, "north")
    await hire(floor, floor.agent, "north", 10)
    colleague = await Actors(floor.api).user(Role.AGENT)
    await hire(floor, colleague, "north", 10)
    stranger = await Actors(floor.api).user(Role.ADVISOR)

    told = {view["name"]: view["cases"] for view in await views(floor, floor.agent, limit="4")}
    assert told == {
        "Mine": 0,
        "Team": 2,
        "Broken promises": 0,
        "Call-backs due": 0,
        "Replies waiting": 0,
        "Disputes": 1,
        "Hardship review": 0,
        "Unassigned": 2,
        "Holds": 1,
    }
    own = await save(floor, floor.agent, filters={"tab": "disputes"}, sort="oldest")
    shared = await save(
        floor,
        floor.agent,
        name="The north's",
        team="north",
        filters={"creditor_id": floor.scene.creditor_id, "currency": "USD"},
    )
    assert (own["scope"], own["cases"], shared["scope"], shared["cases"]) == (
        "personal",
        1,
        "team",
        2,
    )
    seen = {}
    for name, who in (
        ("agent", floor.agent),
        ("colleague", colleague),
        ("manager", floor.manager),
        ("stranger", stranger),
    ):
        seen[name] = [view["id"] for view in (await views(floor, who, limit="3"))[9:]]
    assert seen == {
        "agent": [own["id"], shared["id"]],
        "colleague": [shared["id"]],
        "manager": [shared["id"]],
        "stranger": [],
    }
    # A view in the place of filters, in its order, page by page.
    rows = await call(floor, floor.agent, "GET", f"/worklist?view={own['id']}")
    assert [row["case"]["id"] for row in rows["items"]] == [second]
    for sort, order in (("oldest", [first, second]), ("newest", [second, first])):
        listed: list[str] = []
        path = f"/worklist?limit=1&sort={sort}"
        while path:
            page = await call(floor, floor.agent, "GET", path)
            listed += [row["case"]["id"] for row in page["items"]]
            more = page["next_cursor"]
            path = f"/worklist?limit=1&sort={sort}&cursor={more}" if more else ""
        assert listed == order, sort

    async def change(who: Headers, view: Json, version: int, status: int) -> None:
        answer = await floor.api.client.put(
            f"/api/v1/worklist/views/{view['id']}",
            json={"name": "Another", "filters": {"tab": "holds"}},
            headers=who | key() | {"If-Match": f'"{version}"'},
        )
        assert answer.status_code == status, answer.text

    system = (await views(floor, floor.agent))[0]
    await change(floor.agent, system, 1, 403)
    await change(colleague, own, 1, 404)
    await change(colleague, shared, 1, 403)
    await change(floor.manager, shared, 7, 412)
    await change(floor.manager, shared, 1, 200)
    found = await call(floor, colleague, "GET", f"/worklist/views/{shared['id']}")
    assert (found["name"], found["cases"], found["version"]) == ("Another", 1, 2)
    await save(floor, stranger, 403, team="north")
    await save(floor, stranger, 404, team="south")
    gone = await floor.api.client.delete(
        f"/api/v1/worklist/views/{own['id']}", headers=floor.agent | {"If-Match": '"1"'}
    )
    assert gone.status_code == 204
    await call(floor, floor.agent, "GET", f"/worklist?view={own['id']}", status=404)
