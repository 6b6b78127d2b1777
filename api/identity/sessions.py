"""Sessions: a log-in that lasts by refresh tokens, each good once.

A refresh token is opaque and kept as a digest only. Whoever hands one in gets the next pair; a
token handed in a second time is somebody else's copy, and ends the whole session. Access tokens
name their session and end with it.

A browser's session has no tokens: its site keeps the cookie, and asks here at every page whether
the session is still good. So whatever ends a user's sessions ends those of his browsers too.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from api.audit.service import record
from api.db.base import new_id
from api.identity import personal, queries, session_queries
from api.identity.tables import SessionRow, UserRow
from api.pagination import PageRequest
from api.security.principal import Principal
from api.security.tokens import TokenService, refused
from api.security.vault import Vault
from api.work import Work
from contracts.base import Page
from contracts.identity import Session, SessionKind, Token
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

IDLE: Final = timedelta(days=7)
"""How long a refresh token is good."""

LONGEST: Final = timedelta(days=30)
"""When a session ends, however often it is refreshed."""


@dataclass(frozen=True, slots=True)
class BrowserUser:
    """Who holds a browser's session, as he stands now.

    Attributes:
        principal: What he may do.
        name: How a page greets him.
    """

    principal: Principal
    name: str


async def create_session(work: Work, tokens: TokenService, user_id: UUID | None) -> Token:
    """Open a session for a user whose proof of identity the caller has just checked.

    Raises `UNAUTHENTICATED` for a user who does not exist or is disabled.
    """
    user = await _good_user(work, user_id)
    refresh = _new_token()
    session_id = await _open(work, user, SessionKind.API, IDLE, LONGEST)
    await session_queries.add_token(work, session_id, Vault.digest(refresh), work.now + IDLE)
    return _pair(work, tokens, user, session_id, refresh)


async def open_browser_session(
    work: Work, user_id: UUID, kind: SessionKind, *, idle: timedelta, lifetime: timedelta
) -> UUID:
    """Open the session of a user's browser; whoever opens it keeps the cookie to its id.

    It ends when it is not kept (`keep_browser_session`) for `idle`, and after `lifetime` anyhow.
    Raises `UNAUTHENTICATED` for a user who does not exist or is disabled.
    """
    user = await _good_user(work, user_id)
    return await _open(work, user, kind, idle, lifetime)


async def keep_browser_session(work: Work, session_id: UUID, idle: timedelta) -> None:
    """Note that somebody did something: the session is good for `idle` from now."""
    await session_queries.keep(work, session_id, work.now + idle)


async def close_browser_session(work: Work, session_id: UUID) -> bool:
    """End the session of a browser that logs out; false when it was over, or is no user's."""
    return await _end(work, "logged_out", session_id=session_id)


async def user_of_session(work: Work, session_id: UUID) -> BrowserUser | None:
    """Who holds a session, while nothing has ended it and he is not disabled."""
    user = await session_queries.holder_of(work, session_id)
    if user is None:
        return None
    holder = Principal(
        str(user.id),
        Role(user.role),
        user_id=user.id,
        customer_id=user.customer_id,
        session_id=session_id,
    )
    return BrowserUser(holder, personal.name_of(work.vault, user))


async def exchange(work: Work, tokens: TokenService, refresh_token: str) -> Token | None:
    """The next pair of tokens for a refresh token that is good, which is used up by it.

    For any other its session ends, and the answer is null instead of a refusal: the end must be
    committed.
    """
    successor = _new_token()
    done = await session_queries.rotate(
        work, Vault.digest(refresh_token), Vault.digest(successor), work.now + IDLE
    )
    if done.session_id is None or done.user_id is None:
        return None
    if done.ended:
        record(work, "session.reuse_detected", "session", done.session_id)
    user = await queries.user_by_id(work, done.user_id) if done.taken else None
    if user is None:
        return None
    record(work, "session.refreshed", "session", done.session_id)
    return _pair(work, tokens, user, done.session_id, successor)


async def log_out(work: Work, refresh_token: SecretStr | None = None) -> None:
    """End the session of a refresh token, or the one that asks; without either nothing happens.

    Possession is enough: a token that is used up or expired still ends what it belonged to.
    """
    session_id = work.principal.session_id
    if refresh_token is not None:
        digest = Vault.digest(refresh_token.get_secret_value())
        session_id = await session_queries.session_of(work, digest)
    if session_id is not None:
        await _end(work, "logged_out", session_id=session_id)


async def list_sessions(work: Work, page: PageRequest) -> Page[Session]:
    """The asking user's sessions that are still good. Raises `INVALID_REQUEST` for a bad cursor."""
    found = await session_queries.page(work, _asking(work), page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [row.id for row in found])
    return Page(items=[_session_of(work, row) for row in kept], next_cursor=cursor)


async def revoke(work: Work, session_id: UUID) -> None:
    """End one of the asking user's own sessions; an administrator may end anybody's.

    Raises `NOT_FOUND`, alike for a foreign session, none, and one that is over.
    """
    whose = None if work.principal.role is Role.ADMIN else _asking(work)
    if not await _end(work, "revoked", session_id=session_id, user_id=whose):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such session.")


async def revoke_own(work: Work) -> None:
    """End all sessions of the asking user, the one that asks included."""
    await _end(work, "revoked", user_id=_asking(work))


async def end_all(work: Work, user_id: UUID, because: str) -> None:
    """End every session of a user: he was disabled, or his password was changed."""
    await _end(work, because, user_id=user_id)


async def _good_user(work: Work, user_id: UUID | None) -> UserRow:
    user = None if user_id is None else await queries.user_by_id(work, user_id)
    if user is None or user.disabled_at is not None:
        raise refused()
    return user


async def _open(
    work: Work, user: UserRow, kind: SessionKind, idle: timedelta, longest: timedelta
) -> UUID:
    ends_at = work.now + longest
    session = SessionRow(
        id=new_id(),
        user_id=user.id,
        kind=kind.value,
        created_at=work.now,
        last_used_at=work.now,
        expires_at=min(work.now + idle, ends_at),
        ends_at=ends_at,
        revoked_at=None,
        revoked_because=None,
    )
    await session_queries.open_session(work, session)
    record(work, "session.opened", "session", session.id, {"kind": kind.value})
    return session.id


async def _end(
    work: Work, because: str, *, session_id: UUID | None = None, user_id: UUID | None = None
) -> bool:
    ended = await session_queries.end(work, because, session_id=session_id, user_id=user_id)
    for session, _ in ended:
        record(work, "session.ended", "session", session, {"because": because})
    return bool(ended)


def _asking(work: Work) -> UUID:
    if work.principal.user_id is None:
        raise DomainError(ErrorCode.NOT_FOUND, "Machines have no sessions.")
    return work.principal.user_id


def _pair(work: Work, tokens: TokenService, user: UserRow, session_id: UUID, refresh: str) -> Token:
    access = tokens.issue_user(
        user.id, Role(user.role), user.customer_id, work.now, session_id=session_id
    )
    return access.model_copy(
        update={
            "refresh_token": refresh,
            "refresh_expires_in": int(IDLE.total_seconds()),
            "session_id": session_id,
        }
    )


def _session_of(work: Work, row: SessionRow) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        kind=SessionKind(row.kind),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        current=row.id == work.principal.session_id,
    )


def _new_token() -> str:
    return secrets.token_urlsafe(32)
