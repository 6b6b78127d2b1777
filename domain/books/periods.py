"""Months of a book: when one may be closed, and by whom it is signed off."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import DomainError, ErrorCode

_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_DECEMBER: Final = 12


class PeriodState(StrEnum):
    """How far a month is."""

    OPEN = "open"
    AWAITING_SIGN_OFF = "awaiting_sign_off"
    """Its totals were taken; a second person has not signed them."""
    CLOSED = "closed"
    """Nothing is booked into it any more, and its totals never change."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, named `2028-02`."""

    first: date

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next().first - timedelta(days=1)

    def next(self) -> "Month":
        """The month after it."""
        first = self.first
        if first.month == _DECEMBER:
            return Month(date(first.year + 1, 1, 1))
        return Month(date(first.year, first.month + 1, 1))

    def __str__(self) -> str:
        """Its name."""
        return f"{self.first:%Y-%m}"


def month_of(day: date) -> Month:
    """The month a day lies in."""
    return Month(day.replace(day=1))


def month_named(name: str) -> Month:
    """The month of a name such as `2028-02`; raises `INVALID_DATE`."""
    found = _MONTH.fullmatch(name)
    if found is None or found[1] == "0000":
        raise DomainError(
            ErrorCode.INVALID_DATE, "A period is a month such as 2028-02.", {"field": "period"}
        )
    return Month(date(int(found[1]), int(found[2]), 1))


@dataclass(frozen=True, slots=True)
class BookState:
    """What a book is like when a month of it is to be closed.

    Attributes:
        first: The month of its first entry; null when nothing was ever booked.
        closed: The last month that was closed; null when none was.
        days_closed_through: The last day that end of day has closed.
    """

    first: Month | None
    closed: Month | None
    days_closed_through: date


def check_closable(book: BookState, month: Month) -> None:
    """Refuse to close a month whose totals are not final.

    Raises `PERIOD_CLOSED` when it is closed already, and `PERIOD_NOT_READY` when days of it are
    not closed, or an earlier month with entries is still open.
    """
    if book.closed is not None and month <= book.closed:
        raise DomainError(
            ErrorCode.PERIOD_CLOSED,
            f"The books are closed through {book.closed}.",
            {"closed": str(book.closed)},
        )
    if book.days_closed_through < month.last:
        raise DomainError(
            ErrorCode.PERIOD_NOT_READY,
            f"Days are closed through {book.days_closed_through}; the period ends on {month.last}.",
            {"days_closed_through": str(book.days_closed_through), "ends_on": str(month.last)},
        )
    oldest = book.first if book.closed is None else book.closed.next()
    if oldest is None or month < oldest:
        raise DomainError(
            ErrorCode.PERIOD_NOT_READY,
            "Nothing was booked in that period or before it.",
            {"first": None if oldest is None else str(oldest)},
        )
    if month > oldest:
        raise DomainError(
            ErrorCode.PERIOD_NOT_READY,
            f"Periods are closed in order: {oldest} is next.",
            {"next": str(oldest)},
        )


@dataclass(frozen=True, slots=True)
class SignOff:
    """Somebody signs what somebody else closed."""

    taken_by: UUID | None
    signed_by: UUID | None
    differs: bool
    note: str | None


def check_sign_off(wish: SignOff) -> None:
    """Two people, and differences only with a word on why they are accepted.

    Raises `SECOND_PERSON_NEEDED` and `BOOKS_DIFFER`.
    """
    if wish.signed_by is None or wish.signed_by == wish.taken_by:
        raise DomainError(
            ErrorCode.SECOND_PERSON_NEEDED,
            "Somebody other than who closed the period signs it off.",
        )
    if wish.differs and not wish.note:
        raise DomainError(
            ErrorCode.BOOKS_DIFFER,
            "The general ledger and the loans differ. Mend it and close the period again, or sign "
            "off with a note on why the difference is accepted.",
        )
