"""Writes many rows of a table in one statement, whatever their number.

Rows travel as one JSON text that Postgres takes apart by the table's own column types: one
statement, one parameter and one plan, whether there is one row or a thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

import orjson
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.db.base import Base
from api.db.pipeline import open_pipeline

Row = Mapping[str, object]
"""Values of columns by name. Bytes stand as Postgres' hexadecimal text (`as_bytea`)."""

_QUOTE: Final = '"{}"'


def as_bytea(value: bytes) -> str:
    """Bytes as Postgres reads them from text."""
    return f"\\x{value.hex()}"


def values_of(row: Base) -> Row:
    """What a new row holds, with the defaults that Python gives; the others are Postgres' own."""
    found: dict[str, object] = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        if value is None and column.default is not None:
            made = column.default.arg
            value = made(None) if callable(made) else made
        if value is None and (column.server_default is not None or column.identity is not None):
            continue
        found[column.key] = as_bytea(value) if isinstance(value, bytes) else value
    return found


async def save_rows(session: AsyncSession, rows: Sequence[Base]) -> None:
    """Write what was changed of rows that the session has let go of; all have the key `id`.

    One statement for all of them: a column that was changed in one is written in each.
    """
    changed = [row for row in rows if inspect(row).committed_state]
    if not changed:
        return
    names = sorted({name for row in changed for name in inspect(row).committed_state})
    await update_rows(
        session,
        type(changed[0]),
        ("id",),
        [
            {"id": _plain_value(row, "id")} | {n: _plain_value(row, n) for n in names}
            for row in changed
        ],
    )


def _plain_value(row: Base, name: str) -> object:
    value: object = getattr(row, name)
    return as_bytea(value) if isinstance(value, bytes) else value


async def insert_rows(session: AsyncSession, table: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns; the others get their defaults."""
    if rows:
        statement = _insert(table.__tablename__, tuple(rows[0]))
        await _send(session, statement, rows)


async def update_rows(
    session: AsyncSession, table: type[Base], keys: Sequence[str], rows: Sequence[Row]
) -> None:
    """Set all columns that the rows name besides `keys`, which say which row is meant."""
    if rows:
        statement = _update(table.__tablename__, tuple(keys), tuple(rows[0]))
        await _send(session, statement, rows)


async def _send(session: AsyncSession, statement: str, rows: Sequence[Row]) -> None:
    pipe = open_pipeline(session)
    if pipe is None:
        await session.execute(text(statement % {"rows": ":rows"}), {"rows": as_json(rows)})
    else:
        await pipe.send(statement, {"rows": as_json(rows)})


def as_json(rows: Iterable[Row]) -> str:
    """Rows as `json_populate_recordset` takes them."""
    return orjson.dumps(list(rows), default=_plain).decode()


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"no column takes a {type(value).__name__}")


@lru_cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    listed = ", ".join(_QUOTE.format(column) for column in columns)
    return (
        f"insert into {table} ({listed}) "  # noqa: S608 - names of our own tables and columns
        f"select {listed} from json_populate_recordset(null::{table}, cast(%(rows)s as json))"
    )


@lru_cache
def _update(table: str, keys: tuple[str, ...], columns: tuple[str, ...]) -> str:
    changed = ", ".join(f'"{name}" = r."{name}"' for name in columns if name not in keys)
    same = " and ".join(f't."{name}" = r."{name}"' for name in keys)
    return (
        f"update {table} t set {changed} "  # noqa: S608 - names of our own tables and columns
        f"from json_populate_recordset(null::{table}, cast(%(rows)s as json)) r where {same}"
    )
