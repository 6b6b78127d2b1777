"""All SQL over products."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from api.products.tables import ProductRow
from api.work import Work


async def hold_code(work: Work, code: str) -> None:
    """Make the next version of a code one after the other, the first one included."""
    await work.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"product:{code}", 0)))
    )


async def latest(work: Work, code: str) -> ProductRow | None:
    """The newest version of a code."""
    return (
        await work.session.scalars(
            select(ProductRow)
            .where(ProductRow.code == code)
            .order_by(ProductRow.version.desc())
            .limit(1)
        )
    ).one_or_none()


async def version(work: Work, code: str, number: int) -> ProductRow | None:
    """One version of a code."""
    return (
        await work.session.scalars(
            select(ProductRow).where(ProductRow.code == code, ProductRow.version == number)
        )
    ).one_or_none()


async def by_id(work: Work, product_id: UUID) -> ProductRow | None:
    """One version by its key."""
    return await work.session.get(ProductRow, product_id)


async def latest_page(work: Work, after: str, count: int) -> Sequence[ProductRow]:
    """The newest version of each code, by code."""
    return (
        await work.session.scalars(
            select(ProductRow)
            .ext(distinct_on(ProductRow.code))
            .where(ProductRow.code > after)
            .order_by(ProductRow.code, ProductRow.version.desc())
            .limit(count)
        )
    ).all()
