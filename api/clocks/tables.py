"""Test clocks."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from api.db.base import Base, Key


class TestClockRow(Base):
    """A sandbox clock: where it stands and how far it is to go."""

    __tablename__ = "test_clocks"
    __test__ = False

    id: Mapped[Key]
    name: Mapped[str]
    now_at: Mapped[datetime]
    target_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
