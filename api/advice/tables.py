"""Debt assessments; every figure of a household is encrypted under its customer's key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class AssessmentRow(Base):
    """A customer's assessment; `version` is the newest of its versions."""

    __tablename__ = "debt_assessments"

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    version: Mapped[int]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class AssessmentVersionRow(Base):
    """What was said, what followed from it, and the plans made with it. Append-only."""

    __tablename__ = "debt_assessment_versions"

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("debt_assessments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    assessment_ct: Mapped[bytes]
    plan_ct: Mapped[bytes]
