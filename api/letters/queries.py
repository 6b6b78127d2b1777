"""SQL of letters; what a customer may reach is narrowed to his own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among
from api.letters.tables import LETTER_NUMBERS, LetterRow
from api.payments.tables import TransactionRow
from api.security.access import visible_customer
from api.work import Work

_MOST_MOVEMENTS: Final = 2000
"""Of a statement: more than a loan has in ten years."""


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters a list shows; null means all."""

    customer_id: UUID | None = None
    loan_id: UUID | None = None


def _visible(work: Work) -> Select[LetterRow]:
    statement = select(LetterRow)
    only = visible_customer(work.principal)
    return statement if only is None else statement.where(LetterRow.customer_id == only)


async def by_id(work: Work, letter_id: UUID) -> LetterRow | None:
    """A letter the principal may see."""
    found: LetterRow | None = await work.session.scalar(
        _visible(work).where(LetterRow.id == letter_id)
    )
    return found


async def by_key(work: Work, natural_key: str) -> LetterRow | None:
    """The letter of a natural key, if it was written."""
    found: LetterRow | None = await work.session.scalar(
        select(LetterRow).where(LetterRow.natural_key == natural_key)
    )
    return found


async def keys_there(work: Work, natural_keys: Collection[str]) -> set[str]:
    """Those natural keys of which a letter was written."""
    rows = await work.session.scalars(
        select(LetterRow.natural_key).where(among(LetterRow.natural_key, natural_keys))
    )
    return set(rows)


async def page(work: Work, wanted: LetterFilter, after: int, limit: int) -> Sequence[LetterRow]:
    """Letters by number, after a number."""
    statement = _visible(work).where(LetterRow.number > after)
    if wanted.customer_id is not None:
        statement = statement.where(LetterRow.customer_id == wanted.customer_id)
    if wanted.loan_id is not None:
        statement = statement.where(LetterRow.loan_id == wanted.loan_id)
    return (await work.session.scalars(statement.order_by(LetterRow.number).limit(limit))).all()


async def next_number(work: Work) -> int:
    """The number of the next letter."""
    return await work.session.scalar(select(LETTER_NUMBERS.next_value())) or 0


async def add(work: Work, values: dict[str, object]) -> bool:
    """Write a letter down; false when there is one of its natural key."""
    made = await work.session.scalar(
        insert(LetterRow)
        .values(values)
        .on_conflict_do_nothing(index_elements=[LetterRow.natural_key])
        .returning(LetterRow.id)
    )
    return made is not None


async def movements(work: Work, loan_id: UUID, first: date, last: date) -> Sequence[TransactionRow]:
    """What moved on a loan in a period, by value date."""
    return (
        await work.session.scalars(
            select(TransactionRow)
            .where(TransactionRow.loan_id == loan_id, TransactionRow.value_on.between(first, last))
            .order_by(TransactionRow.value_on, TransactionRow.number)
            .limit(_MOST_MOVEMENTS)
        )
    ).all()
