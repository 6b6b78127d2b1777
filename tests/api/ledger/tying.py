"""The general ledger must equal what the loans know on their own, whatever was done to them."""

from datetime import date
from uuid import UUID

from api.ledger import period_queries
from api.ledger.period_queries import BookKey
from api.security.principal import SYSTEM
from domain.books.tie_out import Difference, differences
from tests.api.support import Scene


async def untied(scene: Scene) -> tuple[Difference, ...]:
    """Every control account of a loan of the scene that differs from the loan, as things stand."""
    key = BookKey(UUID(str(scene.creditor_id)), UUID(str(scene.clock_id)))
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        closed = await period_queries.days_closed_through(work, key)
        assert closed is not None
        return differences(await period_queries.positions(work, key, closed, date.max))
