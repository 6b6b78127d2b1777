"""SQL of casework: teams, the people in them, what each of them has, and what cases ask for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from api.casework.tables import CaseworkerRow, PortfolioRow, TeamRow
from api.customers.tables import CustomerRow
from api.db.base import among
from api.identity.tables import UserRow
from api.recovery.tables import CaseRow, HoldRow
from api.tasks.tables import TaskRow
from api.work import Work
from domain.recovery.holds import HoldKind

# -- teams and people --------------------------------------------------------------------------


async def teams(work: Work) -> Sequence[TeamRow]:
    """Every team, by code."""
    return (await work.session.scalars(select(TeamRow).order_by(TeamRow.code))).all()


async def teams_page(work: Work, after: str, count: int) -> Sequence[TeamRow]:
    """Teams by code, after one of them."""
    query = select(TeamRow).where(TeamRow.code > after).order_by(TeamRow.code).limit(count)
    return (await work.session.scalars(query)).all()


async def team_by_code(work: Work, code: str, *, lock: bool = False) -> TeamRow | None:
    """A team by its code."""
    query = select(TeamRow).where(TeamRow.code == code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found: TeamRow | None = await work.session.scalar(query)
    return found


async def add_team(work: Work, values: Mapping[str, object]) -> TeamRow | None:
    """Insert a team unless the code is taken; null when it is."""
    return (
        await work.session.scalars(
            insert(TeamRow)
            .values(dict(values))
            .on_conflict_do_nothing(index_elements=[TeamRow.code])
            .returning(TeamRow)
        )
    ).one_or_none()


async def caseworker(work: Work, user_id: UUID, *, lock: bool = False) -> CaseworkerRow | None:
    """Somebody who works cases."""
    return await work.session.get(
        CaseworkerRow, user_id, with_for_update=lock or None, populate_existing=True
    )


async def caseworkers(work: Work) -> Sequence[tuple[CaseworkerRow, bool]]:
    """Everybody who works cases, by key, and whether each may log in."""
    rows = await work.session.execute(
        select(CaseworkerRow, UserRow.disabled_at.is_(None))
        .join(UserRow, UserRow.id == CaseworkerRow.user_id)
        .order_by(CaseworkerRow.user_id)
    )
    return [(row, is_active) for row, is_active in rows]


async def caseworkers_page(
    work: Work, team_id: UUID | None, after: UUID | None, count: int
) -> Sequence[CaseworkerRow]:
    """People who work cases, by key, after one of them; of one team alone if so."""
    query = select(CaseworkerRow).order_by(CaseworkerRow.user_id).limit(count)
    if team_id is not None:
        query = query.where(CaseworkerRow.team_id == team_id)
    if after is not None:
        query = query.where(CaseworkerRow.user_id > after)
    return (await work.session.scalars(query)).all()


async def loads(work: Work, user_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """How many open cases each of these people owns; who owns none is left out."""
    rows = await work.session.execute(
        select(CaseRow.assignee_id, func.count())
        .where(CaseRow.status == "open", among(CaseRow.assignee_id, user_ids))
        .group_by(CaseRow.assignee_id)
    )
    return {user_id: count for user_id, count in rows if user_id is not None}


@dataclass(frozen=True, slots=True)
class Burden:
    """What somebody has to do now."""

    cases: int = 0
    waiting: int = 0
    """Of the cases, those that do not stand still."""
    high_risk: int = 0
    leased: int = 0
    tasks: int = 0
    """Open tasks in his cases, or asked of him."""
    overdue_tasks: int = 0
    """Of these, those whose time is over, on live clocks."""


async def burdens(work: Work, user_ids: Collection[UUID]) -> Mapping[UUID, Burden]:
    """What each of these people has to do; nothing is left out."""
    found = {user_id: Burden() for user_id in user_ids}
    cases = await work.session.execute(
        select(
            CaseRow.assignee_id,
            func.count(),
            func.count().filter(CaseRow.suspended_by.is_(None)),
            func.count().filter(CaseRow.risk_level == "high"),
        )
        .where(CaseRow.status == "open", among(CaseRow.assignee_id, user_ids))
        .group_by(CaseRow.assignee_id)
    )
    owned = {row[0]: row[1:] for row in cases}
    leases = await work.session.execute(
        select(CaseRow.leased_by, func.count())
        .where(among(CaseRow.leased_by, user_ids), CaseRow.leased_until > work.now)
        .group_by(CaseRow.leased_by)
    )
    leased = {user_id: count for user_id, count in leases}
    owner = func.coalesce(TaskRow.assignee_id, CaseRow.assignee_id)
    tasks = await work.session.execute(
        select(
            owner,
            func.count(),
            func.count().filter(TaskRow.due_at < work.now, TaskRow.test_clock_id.is_(None)),
        )
        .outerjoin(CaseRow, CaseRow.id == TaskRow.case_id)
        .where(TaskRow.status == "open", owner.in_(list(user_ids)))
        .group_by(owner)
    )
    asked = {row[0]: row[1:] for row in tasks}
    for user_id in found:
        count, waiting, high = owned.get(user_id, (0, 0, 0))
        open_tasks, overdue = asked.get(user_id, (0, 0))
        found[user_id] = Burden(count, waiting, high, leased.get(user_id, 0), open_tasks, overdue)
    return found


async def queue_lengths(work: Work) -> Mapping[tuple[UUID | None, str | None], int]:
    """How many open cases without an owner wait, by team and reason."""
    rows = await work.session.execute(
        select(CaseRow.team_id, CaseRow.assigned_because, func.count())
        .where(CaseRow.status == "open", CaseRow.assignee_id.is_(None))
        .group_by(CaseRow.team_id, CaseRow.assigned_because)
    )
    return {(team_id, because): count for team_id, because, count in rows}


# -- portfolios --------------------------------------------------------------------------------


async def portfolio(work: Work, user_id: UUID, after: int, count: int) -> Sequence[CustomerRow]:
    """The customers in somebody's portfolio, in number order after a number."""
    return (
        await work.session.scalars(
            select(CustomerRow)
            .join(PortfolioRow, PortfolioRow.customer_id == CustomerRow.id)
            .where(PortfolioRow.user_id == user_id, CustomerRow.number > after)
            .order_by(CustomerRow.number)
            .limit(count)
        )
    ).all()


