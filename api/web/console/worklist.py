"""The worklist: which cases wait for somebody."""

from fastapi import APIRouter, Response

from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.site import CONSOLE

router = APIRouter(include_in_schema=False)


@router.get(CONSOLE.root)
async def console_worklist(visit: ConsoleVisit) -> Response:
    """The first page."""
    return page(visit, "worklist.html", {})
