"""The routes of all sites, and the files they share."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Header, Request, Response
from starlette.exceptions import HTTPException

from api.web import assets, refusals
from api.web.assets import ROOT
from api.web.console import routes as console
from api.web.headers import ASSET_HEADERS
from api.web.portal import routes as portal
from api.web.render import make_pages
from api.web.site import CONSOLE
from api.web.visits import go, pages_of

files = APIRouter(include_in_schema=False)


@files.get(f"{ROOT}/{{digest}}/{{name}}")
async def get_asset(
    digest: str,
    name: str,
    request: Request,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """A script, style or picture; it may be kept for good."""
    found = pages_of(request).assets.find(digest, name)
    if found is None:
        raise HTTPException(404)
    headers = dict(ASSET_HEADERS)
    content = found.content
    if "gzip" in accept_encoding:
        headers["Content-Encoding"], content = "gzip", found.compressed
    return Response(content, media_type=found.media_type, headers=headers)


@files.get("/")
async def go_to_console() -> Response:
    """Whoever types the bare address is shown the console."""
    return go(CONSOLE.root)


allowances = console.allowances
"""The forms of pages that may be larger than others."""

ROUTERS: Final[Sequence[APIRouter]] = (files, *console.ROUTERS, *portal.ROUTERS)


def install(app: FastAPI) -> None:
    """Serve the sites beside the REST API."""
    app.state.pages = make_pages(assets.read_assets())
    for router in ROUTERS:
        app.include_router(router)
    refusals.install(app)
