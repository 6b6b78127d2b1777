"""Coming in and going out: log-in, log-out, and what a person prefers in his browser."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from api.identity import service as identity
from api.identity.service import Caller, Doors
from api.security.principal import SYSTEM
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.sessions import service as sessions
from api.web.site import CONSOLE
from api.web.visits import (
    Visit,
    cookie_name,
    give_cookie,
    go,
    is_secure,
    pages_of,
    require_own_form,
    services_of,
    take_cookie,
    visitor,
)
from contracts.identity import LogIn
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

ConsoleVisit = Annotated[Visit, Depends(visitor(CONSOLE))]
"""Somebody of the staff, logged in, whom the policy lets see the page."""

QuietVisit = Annotated[Visit, Depends(visitor(CONSOLE, active=False))]
"""The same, for what a page fetches by itself: nobody stays logged in by it."""

SHORTCUTS: Final = "tenor-shortcuts"
"""The cookie in which a browser keeps that single keys are switched off."""

_MANAGERS: Final = frozenset({Role.ADMIN, Role.MANAGER})

_YEAR: Final = 365 * 24 * 3600


@router.get("/log-in")
async def console_log_in_page(request: Request) -> Response:
    """The log-in page; whoever is logged in already is shown on."""
    token = request.cookies.get(cookie_name(request, CONSOLE), "")
    wanted = request.query_params.get("next", "")
    if token and await _is_in(request, token):
        return go(_inside(wanted))
    return _log_in_page(request, blank("log_in", next=wanted), token)


@router.post("/log-in")
async def console_log_in(request: Request) -> Response:
    """Log in; a new session with a new token, whatever the browser had before."""
    kit = services_of(request)
    before = request.cookies.get(cookie_name(request, CONSOLE), "")
    sent = await sent_fields(request)
    try:
        await require_own_form(request, before)
        principal = await identity.prove(
            Doors(kit.room, kit.guards, kit.tokens),
            command(LogIn, sent, "email", "password"),
            Caller("" if request.client is None else request.client.host, request.state.request_id),
        )
        if principal.user_id is None or principal.role is Role.CUSTOMER:
            raise DomainError(
                ErrorCode.FORBIDDEN, "The console is for the staff; this log-in is a customer's."
            )
    except (DomainError, InvalidForm) as error:
        kept = {name: value for name, value in sent.items() if name != "password"}
        status = 429 if _is_too_often(error) else 422
        return _log_in_page(request, refused("log_in", kept, error), before, status)
    async with kit.room.begin(principal, request.state.request_id) as work:
        fresh = await sessions.open_for_user(work, CONSOLE, principal.user_id)
        await _end(request, before)
    answer = go(_inside(sent.get("next", "")) if sent.get("next") else _first(principal.role))
    give_cookie(request, answer, CONSOLE, fresh)
    return answer


@router.post("/log-out")
async def console_log_out(request: Request, visit: ConsoleVisit) -> Response:
    """Log out: the session ends here, not only in the browser."""
    async with visit.begin("console_log_out") as work:
        await sessions.end(work, visit.guest.session_id)
    answer = go(f"{CONSOLE.log_in}?out=1")
    take_cookie(request, answer, CONSOLE)
    return answer


@router.post("/shortcuts")
async def console_shortcuts(request: Request, visit: ConsoleVisit) -> Response:
    """Switch single-key shortcuts off or on, in this browser."""
    sent = await sent_fields(request)
    answer = go(_inside(sent.get("next", "")))
    answer.set_cookie(
        SHORTCUTS,
        "off" if sent.get("shortcuts") == "off" else "on",
        max_age=_YEAR,
        path=visit.site.root,
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return answer


def _log_in_page(request: Request, form: Form, token: str, status: int = 200) -> Response:
    token = token or sessions.new_token()
    answer = pages_of(request).page(
        "console/log_in.html",
        {
            "site": CONSOLE,
            "form": form,
            "csrf": sessions.form_token(token),
            "said": _said(request),
        },
        status,
    )
    give_cookie(request, answer, CONSOLE, token)
    return answer


def _said(request: Request) -> str:
    """Why somebody sees the log-in page, if he did not come for it."""
    if "out" in request.query_params:
        return "You are logged out."
    if "ended" in request.query_params:
        return "Your session has ended, and what you last sent was not saved. Log in again."
    return ""


async def _is_in(request: Request, token: str) -> bool:
    async with services_of(request).room.begin(SYSTEM, request.state.request_id) as work:
        return await sessions.recognise(work, CONSOLE, token, active=True) is not None


async def _end(request: Request, token: str) -> None:
    """End the session the browser had before, if it was one."""
    if not token:
        return
    async with services_of(request).room.begin(SYSTEM, request.state.request_id) as work:
        guest = await sessions.recognise(work, CONSOLE, token, active=False)
        if guest is not None:
            await sessions.end(work, guest.session_id)


def _is_too_often(error: DomainError | InvalidForm) -> bool:
    return isinstance(error, DomainError) and error.code is ErrorCode.TOO_MANY_ATTEMPTS


def _first(role: Role) -> str:
    """What somebody sees first who came for nothing else: managers the whole, others their work."""
    return f"{CONSOLE.root}/board" if role in _MANAGERS else CONSOLE.root


def _inside(wanted: str) -> str:
    """A path of this site; the first page for anything else, so that nobody is led astray."""
    path = wanted.partition("?")[0]
    plain = all(33 <= ord(letter) < 127 for letter in wanted)  # noqa: PLR2004 - printable ASCII
    if plain and CONSOLE.has(path) and "\\" not in wanted and path != CONSOLE.log_in:
        return wanted
    return CONSOLE.root
