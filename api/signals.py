"""Wakes up long polls inside this process; a poll that misses one looks again by itself."""

import asyncio

WAKES = "wakes"
"""Something is wanted that the relay should deliver."""
PROGRESS = "progress"
"""A workflow reported what it did: a clock may have settled."""


class Signals:
    """Named events, each of which releases everybody who waits for it at that moment."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._events: dict[str, asyncio.Event] = {}

    def send(self, name: str) -> None:
        """Release the present waiters of a name."""
        event = self._events.pop(name, None)
        if event is not None:
            event.set()

    def listen(self, name: str) -> asyncio.Event:
        """Take the event *before* looking at the database, so that nothing slips between."""
        return self._events.setdefault(name, asyncio.Event())

    @staticmethod
    async def wait(event: asyncio.Event, seconds: float) -> None:
        """Wait for a signal, or until the time is up."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
