"""Links into the portal: whose they are, how long they last, how often somebody guessed wrong."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key


class PortalLinkRow(Base):
    """A link. Its address is made from the id and is not stored; its times are technical."""

    __tablename__ = "portal_links"

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    """Wrong second facts. They are kept for the life of the link, so patience does not help."""
