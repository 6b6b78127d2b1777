"""What a document's workflow asks and reports: what comes next, what was found, what follows.

Every call may be repeated: one that is not due any more changes nothing and says what is.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import clock_for
from api.customers import service as customers
from api.documents import asking, reading, statements
from api.documents.objects import Objects
from api.documents.tables import DocumentRow
from api.wakes import service as wakes
from api.work import Work
from contracts.documents import ReadResult
from contracts.work import DocumentPlan, DocumentRendered, DocumentScan
from domain.documents.lifecycle import Status, Step, after_reading, after_scan, settled
from domain.documents.rejection import RejectionCode
from domain.errors import DomainError, ErrorCode
from domain.ids import document_workflow_id

LOOK_AGAIN: Final = timedelta(days=7)
"""How long a workflow waits for a person before it asks again by itself."""

_WORK: Final = {
    Step.SCAN: "the first look at the file",
    Step.READ: "the reading of its lines",
    Step.RENDER: "images of its pages",
    Step.SETTLE: "the decision",
    Step.REVIEW: "a person's review",
    Step.DONE: "",
}


async def plan(work: Work, document_id: UUID) -> DocumentPlan:
    """What is done next; raises `NOT_FOUND`."""
    row = await reading.found(work, document_id, lock=True)
    return await _next(work, row)


async def source(work: Work, objects: Objects, document_id: UUID) -> bytes:
    """The file, for the worker; raises as `reading.content`."""
    _, content = await reading.content(work, objects, document_id)
    return content


async def record_scan(work: Work, document_id: UUID, scan: DocumentScan) -> DocumentPlan:
    """Take in what the first look found; raises `NOT_FOUND`, `INVALID_REQUEST`."""
    row = await reading.found(work, document_id, lock=True)
    if row.step == Step.SCAN:
        row.rejection = _code(scan.rejection)
        row.format = scan.format
        if row.rejection is None and scan.format is None:
            raise DomainError(ErrorCode.INVALID_REQUEST, "A scan finds a format or a reason.")
        row.step = after_scan(refused=row.rejection is not None).value
    return await _next(work, row)


async def record_reading(work: Work, document_id: UUID, result: ReadResult) -> DocumentPlan:
    """Take in what was read, encrypted; raises `NOT_FOUND`, `INVALID_REQUEST`."""
    row = await reading.found(work, document_id, lock=True)
    if row.step == Step.READ:
        row.rejection = _code(result.rejection)
        if row.rejection is None:
            if result.statement is None:
                raise DomainError(
                    ErrorCode.INVALID_REQUEST, "A reading finds a statement or a reason."
                )
            row.page_count = result.page_count
            await statements.write(work, row, 0, result.statement)
        refused = row.rejection is not None
        row.step = after_reading(refused=refused, pages=row.page_count or 0).value
    return await _next(work, row)


async def store_page(
    work: Work, objects: Objects, document_id: UUID, page: int, image: bytes
) -> None:
    """Keep the image of a page; a page that has one keeps it.

    Raises `NOT_FOUND`, `UNAVAILABLE`, and `INVALID_REQUEST` for what is no image of one of its
    pages.
    """
    row = await reading.found(work, document_id)
    if not image.startswith(b"\x89PNG\r\n\x1a\n") or not 1 <= page <= (row.page_count or 0):
        raise DomainError(ErrorCode.INVALID_REQUEST, "A PNG image of one of its pages is wanted.")
    cipher = await customers.cipher_of(work, row.customer_id)
    key = reading.page_key(row.id, page)
    await objects.put(key, cipher.seal(image, key))


async def record_rendering(
    work: Work, document_id: UUID, rendered: DocumentRendered
) -> DocumentPlan:
    """Take in how many pages have an image; raises `NOT_FOUND`."""
    row = await reading.found(work, document_id, lock=True)
    if row.step == Step.RENDER:
        row.preview_pages = min(rendered.pages, row.page_count or 0)
        row.step = Step.SETTLE.value
    return await _next(work, row)


async def settle(work: Work, document_id: UUID) -> DocumentPlan:
    """Decide: refused, accepted as it was read, or for a person to look at.

    Raises `NOT_FOUND`.
    """
    row = await reading.found(work, document_id, lock=True)
    if row.step == Step.SETTLE:
        read = await statements.read_back(work, row)
        refused = row.rejection is not None or read is None
        reasons: list[str] = []
        if read is None:
            row.rejection = row.rejection or RejectionCode.CRASHED_READER.value
        elif not refused:
            judgement = statements.judged(read)
            reasons = [each.value for each in judgement.reasons]
        status, step = settled(refused=refused, accepted=not reasons)
        clock = await clock_for(work, row.test_clock_id)
        row.status, row.step, row.reasons = status.value, step.value, reasons
        row.decided_at = None if status is Status.IN_REVIEW else clock.now
        row.version += 1
        record(
            work,
            f"document.{status.value}",
            "document",
            row.id,
            {"reasons": ",".join(reasons) or None, "rejection": row.rejection},
        )
        if status is Status.IN_REVIEW:
            await asking.review_wanted(work, clock, row)
    return await _next(work, row)


def _code(said: str | None) -> str | None:
    """A rejection's code; raises `INVALID_REQUEST` for one that nobody knows."""
    if said is None:
        return None
    try:
        return RejectionCode(said).value
    except ValueError:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "There is no such reason to refuse a document."
        ) from None


async def _next(work: Work, row: DocumentRow) -> DocumentPlan:
    """What follows; a workflow that has nothing to do but wait has taken in all that was wanted."""
    step = Step(row.step)
    waits = step in {Step.REVIEW, Step.DONE}
    if waits:
        await wakes.settle(work, document_workflow_id(row.id), None)
    number = f"{reading.NUMBER_PREFIX}{row.number}"
    return DocumentPlan(
        document_id=row.id,
        number=number,
        open=step is not Step.DONE,
        state=row.status,
        step=None if waits else step.value,
        waiting_for=_WORK[step],
        wait_until=work.now + LOOK_AGAIN if step is Step.REVIEW else None,
        page_count=row.page_count or 0,
        preview_pages=row.preview_pages,
        rejection=row.rejection,
        reasons=row.reasons,
        clock_id=row.test_clock_id,
        line=f"{number} · {row.kind.replace('_', ' ')} · {_standing(row)}",
    )


def _standing(row: DocumentRow) -> str:
    if row.rejection is not None and row.status == Status.REJECTED:
        return f"rejected: {row.rejection}"
    if row.status == Status.IN_REVIEW:
        return f"in review: {', '.join(row.reasons)}"
    return row.status
