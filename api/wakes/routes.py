"""Wakes over HTTP, for the relay."""

import asyncio

from fastapi import APIRouter, Response

from api.deps import BeginDep, ServicesDep, WorkDep
from api.signals import WAKES, Signals
from api.wakes import reading, service
from api.work import BeginWork
from contracts.clocks import WakeCounts
from contracts.work import AckWakes, LeaseWakes, Wakes

router = APIRouter(tags=["wakes"])


@router.post("/wakes/lease", summary="Lease wakes to deliver")
async def lease_wakes(asked: LeaseWakes, begin: BeginDep, kit: ServicesDep) -> Wakes:
    """Lease wakes; with none at hand the answer waits, holding no transaction."""
    signals = kit.room.signals
    heard = signals.listen(WAKES)
    leased = Wakes(items=[])
    if not signals.is_quiet(WAKES, heard):
        leased = await _lease(begin, asked, signals, heard)
    if not leased.items:
        await signals.wait(heard, asked.wait_seconds)
        leased = await _lease(begin, asked, signals, signals.listen(WAKES))
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
