"""Keyset pages: an opaque cursor after which the next page begins."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query

from domain.errors import DomainError, ErrorCode

Row = TypeVar("Row")

_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many, and after which key (a human number or a time-ordered id, as text)."""

    limit: int
    after: str | None

    def after_number(self) -> int:
        """The key as a number; 0 on the first page."""
        if self.after is None:
            return 0
        try:
            return int(self.after)
        except ValueError:
            raise bad_cursor() from None

    def after_id(self) -> UUID | None:
        """The key as a time-ordered id; null on the first page."""
        if self.after is None:
            return None
        try:
            return UUID(self.after)
        except ValueError:
            raise bad_cursor() from None

    def after_code(self) -> str:
        """The key as a code; empty on the first page."""
        if self.after is None:
            return ""
        if not _CODE.fullmatch(self.after):
            raise bad_cursor()
        return self.after

    def cut(self, rows: Sequence[Row], keys: Sequence[object]) -> tuple[list[Row], str | None]:
        """Cut `limit + 1` fetched rows to a page and its next cursor."""
        if len(rows) <= self.limit:
            return list(rows), None
        return list(rows[: self.limit]), encode(str(keys[self.limit - 1]))


def encode(key: str) -> str:
    """Make a cursor; its content is nobody's business."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def bad_cursor() -> DomainError:
    """The refusal of a cursor that no list has given out."""
    return DomainError(
        ErrorCode.INVALID_REQUEST, "The cursor is not one that this list has given out."
    )


async def page_request(
    limit: Annotated[int, Query(ge=1, le=200, description="Items on a page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the page before")
    ] = None,
) -> PageRequest:
    """Read the page wanted from the query string."""
    if cursor is None:
        return PageRequest(limit, None)
    try:
        after = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise bad_cursor() from None
    return PageRequest(limit, after)


PageQuery = Annotated[PageRequest, Depends(page_request)]
