"""A statement as it was read, as it goes over the wire."""

from typing import Final

from contracts.documents import (
    Box,
    ExtractedCell,
    ExtractedFigure,
    ExtractedLine,
    FieldName,
    Place,
    ReviewReason,
    StatementRead,
)
from domain.documents import tables
from domain.documents.headings import Column
from domain.documents.statement import Figure, Line, Origin, ReadCell, Statement

_FIELDS: Final[dict[Column, FieldName]] = {
    Column.DATE: "date",
    Column.DESCRIPTION: "description",
    Column.AMOUNT: "amount",
    Column.DEBIT: "debit",
    Column.CREDIT: "credit",
    Column.BALANCE: "balance",
}
"""The columns whose cells are shown."""

_LETTERS: Final = 26


def statement_read(statement: Statement) -> StatementRead:
    """The statement as the system of record takes it."""
    return StatementRead(
        currency=statement.currency,
        opening=_figure(statement.opening),
        closing=_figure(statement.closing),
        lines=[_line(each) for each in statement.lines],
        reasons=[_reason(each.value) for each in statement.reasons],
    )


def column_letter(number: int) -> str:
    """A column (from 1) as spreadsheets name it: A, Z, AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def _reason(value: str) -> ReviewReason:
    match value:
        case "no-text" | "no-table" | "no-lines":
            return value
        case _:
            raise ValueError("a reader doubts only what it could not find")


def _line(line: Line) -> ExtractedLine:
    return ExtractedLine(
        number=line.number,
        on=line.on,
        description=line.description.replace("\x00", ""),
        amount=line.amount,
        balance=line.balance,
        place=_place(line.place),
        raw=line.raw,
        confidence=line.confidence,
        cells=[_cell(each) for each in line.cells if each.column in _FIELDS],
    )


def _cell(cell: ReadCell) -> ExtractedCell:
    place = _place(cell.place)
    return ExtractedCell(
        field=_FIELDS[cell.column],
        raw=cell.raw,
        place=Place() if place is None else place,
        confidence=cell.confidence,
    )


def _figure(figure: Figure | None) -> ExtractedFigure | None:
    if figure is None:
        return None
    return ExtractedFigure(
        amount=figure.amount,
        on=figure.on,
        raw=figure.raw,
        place=_place(figure.place),
        confidence=figure.confidence,
        origin="derived" if figure.origin is Origin.DERIVED else "read",
    )


def _place(place: tables.Place | None) -> Place | None:
    if place is None:
        return None
    box = place.box
    return Place(
        page=place.page,
        box=None
        if box is None
        else Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom),
        sheet=place.sheet,
        row=place.row,
        column=None if place.column is None else column_letter(place.column),
    )
