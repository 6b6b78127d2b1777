"""Users and service clients."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class UserRow(Base):
    """A person who logs in; the e-mail address is kept in lower case."""

    __tablename__ = "users"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ClientRow(Base):
    """A machine that logs in by client credentials; its secret is random, so a digest will do."""

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_digest: Mapped[bytes]
    role: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String()))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
