"""Two persons above a limit: who waits, who may decide, and what still fits."""

import asyncio
from typing import Any

import pytest

from contracts.names import Role
from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.support import Actors, Api, Scene, make_scene, ok


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = await make_scene(api)
    await set_limits(scene, "15.00", "waiver")
    return scene


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    return await open_desk(scene)


PENALTIES: dict[str, object] = {"parts": [{"component": "penalty"}]}


async def tasks_of(desk: Desk) -> list[tuple[str, str]]:
    found: dict[str, Any] = await desk.scene.get("/tasks")
    return [
        (task["status"], task["role"]) for task in found["items"] if task["kind"] == "loan_change"
    ]


async def test_up_to_the_limit_one_person_is_enough(desk: Desk) -> None:
    made = await desk.change("waiver", parts=[{"component": "penalty", "amount": "15.00"}])
    assert made["status"] == "applied"
    assert made["requested_by"] == made["decided_by"]


async def test_above_it_another_manager_decides(desk: Desk) -> None:
    before = await desk.loan()
    asked = await desk.change("waiver", **PENALTIES)
    assert (asked["status"], asked["needs_approval"]) == ("pending", True)
    assert asked["moved"]["after"]["outstanding"]["penalty"] == "0.00"
    assert (await desk.loan())["outstanding"] == before["outstanding"]
    assert await tasks_of(desk) == [("open", "manager")]
    own = await desk.decide(asked["id"], "approve", desk.scene.admin)
    assert (own.status_code, own.json()["code"]) == (403, "own-request")
    manager = await desk.manager()
    approved = ok(await desk.decide(asked["id"], "approve", manager), 201)
    assert approved["status"] == "applied"
    assert approved["decided_by"] != approved["requested_by"]
    assert (await desk.loan())["outstanding"]["penalty"] == "0.00"
    assert await tasks_of(desk) == [("done", "manager")]
    twice = await desk.decide(asked["id"], "approve", manager)
    assert (twice.status_code, twice.json()["code"]) == (409, "change-not-pending")


async def test_a_rejected_change_moves_nothing(desk: Desk) -> None:
    before = await desk.loan()
    asked = await desk.change("waiver", **PENALTIES)
    manager = await desk.manager()
    told = ok(await desk.decide(asked["id"], "reject", manager, reason="not_justified"), 201)
    assert told["status"] == "rejected"
    assert (await desk.loan())["outstanding"] == before["outstanding"]
    assert await tasks_of(desk) == [("done", "manager")]


async def test_what_no_longer_fits_is_refused_and_still_waits(desk: Desk) -> None:
    asked = await desk.change("waiver", parts=[{"component": "penalty", "amount": "20.00"}])
    await desk.change("waiver", parts=[{"component": "penalty", "amount": "10.00"}])
    manager = await desk.manager()
    answer = await desk.decide(asked["id"], "approve", manager)
    assert (answer.status_code, answer.json()["code"]) == (409, "change-no-longer-fits")
    assert answer.json()["facts"]["because"] == "change-exceeds-owed"
    shown = await desk.scene.get(f"/loans/{desk.loan_id}/changes/{asked['id']}")
    assert shown["status"] == "pending"


async def test_without_a_limit_every_change_waits(desk: Desk) -> None:
    asked = await desk.change("write_off", amount="0.01")
    assert asked["status"] == "pending"
    preview = await desk.preview("charge_off")
    assert preview["needs_approval"] is True


async def test_an_agent_always_asks_a_manager(desk: Desk) -> None:
    actors = Actors(desk.scene.api)
    agent = await actors.user(Role.AGENT)
    asked = ok(
        await desk.ask("waiver", by=agent, parts=[{"component": "penalty", "amount": "1.00"}]), 201
    )
    assert asked["status"] == "pending"
    other = await desk.decide(asked["id"], "approve", await actors.user(Role.AGENT))
    assert other.status_code == 403
    ok(await desk.decide(asked["id"], "approve", desk.scene.admin), 201)


async def test_two_managers_at_once_approve_once(desk: Desk) -> None:
    asked = await desk.change("waiver", **PENALTIES)
    managers = [await desk.manager() for _ in range(4)]
    answers = await asyncio.gather(
        *(desk.decide(asked["id"], "approve", manager) for manager in managers)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert (await desk.loan())["outstanding"]["penalty"] == "0.00"


async def test_limits_are_whole_and_versioned(scene: Scene) -> None:
    path = f"/api/v1/creditors/{scene.creditor_id}/change-limits"
    twice = {"kind": "waiver", "currency": "USD", "amount": "5.00"}
    for limits, match, status in (
        ([twice, twice], '"2"', 422),
        ([{**twice, "amount": "-1.00"}], '"2"', 422),
        ([{**twice, "amount": "0.001"}], '"2"', 422),
        ([twice], '"1"', 412),
    ):
        answer = await scene.api.client.put(
            path, json={"limits": limits}, headers=scene.admin | {"If-Match": match}
        )
        assert answer.status_code == status, answer.text
    found = await scene.get(f"/creditors/{scene.creditor_id}/change-limits")
    assert found == {"limits": [{**twice, "amount": "15.00"}]}
