"""Opens, recognises and ends browser sessions.

The cookie is a random token; the database keeps its digest, so that a copy of the table lets
nobody in. A new token is made at every log-in, and none is ever taken over from the browser.

The session of a user is one of his log-ins as well (`api.identity`), under the same key: he finds
it in his list, and what ends his log-ins ends it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.db.base import new_id
from api.identity import service as identity
from api.security.principal import Principal
from api.web.sessions import queries
from api.web.sessions.tables import WebSessionRow
from api.web.site import Site
from api.work import Work
from contracts.identity import SessionKind
from contracts.names import Role

_TOUCH_EVERY: Final = timedelta(minutes=1)
"""How exactly the last activity is kept: a write for every click would be a waste."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever holds a good session, as he stands now.

    Attributes:
        session_id: His session.
        principal: What he may do; a disabled user has no session any more.
        name: How a page greets him; empty for a customer who came by a link.
    """

    session_id: UUID
    principal: Principal
    name: str


def new_token() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(32)


def form_token(token: str) -> str:
    """What a form must send back to prove that a page of this session made it.

    It follows from the cookie, which other sites cannot read, and does not give the cookie away.
    """
    return hmac.digest(token.encode(), b"form", "sha256").hex()


def is_form_token(token: str, given: str) -> bool:
    """Tell whether a form was made by a page of the session."""
    return hmac.compare_digest(form_token(token).encode(), given.encode())


async def open_for_user(work: Work, site: Site, user_id: UUID) -> str:
    """Open a session for a user who has just proved who he is; answers the cookie's token.

    Raises `UNAUTHENTICATED` for a user who was disabled meanwhile.
    """
    session_id = await identity.open_browser_session(
        work, user_id, SessionKind(site.name), idle=site.idle, lifetime=site.lifetime
    )
    return _open(work, site, session_id, user_id=user_id)


async def open_for_customer(work: Work, site: Site, customer_id: UUID) -> str:
    """Open a session for a customer who came by a signed link; answers the cookie's token."""
    session_id = new_id()
    record(work, "session.opened", "session", session_id, {"site": site.name})
    return _open(work, site, session_id, customer_id=customer_id)


def _open(
    work: Work,
    site: Site,
    session_id: UUID,
    *,
    user_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> str:
    token = new_token()
    row = WebSessionRow(
        id=session_id,
        token_digest=_digest(token),
        site=site.name,
        user_id=user_id,
        customer_id=customer_id,
        created_at=work.now,
        seen_at=work.now,
        expires_at=work.now + site.lifetime,
        ended_at=None,
    )
    work.session.add(row)
    return token


async def recognise(work: Work, site: Site, token: str, *, active: bool) -> Guest | None:
    """Who holds a session; null once it has lapsed or was ended, alone or with all of its user's.

    `active` says that somebody did something; what a page fetches by itself keeps nobody in.
    """
    row = await queries.by_digest(work, site.name, _digest(token))
    if row is None or row.ended_at is not None:
        return None
    if work.now >= min(row.expires_at, row.seen_at + site.idle):
        return None
    guest = await _guest(work, row)
    if guest is not None and active and work.now - row.seen_at >= _TOUCH_EVERY:
        await queries.touch(work, row.id, work.now)
        if row.user_id is not None:
            await identity.keep_browser_session(work, row.id, site.idle)
    return guest


async def end(work: Work, session_id: UUID) -> None:
    """End a session; once more does no harm."""
    ended = await queries.end(work, session_id, work.now)
    # That of a user writes its own line.
    if not await identity.close_browser_session(work, session_id) and ended:
        record(work, "session.ended", "session", session_id)


async def _guest(work: Work, row: WebSessionRow) -> Guest | None:
    if row.user_id is None:
        if row.customer_id is None:
            return None
        holder = Principal(f"link:{row.id}", Role.CUSTOMER, customer_id=row.customer_id)
        return Guest(row.id, holder, "")
    user = await identity.user_of_session(work, row.id)
    return None if user is None else Guest(row.id, user.principal, user.name)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
