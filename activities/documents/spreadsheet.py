"""Reads Excel and OpenDocument workbooks; formulas are taken by their saved results."""

import io
import zipfile
import zlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import python_calamine

from activities.documents.limits import Limits
from domain.documents.rejection import Refused, RejectionCode
from domain.documents.tables import Cell, Place, Table

_Value = int | float | str | bool | time | date | datetime | timedelta

_CHUNK: Final = 65536
_LOCAL_HEADER: Final = 30
_FINEST: Final = Decimal("0.000001")
"""Sums in a workbook are binary floats: what lies behind is noise."""
_MOST_COLUMNS: Final = 256
_MOST_SHEETS: Final = 50


def read_workbook(content: bytes, limits: Limits) -> list[Table]:
    """The sheets of a workbook as tables.

    Raises:
        Refused: It is locked, damaged, unpacks to too much, or has too many rows.
    """
    if content.startswith(b"PK"):
        _check_unpacked(content, limits)
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            return [
                _table(name, book.get_sheet_by_name(name), limits)
                for name in book.sheet_names[:_MOST_SHEETS]
            ]
    except python_calamine.PasswordError:
        raise Refused(RejectionCode.ENCRYPTED) from None
    except (python_calamine.CalamineError, ValueError, KeyError, OverflowError):
        raise Refused(RejectionCode.MALFORMED) from None


def _table(name: str, sheet: python_calamine.CalamineSheet, limits: Limits) -> Table:
    if sheet.height > limits.lines * 2:
        raise Refused(RejectionCode.TOO_MANY_LINES)
    rows = [
        tuple(
            _cell(value, Place(sheet=name[:200] or None, row=number, column=column))
            for column, value in enumerate(row[:_MOST_COLUMNS], start=1)
        )
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), start=1)
    ]
    return Table(tuple(row for row in rows if row))


def _cell(value: _Value, place: Place) -> Cell:
    match value:
        case bool():
            return Cell(str(value).upper(), place)
        case int() | float():
            number = _number(value)
            return Cell("" if number is None else f"{number:f}", place, number=number)
        case datetime():
            return Cell(value.date().isoformat(), place, day=value.date())
        case date():
            return Cell(value.isoformat(), place, day=value)
        case _:
            return Cell(str(value), place)


def _number(value: float) -> Decimal | None:
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= 10**15:
        return None
    exact = number.quantize(_FINEST).normalize()
    # `normalize` writes 1200 as 1.2E+3.
    return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact


def _check_unpacked(content: bytes, limits: Limits) -> None:
    """Unpack everything once and count: what an archive says of its sizes may be a lie."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise Refused(RejectionCode.MALFORMED) from None
    left = limits.unpacked_bytes
    for entry in entries:
        beginning = True
        for chunk in _unpacked(content, entry):
            left -= len(chunk)
            if left < 0:
                raise Refused(RejectionCode.TOO_LARGE_UNPACKED)
            if beginning and b"<!DOCTYPE" in chunk:
                # No workbook has one; entities that grow are declared there.
                raise Refused(RejectionCode.MALFORMED)
            beginning = False


def _unpacked(content: bytes, entry: zipfile.ZipInfo) -> Iterable[bytes]:
    header = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise Refused(RejectionCode.MALFORMED)
    skipped = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    begin = entry.header_offset + _LOCAL_HEADER + skipped
    packed = memoryview(content)[begin : begin + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise Refused(RejectionCode.MALFORMED)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data: bytes | memoryview = packed
    try:
        while data and not inflater.eof:
            yield inflater.decompress(data, _CHUNK)
            data = inflater.unconsumed_tail
    except zlib.error:
        raise Refused(RejectionCode.MALFORMED) from None
