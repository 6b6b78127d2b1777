"""Reads CSV files of any bank: encoding, delimiter and quoting are found out."""

import csv
import io
import re
from typing import Final

import clevercsv

from activities.documents.limits import Limits
from domain.documents.rejection import Refused, RejectionCode
from domain.documents.tables import Cell, Place, Table

_PROBE: Final = 65536
"""Bytes by which the encoding is judged."""
_FEW: Final = 5
"""Of so many bytes more than one is a zero in a table that is UTF-16."""
_SAMPLE: Final = 16384
"""Characters by which the dialect is judged; more makes it slow and no better."""
_LONGEST_LINE: Final = 4096
"""A line that the judgement of the dialect can take; its effort grows with their squares."""
_LONGEST_CELL: Final = 65536
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_DELIMITERS: Final = (";", ",", "\t", "|")
_PREAMBLE: Final = 60
"""Rows above the table for which there is room beside its lines."""


def read_delimited(content: bytes, limits: Limits) -> list[Table]:
    """The one table of a CSV file.

    Raises:
        Refused: It holds NUL, its quotes do not pair, a cell is huge, or it has too many rows.
    """
    text = _decoded(content)
    if "\x00" in text:
        raise Refused(RejectionCode.MALFORMED)
    said = _SEPARATOR_LINE.match(text)
    if said is not None:
        text = text[said.end() :]
    csv.field_size_limit(_LONGEST_CELL)
    dialect = _dialect(text[:_SAMPLE], said[1] if said else None)
    rows: list[tuple[Cell, ...]] = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), dialect), start=1):
            if number > limits.lines + _PREAMBLE:
                raise Refused(RejectionCode.TOO_MANY_LINES)
            cells = (
                Cell(value, Place(row=number, column=column))
                for column, value in enumerate(row, start=1)
            )
            rows.append(tuple(cells))
    except csv.Error:
        raise Refused(RejectionCode.MALFORMED) from None
    return [Table(tuple(row for row in rows if row))]


def _decoded(content: bytes) -> str:
    """The text: by its byte order mark, by the pattern of UTF-16, as UTF-8, or as Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif content.count(0, 0, _PROBE) * _FEW > len(content[:_PROBE]):
        # Plain letters in UTF-16 have a zero beside them, on the side that its order tells.
        evens, odds = content[:_PROBE:2].count(0), content[1:_PROBE:2].count(0)
        encodings = ["utf-16-le" if odds > evens else "utf-16-be"] if evens != odds else ["utf-8"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(RejectionCode.MALFORMED)


class _Dialect(csv.Dialect):
    """Strict: quotes that do not pair are an error and no guess."""

    delimiter = ","
    quotechar = '"'
    doublequote = True
    skipinitialspace = False
    lineterminator = "\r\n"
    quoting = csv.QUOTE_MINIMAL
    strict = True


def _dialect(sample: str, delimiter: str | None) -> csv.Dialect:
    """The dialect of a file, its delimiter as the file says itself or as it looks."""
    dialect = _Dialect()
    dialect.delimiter = delimiter or _delimiter(sample)
    dialect.skipinitialspace = f'{dialect.delimiter} "' in sample
    return dialect


def _delimiter(sample: str) -> str:
    if max(map(len, sample.splitlines()), default=0) > _LONGEST_LINE:
        return max(_DELIMITERS, key=sample.count)
    try:
        found = clevercsv.Detector().detect(sample, delimiters=list(_DELIMITERS))
    except (clevercsv.Error, ValueError):
        found = None
    if found is not None and found.delimiter in _DELIMITERS:
        return str(found.delimiter)
    return max(_DELIMITERS, key=sample.count)
