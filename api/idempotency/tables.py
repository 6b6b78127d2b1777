"""Saved answers of requests that carried an Idempotency-Key."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base


class IdempotencyRow(Base):
    """A key of one principal on one route, with the digest of its body and the saved answer."""

    __tablename__ = "idempotency_keys"

    principal: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
