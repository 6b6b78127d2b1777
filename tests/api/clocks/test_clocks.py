"""Test clocks over HTTP, walked without any workflow: what nobody takes in is waited for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from api.wakes import service as wakes
from api.wakes.tables import WakeRow
from contracts.names import Role, WakeKind
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Scene, key, make_scene, ok


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def _step(scene: Scene) -> dict[str, Any]:
    headers = await Actors(scene.api).service("closing")
    answer = await scene.api.client.post(
        f"/api/v1/test-clocks/{scene.clock_id}/step", headers=headers
    )
    return ok(answer)


async def test_an_empty_clock_goes_straight_to_its_target(scene: Scene) -> None:
    sent: Any = await scene.post(f"/test-clocks/{scene.clock_id}/advance", {"days": 3}, 202)
    assert sent["status"] == "advancing"
    step = await _step(scene)
    assert step["arrived"] is True
    shown: Any = await scene.get(f"/test-clocks/{scene.clock_id}")
    assert (shown["now"], shown["status"]) == ("2028-02-04T12:00:00Z", "idle")


async def test_a_clock_closes_the_days_it_passes(scene: Scene, work: WorkFactory) -> None:
    loan = await scene.loan(await scene.customer())
    async with work() as unit:  # as the loan's workflow would
        await wakes.settle(unit, str(loan["workflow_id"]), None)
    await scene.post(f"/test-clocks/{scene.clock_id}/advance", {"days": 10}, 202)
    step = await _step(scene)
    assert (step["arrived"], step["days_closed"]) == (True, 10)


async def test_a_clock_waits_for_what_is_at_work(
    scene: Scene, work: WorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.clocks.routes.STEP_SECONDS", 0.3)
    await scene.loan(await scene.customer())  # wanted, and no workflow here takes it in
    await scene.post(f"/test-clocks/{scene.clock_id}/advance", {"days": 1}, 202)
    step = await _step(scene)
    assert step["arrived"] is False
    assert datetime.fromisoformat(step["now"]) == datetime.fromisoformat("2028-02-01T12:00:00Z")


async def test_only_one_delivery_is_woken_at_a_time(scene: Scene, work: WorkFactory) -> None:
    at = datetime.fromisoformat("2028-02-01T10:00:00Z")
    async with work() as unit:
        for name in ("delivery:sms:x", "delivery:email:x"):
            unit.session.add(
                WakeRow(
                    workflow_id=name,
                    kind=WakeKind.DELIVERY.value,
                    due_at=at,
                    clock_id=UUID(str(scene.clock_id)),
                    wanted_at=unit.now,
                )
            )
    async with work() as unit:
        woken = await wakes.raise_due(
            unit, UUID(str(scene.clock_id)), WakeKind.DELIVERY, at, one=True
        )
        again = await wakes.raise_due(unit, UUID(str(scene.clock_id)), WakeKind.DELIVERY, at)
    assert (woken, again) == (1, 1)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid-request"),
        ({"days": 1, "to": "2028-03-01T00:00:00Z"}, 422, "invalid-request"),
        ({"to": "2028-01-01T00:00:00Z"}, 422, "clock-backwards"),
        ({"to": "2068-01-01T00:00:00Z"}, 422, "invalid-date"),
        ({"days": 0}, 422, "invalid-request"),
    ],
)
async def test_bad_orders_are_refused(
    scene: Scene, client: AsyncClient, body: dict[str, object], status: int, code: str
) -> None:
    answer = await client.post(
        f"/api/v1/test-clocks/{scene.clock_id}/advance", json=body, headers=scene.admin | key()
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_clock_on_its_way_takes_no_other_order(scene: Scene, client: AsyncClient) -> None:
    url = f"/api/v1/test-clocks/{scene.clock_id}/advance"
    await scene.post(f"/test-clocks/{scene.clock_id}/advance", {"days": 1}, 202)
    busy = await client.post(url, json={"days": 1}, headers=scene.admin | key())
    assert (busy.status_code, busy.json()["code"]) == (409, "clock-busy")
    agent = await Actors(scene.api).user(Role.AGENT)
    denied = await client.post(url, json={"days": 1}, headers=agent | key())
    assert denied.status_code == 403
