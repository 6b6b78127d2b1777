"""Rows that are written together at the end of a block: a statement for each table, not each row.

Whoever adds rows uses `add_row` and need not know whether somebody gathers them. Outside of a block
a row goes the session's ordinary way.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import Base
from api.db.bulk import Row, insert_rows, values_of

_OPEN: Final = "gathered"
"""Where a session knows the rows that are being gathered."""

_Gathered = list[tuple[type[Base], Row]]


def add_row(session: AsyncSession, row: Base) -> None:
    """Add a new row that nobody reads before it is written."""
    gathered: _Gathered | None = session.info.get(_OPEN)
    if gathered is None:
        session.add(row)
    else:
        gathered.append((type(row), values_of(row)))


def add_values(session: AsyncSession, table: type[Base], values: Row) -> None:
    """Add a row of which nothing is wanted but that it is written; its key is among the values."""
    gathered: _Gathered | None = session.info.get(_OPEN)
    if gathered is None:
        session.add(table(**values))
    else:
        gathered.append((table, values))


@asynccontextmanager
async def rows_together(session: AsyncSession) -> AsyncIterator[None]:
    """Gather the rows that are added within the block, and write them when it ends well.

    Tables are written in the order in which they first came up, rows in the order in which they
    were added. A block inside another leaves the writing to the outer one.
    """
    if _OPEN in session.info:
        yield
        return
    rows: _Gathered = []
    session.info[_OPEN] = rows
    try:
        yield
    finally:
        del session.info[_OPEN]
    tables: dict[tuple[type[Base], tuple[str, ...]], list[Row]] = {}
    for table, values in rows:
        tables.setdefault((table, tuple(values)), []).append(values)
    for (table, _), found in tables.items():
        await insert_rows(session, table, found)
