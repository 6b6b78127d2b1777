"""All SQL over sessions and their refresh tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ScalarSelect, and_, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from api.identity.tables import RefreshTokenRow, SessionRow, UserRow
from api.work import Work


class Rotated(NamedTuple):
    """What became of a refresh token that was handed in.

    Attributes:
        session_id: Its session; null when nobody ever had such a token.
        user_id: Whose session it is.
        taken: Whether it was good, and its successor is in its place now.
        ended: Whether the session was ended over it, just now.
    """

    session_id: UUID | None
    user_id: UUID | None
    taken: bool
    ended: bool


async def open_session(work: Work, row: SessionRow) -> None:
    """Store a session, and forget the user's long expired ones."""
    await work.session.execute(
        delete(SessionRow).where(
            SessionRow.user_id == row.user_id,
            SessionRow.expires_at < work.now,
        )
    )
    work.session.add(row)
    await work.session.flush()


async def add_token(work: Work, session_id: UUID, digest: bytes, expires_at: datetime) -> None:
    """Store the first refresh token of a session."""
    work.session.add(
        RefreshTokenRow(digest=digest, session_id=session_id, expires_at=expires_at, used_at=None)
    )
    await work.session.flush()


async def keep(work: Work, session_id: UUID, until: datetime) -> None:
    """Put the end of a session that is good off, but not beyond its last."""
    await work.session.execute(
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.revoked_at.is_(None))
        .values(last_used_at=work.now, expires_at=func.least(literal(until), SessionRow.ends_at))
    )


async def rotate(work: Work, digest: bytes, successor: bytes, expires_at: datetime) -> Rotated:
    """Put a successor in the place of a token that is good; else end the token's session.

    One statement, so that of two who hand in the same token at once exactly one is served and
    the other is seen as what he may be: a thief, or the one who was stolen from. The second waits
    for the first's commit on the token's row, finds it used, and ends the family.
    """
    taken = (
        update(RefreshTokenRow)
        .where(
            RefreshTokenRow.digest == digest,
            RefreshTokenRow.used_at.is_(None),
            RefreshTokenRow.expires_at > work.now,
            RefreshTokenRow.session_id == SessionRow.id,
            SessionRow.revoked_at.is_(None),
            SessionRow.ends_at > work.now,
            SessionRow.user_id == UserRow.id,
            UserRow.disabled_at.is_(None),
        )
        .values(used_at=work.now)
        .returning(RefreshTokenRow.session_id)
        .cte("taken")
    )
    until = func.least(literal(expires_at), SessionRow.ends_at)
    added = (
        insert(RefreshTokenRow)
        .from_select(
            ["digest", "session_id", "expires_at"],
            select(literal(successor), SessionRow.id, until).where(
                SessionRow.id == taken.c.session_id
            ),
        )
        .returning(RefreshTokenRow.session_id)
        .cte("added")
    )
    touched = (
        update(SessionRow)
        .where(SessionRow.id == taken.c.session_id, SessionRow.revoked_at.is_(None))
        .values(last_used_at=work.now, expires_at=until)
        .returning(SessionRow.id)
        .cte("touched")
    )
    ended = (
        update(SessionRow)
        .where(
            SessionRow.id == _session_of(digest),
            SessionRow.revoked_at.is_(None),
            # Whoever comes back too late has nothing left to be ended, and is no thief.
            SessionRow.expires_at > work.now,
            ~exists(select(taken.c.session_id)),
        )
        .values(revoked_at=work.now, revoked_because="reuse")
        .returning(SessionRow.id)
        .cte("ended")
    )
    known = (
        select(SessionRow.id, SessionRow.user_id)
        .join(RefreshTokenRow, RefreshTokenRow.session_id == SessionRow.id)
        .where(RefreshTokenRow.digest == digest)
        .cte("known")
    )
    found = (
        await work.session.execute(
            select(
                select(known.c.id).scalar_subquery(),
                select(known.c.user_id).scalar_subquery(),
                and_(exists(select(added.c.session_id)), exists(select(touched.c.id))),
                exists(select(ended.c.id)),
            )
        )
    ).one()
    return Rotated(*found)


async def holder_of(work: Work, session_id: UUID) -> UserRow | None:
    """The user of a session that is good."""
    return (
        await work.session.scalars(
            select(UserRow)
            .join(SessionRow, SessionRow.user_id == UserRow.id)
            .where(
                SessionRow.id == session_id,
                SessionRow.revoked_at.is_(None),
                SessionRow.expires_at > work.now,
                UserRow.disabled_at.is_(None),
            )
        )
    ).one_or_none()


async def session_of(work: Work, digest: bytes) -> UUID | None:
    """The session that a refresh token, good or not, belongs to."""
    found: UUID | None = await work.session.scalar(select(_session_of(digest)))
    return found


async def end(
    work: Work, because: str, *, session_id: UUID | None = None, user_id: UUID | None = None
) -> list[tuple[UUID, UUID]]:
    """End one session, all of a user, or one if it is the user's; those ended, with their users.

    Without either nothing ends.
    """
    wanted = []
    if session_id is not None:
        wanted.append(SessionRow.id == session_id)
    if user_id is not None:
        wanted.append(SessionRow.user_id == user_id)
    if not wanted:
        return []
    ended = await work.session.execute(
        update(SessionRow)
        .where(*wanted, SessionRow.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_because=because)
        .returning(SessionRow.id, SessionRow.user_id)
    )
    return [(row[0], row[1]) for row in ended]


async def page(work: Work, user_id: UUID, after: UUID | None, count: int) -> Sequence[SessionRow]:
    """A user's sessions that are still good, in the order they were opened, after a key."""
    query = (
        select(SessionRow)
        .where(
            SessionRow.user_id == user_id,
            SessionRow.revoked_at.is_(None),
            SessionRow.expires_at > work.now,
        )
        .order_by(SessionRow.id)
        .limit(count)
    )
    if after is not None:
        query = query.where(SessionRow.id > after)
    return (await work.session.scalars(query)).all()


def _session_of(digest: bytes) -> ScalarSelect[UUID]:
    return (
        select(RefreshTokenRow.session_id).where(RefreshTokenRow.digest == digest).scalar_subquery()
    )
