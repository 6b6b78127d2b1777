"""What of a product's terms decides how its loans age, read once per closed section."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text

from api.arrears.sections import Section
from api.products.tables import ProductRow
from api.products.terms import ladder_of, penalty_policy
from api.strategies import service as strategies
from api.work import Work
from domain.lending.arrears import Ladder
from domain.lending.terms import PenaltyPolicy


@dataclass(frozen=True, slots=True)
class LatenessTerms:
    """How loans of a product age."""

    product_id: UUID
    currency: str
    grace_days: int
    tolerance: Decimal
    """What may be unpaid of an instalment that counts as met."""
    ladder: Ladder
    penalty: PenaltyPolicy | None
    opens_after_days: int
    """Past due days from which the strategy opens a case."""


async def of_section(work: Work, section: Section, day: date) -> list[LatenessTerms]:
    """The terms of every product version of the creditor, on a day that is being closed."""
    rows = (
        await work.session.scalars(
            select(ProductRow)
            .where(ProductRow.creditor_id == section.book.creditor_id)
            .order_by(ProductRow.id)
        )
    ).all()
    opens = {
        follower: (await strategies.followed(work, follower, day)).strategy.opens_after_days
        for follower in dict.fromkeys(_follower(row) for row in rows)
    }
    return [
        LatenessTerms(
            product_id=row.id,
            currency=row.currency,
            grace_days=row.arrears_grace_days,
            tolerance=row.arrears_tolerance,
            ladder=ladder_of(row),
            penalty=penalty_policy(row),
            opens_after_days=opens[_follower(row)],
        )
        for row in rows
    ]


def _follower(row: ProductRow) -> strategies.Follower:
    return strategies.Follower(row.creditor_id, row.code, row.strategy)


_OUTGROWN = """
    select exists (select from loans l where {section} order by l.id offset :size limit 1)
"""


async def outgrown(work: Work, section: Section, size: int) -> bool:
    """Whether a section holds more loans than that."""
    return bool(
        await work.session.scalar(text(section.sql(_OUTGROWN)), section.parameters(size=size))
    )


_BOUNDS = """
    select numbered.id
    from (select l.id, row_number() over (order by l.id) as place
          from loans l where {section}) numbered
    where numbered.place > 1 and numbered.place % :size = 1
    order by numbered.id
"""


async def bounds(work: Work, section: Section, size: int) -> Sequence[UUID]:
    """The ids at which a section would be divided into pieces of so many loans."""
    return (
        await work.session.scalars(text(section.sql(_BOUNDS)), section.parameters(size=size))
    ).all()
