"""Turns the tables and text of a file into a bank statement, each value with its place."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from domain.documents.amounts import SURE, AmountRead, DecimalMark, mark_of, read_amount
from domain.documents.dates import DateRead, OrderRead, order_of, read_date
from domain.documents.headings import CODES, Column, Columns, columns_of, currency_in
from domain.documents.statement import (
    Figure,
    Line,
    ReadCell,
    ReviewReason,
    Statement,
    in_time,
    with_derived_balances,
)
from domain.documents.tables import Cell, Place, Table, TextLine
from domain.documents.words import folded

_OPENING: Final = (
    *("opening balance", "balance brought forward", "brought forward", "balance b f", "b f"),
    *("previous balance", "beginning balance", "starting balance", "balance from last statement"),
    *("anfangssaldo", "alter kontostand", "alter saldo", "saldovortrag", "saldo anterior"),
    *("saldo inicial", "solde precedent", "ancien solde", "solde initial", "saldo iniziale"),
    *("beginsaldo", "vorig saldo", "प्रारंभिक शेष"),
)
_CLOSING: Final = (
    *("closing balance", "balance carried forward", "carried forward", "balance c f", "c f"),
    *("ending balance", "new balance", "final balance", "endsaldo", "neuer kontostand"),
    *("neuer saldo", "schlusssaldo", "saldo final", "nouveau solde", "solde final"),
    *("saldo finale", "eindsaldo", "nieuw saldo", "अंतिम शेष"),
)
_TOTALS: Final = frozenset(
    folded(word)
    for word in (
        *("total", "totals", "sum", "subtotal", "total debits", "total credits", "summe"),
        *("gesamt", "suma", "total general", "totale", "totaal", "turnover", "umsatze"),
    )
)
_DEBIT_WORDS: Final = frozenset({"d", "dr", "debit", "s", "soll", "af", "debe", "cargo", "out"})
_CREDIT_WORDS: Final = frozenset({"c", "cr", "credit", "h", "haben", "bij", "haber", "abono", "in"})

_HEADING_SEARCH: Final = 60
"""Rows of a table among which its heading is looked for."""
_LABEL_CONFIDENCE: Final = 0.95
_CARRIED_DATE: Final = 0.9
_BOTH_SIDES: Final = 0.4
_MISSING: Final = 0.0
_UNREADABLE: Final = 0.2
_BY_BALANCE: Final = 0.95
_RAW: Final = 1000
_DESCRIPTION: Final = 500
_FIGURE: Final = re.compile(r"[(+-]?[^\s:]*\d[\d.,' \u00a0]*\d(?:\s?(?:CR|DR|Cr|Dr|[-)]))?")


def read_statement(tables: Sequence[Table], texts: Sequence[TextLine] = ()) -> Statement:
    """Read a bank statement.

    Without a table of movements it has the reason `NO_TABLE` and nothing else.
    """
    found = list(_parts(tables))
    if not found:
        return Statement(None, None, None, (), (ReviewReason.NO_TABLE,))
    habits = _habits(found)
    reader = _Reader(habits)
    for line in _preambles(tables, found, texts):
        reader.look_for_balances(line)
    for part in found:
        reader.read(part)
    currencies = {part.columns.currency for part in found if part.columns.currency}
    currencies |= reader.currencies
    if not currencies:
        currencies = _named_currencies(tables, found, texts)
    lines = _signed_by_balance(tuple(reader.lines), reader.opening, reader.any_signed)
    return with_derived_balances(
        Statement(
            currency=currencies.pop() if len(currencies) == 1 else None,
            opening=reader.opening,
            closing=reader.closing,
            lines=lines,
            reasons=() if lines else (ReviewReason.NO_LINES,),
        )
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A table whose columns are known, and its rows below the heading."""

    table: int
    heading: int
    columns: Columns
    rows: Sequence[tuple[Cell, ...]]


