"""Sets up who works cases: teams, people in them, portfolios; and reads what each has to do."""

from collections.abc import Mapping
from uuid import UUID

from api.audit.service import record
from api.casework import queries
from api.casework.queries import Burden
from api.casework.tables import CaseworkerRow, TeamRow
from api.creditors import service as creditors
from api.db.base import new_id
from api.pagination import PageRequest
from api.recovery.queries import active_role
from api.versions import check_version
from api.work import Work
from contracts.base import Page
from contracts.casework import (
    Caseworker,
    NewTeam,
    PortfolioChange,
    PortfolioCustomer,
    PortfolioSize,
    Team,
    TeamEdit,
    Workload,
)
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

_WORKS_CASES = frozenset({Role.AGENT.value, Role.ADVISOR.value, Role.MANAGER.value})


# -- teams -------------------------------------------------------------------------------------


async def create_team(work: Work, new: NewTeam) -> Team:
    """Make a team. Raises `CONFLICT` when the code is taken, `NOT_FOUND` for an unknown book."""
    await _require_books(work, new)
    made = await queries.add_team(
        work,
        {
            "id": new_id(),
            "code": new.code,
            "name": new.name,
            "skills": sorted(set(new.skills)),
            "creditor_ids": sorted(set(new.creditor_ids)),
            "created_at": work.now,
            "version": 1,
        },
    )
    if made is None:
        raise DomainError(ErrorCode.CONFLICT, "A team with this code exists.", {"code": new.code})
    record(work, "team.created", "team", made.id, {"code": made.code})
    return _team(made, {})


async def edit_team(work: Work, code: str, edit: TeamEdit, seen: int) -> Team:
    """Change a team; cases that have an owner stay with him.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED` unless it is at the version `seen`.
    """
    found = await queries.team_by_code(work, code, lock=True)
    if found is None:
        raise _no_team()
    check_version(seen, found.version)
    await _require_books(work, edit)
    found.name = edit.name
    found.skills = sorted(set(edit.skills))
    found.creditor_ids = sorted(set(edit.creditor_ids))
    found.version += 1
    record(work, "team.edited", "team", found.id, {"code": code})
    return _team(found, await queries.queue_lengths(work))


async def get_team(work: Work, code: str) -> Team:
    """A team with what waits in its queue. Raises `NOT_FOUND`."""
    found = await queries.team_by_code(work, code)
    if found is None:
        raise _no_team()
    return _team(found, await queries.queue_lengths(work))


async def list_teams(work: Work, page: PageRequest) -> Page[Team]:
    """Teams by code. Raises `INVALID_REQUEST` for a foreign cursor."""
    found = await queries.teams_page(work, page.after_code(), page.limit + 1)
    kept, cursor = page.cut(found, [team.code for team in found])
    waiting = await queries.queue_lengths(work)
    return Page(items=[_team(team, waiting) for team in kept], next_cursor=cursor)


def _team(row: TeamRow, waiting: Mapping[tuple[UUID | None, str | None], int]) -> Team:
    return Team.model_validate(
        {
            "id": row.id,
            "code": row.code,
            "name": row.name,
            "skills": row.skills,
            "creditor_ids": row.creditor_ids,
            "waiting": [
                {"because": because, "cases": count}
                for (team_id, because), count in sorted(waiting.items(), key=str)
                if team_id == row.id
            ],
            "version": row.version,
        }
    )


async def _require_books(work: Work, edit: TeamEdit) -> None:
    for creditor_id in edit.creditor_ids:
        await creditors.by_id(work, creditor_id)


# -- people ------------------------------------------------------------------------------------


