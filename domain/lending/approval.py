"""When a change to a loan needs a second person, and who may be that person."""

from decimal import Decimal

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO


def needs_second_person(amount: Decimal, limit: Decimal | None, *, may_decide: bool) -> bool:
    """Whether a change waits for somebody else.

    `limit` is what one person may do alone; None, where the creditor has set none, means nothing.
    Who may not decide on changes (`may_decide`) always asks somebody who may.
    """
    return not may_decide or amount > (ZERO if limit is None else limit)


def check_second_person(asked_by: str, decided_by: str) -> None:
    """Refuse a decision on one's own request (`OWN_REQUEST`)."""
    if asked_by == decided_by:
        raise DomainError(ErrorCode.OWN_REQUEST, "Who asked for a change does not decide on it.")
