"""Log-in, tokens and users over HTTP."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header, Request, Response

from api.deps import IfMatch, OnceDep, ServicesDep, WorkDep
from api.identity import service
from api.identity.service import Caller, Doors, Guards
from api.pagination import PageQuery
from api.versions import check_version
from contracts.base import Page
from contracts.identity import (
    LogIn,
    LogOut,
    Me,
    NewUser,
    Refresh,
    Registration,
    Session,
    Token,
    User,
    UserEdit,
)
from domain.errors import DomainError, ErrorCode

router = APIRouter(tags=["identity"])


async def guards_of(kit: ServicesDep) -> Guards:
    """The guards of this process."""
    return kit.guards


GuardsDep = Annotated[Guards, Depends(guards_of)]


async def doors_of(kit: ServicesDep) -> Doors:
    """What it takes to let somebody in."""
    return Doors(kit.room, kit.guards, kit.tokens)


DoorsDep = Annotated[Doors, Depends(doors_of)]


def _caller(request: Request) -> Caller:
    host = "" if request.client is None else request.client.host
    return Caller(host, request.state.request_id)


@router.post(
    "/auth/login",
    summary="Log in with e-mail address and password",
    description="The access token is good for 15 minutes, the refresh token for 7 days, once. "
    "After five failed attempts on an account, or twenty from an address, within 15 minutes "
    "the answer is 429 with Retry-After.",
)
async def log_in(body: LogIn, request: Request, doors: DoorsDep) -> Token:
    """Log in."""
    return await service.log_in(doors, body, _caller(request))


@router.post(
    "/auth/refresh",
    summary="Exchange a refresh token for the next pair",
    description="Each refresh token is good once. One that is sent a second time ends the whole "
    "session, for one of the two senders is not its owner: then log in again. A session ends 30 "
    "days after its log-in in any case.",
)
async def refresh_session(body: Refresh, request: Request, doors: DoorsDep) -> Token:
    """Refresh a session."""
    token = body.refresh_token.get_secret_value()
    return await service.rotate(doors, token, _caller(request))


@router.post(
    "/auth/logout",
    status_code=204,
    summary="Log out",
    description="Ends the session of the refresh token in the body, or of the bearer token. Its "
    "access tokens end at once. Without either nothing happens.",
)
async def log_out(work: WorkDep, body: LogOut | None = None) -> None:
    """Log out."""
    await service.log_out(work, None if body is None else body.refresh_token)


@router.get("/auth/sessions", summary="My sessions")
async def list_sessions(work: WorkDep, page: PageQuery) -> Page[Session]:
    """Where I am logged in, in the order I logged in."""
    return await service.list_sessions(work, page)


@router.delete("/auth/sessions", status_code=204, summary="Log out everywhere")
async def end_sessions(work: WorkDep) -> None:
    """End all my sessions, this one included."""
    await service.revoke_own(work)


@router.delete("/auth/sessions/{session_id}", status_code=204, summary="End a session")
async def end_session(work: WorkDep, session_id: UUID) -> None:
    """End one of my sessions; an administrator may end anybody's."""
    await service.revoke(work, session_id)


@router.post(
    "/auth/register",
    status_code=201,
    summary="Sign up as a customer",
    description="The account sees nothing until an administrator ties it to a customer.",
)
async def register(body: Registration, request: Request, work: WorkDep, guards: GuardsDep) -> User:
    """Sign up."""
    return await service.register(work, guards, body, _caller(request).address)


@router.post(
    "/auth/token",
    summary="Get a token by client credentials",
    description="OAuth2 client credentials (RFC 6749, section 4.4): the client's id and secret "
    "in the form or in a Basic header. Without `scope` the token carries all of the client's.",
)
async def issue_token(
    *,
    request: Request,
    doors: DoorsDep,
    grant_type: Annotated[str, Form(pattern="^client_credentials$")],
    client_id: Annotated[str | None, Form(max_length=64)] = None,
    client_secret: Annotated[str | None, Form(max_length=200)] = None,
    scope: Annotated[str, Form(max_length=500)] = "",
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Token:
    """Issue a token to a machine."""
    del grant_type  # checked by its pattern: there is one
    name, secret = _basic(authorization) or (client_id, client_secret)
    if not name or not secret or "\0" in name:
        raise DomainError(ErrorCode.UNAUTHENTICATED, "Send the client's id and secret.")
    return await service.issue_token(doors, name, secret, scope.split(), _caller(request))


def _basic(header: str | None) -> tuple[str, str] | None:
    """Id and secret of a Basic header; null without one, `UNAUTHENTICATED` for a broken one."""
    if header is None or not header.lower().startswith("basic "):
        return None
    try:
        text = base64.b64decode(header[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise DomainError(ErrorCode.UNAUTHENTICATED, "The Basic header is malformed.") from None
    name, _, secret = text.partition(":")
    return name, secret


@router.get("/auth/me", summary="Who I am")
async def get_me(work: WorkDep) -> Me:
    """Say whose token it is."""
    return await service.me(work)


@router.post("/users", status_code=201, response_model=User, summary="Make a user")
async def create_user(body: NewUser, work: WorkDep, once: OnceDep, guards: GuardsDep) -> Response:
    """Make a user; a repeat with the same key answers the user as he is then."""
    return await once.run(
        work,
        body,
        lambda: service.create_user(work, guards, body),
        reread=lambda user_id: service.get_user(work, user_id),
    )


@router.get("/users", summary="List users")
async def list_users(work: WorkDep, page: PageQuery) -> Page[User]:
    """List users in the order they were made."""
    return await service.list_users(work, page)


@router.get("/users/{user_id}", summary="Get a user")
async def get_user(user_id: UUID, work: WorkDep, response: Response) -> User:
    """Get a user."""
    found = await service.get_user(work, user_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch(
    "/users/{user_id}",
    summary="Change a user",
    description="Disabling a user, or changing role or customer, ends the tokens given to him "
    "before. Needs If-Match.",
)
async def edit_user(
    *,
    user_id: UUID,
    body: UserEdit,
    work: WorkDep,
    guards: GuardsDep,
    version: IfMatch,
    response: Response,
) -> User:
    """Change a user."""
    changed = await service.edit_user(
        work, guards, user_id, body, lambda actual: check_version(version, actual)
    )
    response.headers["ETag"] = f'"{changed.version}"'
    return changed
