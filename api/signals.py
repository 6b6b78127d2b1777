"""Wakes up long polls inside this process; a poll that misses one looks again by itself."""

import asyncio
import time

WAKES = "wakes"
"""Something is wanted that the relay should deliver."""
PROGRESS = "progress"
ARRIVED = "arrived"
"""A workflow reported what it did: a clock may have settled."""


QUIET_SECONDS = 1.0
"""How long silence is believed: other processes signal by themselves alone."""


class Signals:
    """Named events, each of which releases everybody who waits for it at that moment."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._events: dict[str, asyncio.Event] = {}
        self._looked: dict[str, tuple[asyncio.Event, float]] = {}

    def nothing_left(self, name: str, heard: asyncio.Event) -> None:
        """A look that began after `heard` was taken has taken all there was."""
        self._looked[name] = (heard, time.monotonic())

    def is_quiet(self, name: str, heard: asyncio.Event) -> bool:
        """True when nothing was signalled since such a look, and that was a moment ago."""
        event, at = self._looked.get(name, (None, 0.0))
        return event is heard and time.monotonic() < at + QUIET_SECONDS

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
