"""Versions of texts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class TemplateVersionRow(Base):
    """A version of a text of the house. It is edited while a draft, and never afterwards.

    In use on a day is the approved one with the latest first day of use up to it, and of these
    the highest number; without one, the text that is shipped.
    """

    __tablename__ = "template_versions"
    __table_args__ = (
        UniqueConstraint("key", "medium", "language", "number"),
        Index(
            "ix_template_versions_in_use",
            "from_on",
            postgresql_where=text("status = 'approved'"),
        ),
        CheckConstraint("status in ('draft', 'approved', 'retired')", name="status"),
        CheckConstraint(
            "status = 'draft' or from_on is not null or approved_at is null", name="from_on"
        ),
    )

    id: Mapped[Key]
    key: Mapped[str]
    medium: Mapped[str]
    language: Mapped[str]
    number: Mapped[int]
    subject: Mapped[str | None]
    body: Mapped[str]
    status: Mapped[str]
    from_on: Mapped[date | None]
    author: Mapped[str]
    author_id: Mapped[UUID | None]
    written_at: Mapped[datetime]
    """Technical time, as the instants below."""
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
