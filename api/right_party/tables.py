"""Confirmations of who was spoken with: which facts were asked, never what was answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class RightPartyCheckRow(Base):
    """Somebody was asked who he is. Append-only but for the conversation it was used in, once."""

    __tablename__ = "right_party_checks"
    __table_args__ = (
        CheckConstraint(
            "outcome in ('confirmed', 'not_confirmed', 'refused', 'wrong_person')", name="outcome"
        ),
        CheckConstraint("conversation_id is null or outcome = 'confirmed'", name="used"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    medium: Mapped[str]
    facts: Mapped[list[str]] = mapped_column(ARRAY(String()))
    outcome: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    conversation_id: Mapped[UUID | None]
    """The call or the task in which something was disclosed."""
