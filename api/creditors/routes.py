"""Creditors over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.creditors import service
from api.deps import IfMatch, OnceDep, WorkDep
from api.pagination import PageQuery
from contracts.base import Code, Page
from contracts.parties import Creditor, NewCreditor, SetCorrespondence

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


@router.put("/creditors/{creditor_id}/correspondence", summary="Say where a creditor is written to")
async def put_correspondence(
    creditor_id: UUID, body: SetCorrespondence, work: WorkDep, seen: IfMatch, response: Response
) -> Creditor:
    """Its postal address, phone and e-mail, as letters print them from now on."""
    changed = await service.set_correspondence(work, creditor_id, body, seen)
    response.headers["ETag"] = f'"{changed.version}"'
    return changed
