"""Links into the portal over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import OnceDep, ServicesDep, WorkDep
from api.portal_links import service
from contracts.portal import PortalLink

router = APIRouter(tags=["customers"])


@router.post(
    "/customers/{customer_id}/portal-links",
    status_code=201,
    response_model=PortalLink,
    summary="Make a link into the portal",
    description="Good for seven days. Whoever opens it is asked for a second fact; ten wrong "
    "answers use it up.",
)
async def create_portal_link(
    customer_id: UUID, once: OnceDep, work: WorkDep, kit: ServicesDep
) -> Response:
    """Make a signed link for a customer."""
    url = kit.settings.public_url
    return await once.run(
        work,
        None,
        lambda: service.create_link(work, customer_id, url),
        reread=lambda key: service.get_link(work, key, url),
    )
