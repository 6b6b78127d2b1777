"""Leaving early when the worker stops: what is safe to leave is left, and tried again elsewhere."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Final, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

WORKER_STOPPING: Final = "worker-stopping"
"""The type of the failure; no alarm, and tried again at once."""

Result = TypeVar("Result")


def stop_if_asked() -> None:
    """Leave, between two pieces of work, when the worker is stopping.

    Raises:
        ApplicationError: It is; the next attempt goes on.
    """
    if activity.is_worker_shutdown():
        raise _stopping()


async def unless_stopping(work: Coroutine[object, object, Result]) -> Result:
    """The outcome of `work`, which is broken off when the worker stops.

    Raises:
        ApplicationError: The worker is stopping; the next attempt does the work again.
    """
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(activity.wait_for_worker_shutdown())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return await working
        raise _stopping()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _stopping() -> ApplicationError:
    return ApplicationError(
        "the worker is stopping",
        type=WORKER_STOPPING,
        next_retry_delay=timedelta(milliseconds=100),
        category=ApplicationErrorCategory.BENIGN,
    )
