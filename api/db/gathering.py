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


def add_row(session: AsyncSession, row: Base) -> None:
    """Add a new row that nobody reads before it is written."""
    gathered: list[Base] | None = session.info.get(_OPEN)
    if gathered is None:
        session.add(row)
    else:
        gathered.append(row)


@asynccontextmanager
async def rows_together(session: AsyncSession) -> AsyncIterator[None]:
    """Gather the rows that are added within the block, and write them when it ends well.

    Tables are written in the order in which they first came up, rows in the order in which they
    were added. A block inside another leaves the writing to the outer one.
    """
    if _OPEN in session.info:
        yield
        return
    rows: list[Base] = []
    session.info[_OPEN] = rows
    try:
        yield
    finally:
        del session.info[_OPEN]
    tables: dict[tuple[type[Base], tuple[str, ...]], list[Row]] = {}
    for row in rows:
        values = values_of(row)
        tables.setdefault((type(row), tuple(values)), []).append(values)
    for (table, _), found in tables.items():
        await insert_rows(session, table, found)
