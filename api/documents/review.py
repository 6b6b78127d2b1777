"""A person's word on a document: what was read is confirmed or corrected, or it is refused."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from api.audit.service import record
from api.clock import clock_for
from api.customers import service as customers
from api.documents import asking, reading, statements
from api.documents.tables import DocumentRow
from api.versions import check_version
from api.wakes import service as wakes
from api.work import Work
from contracts.documents import Document, LineCorrection, RejectDocument, ReviewDocument
from contracts.names import WakeKind
from domain.documents.lifecycle import Status, Step, require_in_review
from domain.documents.rejection import RejectionCode
from domain.documents.review import KEPT, Addition, Correction, Kept, Review, reviewed
from domain.documents.statement import Origin
from domain.errors import DomainError, ErrorCode, Fact
from domain.ids import document_workflow_id


async def review(work: Work, document_id: UUID, version: int, command: ReviewDocument) -> Document:
    """Confirm what was read, with corrections: the document is accepted.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `DOCUMENT_NOT_IN_REVIEW`, `INVALID_REQUEST` for
    lines that are not there, are incomplete, or are none at all, and `STATEMENT_NOT_BALANCED`.
    """
    row = await _waiting(work, document_id, version)
    read = await statements.read_back(work, row)
    if read is None or row.revision is None:
        raise DomainError(ErrorCode.NOT_FOUND, "Nothing was read in this document.")
    result = reviewed(statements.ruled(read), _review(command))
    if not result.lines:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "A statement has at least one line: add those that were not read, or reject it.",
        )
    await statements.write(work, row, row.revision + 1, statements.corrected(read, result))
    await _decide(
        work,
        row,
        Status.ACCEPTED,
        command.note,
        {
            "revision": row.revision,
            "corrected": sum(line.origin is Origin.CORRECTED for line in result.lines),
            "added": len(command.added),
            "removed": sum(each.remove for each in command.corrections),
        },
    )
    return await reading.shown(work, row)


async def reject(work: Work, document_id: UUID, version: int, command: RejectDocument) -> Document:
    """Refuse a document that waits for a review.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `DOCUMENT_NOT_IN_REVIEW`.
    """
    row = await _waiting(work, document_id, version)
    row.rejection = RejectionCode.BY_REVIEWER.value
    await _decide(work, row, Status.REJECTED, command.note, {})
    return await reading.shown(work, row)


async def _waiting(work: Work, document_id: UUID, version: int) -> DocumentRow:
    row = await reading.found(work, document_id, lock=True)
    check_version(version, row.version)
    require_in_review(Status(row.status))
    return row


async def _decide(
    work: Work, row: DocumentRow, status: Status, note: str | None, facts: dict[str, Fact]
) -> None:
    clock = await clock_for(work, row.test_clock_id)
    row.status, row.step, row.reasons = status.value, Step.DONE.value, []
    row.decided_at = clock.now
    row.note_ct = await customers.encrypt(work, row.customer_id, note, reading.NOTE_COLUMN)
    row.version += 1
    verb = "reviewed" if status is Status.ACCEPTED else "rejected"
    record(work, f"document.{verb}", "document", row.id, facts)
    await work.session.flush()
    await asking.reviewed(work, clock, row)
    await wakes.raise_wake(work, document_workflow_id(row.id), WakeKind.DOCUMENT, row.test_clock_id)


def _review(command: ReviewDocument) -> Review:
    said = command.model_fields_set
    return Review(
        corrections=[_correction(each) for each in command.corrections],
        additions=[
            Addition(each.after, each.on, each.description, each.amount, each.balance)
            for each in command.added
        ],
        opening=command.opening if "opening" in said else KEPT,
        closing=command.closing if "closing" in said else KEPT,
    )


def _correction(told: LineCorrection) -> Correction:
    said = told.model_fields_set
    on: date | None | Kept = told.on if "on" in said else KEPT
    description: str | None | Kept = told.description if "description" in said else KEPT
    amount: Decimal | None | Kept = told.amount if "amount" in said else KEPT
    balance: Decimal | None | Kept = told.balance if "balance" in said else KEPT
    return Correction(told.number, on, description, amount, balance, told.remove)
