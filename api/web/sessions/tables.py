"""Sessions of browsers: who is logged in to which site, and until when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class WebSessionRow(Base):
    """One browser's session; the cookie holds the token, this row its digest alone.

    A session of the staff belongs to a user, and is good only while his log-in of the same key is
    (`sessions`), which may end without this row being touched. One that was opened by a signed
    link belongs to a customer, who needs no user for that.
    """

    __tablename__ = "web_sessions"

    id: Mapped[Key]
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    site: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When somebody last did something; what a page fetches by itself does not count."""
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
