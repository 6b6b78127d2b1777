"""Coming into the portal by a signed link and a second fact, and going out."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api.portal_links import service as links
from api.portal_links.service import Answered, Gone, SecondFact
from api.security.principal import SYSTEM
from api.web.forms import Form, blank, sent_fields
from api.web.sessions import service as sessions
from api.web.site import PORTAL
from api.web.visits import (
    Visit,
    cookie_name,
    give_cookie,
    go,
    pages_of,
    require_own_form,
    services_of,
    take_cookie,
    visitor,
)
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)

PortalVisit = Annotated[Visit, Depends(visitor(PORTAL))]
"""A customer who came by a link and gave the second fact."""

_WRONG: Final = "That is not what we have on record. Please check it and try again."


@router.get("/in/{token}")
async def portal_link_page(token: str, request: Request) -> Response:
    """Ask for the second fact, or say kindly why the link leads nowhere."""
    return await _door(request, token, blank("enter"))


@router.post("/in/{token}")
async def portal_enter(token: str, request: Request) -> Response:
    """Let a customer in; a new session with a new token, whatever the browser had before."""
    kit = services_of(request)
    before = request.cookies.get(cookie_name(request, PORTAL), "")
    await require_own_form(request, before)
    sent = await sent_fields(request)
    address = "" if request.client is None else request.client.host
    try:
        await kit.guards.portal.admit(token, address)
    except DomainError as error:
        return await _door(request, token, Form("enter", refusal=error.detail), 429)
    found = await _answer(request, token, sent.get("fact", ""))
    if found.customer_id is None:
        await kit.guards.portal.failed(token, address)
        return await _door(request, token, Form("enter", errors={"fact": _WRONG}), 422)
    await kit.guards.portal.succeeded(token)
    async with kit.room.begin(SYSTEM, request.state.request_id) as work:
        earlier = await sessions.recognise(work, PORTAL, before, active=False)
        if earlier is not None:
            await sessions.end(work, earlier.session_id)
        fresh = await sessions.open_for_customer(work, PORTAL, found.customer_id)
    answer = go(PORTAL.root)
    give_cookie(request, answer, PORTAL, fresh)
    return answer


@router.get("/log-in")
async def portal_log_in_page(request: Request) -> Response:
    """Where somebody lands whose session has ended: the way in is the link in our message."""
    query = request.query_params
    said = "out" if "out" in query else "ended" if "ended" in query else "closed"
    return pages_of(request).page("portal/gone.html", {"site": PORTAL, "why": said})


@router.post("/log-out")
async def portal_log_out(request: Request, visit: PortalVisit) -> Response:
    """Log out: the session ends here, not only in the browser."""
    async with visit.begin("portal_log_out") as work:
        await sessions.end(work, visit.guest.session_id)
    answer = go(f"{PORTAL.log_in}?out=1")
    take_cookie(request, answer, PORTAL)
    return answer


async def _answer(request: Request, token: str, given: str) -> Answered:
    async with services_of(request).room.begin(SYSTEM, request.state.request_id) as work:
        return await links.answer(work, token, given)


async def _door(request: Request, token: str, form: Form, status: int = 200) -> Response:
    pages = pages_of(request)
    async with services_of(request).room.begin(SYSTEM, request.state.request_id) as work:
        asked = await links.asked_by(work, token)
    if isinstance(asked, Gone):
        shown = {"site": PORTAL, "why": asked.value}
        return pages.page("portal/gone.html", shown, STATUS_GONE[asked])
    cookie = request.cookies.get(cookie_name(request, PORTAL), "") or sessions.new_token()
    answer = pages.page(
        "portal/enter.html",
        {
            "site": PORTAL,
            "form": form,
            "csrf": sessions.form_token(cookie),
            "action": request.url.path,
            "asks_birth_date": asked is SecondFact.BORN_ON,
        },
        status,
    )
    give_cookie(request, answer, PORTAL, cookie)
    return answer


STATUS_GONE: Final = {Gone.UNKNOWN: 404, Gone.EXPIRED: 410, Gone.USED_UP: 410, Gone.NO_FACT: 409}
"""What programs are told of a link that lets nobody in."""


def own(visit: Visit) -> UUID:
    """The customer who looks; raises `UNAUTHENTICATED` for a session of nobody's."""
    if visit.principal.customer_id is None:
        raise DomainError(ErrorCode.UNAUTHENTICATED, "Open the link from our message first.")
    return visit.principal.customer_id
