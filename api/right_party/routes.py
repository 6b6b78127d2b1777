"""Confirmations of who is spoken with, over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import OnceDep, WorkDep
from api.pagination import PageQuery
from api.right_party import service
from contracts.base import Page
from contracts.right_party import NewRightPartyCheck, RightPartyCheck

router = APIRouter(tags=["recovery"])


@router.post(
    "/recovery-cases/{case_id}/right-party-checks",
    status_code=201,
    response_model=RightPartyCheck,
    summary="Record that somebody was asked who he is",
)
async def make_right_party_check(
    case_id: UUID, new: NewRightPartyCheck, once: OnceDep, work: WorkDep
) -> Response:
    """Keep which facts were asked, never the answers, and what came of it.

    A call or a task that says that the debt was disclosed (`disclosed`) needs one that was
    confirmed, by the same person and within the hour; each is good for one conversation.
    """
    return await once.run(work, new, lambda: service.confirm(work, case_id, new))


@router.get(
    "/recovery-cases/{case_id}/right-party-checks", summary="Who was confirmed to be spoken with"
)
async def list_right_party_checks(
    case_id: UUID, work: WorkDep, page: PageQuery
) -> Page[RightPartyCheck]:
    """List the confirmations of a case in the order they were made."""
    return await service.list_checks(work, case_id, page)