async def put_caseworker(
    work: Work, user_id: UUID, command: Caseworker, seen: int | None
) -> Workload:
    """Make somebody one who works cases, or change how.

    Raises `NOT_FOUND` for the team, `INVALID_REQUEST` for somebody who works no cases, and
    `PRECONDITION_REQUIRED` or `PRECONDITION_FAILED` unless a change builds on what is there.
    """
    if await active_role(work, user_id) not in _WORKS_CASES:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Cases are worked by active agents, advisors and managers.",
            {"field": "user_id"},
        )
    team = await queries.team_by_code(work, command.team)
    if team is None:
        raise _no_team()
    row = await queries.caseworker(work, user_id, lock=True)
    if row is None:
        row = CaseworkerRow(user_id=user_id, created_at=work.now, version=0)
        work.session.add(row)
    elif seen is None:
        raise DomainError(
            ErrorCode.PRECONDITION_REQUIRED,
            "Send If-Match with the version you last saw, so that nobody's change is lost.",
        )
    else:
        check_version(seen, row.version)
    row.team_id = team.id
    row.skills = sorted(set(command.skills))
    row.capacity = command.capacity
    row.away_until = command.away_until
    row.version += 1
    record(
        work,
        "caseworker.kept",
        "user",
        user_id,
        {
            "team": team.code,
            "capacity": command.capacity,
            "away_until": None if command.away_until is None else str(command.away_until),
        },
    )
    await work.session.flush()
    return await get_workload(work, user_id)


async def get_workload(work: Work, user_id: UUID) -> Workload:
    """What somebody who works cases has to do now. Raises `NOT_FOUND`."""
    row = await require_caseworker(work, user_id)
    codes = {team.id: team.code for team in await queries.teams(work)}
    burden = (await queries.burdens(work, [user_id]))[user_id]
    return _workload(row, codes[row.team_id], burden)


async def list_workloads(work: Work, team: str | None, page: PageRequest) -> Page[Workload]:
    """What each of those who work cases has to do, of one team alone if so.

    Raises `NOT_FOUND` for the team, `INVALID_REQUEST` for a foreign cursor.
    """
    codes = {row.id: row.code for row in await queries.teams(work)}
    team_id = next((key for key, code in codes.items() if code == team), None)
    if team is not None and team_id is None:
        raise _no_team()
    found = await queries.caseworkers_page(work, team_id, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [row.user_id for row in found])
    burdens = await queries.burdens(work, [row.user_id for row in kept])
    return Page(
        items=[_workload(row, codes[row.team_id], burdens[row.user_id]) for row in kept],
        next_cursor=cursor,
    )


async def require_caseworker(work: Work, user_id: UUID) -> CaseworkerRow:
    """Somebody who works cases. Raises `NOT_FOUND`."""
    row = await queries.caseworker(work, user_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "Nobody of that key works cases.")
    return row


def _workload(row: CaseworkerRow, team: str, burden: Burden) -> Workload:
    return Workload(
        user_id=row.user_id,
        team=team,
        skills=row.skills,
        capacity=row.capacity,
        away_until=row.away_until,
        cases=burden.cases,
        waiting=burden.waiting,
        high_risk=burden.high_risk,
        leased=burden.leased,
        tasks=burden.tasks,
        overdue_tasks=burden.overdue_tasks,
        version=row.version,
    )


# -- portfolios --------------------------------------------------------------------------------


async def change_portfolio(work: Work, user_id: UUID, command: PortfolioChange) -> PortfolioSize:
    """Put customers into somebody's portfolio, or take them out.

    Open cases stay with whoever owns them; a case that is opened later goes by the portfolio.
    Raises `NOT_FOUND` for him and for a customer that does not exist.
    """
    await require_caseworker(work, user_id)
    wanted = set(command.add) - set(command.remove)
    if wanted - await queries.known_customers(work, wanted):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such customer.")
    await queries.put_into_portfolio(work, user_id, wanted, work.now)
    await queries.take_out_of_portfolio(work, user_id, set(command.remove))
    record(
        work,
        "portfolio.changed",
        "user",
        user_id,
        {"added": len(wanted), "removed": len(set(command.remove))},
    )
    return PortfolioSize(user_id=user_id, added=len(wanted), removed=len(set(command.remove)))


async def list_portfolio(work: Work, user_id: UUID, page: PageRequest) -> Page[PortfolioCustomer]:
    """The customers in somebody's portfolio, by number. Raises `NOT_FOUND`."""
    await require_caseworker(work, user_id)
    found = await queries.portfolio(work, user_id, page.after_number(), page.limit + 1)
    kept, cursor = page.cut(found, [row.number for row in found])
    items = [PortfolioCustomer(id=row.id, number=f"CU-{row.number}") for row in kept]
    return Page(items=items, next_cursor=cursor)


def _no_team() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such team.")
