"""Whether this process lives, whether it can serve, and what it measures."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.deps import Services, ServicesDep
from api.metrics import CONTENT_TYPE, Unsettled
from api.security.principal import SYSTEM
from api.wakes import reading as wakes
from api.work import technical_now
from contracts.names import WakeKind
from domain.errors import DomainError, ErrorCode

router = APIRouter(tags=["health"])

PATIENCE_SECONDS: Final = 3.0
"""How long a probe waits for the database; whoever asks gives up soon after."""

_PROXIED: Final = ("x-forwarded-for", "forwarded", "x-real-ip")


class Health(BaseModel):
    """The state of the process, and of what it needs, each by name."""

    status: str
    checks: dict[str, str] = {}


@router.get("/health/live", summary="The process runs")
async def live() -> Health:
    """Answer as long as the process runs; nothing else is looked at."""
    return Health(status="live")


@router.get("/health/ready", summary="The process can serve")
async def ready(kit: ServicesDep, response: Response) -> Health:
    """Answer 200 when the database answers and has our schema, else 503 with the reasons."""
    response.headers["Cache-Control"] = "no-store"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), kit.room.sessions() as session:
            known = await session.scalar(text("select to_regclass('alembic_version')::text"))
            stored = known and await session.scalar(text("select version_num from alembic_version"))
    except (SQLAlchemyError, OSError):
        raise _unready("database", "it does not answer") from None
    problem = kit.schema.fits(stored)
    if problem is not None:
        raise _unready("schema", problem)
    return Health(status="ready", checks={"database": "answers", "schema": str(stored)})


def _unready(check: str, reason: str) -> DomainError:
    return DomainError(ErrorCode.UNAVAILABLE, f"Not ready: {check}: {reason}.", {check: reason})


@router.get(
    "/metrics",
    summary="Measures of this process, for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_metrics(request: Request, kit: ServicesDep) -> Response:
    """Answer in Prometheus' text format; whoever comes through a proxy is told there is nothing."""
    if any(name in request.headers for name in _PROXIED):
        raise DomainError(ErrorCode.NOT_FOUND, "There is nothing here.")
    measures = kit.room.metrics
    measures.wakes(await _unsettled(kit, request), technical_now())
    return Response(measures.text(), media_type=CONTENT_TYPE)


async def _unsettled(kit: Services, request: Request) -> dict[WakeKind, Unsettled] | None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with kit.room.begin(SYSTEM, request.state.request_id) as work:
                return await wakes.unsettled(work)
    except (SQLAlchemyError, OSError):
        return None
