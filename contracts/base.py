"""What every wire type has in common: strictness, exact amounts, pages, references."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

_DECIMAL = re.compile(r"-?\d{1,17}(\.\d{1,10})?", re.ASCII)


def _decimal_text(value: object) -> object:
    """Accept a Decimal (from code) or plain decimal text (from JSON); refuse numbers and floats."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError('an amount is decimal text such as "120.50"')


class Wire(BaseModel):
    """A message between processes: immutable, and unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal_text),
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?\d{1,17}(\.\d{1,10})?$", "examples": ["120.50"]}
    ),
]
"""A decimal amount or rate, as text on the wire; its currency stands beside it."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["USD"])]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["US"])]
Instant = Annotated[AwareDatetime, Field(examples=["2028-02-01T12:00:00Z"])]
_NO_NUL = r"^[^\x00]+$"
"""Postgres keeps any text but one with a NUL in it."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_NUL)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=_NO_NUL)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]

Item = TypeVar("Item")


class Page(Wire, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None = None


class Reference(Wire):
    """The key of something made or changed."""

    id: UUID


class TimelineEntry(Wire):
    """One line of a loan's or case's story, newest last."""

    at: datetime
    kind: str
    actor: str
    text: str
