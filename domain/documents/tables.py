"""What a reader of files hands over: tables of cells and lines of text, each with its place."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in fractions of its width and height from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def joined(self, other: "Box") -> "Box":
        """The smallest rectangle around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a page with a box, or a sheet's row and column (from 1)."""

    page: int | None = None
    box: Box | None = None
    sheet: str | None = None
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; `number` and `day` where the file itself holds such a value."""

    text: str
    place: Place
    number: Decimal | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, top down, left to right."""

    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text outside any table."""

    text: str
    place: Place
