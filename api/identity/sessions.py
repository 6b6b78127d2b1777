"""Sessions: a log-in that lasts by refresh tokens, each good once.

A refresh token is opaque and kept as a digest only. Whoever hands one in gets the next pair; a
token handed in a second time is somebody else's copy, and ends the whole session. Access tokens
name their session and end with it.
"""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from api.audit.service import record
from api.db.base import new_id
from api.identity import queries, session_queries
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


async def create_session(
    work: Work, tokens: TokenService, user_id: UUID, kind: SessionKind = SessionKind.API
) -> Token:
    """Open a session for a user whose proof of identity the caller has just checked.

    Raises `UNAUTHENTICATED` for a user who does not exist or is disabled.
    """
    user = await queries.user_by_id(work, user_id)
    if user is None or user.disabled_at is not None:
        raise refused()
    refresh = _new_token()
    session = SessionRow(
        id=new_id(),
        user_id=user.id,
        kind=kind.value,
        created_at=work.now,
        last_used_at=work.now,
        expires_at=work.now + IDLE,
        ends_at=work.now + LONGEST,
        revoked_at=None,
        revoked_because=None,
    )
    await session_queries.open_session(work, session, Vault.digest(refresh))
    record(work, "session.opened", "session", session.id, {"kind": kind.value})
    return _pair(work, tokens, user, session.id, refresh)


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


async def verify(work: Work, refresh_token: str) -> Principal:
    """Who holds a refresh token that is good now; it is not used up.

    For a browser's session, whose cookie holds the token: every page asks this. Raises
    `UNAUTHENTICATED`.
    """
    found = await session_queries.holder_of(work, Vault.digest(refresh_token))
    if found is None:
        raise refused()
    user, session_id = found
    return Principal(
        str(user.id),
        Role(user.role),
        user_id=user.id,
        customer_id=user.customer_id,
        session_id=session_id,
    )


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
