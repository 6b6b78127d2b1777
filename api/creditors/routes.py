"""Creditors over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.creditors import service
from api.deps import IfMatch, OnceDep, WorkDep
from api.pagination import PageQuery
from contracts.base import Code, Page
from contracts.parties import Creditor, NewCreditor, SetBusinessHours

router = APIRouter(tags=["creditors"])


@router.post(
    "/creditors",
    status_code=201,
    response_model=Creditor,
    summary="Make a creditor",
    description="Whose book loans are in; its zone gives their business date.",
)
async def create_creditor(body: NewCreditor, work: WorkDep, once: OnceDep) -> Response:
    """Make a creditor."""
    return await once.run(work, body, lambda: service.create(work, body))


@router.get("/creditors", summary="List creditors")
async def list_creditors(
    work: WorkDep, page: PageQuery, code: Annotated[Code | None, Query()] = None
) -> Page[Creditor]:
    """List creditors in the order they were made, or the one that has a code."""
    return await service.list_(work, page, code)


@router.get("/creditors/{creditor_id}", summary="Get a creditor")
async def get_creditor(creditor_id: UUID, work: WorkDep, response: Response) -> Creditor:
    """Get a creditor."""
    found = await service.get(work, creditor_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/creditors/{creditor_id}/business-hours", summary="Say when a creditor works")
async def put_business_hours(
    creditor_id: UUID, body: SetBusinessHours, work: WorkDep, seen: IfMatch, response: Response
) -> Creditor:
    """The hours in which escalations and the patience of tasks are counted; null: all of them.

    What is due already is counted anew the next time its case is planned.
    """
    changed = await service.set_hours(work, creditor_id, body, seen)
    response.headers["ETag"] = f'"{changed.version}"'
    return changed
