"""Heartbeats beside the work: a long activity is heard from while it waits for others.

Every wait it makes has its own time limit, so a heartbeat never stands for work that hangs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from temporalio import activity

EVERY_SECONDS: Final = 2.0
"""Well inside the heartbeat time-out of ten seconds."""


@asynccontextmanager
async def heartbeats(
    details: Callable[[], str], *, every_seconds: float = EVERY_SECONDS
) -> AsyncIterator[None]:
    """Send `details()` as a heartbeat every few seconds until the block ends.

    A later attempt finds the last details in `activity.info().heartbeat_details`.
    """

    async def beat() -> None:
        while True:
            await asyncio.sleep(every_seconds)
            activity.heartbeat(details())

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


def last_details() -> str | None:
    """What the attempt before this one said last, if there was one and it was heard."""
    for detail in activity.info().heartbeat_details:
        if isinstance(detail, str):
            return detail
    return None
