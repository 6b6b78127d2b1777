"""The audit record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from api.db.base import Base, Facts, Key


class AuditRow(Base):
    """One change of state: who, what, to what, with which facts. Append-only."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject_kind", "subject_id"),
        Index("ix_audit_at", "at", postgresql_using="brin"),
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    facts: Mapped[Facts]
    request_id: Mapped[str]
