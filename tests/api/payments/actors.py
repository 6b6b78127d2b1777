"""People and nights at work at the same time: they ask again when they were kept waiting."""

import asyncio
from collections.abc import Coroutine
from datetime import date, timedelta

from httpx2 import Response
from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError

from tests.api.payments.days import live_until
from tests.api.support import Scene, key

DAY = timedelta(days=1)
BUSY = 503
"""Somebody held the loan or its book for longer than one waits, or the day ended meanwhile."""


async def send(scene: Scene, path: str, body: object) -> Response:
    """Post as the administrator; who had to wait too long asks again with the same key."""
    headers = scene.admin | key()
    while True:
        answer = await scene.api.client.post(f"/api/v1{path}", json=body, headers=headers)
        if answer.status_code != BUSY:
            return answer


async def nights(scene: Scene, today: date, until: date) -> None:
    """Let one day after the other end; a night that was kept waiting too long begins again."""
    while today < until:
        try:
            await live_until(scene, today + DAY)
        except OperationalError as error:
            assert isinstance(error.orig, LockNotAvailable)  # noqa: PT017 - anything else fails
        else:
            today += DAY


async def together(*actors: Coroutine[None, None, None]) -> None:
    """Let all of them work until the last one is done; whoever fails stops the others."""
    async with asyncio.TaskGroup() as group:
        for actor in actors:
            group.create_task(actor)
