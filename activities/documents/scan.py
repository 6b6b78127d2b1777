"""The first look at a file: what it is, by its content, and whether it may be opened at all.

Nothing is unpacked or parsed here but the list of a ZIP archive's entries, so it may be done in
the worker itself.
"""

import io
import struct
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import filetype

from activities.documents.limits import Limits
from domain.documents.rejection import Refused, RejectionCode


class Format(StrEnum):
    """What readers there are for."""

    PDF = "pdf"
    CSV = "csv"
    EXCEL = "excel"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file is."""

    format: Format


_PDF_HEADER: Final = b"%PDF-"
_PDF_HEADER_WITHIN: Final = 1024
_ZIP: Final = b"PK\x03\x04"
_ZIP_ENTRY: Final = b"PK\x01\x02"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROBE: Final = 65536
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


def scan(content: bytes, limits: Limits) -> Scan:
    """Say what a file is.

    Raises:
        Refused: It is empty, of another kind, locked, a bomb by its own account, or holds macros.
    """
    if not content.strip(b"\x00\r\n\t "):
        raise Refused(RejectionCode.EMPTY)
    if _PDF_HEADER in content[:_PDF_HEADER_WITHIN]:
        return Scan(Format.PDF)
    if content.startswith(_ZIP):
        _check_archive(content, limits)
        return Scan(Format.EXCEL)
    if content.startswith(_OLE):
        _check_compound_file(content)
        return Scan(Format.EXCEL)
    if _looks_like_text(content[:_PROBE]):
        return Scan(Format.CSV)
    raise Refused(RejectionCode.WRONG_TYPE)


def _check_archive(content: bytes, limits: Limits) -> None:
    """An archive that is a workbook without macros and does not claim to be huge."""
    # Counted before they are listed: the list itself would take the memory.
    if content.count(_ZIP_ENTRY) > limits.entries:
        raise Refused(RejectionCode.TOO_MANY_ENTRIES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, struct.error):
        raise Refused(RejectionCode.MALFORMED) from None
    if len(entries) > limits.entries:
        raise Refused(RejectionCode.TOO_MANY_ENTRIES)
    names = {entry.filename.lower() for entry in entries}
    if not any(name.startswith("xl/") for name in names) and "content.xml" not in names:
        raise Refused(RejectionCode.WRONG_TYPE)
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused(RejectionCode.ENCRYPTED)
    if any(name.endswith("vbaproject.bin") or name.startswith("basic/") for name in names):
        raise Refused(RejectionCode.MACROS)
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise Refused(RejectionCode.TOO_LARGE_UNPACKED)


def _check_compound_file(content: bytes) -> None:
    """An old workbook, or a new one that Excel wrapped because it is locked."""

    def names(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if names("EncryptedPackage"):
        raise Refused(RejectionCode.ENCRYPTED)
    if names("_VBA_PROJECT"):
        raise Refused(RejectionCode.MACROS)
    if not names("Workbook") and not names("Book"):
        raise Refused(RejectionCode.WRONG_TYPE)


def _looks_like_text(beginning: bytes) -> bool:
    """Whether it may be a table in text: no known other kind, no markup, hardly a control sign."""
    if filetype.guess(beginning) is not None:
        return False
    if beginning.startswith(_BOMS):
        return True
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in {b"<", b"{"} or text.startswith((b"MZ", b"\x7fELF", b"#!")):
        return False
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x00" for byte in beginning)  # noqa: PLR2004 - ASCII
    return controls == 0
