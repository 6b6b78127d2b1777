"""Ctrl-C and SIGTERM: the first ends a stack in good order, the second at once."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from tenor.stack.stack import Stack

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_stopped(stack: Stack, body: Callable[[Stack], Awaitable[None]]) -> bool:
    """Start the stack, run `body` with it, and stop it when the body ends or a signal comes.

    A signal cancels the body wherever it waits, or the start if it is still under way; a second
    one kills the processes without ceremony.

    Returns:
        True when a signal ended it, False when the body came to its end.

    Raises:
        StackError: when the stack will not start.
    """

    async def whole() -> None:
        async with stack:
            await body(stack)

    loop = asyncio.get_running_loop()
    task = loop.create_task(whole())
    asked = 0

    def on_signal() -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            task.cancel()
        else:
            stack.abort()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        await asyncio.wait([task])
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    if task.cancelled():
        return True
    error = task.exception()
    if error is not None:
        raise error
    return False
