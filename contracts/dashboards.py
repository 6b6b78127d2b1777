"""Dashboards of collections: figures with what they are shares of, and the rows behind them."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Amount, Currency, Wire


class FigurePart(Wire):
    """The rows of a figure that have something in common."""

    part: str
    """A code, or the key of a person; pass it as `part` to list its rows."""
    title: str
    rows: int
    amount: Amount | None


class FigureChange(Wire):
    """The figure 7 days earlier, by what is known now, and how it changed since."""

    rows: int
    amount: Amount | None
    percent: Amount | None
    rows_since: int
    amount_since: Amount | None
    percent_since: Amount | None
    """In percentage points."""


class Figure(Wire):
    """One figure: how many rows, what they add up to, and of what it is a share."""

    name: str = Field(examples=["par_30"])
    title: str
    definition: str
    rows: int
    amount: Amount | None
    """Null for what is counted and not summed."""
    of: str | None
    """The figure it is a share of."""
    of_rows: int | None
    of_amount: Amount | None
    percent: Amount | None
    """The amount as a share of `of_amount`, two places; null where there is nothing to share."""
    oldest_on: date | None
    """The earliest day of its rows: since when late, when paid, until when promised."""
    parts: list[FigurePart]
    """Empty where the figure has one part."""
    before: FigureChange | None
    """Null where an earlier day cannot be told from what is kept."""


class CollectionsBoard(Wire):
    """The figures of one currency; currencies are never added up."""

    currency: Currency
    figures: list[Figure]


class BookDate(Wire):
    """Up to which business date a creditor's books are looked at."""

    creditor_id: UUID
    as_of: date


class CollectionsDashboard(Wire):
    """The dashboard of a clock's books."""

    test_clock_id: UUID | None
    """Null: live time. Test clocks are never added to it, or to each other."""
    as_of: list[BookDate]
    boards: list[CollectionsBoard]
    """By currency; none while there is no loan."""


class FigureRow(Wire):
    """A row behind a figure."""

    id: UUID
    kind: Literal["loan", "payment", "promise", "message", "decision", "hold", "complaint", "case"]
    part: str
    amount: Amount | None
    on: date | None
    loan_id: UUID | None
    loan_number: str | None
    case_id: UUID | None
    case_number: str | None
    customer_id: UUID | None
    customer_number: str | None
