"""Finds ruled tables on the pages of a PDF file, and the lines of text outside them."""

import io
from collections.abc import Sequence
from typing import Final

import pdfplumber
from pdfminer.pdfexceptions import PDFException
from pdfminer.psparser import PSException
from pdfplumber.page import Page
from pdfplumber.table import Table as RuledTable
from pdfplumber.utils.exceptions import PdfminerException

from domain.documents.rejection import Refused, RejectionCode
from domain.documents.tables import Box, Cell, Place, Table, TextLine

_Frame = tuple[float, float, float, float]

_UNEXPECTED: Final = (
    *(PdfminerException, PDFException, PSException, ValueError, KeyError, TypeError, IndexError),
    *(AttributeError, RecursionError, AssertionError, OverflowError, ZeroDivisionError),
    *(NotImplementedError, EOFError),
)
"""What pdfminer raises when a file is not as it should be; it meets much with whatever comes."""


def read_tables(content: bytes, numbers: Sequence[int]) -> tuple[list[Table], list[TextLine]]:
    """Tables and lines of the pages with these numbers (from 0), page by page.

    Raises:
        Refused: The file is damaged.
    """
    tables: list[Table] = []
    texts: list[TextLine] = []
    try:
        with pdfplumber.open(io.BytesIO(content), pages=[each + 1 for each in numbers]) as document:
            for page in document.pages:
                found = page.find_tables()
                tables += [_table(page, each) for each in found]
                texts += _outside(page, [each.bbox for each in found])
                page.close()
    except _UNEXPECTED:
        raise Refused(RejectionCode.MALFORMED) from None
    return tables, texts


def _table(page: Page, found: RuledTable) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for frames, texts in zip(found.rows, found.extract(), strict=True):
        cells: list[Cell] = []
        for frame, text in zip(frames.cells, texts, strict=True):
            box = _box(page, frames.bbox if frame is None else frame)
            cells.append(Cell(text or "", Place(page=page.page_number, box=box)))
        rows.append(tuple(cells))
    return Table(tuple(row for row in rows if row))


def _outside(page: Page, frames: Sequence[_Frame]) -> list[TextLine]:
    """The lines of a page that lie in none of its tables."""
    found: list[TextLine] = []
    for line in page.extract_text_lines(return_chars=False):
        frame = (line["x0"], line["top"], line["x1"], line["bottom"])
        middle = (frame[1] + frame[3]) / 2
        if any(top <= middle <= bottom for _, top, _, bottom in frames):
            continue
        text = str(line["text"])
        found.append(TextLine(text, Place(page=page.page_number, box=_box(page, frame))))
    return found


def _box(page: Page, frame: _Frame) -> Box:
    """A frame in fractions of the page, so that it fits an image of any size."""
    left, top, right, bottom = page.bbox
    width, height = max(right - left, 1.0), max(bottom - top, 1.0)

    def within(value: float) -> float:
        return round(min(max(value, 0.0), 1.0), 5)

    return Box(
        within((frame[0] - left) / width),
        within((frame[1] - top) / height),
        within((frame[2] - left) / width),
        within((frame[3] - top) / height),
    )
