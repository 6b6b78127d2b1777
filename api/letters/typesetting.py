"""Sets a letter as a PDF file: PDF/A for archives, the same bytes for the same letter.

What is printed reaches the layout as data and is never read as markup. There is no network, no
file beside the layout and the fonts, and a time limit.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import orjson
import typst
from pydantic import TypeAdapter

from api.letters.packs import LAYOUT
from domain.errors import DomainError, ErrorCode

_SECONDS: Final = 10.0
"""A letter of a few pages takes hundredths of a second."""

_STANDARD: Final = "a-2a"

_FONTS_OF: Final[Mapping[str, frozenset[str]]] = {
    "hi": frozenset({"Noto Serif Devanagari", "Noto Sans Devanagari", "Lohit Devanagari"})
}
"""Families of which one is needed for a language; other languages need what typst brings."""

_DEVANAGARI: Final = str(files("fontpkg_noto_sans_devanagari") / "files")
"""The folder of Noto Sans Devanagari (SIL Open Font License 1.1), a package like any other."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a letter: its headings, and as many cells in each row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a letter: its heading, and its points."""

    title: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A box to tick, and those below it."""

    text: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TearOff:
    """What is torn off, ticked and sent back: it stands at the bottom, apart from all else.

    Attributes:
        title: Its heading.
        lead: What to do with it.
        boxes: What may be ticked.
        mail_to: The words before the address.
        address: Where it goes, line by line.
        sender: From whom it comes, line by line.
    """

    title: str
    lead: str
    boxes: tuple[Box, ...]
    mail_to: str
    address: tuple[str, ...]
    sender: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a letter prints, in words ready for people.

    Attributes:
        language: ISO 639-1.
        written_on: Its date, for the file's own dates.
        number: Its number: `LT-1001`.
        sender: Who writes.
        sender_lines: Where the sender is written to and called, line by line.
        recipient: Name and address, line by line.
        reference: The line that names the loan.
        dated: The date as it is printed.
        subject: The line above the text.
        paragraphs: The text.
        tables: Tables after the text.
        closing: What stands below.
        legal: Blocks of law, word for word.
        opening: Blocks of law that stand before the text.
        parts: What follows the tables under headings of its own.
        tear_off: What may be sent back.
    """

    language: str
    written_on: date
    number: str
    sender: str
    recipient: tuple[str, ...]
    reference: str
    dated: str
    subject: str
    paragraphs: tuple[str, ...]
    tables: tuple[Table, ...]
    closing: tuple[str, ...]
    legal: tuple[str, ...]
    sender_lines: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    tear_off: TearOff | None = None


_SHEET: Final = TypeAdapter(Sheet)


def packed(sheet: Sheet) -> bytes:
    """A sheet as it is kept."""
    return orjson.dumps(sheet)


def unpacked(kept: bytes) -> Sheet:
    """What `packed` wrote; raises `ValueError`."""
    return _SHEET.validate_json(kept)


async def set_letter(sheet: Sheet, fonts: str = "") -> bytes:
    """The letter as a PDF file.

    Args:
        sheet: What it prints.
        fonts: A folder with further fonts; empty: those that are always there.

    Raises:
        DomainError: `LETTER_NOT_SET` when it takes too long or cannot be set.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            return await asyncio.to_thread(pdf, sheet, fonts)
    except TimeoutError:
        raise _not_set() from None


def pdf(sheet: Sheet, fonts: str = "") -> bytes:
    """As `set_letter`, without a limit of time."""
    try:
        made = typst.compile(
            LAYOUT,
            format="pdf",
            sys_inputs={"sheet": packed(sheet).decode()},
            font_paths=_fonts(fonts),
            pdf_standards=_STANDARD,
        )
    except typst.TypstError:
        # Its words may quote what it set.
        raise _not_set() from None
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


def is_printable(language: str, fonts: str) -> bool:
    """Whether the letters of a language's alphabet can be printed with the fonts there are."""
    wanted = _FONTS_OF.get(language)
    return wanted is None or bool(wanted.intersection(_fonts(fonts).families()))


@cache
def _fonts(folder: str) -> typst.Fonts:
    """The fonts that typst and Tenor bring and those of a folder; never those of the machine."""
    found = [folder] if folder and Path(folder).is_dir() else []
    return typst.Fonts(include_system_fonts=False, font_paths=[_DEVANAGARI, *found])


def _not_set() -> DomainError:
    return DomainError(ErrorCode.LETTER_NOT_SET, "The letter could not be set as a PDF file.")
