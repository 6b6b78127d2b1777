"""SQL of the pauses in the clock of an escalation."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from api.recovery.tables import SlaPauseRow
from api.work import Work
from domain.recovery.sla import Pause


async def pauses(work: Work, case_id: UUID) -> Sequence[SlaPauseRow]:
    """Every pause of a case, oldest first."""
    return (
        await work.session.scalars(
            select(SlaPauseRow)
            .where(SlaPauseRow.case_id == case_id)
            .order_by(SlaPauseRow.started_at, SlaPauseRow.id)
        )
    ).all()


async def pauses_since(work: Work, case_id: UUID, since: datetime) -> tuple[Pause, ...]:
    """The stretches in which the clock stood still after an instant, oldest first."""
    rows = await work.session.execute(
        select(SlaPauseRow.started_at, SlaPauseRow.ended_at)
        .where(
            SlaPauseRow.case_id == case_id,
            or_(SlaPauseRow.ended_at.is_(None), SlaPauseRow.ended_at > since),
        )
        .order_by(SlaPauseRow.started_at, SlaPauseRow.id)
    )
    return tuple(Pause(started_at, ended_at) for started_at, ended_at in rows)


async def open_pause(work: Work, case_id: UUID) -> SlaPauseRow | None:
    """The pause that lasts; the caller has locked the case."""
    found: SlaPauseRow | None = await work.session.scalar(
        select(SlaPauseRow).where(SlaPauseRow.case_id == case_id, SlaPauseRow.ended_at.is_(None))
    )
    return found


async def end_waiting_on(
    work: Work, case_id: UUID, waiting_on: str, at: datetime, actor: str
) -> bool:
    """End the pause of a case that lasts for somebody; whether there was one."""
    ended = await work.session.scalar(
        update(SlaPauseRow)
        .where(
            SlaPauseRow.case_id == case_id,
            SlaPauseRow.waiting_on == waiting_on,
            SlaPauseRow.ended_at.is_(None),
        )
        .values(ended_at=at, ended_by=actor)
        .returning(SlaPauseRow.id)
        .execution_options(synchronize_session=False)
    )
    return ended is not None
