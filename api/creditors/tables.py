"""Creditors."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class CreditorRow(Base):
    """Whose book a loan is in; `zone` gives its business date."""

    __tablename__ = "creditors"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str]
    zone: Mapped[str]
    licence_kind: Mapped[str]
    legal_order: Mapped[str | dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """How the law wants payments split; null where it leaves that to the product."""
    business_hours: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """When it works: `week` and `closed_on`; null for around the clock."""
    correspondence: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    """Where it is written to: postal address, phone, e-mail; null where that was never said."""
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
