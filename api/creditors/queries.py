"""All SQL over creditors."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from api.creditors.tables import CreditorRow
from api.work import Work


async def by_id(work: Work, creditor_id: UUID) -> CreditorRow | None:
    """A creditor by key."""
    return await work.session.get(CreditorRow, creditor_id)


async def lock(work: Work, creditor_id: UUID) -> CreditorRow | None:
    """A creditor, locked."""
    return await work.session.get(
        CreditorRow, creditor_id, with_for_update=True, populate_existing=True
    )


async def add(work: Work, values: dict[str, object]) -> CreditorRow | None:
    """Insert a creditor unless the code is taken; null when it is."""
    return (
        await work.session.scalars(
            insert(CreditorRow)
            .values(values)
            .on_conflict_do_nothing(index_elements=[CreditorRow.code])
            .returning(CreditorRow)
        )
    ).one_or_none()


async def id_by_code(work: Work, code: str) -> UUID | None:
    """The creditor that has a code."""
    found: UUID | None = await work.session.scalar(
        select(CreditorRow.id).where(CreditorRow.code == code)
    )
    return found


async def page(
    work: Work, code: str | None, after: UUID | None, count: int
) -> Sequence[CreditorRow]:
    """Creditors in the order they were made, after a key."""
    query = select(CreditorRow).order_by(CreditorRow.id).limit(count)
    if code is not None:
        query = query.where(CreditorRow.code == code)
    if after is not None:
        query = query.where(CreditorRow.id > after)
    return (await work.session.scalars(query)).all()
