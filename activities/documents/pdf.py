"""Reads and renders PDF files: pdfium says whether there is text, pdfplumber finds ruled tables."""

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from activities.documents.limits import Limits
from domain.documents.rejection import Refused, RejectionCode
from domain.documents.tables import Table, TextLine

PREVIEW_WIDTH: Final = 1240
PREVIEW_HEIGHT: Final = 1754
"""A page of A4 at 150 dots an inch; every page is scaled to fit into it."""
_LARGEST_SCALE: Final = 4.0
_COLOURS: Final = 64
_FORM_DEPTH: Final = 4
_POINTS: Final = 14_400
"""The longest side a page may have (ISO 32000-1, annex C.2)."""


@dataclass(frozen=True, slots=True)
class PdfRead:
    """What stands on the pages: ruled tables, the text beside them, and whether there is any."""

    pages: int
    tables: list[Table]
    texts: list[TextLine]
    has_text: bool


def read_pdf(content: bytes, limits: Limits) -> PdfRead:
    """Read a PDF file.

    Raises:
        Refused: It is locked, damaged, or larger than the limits.
    """
    with _opened(content) as document:
        pages = _count(document, limits)
        worth_reading = [number for number in range(pages) if _has_text(document, number, limits)]
    if not worth_reading:
        return PdfRead(pages, [], [], has_text=False)
    # It takes long to import, and most of what comes is no PDF.
    from activities.documents.pdf_tables import read_tables  # noqa: PLC0415

    tables, texts = read_tables(content, worth_reading)
    return PdfRead(pages, tables, texts, has_text=True)


def render_pages(content: bytes, first: int, last: int, limits: Limits) -> list[bytes]:
    """Images (PNG) of the pages from `first` to `last`, counted from 1.

    Raises:
        Refused: As in `read_pdf`.
    """
    images: list[bytes] = []
    with _opened(content) as document:
        pages = _count(document, limits)
        for number in range(first - 1, min(last, pages)):
            with _page(document, number) as page:
                width, height = page.get_size()
                scale = min(
                    PREVIEW_WIDTH / max(width, 1.0),
                    PREVIEW_HEIGHT / max(height, 1.0),
                    _LARGEST_SCALE,
                )
                with closing(page.render(scale=scale)) as bitmap:
                    out = io.BytesIO()
                    # Print has few colours; so many are enough for its edges.
                    bitmap.to_pil().convert("RGB").quantize(_COLOURS).save(out, "PNG")
                    images.append(out.getvalue())
    return images


@contextmanager
def _opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        code = RejectionCode.ENCRYPTED if locked else RejectionCode.MALFORMED
        raise Refused(code) from None
    with closing(document):
        yield document


def _count(document: pypdfium2.PdfDocument, limits: Limits) -> int:
    pages = len(document)
    if pages == 0:
        raise Refused(RejectionCode.MALFORMED)
    if pages > limits.pages:
        raise Refused(RejectionCode.TOO_MANY_PAGES)
    return pages


@contextmanager
def _page(document: pypdfium2.PdfDocument, number: int) -> Iterator[pypdfium2.PdfPage]:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        raise Refused(RejectionCode.MALFORMED) from None
    with closing(page):
        yield page


def _has_text(document: pypdfium2.PdfDocument, number: int, limits: Limits) -> bool:
    """Whether a page has text; refuses one whose pictures or own size are beyond the limits."""
    with _page(document, number) as page:
        if max(page.get_size()) > _POINTS:
            raise Refused(RejectionCode.IMAGE_TOO_LARGE)
        pixels = 0
        for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_FORM_DEPTH):
            if isinstance(thing, pypdfium2.PdfImage):
                width, height = thing.get_px_size()
                pixels += width * height
                if pixels > limits.page_pixels:
                    raise Refused(RejectionCode.IMAGE_TOO_LARGE)
        with closing(page.get_textpage()) as text:
            return bool(text.count_chars() > 0)
