"""Wakes over HTTP, for the relay."""

import asyncio
import time

from fastapi import APIRouter, Response

from api.deps import BeginDep, ServicesDep, WorkDep
from api.signals import QUIET_SECONDS, WAKES, Signals
from api.wakes import reading, service
from api.work import BeginWork
from contracts.clocks import WakeCounts
from contracts.work import AckWakes, LeaseWakes, Wakes

router = APIRouter(tags=["wakes"])


@router.post("/wakes/lease", summary="Lease wakes to deliver")
async def lease_wakes(asked: LeaseWakes, begin: BeginDep, kit: ServicesDep) -> Wakes:
    """Lease wakes; with none at hand the answer waits, holding no transaction.

    Facts that another process of the API has committed are not signalled here, so a waiting call
    looks again every second.
    """
    signals = kit.room.signals
    until = time.monotonic() + asked.wait_seconds
    heard = signals.listen(WAKES)
    leased = Wakes(items=[])
    if not signals.is_quiet(WAKES, heard):
        leased = await _lease(begin, asked, signals, heard)
    while not leased.items and (left := until - time.monotonic()) > 0:
        await signals.wait(heard, min(left, QUIET_SECONDS))
        heard = signals.listen(WAKES)
        leased = await _lease(begin, asked, signals, heard)
    return leased


async def _lease(
    begin: BeginWork, asked: LeaseWakes, signals: Signals, heard: asyncio.Event
) -> Wakes:
    """Look once; a look that was not cut short by its limit leaves nothing behind."""
    async with begin() as work:
        leased = await service.lease(work, asked)
    if len(leased.items) < asked.limit:
        signals.nothing_left(WAKES, heard)
    return leased


@router.post("/wakes/ack", status_code=204, summary="Acknowledge delivered wakes")
async def ack_wakes(acks: AckWakes, work: WorkDep) -> Response:
    """Note which pokes were answered and which failed."""
    await service.acknowledge(work, acks)
    return Response(status_code=204)


@router.get("/work-counts", summary="Workflows that should be running")
async def get_work_counts(work: WorkDep) -> WakeCounts:
    """Count active loans, open cases and what is not yet settled."""
    return await reading.work_counts(work)
