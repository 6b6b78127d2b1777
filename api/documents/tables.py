"""Documents and what was read in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Sequence, String, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Number

DOCUMENT_NUMBERS = Sequence("document_numbers", start=1001, metadata=Base.metadata)


class DocumentRow(Base):
    """A file somebody handed in for a customer; its bytes lie in the object store, encrypted.

    `step` is what its workflow does next: scan, read, render, settle, review, done.
    `content_digest` is keyed; with the customer it tells the same content again.
    `uploaded_at` and `decided_at` are the customer's clock.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index(
            "uq_documents_content",
            "customer_id",
            "kind",
            "content_digest",
            unique=True,
            postgresql_where=text("status <> 'rejected'"),
        ),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    kind: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"), index=True)
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    name_ct: Mapped[bytes | None]
    size_bytes: Mapped[int]
    content_digest: Mapped[bytes]
    status: Mapped[str] = mapped_column(index=True)
    step: Mapped[str]
    format: Mapped[str | None]
    page_count: Mapped[int | None]
    preview_pages: Mapped[int] = mapped_column(default=0)
    line_count: Mapped[int | None]
    revision: Mapped[int | None]
    """The newest of its extractions; null before it was read."""
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String()), default=list)
    rejection: Mapped[str | None]
    note_ct: Mapped[bytes | None]
    """What its reviewer noted."""
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ExtractionRow(Base):
    """What was read in a document, and each review of it: a revision more. Append-only.

    `body_ct` is the statement as JSON under the customer's key.
    """

    __tablename__ = "document_extractions"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    body_ct: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
