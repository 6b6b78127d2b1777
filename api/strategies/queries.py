"""All SQL about strategies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from api.db.base import among, new_id
from api.strategies.tables import StrategyAssignmentRow, StrategyLifeRow, StrategyRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class Version:
    """A version and its life; one without a life is shipped."""

    row: StrategyRow
    life: StrategyLifeRow | None


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
    """The newest version of a strategy, used or not."""
    found: StrategyRow | None = await work.session.scalar(
        select(StrategyRow)
        .where(StrategyRow.code == code)
        .order_by(StrategyRow.version.desc())
        .limit(1)
    )
    return found


async def in_use(work: Work, code: str, on: date) -> StrategyRow | None:
    """The newest version of a strategy that new cases take on a day."""
    found: StrategyRow | None = await work.session.scalar(
        _usable(on).where(StrategyRow.code == code).order_by(StrategyRow.version.desc()).limit(1)
    )
    return found


async def usable_versions(work: Work, code: str, on: date) -> Sequence[int]:
    """The versions of a strategy that may be taken on a day."""
    return [
        row.version
        for row in (await work.session.scalars(_usable(on).where(StrategyRow.code == code))).all()
    ]


def _usable(on: date) -> Select[StrategyRow]:
    return (
        select(StrategyRow)
        .outerjoin(StrategyLifeRow, StrategyLifeRow.strategy_id == StrategyRow.id)
        .where(
            or_(
                StrategyLifeRow.strategy_id.is_(None),
                (StrategyLifeRow.status == "approved") & (StrategyLifeRow.from_on <= on),
            )
        )
    )


async def lock_version(work: Work, code: str, version: int) -> Version | None:
    """One version with its life, which is locked."""
    row = await version_of(work, code, version)
    if row is None:
        return None
    life: StrategyLifeRow | None = await work.session.scalar(
        select(StrategyLifeRow)
        .where(StrategyLifeRow.strategy_id == row.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return Version(row, life)


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


async def page_of_versions(
    work: Work, code: str, below: int | None, limit: int
) -> Sequence[Version]:
    """The versions of a strategy, newest first; one more than `limit`, if there are more."""
    chosen = (
        select(StrategyRow, StrategyLifeRow)
        .outerjoin(StrategyLifeRow, StrategyLifeRow.strategy_id == StrategyRow.id)
        .where(StrategyRow.code == code)
        .order_by(StrategyRow.version.desc())
        .limit(limit + 1)
    )
    if below is not None:
        chosen = chosen.where(StrategyRow.version < below)
    return [Version(row, life) for row, life in await work.session.execute(chosen)]


# -- assignments -------------------------------------------------------------------------------


async def assigned(
    work: Work, creditor_id: UUID, product_code: str
) -> Sequence[StrategyAssignmentRow]:
    """The newest assignment of a product and the newest of its creditor, if there are."""
    return (
        await work.session.scalars(
            select(StrategyAssignmentRow)
            .where(
                StrategyAssignmentRow.creditor_id == creditor_id,
                or_(
                    StrategyAssignmentRow.product_code == product_code,
                    StrategyAssignmentRow.product_code.is_(None),
                ),
            )
            .ext(distinct_on(StrategyAssignmentRow.product_code))
            .order_by(StrategyAssignmentRow.product_code, StrategyAssignmentRow.sequence.desc())
        )
    ).all()


async def page_of_assignments(
    work: Work, after: int, limit: int
) -> Sequence[StrategyAssignmentRow]:
    """Assignments in the order they were made; one more than `limit`, if there are more."""
    return (
        await work.session.scalars(
            select(StrategyAssignmentRow)
            .where(StrategyAssignmentRow.sequence > after)
            .order_by(StrategyAssignmentRow.sequence)
            .limit(limit + 1)
        )
    ).all()
