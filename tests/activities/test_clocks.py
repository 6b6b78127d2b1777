"""A walk steps until it has arrived, and a later attempt goes on counting."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.clocks import ClockActivities
from activities.errors import unavailable
from activities.system_of_record import Credentials, SystemOfRecord
from contracts.work import ClockRun, ClockStep, ClockWalked

CLOCK = UUID("0192f0c1-2b3c-7def-8a90-000000000001")
START = datetime(2028, 2, 1, tzinfo=UTC)


class Walked(SystemOfRecord):
    """A clock that needs some steps to its target."""

    def __init__(self, steps: int) -> None:
        super().__init__("http://127.0.0.1:1", Credentials("closing", "unused"))
        self.left = steps
        self.now = START

    async def step_clock(self, clock_id: UUID) -> ClockStep:
        self.left -= 1
        self.now += timedelta(days=1)
        return ClockStep(
            clock_id=clock_id,
            now=self.now,
            target=None if self.left < 0 else START + timedelta(days=30),
            arrived=self.left == 0,
            days_closed=2,
        )


async def test_it_steps_until_it_has_arrived() -> None:
    walked = await ActivityEnvironment().run(
        ClockActivities(Walked(5)).walk_clock, ClockRun(clock_id=CLOCK)
    )
    assert walked == ClockWalked(now=START + timedelta(days=5), steps=5, days_closed=10)


async def test_without_a_target_there_is_nowhere_to_go() -> None:
    walked = await ActivityEnvironment().run(
        ClockActivities(Walked(0)).walk_clock, ClockRun(clock_id=CLOCK)
    )
    assert walked.steps == 1


async def test_a_later_attempt_counts_on() -> None:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=2, heartbeat_details=["40 80"])
    walked = await environment.run(ClockActivities(Walked(5)).walk_clock, ClockRun(clock_id=CLOCK))
    assert (walked.steps, walked.days_closed) == (45, 90)


async def test_a_stopping_worker_leaves_in_the_middle_of_a_step() -> None:
    entered = asyncio.Event()

    class Slow(Walked):
        async def step_clock(self, clock_id: UUID) -> ClockStep:
            entered.set()
            await asyncio.Event().wait()
            raise AssertionError

    environment = ActivityEnvironment()
    walk = asyncio.create_task(
        environment.run(ClockActivities(Slow(5)).walk_clock, ClockRun(clock_id=CLOCK))
    )
    await entered.wait()
    environment.worker_shutdown()
    with pytest.raises(ApplicationError) as left:
        await walk
    assert left.value.type == "worker-stopping"
    assert not left.value.non_retryable


async def test_a_failing_step_fails_the_attempt_as_it_is() -> None:
    class Refused(Walked):
        async def step_clock(self, clock_id: UUID) -> ClockStep:
            raise unavailable("away")

    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(
            ClockActivities(Refused(5)).walk_clock, ClockRun(clock_id=CLOCK)
        )
    assert failed.value.type == "unavailable"
