"""Wakes over HTTP, for the relay."""

from fastapi import APIRouter, Response

from api.deps import BeginDep, BeginWork, ServicesDep, WorkDep
from api.signals import WAKES
from api.wakes import reading, service
from contracts.clocks import WakeCounts
from contracts.work import AckWakes, LeaseWakes, Wakes

router = APIRouter(tags=["wakes"])


@router.post("/wakes/lease", summary="Lease wakes to deliver")
async def lease_wakes(asked: LeaseWakes, begin: BeginDep, kit: ServicesDep) -> Wakes:
    """Lease wakes; with none at hand the answer waits, holding no transaction."""
    heard = kit.room.signals.listen(WAKES)
    leased = await _lease(begin, asked)
    if not leased.items:
        await kit.room.signals.wait(heard, asked.wait_seconds)
        leased = await _lease(begin, asked)
    return leased


async def _lease(begin: BeginWork, asked: LeaseWakes) -> Wakes:
    async with begin() as work:
        return await service.lease(work, asked)


@router.post("/wakes/ack", status_code=204, summary="Acknowledge delivered wakes")
async def ack_wakes(acks: AckWakes, work: WorkDep) -> Response:
    """Note which pokes were answered and which failed."""
    await service.acknowledge(work, acks)
    return Response(status_code=204)


@router.get("/work-counts", summary="Workflows that should be running")
async def get_work_counts(work: WorkDep) -> WakeCounts:
    """Count active loans, open cases and what is not yet settled."""
    return await reading.work_counts(work)
