"""SQL of saved views: one's own, and those of one's team."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, or_, select

from api.casework.tables import CaseworkerRow, SavedViewRow, TeamRow
from api.work import Work


async def team_of(work: Work, user_id: UUID) -> UUID | None:
    """The team somebody works in."""
    found: UUID | None = await work.session.scalar(
        select(CaseworkerRow.team_id).where(CaseworkerRow.user_id == user_id)
    )
    return found


async def page(
    work: Work,
    user_id: UUID | None,
    team_id: UUID | None,
    *,
    every_team: bool,
    after: UUID,
    count: int,
) -> Sequence[Row[SavedViewRow, str | None]]:
    """Views that somebody sees, each with the code of its team, by key after one of them."""
    return (
        await work.session.execute(
            select(SavedViewRow, TeamRow.code)
            .outerjoin(TeamRow, TeamRow.id == SavedViewRow.team_id)
            .where(_visible(user_id, team_id, every_team=every_team), SavedViewRow.id > after)
            .order_by(SavedViewRow.id)
            .limit(count)
        )
    ).all()


async def one(  # noqa: PLR0913 - who sees which
    work: Work,
    view_id: UUID,
    user_id: UUID | None,
    team_id: UUID | None,
    *,
    every_team: bool,
    lock: bool = False,
) -> Row[SavedViewRow, str | None] | None:
    """A view that somebody sees, with the code of its team."""
    query = (
        select(SavedViewRow, TeamRow.code)
        .outerjoin(TeamRow, TeamRow.id == SavedViewRow.team_id)
        .where(_visible(user_id, team_id, every_team=every_team), SavedViewRow.id == view_id)
    )
    if lock:
        query = query.with_for_update(of=SavedViewRow).execution_options(populate_existing=True)
    return (await work.session.execute(query)).one_or_none()


async def count(work: Work, user_id: UUID | None, team_id: UUID | None) -> int:
    """How many views somebody, or a team, keeps."""
    mine = (
        SavedViewRow.team_id == team_id if team_id is not None else SavedViewRow.owner_id == user_id
    )
    found = await work.session.scalars(select(SavedViewRow.id).where(mine))
    return len(found.all())


def _visible(
    user_id: UUID | None, team_id: UUID | None, *, every_team: bool
) -> ColumnElement[bool]:
    return or_(
        false() if user_id is None else SavedViewRow.owner_id == user_id,
        SavedViewRow.team_id.is_not(None)
        if every_team
        else false()
        if team_id is None
        else SavedViewRow.team_id == team_id,
    )
