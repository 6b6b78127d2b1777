"""Activities of test clocks."""

import asyncio
from dataclasses import dataclass
from typing import Final

from temporalio import activity

from activities.heartbeat import heartbeats, last_details
from activities.stopping import unless_stopping
from activities.system_of_record import SystemOfRecord
from contracts.names import ActivityName
from contracts.work import ClockRun, ClockWalked

_PAUSE_SECONDS: Final = 0.05
"""Rest after a step that moved nothing, should the API answer it at once."""


@dataclass(slots=True)
class _Walk:
    """How far a walk has come, over all attempts whose last heartbeat was heard."""

    steps: int = 0
    days_closed: int = 0

    def written(self) -> str:
        return f"{self.steps} {self.days_closed}"

    @classmethod
    def read(cls, details: str | None) -> "_Walk":
        numbers = [] if details is None else details.split()
        match numbers:
            case [steps, days] if steps.isdecimal() and days.isdecimal():
                return cls(int(steps), int(days))
            case _:
                return cls()


class ClockActivities:
    """What a `TestClock` asks of the system of record."""

    def __init__(self, system: SystemOfRecord) -> None:
        """Keep the client; its scope is `clocks:walk`."""
        self._system = system

    @activity.defn(name=ActivityName.WALK_CLOCK.value)
    async def walk_clock(self, run: ClockRun) -> ClockWalked:
        """Walk a test clock to its target, settling everything at each due instant.

        Where the clock stands is in the system of record, so another attempt simply walks on.
        """
        walk = _Walk.read(last_details())
        async with heartbeats(walk.written):
            while True:
                step = await unless_stopping(self._system.step_clock(run.clock_id))
                walk.steps += 1
                walk.days_closed += step.days_closed
                if step.arrived or step.target is None:
                    break
                if not step.woken and not step.days_closed:
                    await asyncio.sleep(_PAUSE_SECONDS)
        return ClockWalked(now=step.now, steps=walk.steps, days_closed=walk.days_closed)
