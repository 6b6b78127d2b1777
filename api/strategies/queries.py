"""All SQL about strategies."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from api.db.base import among, new_id
from api.strategies.tables import StrategyRow
from api.work import Work


async def insert_version(
    work: Work, code: str, version: int, data: dict[str, object], at: datetime
) -> UUID | None:
    """Add a version; null when it is there already."""
    found: UUID | None = await work.session.scalar(
        insert(StrategyRow)
        .values(id=new_id(), code=code, version=version, data=data, created_at=at)
        .on_conflict_do_nothing(index_elements=[StrategyRow.code, StrategyRow.version])
        .returning(StrategyRow.id)
    )
    return found


async def version_of(work: Work, code: str, version: int) -> StrategyRow | None:
    """One version of a strategy."""
    found: StrategyRow | None = await work.session.scalar(
        select(StrategyRow).where(StrategyRow.code == code, StrategyRow.version == version)
    )
    return found


async def newest(work: Work, code: str) -> StrategyRow | None:
    """The newest version of a strategy."""
    found: StrategyRow | None = await work.session.scalar(
        select(StrategyRow)
        .where(StrategyRow.code == code)
        .order_by(StrategyRow.version.desc())
        .limit(1)
    )
    return found


async def by_id(work: Work, strategy_id: UUID) -> StrategyRow | None:
    """One version of a strategy by its key."""
    return await work.session.get(StrategyRow, strategy_id)


async def several(work: Work, ids: Collection[UUID]) -> Sequence[StrategyRow]:
    """Versions of strategies by their keys."""
    return (await work.session.scalars(select(StrategyRow).where(among(StrategyRow.id, ids)))).all()


async def page(work: Work, after: str, limit: int) -> Sequence[StrategyRow]:
    """The newest version of each strategy, by code; one more than `limit`, if there are more."""
    return (
        await work.session.scalars(
            select(StrategyRow)
            .where(StrategyRow.code > after)
            .ext(distinct_on(StrategyRow.code))
            .order_by(StrategyRow.code, StrategyRow.version.desc())
            .limit(limit + 1)
        )
    ).all()
