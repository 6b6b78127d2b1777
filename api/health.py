"""Whether this process lives, and whether it can serve."""

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text

from api.deps import ServicesDep
from domain.errors import DomainError, ErrorCode

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The state of the process."""

    status: str


@router.get("/health/live", summary="The process runs")
async def live() -> Health:
    """Answer as long as the process runs."""
    return Health(status="live")


@router.get("/health/ready", summary="The process can serve")
async def ready(kit: ServicesDep, response: Response) -> Health:
    """Answer 200 when the database answers, else 503."""
    try:
        async with kit.room.sessions() as session:
            await session.execute(text("select 1"))
    except OSError:
        raise DomainError(ErrorCode.UNAVAILABLE, "The database does not answer.") from None
    response.headers["Cache-Control"] = "no-store"
    return Health(status="ready")