def _parts(tables: Sequence[Table]) -> Iterable[_Part]:
    """The tables of movements; one without a heading goes on the one before if it is as wide."""
    known: Columns | None = None
    for number, table in enumerate(tables):
        heading, columns = _heading(table)
        if columns is not None:
            known = columns
            yield _Part(number, heading, columns, table.rows[heading + 1 :])
        elif known is not None and table.rows and len(table.rows[0]) == known.width:
            yield _Part(number, -1, known, table.rows)


def _heading(table: Table) -> tuple[int, Columns | None]:
    for place, row in enumerate(table.rows[:_HEADING_SEARCH]):
        columns = columns_of([cell.text for cell in row])
        if columns is not None:
            return place, columns
    return -1, None


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a document writes amounts and dates."""

    mark: DecimalMark | None
    order: OrderRead | None


def _habits(parts: Sequence[_Part]) -> _Habits:
    def texts(*columns: Column) -> Iterable[str]:
        for part in parts:
            for row in part.rows:
                for column in columns:
                    cell = _cell(row, part.columns, column)
                    if cell is not None and cell.number is None and cell.day is None:
                        yield cell.text

    return _Habits(
        mark=mark_of(texts(Column.AMOUNT, Column.DEBIT, Column.CREDIT, Column.BALANCE)),
        order=order_of(texts(Column.DATE)),
    )


def _cell(row: Sequence[Cell], columns: Columns, column: Column) -> Cell | None:
    place = columns.at.get(column)
    return row[place] if place is not None and place < len(row) else None


@dataclass(slots=True)
class _Reader:
    """Goes through the rows and gathers lines and balances."""

    habits: _Habits
    lines: list[Line] = field(default_factory=list)
    opening: Figure | None = None
    closing: Figure | None = None
    currencies: set[str] = field(default_factory=set)
    any_signed: bool = False
    """Whether any amount told its direction itself."""
    _date: date | None = None

    def read(self, part: _Part) -> None:
        """Read the rows of one table."""
        for row in part.rows:
            if not any(cell.text.strip() for cell in row):
                continue
            if columns_of([cell.text for cell in row]) is not None:
                continue  # the heading again, at the top of a page
            self._row(row, part.columns)

    def look_for_balances(self, line: TextLine) -> None:
        """A line such as `Opening balance 1 Mar 2028: 1,204.10` outside the table."""
        said = folded(line.text)
        is_opening, is_closing = _says(said, _OPENING), _says(said, _CLOSING)
        if is_opening == is_closing:
            return
        figures = _FIGURE.findall(line.text)
        read = self._amount_text(figures[-1].strip()) if figures else None
        if read is None:
            return
        confidence = min(read.confidence, _LABEL_CONFIDENCE)
        figure = Figure(read.value, None, line.text[:_RAW], line.place, confidence)
        if is_opening:
            self.opening = self.opening or figure
        else:
            self.closing = figure

    # -- rows ----------------------------------------------------------------------------------

    def _row(self, row: tuple[Cell, ...], columns: Columns) -> None:
        cells = {column: _cell(row, columns, column) for column in columns.at}
        said = folded(_text(cells.get(Column.DESCRIPTION)) or row[0].text)
        if self._is_balance(row, cells, said):
            return
        has_date = bool(_text(cells.get(Column.DATE)))
        has_money = any(
            _text(cells.get(column)) for column in (Column.AMOUNT, Column.DEBIT, Column.CREDIT)
        )
        if said in _TOTALS or (not has_date and _says(said, tuple(_TOTALS))):
            return
        if has_money:
            self._line(row, cells, columns)
        elif not has_date and self.lines:
            self._continue(row, cells)
        elif has_date and _text(cells.get(Column.DESCRIPTION)):
            self._line(row, cells, columns)

    def _is_balance(
        self, row: tuple[Cell, ...], cells: dict[Column, Cell | None], said: str
    ) -> bool:
        """Take a row that names the opening or closing balance; false when it is none."""
        for label in (said, folded(row[0].text)):
            is_opening, is_closing = _begins(label, _OPENING), _begins(label, _CLOSING)
            if is_opening != is_closing:
                break
        else:
            return False
        named = [cells.get(column) for column in (Column.BALANCE, Column.AMOUNT, Column.CREDIT)]
        # A row below the table may keep to none of its columns.
        for cell in (*named, *reversed(row)):
            read = None if cell is None else self._amount(cell)
            if cell is None or read is None:
                continue
            day = self._day(cells.get(Column.DATE))
            value = -abs(read.value) if cell is cells.get(Column.DEBIT) else read.value
            figure = Figure(
                amount=value,
                on=None if day is None else day.on,
                raw=_raw(row),
                place=_around(row),
                confidence=min(read.confidence, _LABEL_CONFIDENCE),
            )
            if is_opening:
                # Each page may begin with what it brings forward: the first is the opening.
                self.opening = self.opening or (None if self.lines else figure)
            else:
                self.closing = figure
            return True
        return False

    def _line(
        self, row: tuple[Cell, ...], cells: dict[Column, Cell | None], columns: Columns
    ) -> None:
        read: list[ReadCell] = []

        def keep(column: Column, cell: Cell, confidence: float) -> None:
            read.append(ReadCell(column, cell.text[:_RAW], cell.place, round(confidence, 3)))

        sure = columns.confidence
        on, day_confidence = self._date_of(cells.get(Column.DATE), keep, sure)
        amount, money_confidence = self._money(cells, keep, sure)
        balance: Decimal | None = None
        balance_confidence = SURE
        balance_cell = cells.get(Column.BALANCE)
        if balance_cell is not None and _text(balance_cell):
            found = self._amount(balance_cell)
            balance = None if found is None else found.value
            balance_confidence = min(_UNREADABLE if found is None else found.confidence, sure)
            keep(Column.BALANCE, balance_cell, balance_confidence)
        described = cells.get(Column.DESCRIPTION)
        if described is not None and _text(described):
            keep(Column.DESCRIPTION, described, SURE)
        if (currency := _text(cells.get(Column.CURRENCY)).upper()) in CODES:
            self.currencies.add(currency)
        self.lines.append(
            Line(
                number=len(self.lines) + 1,
                on=on,
                description=" ".join(_text(described).split())[:_DESCRIPTION],
                amount=amount,
                balance=balance,
                place=_around(row),
                raw=_raw(row),
                confidence=round(min(day_confidence, money_confidence, balance_confidence), 3),
                cells=tuple(read),
            )
        )

    def _continue(self, row: tuple[Cell, ...], cells: dict[Column, Cell | None]) -> None:
        """A row with text alone goes on the description above it."""
        more = _text(cells.get(Column.DESCRIPTION)) or " ".join(cell.text for cell in row)
        last = self.lines[-1]
        text = " ".join(f"{last.description} {more}".split())[:_DESCRIPTION]
        raw = f"{last.raw} | {_raw(row)}"[:_RAW]
        self.lines[-1] = replace(last, description=text, raw=raw)

    # -- cells ---------------------------------------------------------------------------------

    def _date_of(
        self, cell: Cell | None, keep: Callable[[Column, Cell, float], None], sure: float
    ) -> tuple[date | None, float]:
        if cell is None or not _text(cell):
            # Banks print a day once for all its movements.
            return self._date, (_MISSING if self._date is None else _CARRIED_DATE)
        found = self._day(cell)
        confidence = min(_UNREADABLE if found is None else found.confidence, sure)
        keep(Column.DATE, cell, confidence)
        self._date = None if found is None else found.on
        return self._date, confidence

    def _money(
        self,
        cells: dict[Column, Cell | None],
        keep: Callable[[Column, Cell, float], None],
        sure: float,
    ) -> tuple[Decimal | None, float]:
        """The signed amount of a row, from one column or from two."""
        total, confidence, sides = Decimal(0), SURE, 0
        for column in (Column.AMOUNT, Column.DEBIT, Column.CREDIT):
            cell = cells.get(column)
            if cell is None or not _text(cell):
                continue
            found = self._amount(cell)
            if found is None:
                keep(column, cell, _UNREADABLE)
                confidence = _UNREADABLE if _has_digits(cell) else confidence
                continue
            value = found.value
            if column is Column.DEBIT:
                value = -abs(value)
            keep(column, cell, min(found.confidence, sure))
            if found.value == 0 and column is not Column.AMOUNT:
                continue  # an empty side printed as 0.00
            confidence = min(confidence, found.confidence)
            self.any_signed |= column is not Column.AMOUNT or found.signed
            total, sides = total + value, sides + 1
        if sides == 0:
            return None, min(confidence, _UNREADABLE)
        if sides > 1:
            confidence = min(confidence, _BOTH_SIDES)
        word = folded(_text(cells.get(Column.DIRECTION)))
        if word in _DEBIT_WORDS:
            total, self.any_signed = -abs(total), True
        elif word in _CREDIT_WORDS:
            self.any_signed = True
        return total, min(confidence, sure)

    def _amount(self, cell: Cell) -> AmountRead | None:
        if cell.number is not None:
            return AmountRead(cell.number, SURE, cell.number < 0)
        return self._amount_text(cell.text)

    def _amount_text(self, text: str) -> AmountRead | None:
        return read_amount(text, self.habits.mark)

    def _day(self, cell: Cell | None) -> DateRead | None:
        if cell is None:
            return None
        if cell.day is not None:
            return DateRead(cell.day, SURE)
        return read_date(cell.text, self.habits.order)


def _signed_by_balance(
    lines: tuple[Line, ...], opening: Figure | None, any_signed: bool
) -> tuple[Line, ...]:
    """Where no amount tells its direction, the running balance does."""
    if any_signed or not lines or any(line.balance is None for line in lines):
        return lines
    before = None if opening is None else opening.amount
    signed: dict[int, Line] = {}
    for line in in_time(lines):
        if before is not None and line.amount is not None and line.balance == before - line.amount:
            signed[line.number] = replace(
                line, amount=-line.amount, confidence=min(line.confidence, _BY_BALANCE)
            )
        before = line.balance
    return tuple(signed.get(line.number, line) for line in lines)


def _preambles(
    tables: Sequence[Table], parts: Sequence[_Part], texts: Sequence[TextLine]
) -> Iterable[TextLine]:
    """Lines outside the tables of movements, and rows above their headings, joined."""
    yield from texts
    headings = {part.table: part.heading for part in parts}
    for number, table in enumerate(tables):
        end = headings.get(number)
        rows = table.rows if end is None else table.rows[: max(end, 0)]
        for row in rows:
            text = " ".join(filter(None, (cell.text.strip() for cell in row)))
            if text:
                yield TextLine(text, _around(row))


def _named_currencies(
    tables: Sequence[Table], parts: Sequence[_Part], texts: Sequence[TextLine]
) -> set[str]:
    """Currencies that the text around the table names; none when it names several."""
    found = {
        code
        for line in _preambles(tables, parts, texts)
        if (code := currency_in(line.text)) is not None
    }
    return found if len(found) == 1 else set()


def _says(said: str, phrases: tuple[str, ...]) -> bool:
    return any(said == phrase or f" {phrase} " in f" {said} " for phrase in phrases)


def _begins(said: str, phrases: tuple[str, ...]) -> bool:
    """Stricter: a movement may well speak of a balance somewhere."""
    return any(said == phrase or said.startswith(f"{phrase} ") for phrase in phrases)


def _text(cell: Cell | None) -> str:
    return "" if cell is None else cell.text.strip()


def _has_digits(cell: Cell) -> bool:
    return any(letter.isdecimal() for letter in cell.text)


def _raw(row: Sequence[Cell]) -> str:
    return " | ".join(" ".join(cell.text.split()) for cell in row)[:_RAW]


def _around(row: Sequence[Cell]) -> Place:
    """The place of a whole row: the box around its cells, or its row in the sheet."""
    first = row[0].place
    boxes = [cell.place.box for cell in row if cell.place.box is not None]
    if not boxes:
        return Place(first.page, None, first.sheet, first.row, None)
    around = boxes[0]
    for box in boxes[1:]:
        around = around.joined(box)
    return Place(first.page, around)
