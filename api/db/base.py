"""The metadata every table belongs to, the fixed naming of constraints, and shared columns."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Uuid,
    any_,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, mapped_column
from uuid6 import uuid7

from domain.errors import Fact

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Facts = dict[str, Fact]
"""A small flat JSON object: ids, dates, amounts and codes as text."""


class Base(DeclarativeBase):
    """All tables of Tenor; instants are UTC, money is NUMERIC(20,3)."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        date: Date(),
        Decimal: Numeric(20, 3),
        UUID: Uuid(),
        bytes: LargeBinary(),
        str: String(),
        Facts: JSONB(),
    }


def new_id() -> UUID:
    """A time-ordered key (UUIDv7)."""
    return UUID(int=uuid7().int)


Value = TypeVar("Value")


def among(column: InstrumentedAttribute[Value], values: Collection[Value]) -> ColumnElement[bool]:
    """Whether a column holds one of some values.

    `= ANY (array)` is one statement however many values there are, so that it is compiled and
    prepared once; `IN` would be another for every count.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))


Key = Annotated[UUID, mapped_column(Uuid(), primary_key=True, default=new_id)]
"""The primary key of an entity."""

Number = Annotated[int, mapped_column(BigInteger(), unique=True)]
"""The human number of an entity, from a sequence of its own."""

Money = Annotated[Decimal, mapped_column(Numeric(20, 3))]
"""An amount in the currency that stands in the same row."""

Rate = Annotated[Decimal, mapped_column(Numeric(12, 6))]
"""A percentage a year."""
