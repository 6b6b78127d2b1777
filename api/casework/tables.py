"""Teams, the people in them, and whose portfolio a customer is in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Facts, Key


class TeamRow(Base):
    """People who work together; a case that nobody in it can take waits in its queue."""

    __tablename__ = "teams"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(ARRAY(String()), server_default=text("'{}'"))
    """What everybody in it can do."""
    creditor_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    """The books it takes; empty for all."""
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class CaseworkerRow(Base):
    """Somebody of the staff who works cases."""

    __tablename__ = "caseworkers"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)
    skills: Mapped[list[str]] = mapped_column(ARRAY(String()), server_default=text("'{}'"))
    capacity: Mapped[int]
    """The most open cases that rules give to this one."""
    away_until: Mapped[date | None]
    """The last day of an absence: until then rules give no case."""
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class PortfolioRow(Base):
    """In whose portfolio a customer is, in arrears or not."""

    __tablename__ = "portfolio_customers"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("caseworkers.user_id"), index=True)
    since: Mapped[datetime]


class SavedViewRow(Base):
    """A view of the worklist that somebody keeps for himself, or for a team.

    `filters` holds what it is narrowed to, as `contracts.views.ViewFilters` says it.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        CheckConstraint(
            "scope = 'personal' and owner_id is not null and team_id is null "
            "or scope = 'team' and owner_id is null and team_id is not null",
            name="scope",
        ),
    )

    id: Mapped[Key]
    scope: Mapped[str]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"), index=True)
    name: Mapped[str]
    filters: Mapped[Facts]
    sort: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
