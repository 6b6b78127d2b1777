"""Why a document is refused, in a code for programs and in words for the person who sent it."""

from enum import StrEnum
from typing import Final


class RejectionCode(StrEnum):
    """The ends of a document that cannot be used."""

    ENCRYPTED = "encrypted"
    WRONG_TYPE = "wrong-type"
    EMPTY = "empty"
    MALFORMED = "malformed"
    MACROS = "macros"
    TOO_LARGE_UNPACKED = "too-large-unpacked"
    TOO_MANY_ENTRIES = "too-many-entries"
    TOO_MANY_PAGES = "too-many-pages"
    IMAGE_TOO_LARGE = "image-too-large"
    TOO_MANY_LINES = "too-many-lines"
    NO_TABLE = "no-table"
    TOOK_TOO_LONG = "took-too-long"
    TOO_MUCH_MEMORY = "too-much-memory"
    CRASHED_READER = "crashed-reader"
    BY_REVIEWER = "by-reviewer"


MESSAGES: Final[dict[RejectionCode, str]] = {
    RejectionCode.ENCRYPTED: "The file is locked with a password. Send it without one.",
    RejectionCode.WRONG_TYPE: "This is not a PDF, CSV or Excel file. Send the statement as your "
    "bank offers it for download.",
    RejectionCode.EMPTY: "The file is empty.",
    RejectionCode.MALFORMED: "The file is damaged or incomplete. Download it from your bank again.",
    RejectionCode.MACROS: "The file contains macros, which we do not open. Save it as a plain "
    "Excel workbook or as CSV.",
    RejectionCode.TOO_LARGE_UNPACKED: "The file unpacks to more than we can take. Send fewer "
    "months at a time.",
    RejectionCode.TOO_MANY_ENTRIES: "The file holds more parts than a statement has.",
    RejectionCode.TOO_MANY_PAGES: "The file has too many pages. Send fewer months at a time.",
    RejectionCode.IMAGE_TOO_LARGE: "The file holds a picture that is too large for us.",
    RejectionCode.TOO_MANY_LINES: "The statement has too many lines. Send fewer months at a time.",
    RejectionCode.NO_TABLE: "We found no table of transactions with a date and an amount in it.",
    RejectionCode.TOOK_TOO_LONG: "The file takes too long to read. Send fewer months at a time, "
    "or the CSV file of your bank.",
    RejectionCode.TOO_MUCH_MEMORY: "The file needs too much memory to read. Send fewer months at a "
    "time, or the CSV file of your bank.",
    RejectionCode.CRASHED_READER: "The file could not be read safely. Download it from your bank "
    "again, or send its CSV file.",
    RejectionCode.BY_REVIEWER: "Our team looked at the document and could not use it.",
}
"""What each code says to the person who sent the document."""


class Refused(Exception):
    """A file that will not be read, whoever tries."""

    def __init__(self, code: RejectionCode) -> None:
        """Keep the code."""
        super().__init__(code.value)
        self.code = code
