"""SQL of confirmations of who was spoken with."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from api.right_party.tables import RightPartyCheckRow
from api.work import Work


async def page(
    work: Work, case_id: UUID, after: UUID | None, limit: int
) -> Sequence[RightPartyCheckRow]:
    """The confirmations of a case in the order they were made, after a key."""
    query = select(RightPartyCheckRow).where(RightPartyCheckRow.case_id == case_id)
    if after is not None:
        query = query.where(RightPartyCheckRow.id > after)
    return (await work.session.scalars(query.order_by(RightPartyCheckRow.id).limit(limit))).all()


async def since(
    work: Work, case_id: UUID, start: datetime, *, lock: bool = False
) -> Sequence[RightPartyCheckRow]:
    """The confirmations of a case from an instant on, newest first; locked if asked."""
    query = (
        select(RightPartyCheckRow)
        .where(RightPartyCheckRow.case_id == case_id, RightPartyCheckRow.at >= start)
        .order_by(RightPartyCheckRow.id.desc())
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await work.session.scalars(query)).all()
