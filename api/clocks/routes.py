"""Test clocks over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clocks import service
from api.deps import BeginDep, OnceDep, ServicesDep, WorkDep
from contracts.clocks import AdvanceClock, NewTestClock, TestClock
from contracts.work import ClockStep

router = APIRouter(tags=["test clocks"])

STEP_SECONDS = 8.0
"""How long one call of a walk works before it answers; below every client's time-out."""


@router.post("/test-clocks", status_code=201, response_model=TestClock, summary="Make a test clock")
async def create_test_clock(
    new: NewTestClock, once: OnceDep, work: WorkDep, kit: ServicesDep
) -> Response:
    """Make a clock for customers of the sandbox; all that is theirs lives by it."""
    return await once.run(work, new, lambda: service.create(work, new, kit.settings.sandbox))


@router.get("/test-clocks/{clock_id}", summary="Where a clock stands")
async def get_test_clock(
    clock_id: UUID,
    begin: BeginDep,
    kit: ServicesDep,
    wait_seconds: Annotated[int, Query(ge=0, le=20)] = 0,
) -> TestClock:
    """Show a clock, and whether everything on it has settled.

    With `wait_seconds` the answer comes as soon as the clock is idle and settled, or after that
    time as it stands then.
    """
    return await service.watch(kit.room.signals, begin, clock_id, wait_seconds)


@router.post(
    "/test-clocks/{clock_id}/advance",
    status_code=202,
    response_model=TestClock,
    summary="Send a clock forward",
)
async def advance_test_clock(
    clock_id: UUID, order: AdvanceClock, once: OnceDep, work: WorkDep
) -> Response:
    """Set out for an instant: the answer comes at once, the clock arrives by its workflow."""
    return await once.run(work, order, lambda: service.advance(work, clock_id, order), status=202)


@router.post("/test-clocks/{clock_id}/step", summary="Walk a clock for some seconds")
async def step_test_clock(clock_id: UUID, begin: BeginDep, kit: ServicesDep) -> ClockStep:
    """For the clock's workflow: call again until `arrived`."""
    return await service.walk(kit.room.signals, begin, clock_id, STEP_SECONDS)
