"""Sends several statements to Postgres without waiting for each: one round trip for all of them.

For hot paths with few, known statements. They go straight to psycopg, on the connection and in
the transaction of the session; what SQLAlchemy would add to each costs more than the statement.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

Made = TypeVar("Made")

_OPEN: Final = "pipeline"
"""Where a session knows its open pipeline."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement answers, once the pipeline is closed."""

    cursor: psycopg.AsyncCursor[tuple[object, ...]]

    async def rows(self, make: Callable[..., Made]) -> list[Made]:
        """Its rows, each made from its columns in their order."""
        return [make(*row) for row in await self.cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An open pipeline of a session's connection."""

    connection: psycopg.AsyncConnection[tuple[object, ...]]

    async def send(self, statement: str, values: Mapping[str, object]) -> Answer:
        """Send a statement with `%(name)s` where values stand; it is prepared after a few times."""
        query = statement.encode()
        return Answer(await self.connection.execute(query, values))


@asynccontextmanager
async def pipeline(session: AsyncSession) -> AsyncIterator[Pipeline]:
    """Open a pipeline; when the block ends everything that was sent has been done.

    Nothing of the session itself may be used inside. Raises what a session raises for a statement
    that Postgres refuses; those sent after it were not done.
    """
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    opened = cast("psycopg.AsyncConnection[tuple[object, ...]]", driver)
    session.info[_OPEN] = found = Pipeline(opened)
    try:
        async with opened.pipeline():
            yield found
    except psycopg.Error as error:
        if opened.closed:
            await connection.invalidate()
        # Its text may quote values of rows.
        raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from None
    finally:
        del session.info[_OPEN]


def open_pipeline(session: AsyncSession) -> Pipeline | None:
    """The pipeline that is open on a session, if one is."""
    found: Pipeline | None = session.info.get(_OPEN)
    return found
