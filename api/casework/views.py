"""Saved views of the worklist: the system's, one's own, and those of one's team."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.casework import queries, view_queries
from api.casework.tables import SavedViewRow
from api.db.base import new_id
from api.pagination import PageRequest
from api.recovery import worklist
from api.recovery.worklist import Look, Narrowing
from api.recovery.worklist_queries import Sort, Tab
from api.versions import check_version
from api.work import Work
from contracts.base import Page
from contracts.names import Role
from contracts.views import NewView, SavedView, ViewEdit, ViewFilters
from domain.errors import DomainError, ErrorCode

MOST_VIEWS: Final = 50
"""How many views one person, or one team, may keep."""

_CONSOLE: Final = "/console"
_MANAGERS: Final = frozenset({Role.ADMIN, Role.MANAGER})

SYSTEM: Final = (
    (Tab.MINE, "Mine"),
    (Tab.TEAM, "Team"),
    (Tab.BROKEN, "Broken promises"),
    (Tab.CALLS, "Call-backs due"),
    (Tab.REPLIES, "Replies waiting"),
    (Tab.DISPUTES, "Disputes"),
    (Tab.HARDSHIP, "Hardship review"),
    (Tab.UNASSIGNED, "Unassigned"),
    (Tab.HOLDS, "Holds"),
)
"""The views that everybody has, in their order. Their keys are their places, and never change."""


async def list_views(work: Work, page: PageRequest) -> Page[SavedView]:
    """The system's views, then one's own and those of one's team, each with its count.

    Managers see those of every team. Raises `INVALID_REQUEST` for a foreign cursor.
    """
    after = page.after_id() or UUID(int=0)
    found = [view for view in _system() if view.id > after][: page.limit + 1]
    left = page.limit + 1 - len(found)
    if left:
        team_id = await _team(work)
        rows = await view_queries.page(
            work,
            work.principal.user_id,
            team_id,
            every_team=_is_manager(work),
            after=after,
            count=left,
        )
        found += [_told(work, row, code) for row, code in rows]
    kept, cursor = page.cut(found, [view.id for view in found])
    return Page(items=await _counted(work, kept), next_cursor=cursor)


async def get_view(work: Work, view_id: UUID) -> SavedView:
    """A view with its count; raises `NOT_FOUND`."""
    for view in _system():
        if view.id == view_id:
            return (await _counted(work, [view]))[0]
    row, code = await _find(work, view_id)
    return (await _counted(work, [_told(work, row, code)]))[0]


async def look_of(work: Work, view_id: UUID) -> Look:
    """What a view shows; raises `NOT_FOUND`."""
    return _look(await get_view(work, view_id))


async def save_view(work: Work, new: NewView) -> SavedView:
    """Keep a view, for oneself or for a team.

    Raises `NOT_FOUND` for an unknown team, `FORBIDDEN` for a team one neither works in nor
    manages, and `CONFLICT` once there are fifty.
    """
    team = None if new.team is None else await queries.team_by_code(work, new.team)
    if new.team is not None and team is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such team.")
    if team is not None and not _is_manager(work) and team.id != await _team(work):
        raise DomainError(
            ErrorCode.FORBIDDEN, "Views of a team are kept by those in it, and by managers."
        )
    team_id = None if team is None else team.id
    if await view_queries.count(work, work.principal.user_id, team_id) >= MOST_VIEWS:
        raise DomainError(
            ErrorCode.CONFLICT,
            f"There are {MOST_VIEWS} views already: delete one first.",
            {"most": MOST_VIEWS},
        )
    row = SavedViewRow(
        id=new_id(),
        scope="personal" if team is None else "team",
        owner_id=work.principal.user_id if team is None else None,
        team_id=team_id,
        name=new.name,
        filters=_kept(new.filters),
        sort=new.sort,
        created_at=work.now,
        created_by=work.principal.actor,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    record(work, "view.saved", "view", row.id, {"scope": row.scope})
    return (await _counted(work, [_told(work, row, new.team)]))[0]


async def edit_view(work: Work, view_id: UUID, edit: ViewEdit, seen: int) -> SavedView:
    """Change a view.

    Raises `NOT_FOUND`, `FORBIDDEN` for one of the system's or of a team that others keep, and
    `PRECONDITION_FAILED` unless it is at the version `seen`.
    """
    row, code = await _own(work, view_id)
    check_version(row.version, seen)
    row.name, row.filters, row.sort = edit.name, _kept(edit.filters), edit.sort
    row.version += 1
    await work.session.flush()
    record(work, "view.changed", "view", row.id)
    return (await _counted(work, [_told(work, row, code)]))[0]


async def delete_view(work: Work, view_id: UUID, seen: int) -> None:
    """Delete a view.

    Raises `NOT_FOUND`, `FORBIDDEN` and `PRECONDITION_FAILED` as a change does.
    """
    row, _ = await _own(work, view_id)
    check_version(row.version, seen)
    await work.session.delete(row)
    record(work, "view.deleted", "view", view_id)


async def _own(work: Work, view_id: UUID) -> tuple[SavedViewRow, str | None]:
    """A view that whoever asks may change, locked."""
    if any(view.id == view_id for view in _system()):
        raise DomainError(ErrorCode.FORBIDDEN, "The system's views stay as they are.")
    row, code = await _find(work, view_id, lock=True)
    if not _may_change(work, row):
        raise DomainError(
            ErrorCode.FORBIDDEN, "A team's view is changed by whoever kept it, and by managers."
        )
    return row, code


async def _find(
    work: Work, view_id: UUID, *, lock: bool = False
) -> tuple[SavedViewRow, str | None]:
    found = await view_queries.one(
        work,
        view_id,
        work.principal.user_id,
        await _team(work),
        every_team=_is_manager(work),
        lock=lock,
    )
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such view.")
    return found[0], found[1]


async def _team(work: Work) -> UUID | None:
    user_id = work.principal.user_id
    return None if user_id is None else await view_queries.team_of(work, user_id)


def _is_manager(work: Work) -> bool:
    return work.principal.role in _MANAGERS


def _may_change(work: Work, row: SavedViewRow) -> bool:
    return (
        row.owner_id == work.principal.user_id
        if row.team_id is None
        else _is_manager(work) or row.created_by == work.principal.actor
    )


def _system() -> list[SavedView]:
    return [
        SavedView(
            id=UUID(int=place),
            scope="system",
            team=None,
            name=name,
            filters=ViewFilters.model_validate({"tab": tab.value}),
            cases=0,
            url=f"{_CONSOLE}?tab={tab.value}",
            may_change=False,
            version=1,
        )
        for place, (tab, name) in enumerate(SYSTEM, start=1)
    ]


def _told(work: Work, row: SavedViewRow, team: str | None) -> SavedView:
    return SavedView.model_validate(
        {
            "id": row.id,
            "scope": row.scope,
            "team": team,
            "name": row.name,
            "filters": row.filters,
            "sort": row.sort,
            "cases": 0,
            "url": f"{_CONSOLE}?view={row.id}",
            "may_change": _may_change(work, row),
            "version": row.version,
        }
    )


async def _counted(work: Work, views: Sequence[SavedView]) -> list[SavedView]:
    """The views with how many cases each shows, in one look."""
    counts = await worklist.count(work, [_look(view) for view in views])
    return [
        view.model_copy(update={"cases": cases}) for view, cases in zip(views, counts, strict=True)
    ]


def _look(view: ViewEdit) -> Look:
    only = view.filters
    return Look(
        Tab(only.tab),
        Narrowing(
            stage=only.stage or "",
            risk_level=only.risk_level or "",
            assignee_id=only.assignee_id,
            creditor_id=only.creditor_id,
            currency=only.currency or "",
        ),
        Sort(view.sort),
    )


def filters_of(look: Look) -> ViewFilters:
    """What somebody looks at as a view keeps it; a single number is not kept."""
    only = look.only
    return ViewFilters.model_validate(
        {
            "tab": look.tab.value,
            "stage": only.stage or None,
            "risk_level": only.risk_level or None,
            "assignee_id": only.assignee_id,
            "creditor_id": only.creditor_id,
            "currency": only.currency or None,
        }
    )


def _kept(filters: ViewFilters) -> dict[str, str | int | None]:
    """Filters as a small flat object; what is not narrowed by is left out."""
    told: dict[str, str | int | None] = {}
    for name, value in filters.model_dump(mode="json", exclude_none=True).items():
        told[name] = str(value)
    return told
