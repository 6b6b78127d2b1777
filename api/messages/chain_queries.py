"""SQL of the chains of decisions: where they end, and what is in them."""

from collections.abc import AsyncIterator, Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, func, literal, select, true
from sqlalchemy import Uuid as SqlUuid

from api.messages.tables import ContactDecisionRow
from api.work import Work

_STREAMED: Final = 500
"""Rows in memory at once, where all are read."""


async def ends(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, tuple[int, str]]:
    """Place and link of the last decision about each customer; one without any is left out."""
    if not customer_ids:
        return {}
    people = func.unnest(literal(list(customer_ids), ARRAY(SqlUuid())))
    wanted = select(people.label("id")).subquery()
    last = (
        # One step on the index for each of them, however many decisions there are.
        select(ContactDecisionRow.place, ContactDecisionRow.link)
        .where(ContactDecisionRow.customer_id == wanted.c.id)
        .order_by(ContactDecisionRow.place.desc())
        .limit(1)
        .lateral()
    )
    rows = await work.session.execute(
        select(wanted.c.id, last.c.place, last.c.link).join_from(wanted, last, true())
    )
    return {customer_id: (place, link) for customer_id, place, link in rows}


async def every_decision(work: Work) -> AsyncIterator[ContactDecisionRow]:
    """All decisions in the order of their chains, read as a stream."""
    found = await work.session.stream_scalars(
        select(ContactDecisionRow)
        .order_by(ContactDecisionRow.customer_id, ContactDecisionRow.place)
        .execution_options(yield_per=_STREAMED)
    )
    async for row in found:
        yield row


async def decisions_of(work: Work, customer_id: UUID) -> list[ContactDecisionRow]:
    """The decisions about a customer, in the order of their chain."""
    found = await work.session.scalars(
        select(ContactDecisionRow)
        .where(ContactDecisionRow.customer_id == customer_id)
        .order_by(ContactDecisionRow.place)
    )
    return list(found)
