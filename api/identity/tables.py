"""Users, their sessions, and service clients."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class UserRow(Base):
    """A person who logs in; name and address are read through `api.identity.personal`."""

    __tablename__ = "users"

    id: Mapped[Key]
    wrapped_key: Mapped[bytes | None]
    """The key of his personal columns; null once it was destroyed."""
    email_index: Mapped[bytes] = mapped_column(unique=True)
    email_ct: Mapped[bytes]
    name_ct: Mapped[bytes]
    role: Mapped[str]
    password_hash: Mapped[str]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class SessionRow(Base):
    """A log-in of a user: the family of all refresh tokens that follow from it, or a browser."""

    __tablename__ = "sessions"

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When its latest refresh token expires; for a browser, when it has been idle too long."""
    ends_at: Mapped[datetime]
    """However often it is refreshed, it ends here."""
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None]
    """`logged_out`, `revoked`, `reuse`, `password`, `disabled`."""


class RefreshTokenRow(Base):
    """A refresh token by its digest; it has 256 random bits, so a plain digest will do."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When it was exchanged for the next; a second use ends the session."""


class ClientRow(Base):
    """A machine that logs in by client credentials; its secret is random, so a digest will do."""

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_digest: Mapped[bytes]
    role: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String()))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(server_default=text("''"))
    """What an administrator calls it; empty for the workers, who go by their id."""
    rotated_at: Mapped[datetime | None]
    previous_digest: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    """Until when the secret before the last is good as well."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
