"""All SQL over links into the portal."""

from uuid import UUID

from sqlalchemy import select

from api.portal_links.tables import PortalLinkRow
from api.work import Work


async def by_id(work: Work, link_id: UUID, *, lock: bool = False) -> PortalLinkRow | None:
    """A link, held until the end of the transaction if it is to be tried."""
    query = select(PortalLinkRow).where(PortalLinkRow.id == link_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()
