"""The rules that contact and complaints are held to, with their sources and how sure they are."""

from typing import Final

from fastapi import APIRouter, Response

from api.complaints import service as complaints
from api.messages import pack_listing
from api.pagination import PageQuery, PageRequest
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.site import CONSOLE

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 50
_ALL: Final = PageRequest(200, None)


@router.get("/packs")
async def console_packs(visit: ConsoleVisit, asked: PageQuery) -> Response:
    """Every version of every contact pack, and the clocks of complaints."""
    async with visit.begin("list_contact_packs") as work:
        found = await pack_listing.list_packs(work, PageRequest(_ROWS, asked.after))
    return page(
        visit,
        "packs.html",
        {
            "found": found,
            "rulebooks": (await complaints.rulebooks(_ALL)).items,
            "is_first": asked.after is None,
        },
    )
