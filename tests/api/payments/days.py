"""Days of a scene: its clock is set and its books are closed up to an instant."""

from datetime import UTC, date, datetime, time

from api.arrears import closing
from api.clocks.tables import TestClockRow
from api.security.principal import SYSTEM
from tests.api.support import Scene

NOON = time(17, tzinfo=UTC)
"""Noon of a winter's day in New York, where the scenes are set."""


async def live_until(scene: Scene, day: date) -> None:
    """Let every day before one end, and stand at noon of that day."""
    now = datetime.combine(day, NOON)
    while True:
        async with scene.api.services.room.begin(SYSTEM, "test") as work:
            clock = await work.session.get_one(TestClockRow, scene.clock_id)
            clock.now_at = now
            books, _ = await closing.close_due_books(work, clock.id, now)
        if not books:
            return
