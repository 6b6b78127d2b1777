"""Taking a file in: recognised if it was here before, else stored and then written down.

The bytes are stored first: a document that was acknowledged has its file. A file whose document
was never written down lies there unread, under a key that nobody knows.
"""

from dataclasses import dataclass
from uuid import UUID

from api.audit.service import record
from api.clock import clock_for
from api.customers import service as customers
from api.db.base import new_id
from api.documents import queries, reading
from api.documents.bodies import Upload
from api.documents.tables import DocumentRow
from api.loans import queries as loans
from api.security.access import visible_customer
from api.wakes import service as wakes
from api.work import Work
from contracts.documents import UploadedDocument
from contracts.names import WakeKind
from domain.documents.lifecycle import Status, Step
from domain.errors import DomainError, ErrorCode
from domain.ids import document_workflow_id


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was looked at and is not written down yet."""

    document_id: UUID
    customer_id: UUID
    digest: bytes
    sealed: bytes | None
    """What is to be stored; null when the same content is here already."""


async def look_at(work: Work, upload: Upload) -> Arrival:
    """Say for whom a file is, whether it is new, and seal it under the customer's key.

    Raises `NOT_FOUND` for a foreign or missing customer or loan, and `INVALID_REQUEST` when no
    customer is named or the loan is not his.
    """
    customer_id = upload.terms.customer_id or visible_customer(work.principal)
    if customer_id is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "Say whose document it is.", {"fields": "customer_id"}
        )
    holder = await customers.by_id(work, customer_id)
    await _check_loan(work, holder.id, upload.terms.loan_id)
    digest = work.vault.content_digest(upload.content)
    document_id = new_id()
    if await queries.same_content(work, holder.id, upload.terms.kind, digest) is not None:
        return Arrival(document_id, holder.id, digest, None)
    cipher = await customers.cipher_of(work, holder.id)
    sealed = cipher.seal(upload.content, reading.content_key(document_id))
    return Arrival(document_id, holder.id, digest, sealed)


async def write_down(work: Work, upload: Upload, arrival: Arrival) -> UploadedDocument:
    """Write a document down and wake its workflow; the same content again is the same document.

    Raises `NOT_FOUND`, and `CONFLICT` when the same content was here a moment ago and has been
    rejected since.
    """
    # Held, so that the same content twice at once is one document.
    holder = await customers.lock(work, arrival.customer_id)
    before = await queries.same_content(work, holder.id, upload.terms.kind, arrival.digest)
    if before is not None:
        return await _uploaded(work, before, duplicate=True)
    if arrival.sealed is None:
        raise DomainError(
            ErrorCode.CONFLICT, "The same file was rejected just now; send it once more."
        )
    clock = await clock_for(work, holder.test_clock_id)
    row = DocumentRow(
        id=arrival.document_id,
        number=await queries.next_number(work),
        kind=upload.terms.kind,
        customer_id=holder.id,
        loan_id=upload.terms.loan_id,
        test_clock_id=holder.test_clock_id,
        name_ct=await customers.encrypt(work, holder.id, upload.name, reading.NAME_COLUMN),
        size_bytes=len(upload.content),
        content_digest=arrival.digest,
        status=Status.RECEIVED.value,
        step=Step.SCAN.value,
        preview_pages=0,
        reasons=[],
        uploaded_at=clock.now,
        uploaded_by=work.principal.actor,
        created_at=work.now,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    record(
        work,
        "document.uploaded",
        "document",
        row.id,
        {
            "customer_id": str(row.customer_id),
            "loan_id": None if row.loan_id is None else str(row.loan_id),
            "kind": row.kind,
            "bytes": row.size_bytes,
        },
    )
    await wakes.raise_wake(work, document_workflow_id(row.id), WakeKind.DOCUMENT, row.test_clock_id)
    return await _uploaded(work, row, duplicate=False)


async def uploaded_before(work: Work, document_id: UUID) -> UploadedDocument:
    """The answer to a repeated request; raises `NOT_FOUND`."""
    return await _uploaded(work, await reading.found(work, document_id), duplicate=False)


async def _uploaded(work: Work, row: DocumentRow, *, duplicate: bool) -> UploadedDocument:
    document = await reading.shown(work, row)
    return UploadedDocument(**document.model_dump(), duplicate=duplicate)


async def _check_loan(work: Work, customer_id: UUID, loan_id: UUID | None) -> None:
    if loan_id is None:
        return
    await loans.book_of(work, loan_id)
    parties = await loans.parties(work, loan_id)
    if customer_id not in {party.customer_id for party in parties}:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "The customer is no party of this loan.",
            {"fields": "loan_id"},
        )
