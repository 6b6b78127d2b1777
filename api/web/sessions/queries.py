"""All SQL over browser sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from api.web.sessions.tables import WebSessionRow
from api.work import Work


async def by_digest(work: Work, site: str, digest: bytes) -> WebSessionRow | None:
    """The session of a cookie on a site, ended or not."""
    return (
        await work.session.scalars(
            select(WebSessionRow).where(
                WebSessionRow.token_digest == digest, WebSessionRow.site == site
            )
        )
    ).one_or_none()


async def touch(work: Work, session_id: UUID, at: datetime) -> None:
    """Note that somebody did something."""
    await work.session.execute(
        update(WebSessionRow).where(WebSessionRow.id == session_id).values(seen_at=at)
    )


async def end(work: Work, session_id: UUID, at: datetime) -> bool:
    """End a session; false when it had ended."""
    ended = await work.session.scalar(
        update(WebSessionRow)
        .where(WebSessionRow.id == session_id, WebSessionRow.ended_at.is_(None))
        .values(ended_at=at)
        .returning(WebSessionRow.id)
    )
    return ended is not None