async def known_customers(work: Work, customer_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these customers there are."""
    found = await work.session.scalars(
        select(CustomerRow.id).where(among(CustomerRow.id, customer_ids))
    )
    return frozenset(found)


async def put_into_portfolio(
    work: Work, user_id: UUID, customer_ids: Collection[UUID], at: datetime
) -> None:
    """Put customers into somebody's portfolio, out of whose they were in."""
    if not customer_ids:
        return
    rows = [{"customer_id": each, "user_id": user_id, "since": at} for each in sorted(customer_ids)]
    adding = insert(PortfolioRow).values(rows)
    await work.session.execute(
        adding.on_conflict_do_update(
            index_elements=[PortfolioRow.customer_id],
            set_={"user_id": adding.excluded.user_id, "since": adding.excluded.since},
        )
    )


async def take_out_of_portfolio(work: Work, user_id: UUID, customer_ids: Collection[UUID]) -> None:
    """Take customers out of somebody's portfolio; who is not in it stays where he is."""
    await work.session.execute(
        delete(PortfolioRow)
        .where(PortfolioRow.user_id == user_id, among(PortfolioRow.customer_id, customer_ids))
        .execution_options(synchronize_session=False)
    )


async def move_portfolio(work: Work, from_id: UUID, to_id: UUID, at: datetime) -> int:
    """Give a whole portfolio to somebody else; how many customers it has."""
    moved = await work.session.scalars(
        update(PortfolioRow)
        .where(PortfolioRow.user_id == from_id)
        .values(user_id=to_id, since=at)
        .returning(PortfolioRow.customer_id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


# -- cases -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Needs:
    """What of a customer decides who may work his case."""

    language: str
    is_vulnerable: bool
    portfolio: UUID | None


async def needs(work: Work, customer_ids: Collection[UUID], on: date) -> Mapping[UUID, Needs]:
    """What the cases of these customers ask for on a day; one statement for all of them."""
    vulnerable = (
        select(literal(1))
        .where(
            HoldRow.customer_id == CustomerRow.id,
            HoldRow.kind == HoldKind.VULNERABLE.value,
            HoldRow.ended_at.is_(None),
            HoldRow.starts_on <= on,
            or_(HoldRow.ends_on.is_(None), HoldRow.ends_on > on),
        )
        .exists()
    )
    rows = await work.session.execute(
        select(CustomerRow.id, CustomerRow.language, vulnerable, PortfolioRow.user_id)
        .outerjoin(PortfolioRow, PortfolioRow.customer_id == CustomerRow.id)
        .where(among(CustomerRow.id, customer_ids))
    )
    return {row[0]: Needs(row[1], row[2], row[3]) for row in rows}


async def lock_open_cases(
    work: Work,
    *,
    owner: UUID | None,
    case_ids: Collection[UUID] | None,
    after: int,
    count: int,
    lock: bool,
) -> Sequence[CaseRow]:
    """Open cases of an owner (null: of nobody), in number order after a number.

    Only those of `case_ids`, where these are given; locked if so.
    """
    query = (
        select(CaseRow)
        .where(
            CaseRow.status == "open",
            CaseRow.assignee_id.is_(None) if owner is None else CaseRow.assignee_id == owner,
            CaseRow.number > after,
        )
        .order_by(CaseRow.number)
        .limit(count)
    )
    if case_ids is not None:
        query = query.where(among(CaseRow.id, case_ids))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await work.session.scalars(query)).all()


async def escalated_cases(work: Work, creditor_id: UUID) -> Sequence[CaseRow]:
    """The open cases of a creditor in which an answer to an escalation is awaited."""
    return (
        await work.session.scalars(
            select(CaseRow).where(
                CaseRow.creditor_id == creditor_id,
                CaseRow.status == "open",
                CaseRow.escalation.in_(["asked", "re_escalated"]),
            )
        )
    ).all()


async def next_case(
    work: Work, user_id: UUID, team_id: UUID | None, *, everybody: bool
) -> CaseRow | None:
    """The first case by priority that nobody works and that may be given to somebody, locked.

    His own, and those without an owner in his team's queue or in nobody's; with `everybody` also
    those that others own. What another transaction holds is passed by.
    """
    free = and_(CaseRow.assignee_id.is_(None), CaseRow.team_id.is_(None))
    if team_id is not None:
        free = and_(
            CaseRow.assignee_id.is_(None),
            or_(CaseRow.team_id.is_(None), CaseRow.team_id == team_id),
        )
    query = (
        select(CaseRow)
        .where(
            CaseRow.status == "open",
            CaseRow.priority > 0,
            or_(CaseRow.leased_until.is_(None), CaseRow.leased_until <= work.now),
            or_(CaseRow.rests_until.is_(None), CaseRow.rests_until <= work.now),
        )
        .order_by(CaseRow.priority.desc(), CaseRow.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if not everybody:
        query = query.where(or_(CaseRow.assignee_id == user_id, free))
    found: CaseRow | None = await work.session.scalar(query)
    return found


async def leased_cases(work: Work, user_id: UUID) -> Sequence[CaseRow]:
    """The cases that somebody works now, locked in number order."""
    return (
        await work.session.scalars(
            select(CaseRow)
            .where(CaseRow.leased_by == user_id, CaseRow.leased_until > work.now)
            .order_by(CaseRow.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).all()
