"""SQL of documents and of what was read in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select

from api.documents.tables import DOCUMENT_NUMBERS, DocumentRow, ExtractionRow
from api.security.access import visible_customer
from api.work import Work


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents are wanted; null is any."""

    customer_id: UUID | None = None
    loan_id: UUID | None = None
    status: str | None = None
    test_clock_id: UUID | None = None


def _visible(work: Work) -> Select[DocumentRow]:
    query = select(DocumentRow)
    only = visible_customer(work.principal)
    return query if only is None else query.where(DocumentRow.customer_id == only)


async def next_number(work: Work) -> int:
    """The next human number of a document."""
    return await work.session.scalar(select(DOCUMENT_NUMBERS.next_value())) or 0


async def by_id(work: Work, document_id: UUID, *, lock: bool = False) -> DocumentRow | None:
    """A document whom the principal may see, held for a change if asked."""
    query = _visible(work).where(DocumentRow.id == document_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def same_content(
    work: Work, customer_id: UUID, kind: str, digest: bytes
) -> DocumentRow | None:
    """The document with the same content that was not rejected, if the customer has one."""
    return (
        await work.session.scalars(
            _visible(work).where(
                DocumentRow.customer_id == customer_id,
                DocumentRow.kind == kind,
                DocumentRow.content_digest == digest,
                DocumentRow.status != "rejected",
            )
        )
    ).one_or_none()


async def page(work: Work, wanted: DocumentFilter, after: int, count: int) -> Sequence[DocumentRow]:
    """Documents by number, after one."""
    query = _visible(work).where(DocumentRow.number > after)
    if wanted.customer_id is not None:
        query = query.where(DocumentRow.customer_id == wanted.customer_id)
    if wanted.loan_id is not None:
        query = query.where(DocumentRow.loan_id == wanted.loan_id)
    if wanted.status is not None:
        query = query.where(DocumentRow.status == wanted.status)
    if wanted.test_clock_id is not None:
        query = query.where(DocumentRow.test_clock_id == wanted.test_clock_id)
    return (await work.session.scalars(query.order_by(DocumentRow.number).limit(count))).all()


async def extraction(work: Work, document_id: UUID, revision: int) -> ExtractionRow | None:
    """One revision of what was read; ask for its document first, which says who may see it."""
    return await work.session.get(ExtractionRow, (document_id, revision))
