"""What is shown of documents: themselves, their files, their pages, what was read in them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from api.customers import service as customers
from api.documents import queries, statements
from api.documents.objects import Objects
from api.documents.queries import DocumentFilter
from api.documents.tables import DocumentRow
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.documents import Document, Extraction, Rejection
from contracts.names import Role
from domain.documents.rejection import MESSAGES, RejectionCode
from domain.documents.statement import THRESHOLD
from domain.errors import DomainError, ErrorCode
from domain.ids import document_workflow_id

NAME_COLUMN: Final = "documents.name"
"""Binds an encrypted file name to its column."""
NOTE_COLUMN: Final = "documents.note"
NUMBER_PREFIX: Final = "DO-"

CONTENT_TYPES: Final = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "excel": "application/octet-stream",
}
"""By format; a workbook may be of several kinds and is only ever downloaded."""


async def found(work: Work, document_id: UUID, *, lock: bool = False) -> DocumentRow:
    """A document whom the principal may see; raises `NOT_FOUND`."""
    row = await queries.by_id(work, document_id, lock=lock)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such document.")
    return row


async def get(work: Work, document_id: UUID) -> Document:
    """A document; raises `NOT_FOUND`."""
    return await shown(work, await found(work, document_id))


async def list_documents(work: Work, page: PageRequest, wanted: DocumentFilter) -> Page[Document]:
    """Documents by number."""
    rows = await queries.page(work, wanted, page.after_number(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.number for row in rows])
    return Page(items=await _all_shown(work, cut), next_cursor=cursor)


async def list_of_customer(work: Work, page: PageRequest, customer_id: UUID) -> Page[Document]:
    """A customer's documents by number; raises `NOT_FOUND` for a foreign or missing customer."""
    await customers.by_id(work, customer_id)
    return await list_documents(work, page, DocumentFilter(customer_id=customer_id))


async def extraction(work: Work, document_id: UUID) -> tuple[Extraction, int]:
    """What stands in a document now, and the document's version.

    Raises `NOT_FOUND`, also while nothing has been read in it.
    """
    row = await found(work, document_id)
    read = await statements.read_back(work, row)
    if read is None or row.format is None or row.revision is None:
        raise DomainError(
            ErrorCode.NOT_FOUND, "Nothing was read in this document.", {"status": row.status}
        )
    judgement = statements.judged(read)
    return Extraction.model_validate(
        {
            "document_id": row.id,
            "revision": row.revision,
            "kind": row.kind,
            "format": row.format,
            "currency": read.currency,
            "page_count": row.page_count,
            "opening": read.opening,
            "closing": read.closing,
            "lines": read.lines,
            "cross_check": statements.shown_check(judgement),
            "confidence": judgement.confidence,
            "threshold": THRESHOLD,
            "reasons": statements.shown_reasons(judgement),
        }
    ), row.version


async def content(work: Work, objects: Objects, document_id: UUID) -> tuple[Document, bytes]:
    """A document and its file.

    Raises `NOT_FOUND`, `UNAVAILABLE`, and `DOCUMENT_CONTENT_LOST` when what is stored is gone or
    is not what was written.
    """
    row = await found(work, document_id)
    sealed = await objects.get(content_key(row.id))
    if sealed is None:
        raise lost()
    return await shown(work, row), await opened(work, row, content_key(row.id), sealed)


async def page_image(work: Work, objects: Objects, document_id: UUID, page: int) -> bytes:
    """The image (PNG) of a page; raises as `content`, and `NOT_FOUND` where there is none."""
    row = await found(work, document_id)
    key = page_key(row.id, page)
    sealed = await objects.get(key) if 1 <= page <= row.preview_pages else None
    if sealed is None:
        raise DomainError(
            ErrorCode.NOT_FOUND,
            "There is no image of this page.",
            {"preview_pages": row.preview_pages},
        )
    return await opened(work, row, key, sealed)


async def opened(work: Work, row: DocumentRow, key: str, sealed: bytes) -> bytes:
    """What was stored under a key, in clear; raises `NOT_FOUND`, `DOCUMENT_CONTENT_LOST`."""
    cipher = await customers.cipher_of(work, row.customer_id)
    try:
        return cipher.unseal(sealed, key)
    except InvalidTag:
        raise lost() from None


def lost() -> DomainError:
    """The refusal for a file that is not what it was."""
    return DomainError(
        ErrorCode.DOCUMENT_CONTENT_LOST,
        "The stored file is missing or damaged. Bring it back from a copy of the object store.",
    )


def content_key(document_id: UUID) -> str:
    """Where a document's file lies."""
    return f"{document_id}/content"


def page_key(document_id: UUID, page: int) -> str:
    """Where the image of a page lies."""
    return f"{document_id}/page-{page}.png"


async def shown(work: Work, row: DocumentRow) -> Document:
    """A document as it goes over the wire."""
    return (await _all_shown(work, [row]))[0]


async def _all_shown(work: Work, rows: Sequence[DocumentRow]) -> list[Document]:
    return [
        Document.model_validate(
            {
                "id": row.id,
                "number": f"{NUMBER_PREFIX}{row.number}",
                "kind": row.kind,
                "customer_id": row.customer_id,
                "loan_id": row.loan_id,
                "name": await customers.decrypt(work, row.customer_id, row.name_ct, NAME_COLUMN),
                "content_type": CONTENT_TYPES.get(row.format or "", "application/octet-stream"),
                "size_bytes": row.size_bytes,
                "format": row.format,
                "page_count": row.page_count,
                "preview_pages": row.preview_pages,
                "line_count": row.line_count,
                "status": row.status,
                "reasons": row.reasons,
                "rejection": _rejection(row),
                "note": await _note(work, row),
                "uploaded_at": row.uploaded_at,
                "decided_at": row.decided_at,
                "test_clock_id": row.test_clock_id,
                "workflow_id": document_workflow_id(row.id),
                "version": row.version,
            }
        )
        for row in rows
    ]


async def _note(work: Work, row: DocumentRow) -> str | None:
    if work.principal.role in {Role.CUSTOMER, Role.SERVICE}:
        return None
    return await customers.decrypt(work, row.customer_id, row.note_ct, NOTE_COLUMN)


def _rejection(row: DocumentRow) -> Rejection | None:
    if row.rejection is None:
        return None
    code = RejectionCode(row.rejection)
    return Rejection(code=code.value, message=MESSAGES[code])
