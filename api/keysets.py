"""Where the next page of a list begins that goes by key or by code instead of by number."""

import re
from uuid import UUID

from api.pagination import PageRequest
from domain.errors import DomainError, ErrorCode

_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)


def after_id(page: PageRequest) -> UUID | None:
    """The time-ordered key before the page; null on the first one."""
    if page.after is None:
        return None
    try:
        return UUID(page.after)
    except ValueError:
        raise _not_ours() from None


def after_code(page: PageRequest) -> str:
    """The code before the page; empty on the first one."""
    if page.after is None:
        return ""
    if not _CODE.fullmatch(page.after):
        raise _not_ours()
    return page.after


def _not_ours() -> DomainError:
    return DomainError(
        ErrorCode.INVALID_REQUEST, "The cursor is not one that this list has given out."
    )
