"""A desk for tests of tasks: a scene on a test clock, everybody who works, and their calls."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from httpx2 import Response

from api.clocks.tables import TestClockRow
from api.wakes.tables import WakeRow
from api.work import Work
from contracts.names import Role
from tests.api.support import START, Actors, Api, Headers, Scene, key, make_scene, ok

Json = dict[str, Any]
WorkFactory = Callable[..., AbstractAsyncContextManager[Work]]


@dataclass(slots=True)
class Desk:
    """One creditor in New York on a test clock that stands at noon UTC on 1 February 2028."""

    scene: Scene
    work: WorkFactory
    worker: Headers
    agent: Headers
    advisor: Headers
    manager: Headers

    @property
    def api(self) -> Api:
        return self.scene.api

    async def post(self, who: Headers, path: str, body: object) -> Response:
        return await self.api.client.post(f"/api/v1{path}", json=body, headers=who | key())

    async def get(self, who: Headers, path: str) -> Response:
        return await self.api.client.get(f"/api/v1{path}", headers=who)

    async def schedule(self, status: int = 201, **fields: object) -> Json:
        """Schedule a task as the manager: due in three days, an agent's."""
        body = {
            "kind": "review_documents",
            "due_at": (START + timedelta(days=3)).isoformat(),
            "role": "agent",
        } | fields
        return cast(Json, ok(await self.post(self.manager, "/tasks", body), status))

    async def read(self, task_id: str) -> Json:
        return cast(Json, ok(await self.get(self.manager, f"/tasks/{task_id}")))

    async def advance(self, task_id: str, now: datetime | None = None) -> Json:
        """What the workflow asks, with the clock at an instant."""
        if now is not None:
            await self.set_clock(now)
        path = f"/api/v1/tasks/{task_id}/advance"
        return cast(Json, ok(await self.api.client.post(path, headers=self.worker)))

    async def set_clock(self, now: datetime) -> None:
        async with self.work() as work:
            clock = await work.session.get_one(TestClockRow, UUID(self.scene.clock_id))
            clock.now_at = now

    async def wake(self, task_id: str) -> tuple[int, int, datetime | None]:
        """How often the task is wanted, what of that is done, and when it falls due."""
        async with self.work() as work:
            row = await work.session.get_one(WakeRow, f"task:{task_id}")
            return row.wanted, row.done, row.due_at


async def make_desk(api: Api, work: WorkFactory) -> Desk:
    """Open the desk."""
    actors = Actors(api)
    return Desk(
        scene=await make_scene(api),
        work=work,
        worker=await actors.service("cases"),
        agent=await actors.user(Role.AGENT),
        advisor=await actors.user(Role.ADVISOR),
        manager=await actors.user(Role.MANAGER),
    )


async def user_id(desk: Desk, who: Headers) -> str:
    return str(ok(await desk.get(who, "/auth/me"))["id"])
