"""Documents: files customers and staff hand in, what was read in them, and its review.

A place on a page is given in fractions of the page's width and height, from its upper left corner,
so that it fits an image of any size; a place in a table file is a sheet, a row and a column.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Amount, ShortText, Wire

DocumentKind = Literal["bank_statement"]
DocumentFormat = Literal["pdf", "csv", "excel"]
DocumentStatus = Literal["received", "in_review", "accepted", "rejected"]
"""received: being read; in_review: a person must look; accepted and rejected: decided."""

RejectionCode = Literal[
    "encrypted",
    "wrong-type",
    "empty",
    "malformed",
    "macros",
    "too-large-unpacked",
    "too-many-entries",
    "too-many-pages",
    "image-too-large",
    "too-many-lines",
    "no-table",
    "took-too-long",
    "too-much-memory",
    "crashed-reader",
    "by-reviewer",
]
"""Why a document was refused; each has its plain words in the answer."""

ReviewReason = Literal[
    "low-confidence", "cross-check-failed", "no-balances", "no-text", "no-table", "no-lines"
]
"""Why a person must look before anything read here may be used."""

FieldName = Literal["date", "description", "amount", "debit", "credit", "balance"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Confidence = Annotated[float, Field(ge=0, le=1)]
"""How sure the reader is, 0 to 1; 1 is given only by a person."""

RawText = Annotated[str, StringConstraints(max_length=1000, strip_whitespace=False)]
LineText = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class Box(Wire):
    """A rectangle on a page, in fractions of its width and height from the upper left corner."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction


class Place(Wire):
    """Where something was read: a page with a box on it, or a sheet's row and column."""

    page: int | None = Field(default=None, ge=1)
    box: Box | None = None
    sheet: ShortText | None = None
    """The sheet's name; null in a CSV file, which has just one."""
    row: int | None = Field(default=None, ge=1)
    column: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}$")] | None = None
    """The column's letter, as spreadsheets name it."""


class ExtractedCell(Wire):
    """One value of a line as it stands in the document."""

    field: FieldName
    raw: RawText
    place: Place
    confidence: Confidence


class ExtractedLine(Wire):
    """One movement on the account; money in is positive.

    `confidence` is that of the least sure of its values. A line that a person corrected or added
    has confidence 1; what was read stays in `raw` and `cells`.
    """

    number: int = Field(ge=1)
    on: date | None
    description: LineText
    amount: Amount | None
    balance: Amount | None
    place: Place | None
    raw: RawText
    confidence: Confidence
    cells: list[ExtractedCell] = Field(default_factory=list, max_length=20)
    origin: Literal["read", "corrected", "added"] = "read"


class ExtractedFigure(Wire):
    """A balance read beside the lines, or worked out from a line's running balance."""

    amount: Amount
    on: date | None = None
    raw: RawText
    place: Place | None
    confidence: Confidence
    origin: Literal["read", "derived", "corrected"] = "read"


class CrossCheck(Wire):
    """Opening balance + all lines = closing balance, to the cent.

    `running` counts the lines whose running balance does not follow from the line before.
    """

    outcome: Literal["passed", "failed", "not_possible"]
    opening: Amount | None
    lines_total: Amount
    closing: Amount | None
    difference: Amount | None
    """Closing balance less what it should be; null when it cannot be told."""
    running_breaks: list[int] = Field(default_factory=list)
    """Numbers of the lines whose running balance does not follow."""


class Extraction(Wire):
    """What stands in a document now: as read, with what people corrected."""

    document_id: UUID
    revision: int
    """0 is what the machine read; each review adds one."""
    kind: DocumentKind
    format: DocumentFormat
    currency: str | None
    page_count: int | None
    opening: ExtractedFigure | None
    closing: ExtractedFigure | None
    lines: list[ExtractedLine]
    cross_check: CrossCheck
    confidence: Confidence
    """That of the least sure line or balance; 0 when nothing was read."""
    threshold: Confidence
    """Below it a line needs a person."""
    reasons: list[ReviewReason]


class Rejection(Wire):
    """Why a document was refused."""

    code: RejectionCode
    message: str
    """In words for the person who sent it."""


class Document(Wire):
    """A document as it stands."""

    id: UUID
    number: str = Field(examples=["DO-1001"])
    kind: DocumentKind
    customer_id: UUID
    loan_id: UUID | None
    name: str | None
    """The file's name as sent."""
    content_type: str
    """The type by its content once it was looked into; before, `application/octet-stream`."""
    size_bytes: int
    format: DocumentFormat | None
    page_count: int | None
    preview_pages: int
    """How many pages have an image, from the first on; 0 for table files."""
    line_count: int | None
    status: DocumentStatus
    reasons: list[ReviewReason]
    rejection: Rejection | None
    note: str | None
    """What its reviewer noted; for staff only."""
    uploaded_at: datetime
    """On the customer's clock."""
    decided_at: datetime | None
    test_clock_id: UUID | None
    workflow_id: str
    version: int


class UploadedDocument(Document):
    """The answer to an upload; a repeated one gets the document that is there already."""

    duplicate: bool
    """True when the same content was handed in for this customer before and not rejected."""


class LineCorrection(Wire):
    """What a person changes in one line; a field left out stays, null clears it."""

    number: int = Field(ge=1)
    on: date | None = None
    description: LineText | None = None
    amount: Amount | None = None
    balance: Amount | None = None
    remove: bool = False
    """True drops the line: it is no movement (a heading, a subtotal)."""


class AddedLine(Wire):
    """A line that stands in the document and was not read."""

    after: int = Field(ge=0)
    """The number of the line it follows; 0 puts it first."""
    on: date
    description: LineText = ""
    amount: Amount
    balance: Amount | None = None


class ReviewDocument(Wire):
    """A person's word on what was read: everything not named here is confirmed as it stands."""

    corrections: list[LineCorrection] = Field(default_factory=list, max_length=2000)
    added: list[AddedLine] = Field(default_factory=list, max_length=500)
    opening: Amount | None = None
    """Left out, it stays; null says that the document does not tell."""
    closing: Amount | None = None
    note: ShortText | None = None


class RejectDocument(Wire):
    """Why a person refuses a document."""

    note: ShortText | None = None


# -- between the worker and the system of record ------------------------------------------------


class StatementRead(Wire):
    """What the reader found in a bank statement."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    opening: ExtractedFigure | None = None
    closing: ExtractedFigure | None = None
    lines: list[ExtractedLine] = Field(default_factory=list, max_length=5000)
    reasons: list[ReviewReason] = Field(default_factory=list, max_length=10)
    """What the reader itself could not make out (no text, no table)."""


class ReadResult(Wire):
    """What reading a file came to: its statement, or why it is refused."""

    format: DocumentFormat | None = None
    page_count: int | None = Field(default=None, ge=0)
    statement: StatementRead | None = None
    rejection: RejectionCode | None = None
    cross_check: CrossCheck | None = None
    """The reader's own sum, and its judgement below; the system of record judges anew."""
    confidence: Confidence | None = None
    reasons: list[ReviewReason] = Field(default_factory=list, max_length=10)
