"""Casework over HTTP: parse, call, answer."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from api.casework import service, worklist
from api.deps import DryRun, IfMatch, OnceDep, OnceUnlessDryRun, SeenVersion, WorkDep
from api.pagination import PageQuery
from api.recovery import risks, suggesting
from api.recovery.worklist import Look, Narrowing
from api.recovery.worklist_queries import Sort, Tab
from contracts.base import Page
from contracts.casework import (
    Caseworker,
    CustomerRisk,
    HandOver,
    HandOverPage,
    NewTeam,
    NextCase,
    PortfolioChange,
    PortfolioCustomer,
    PortfolioSize,
    Suggestion,
    Team,
    TeamEdit,
    WorklistRow,
    Workload,
)
from contracts.parties import Creditor, SetBusinessHours
from contracts.recovery import Case
from contracts.views import NewView, SavedView, ViewEdit

router = APIRouter(tags=["casework"])

TeamCode = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


# -- teams and people --------------------------------------------------------------------------


@router.post("/teams", summary="Make a team", status_code=201, response_model=Team)
async def create_team(work: WorkDep, once: OnceDep, command: NewTeam) -> Response:
    """People who work together. Once there is a team, new cases are given out by rule."""
    return await once.run(work, command, lambda: service.create_team(work, command))


@router.get("/teams", summary="List teams")
async def list_teams(work: WorkDep, page: PageQuery) -> Page[Team]:
    """By code, each with the cases that wait in its queue and why nobody has them."""
    return await service.list_teams(work, page)


@router.get("/teams/{code}", summary="Read a team")
async def get_team(work: WorkDep, code: TeamCode, response: Response) -> Team:
    """A team with the cases that wait in its queue and why nobody has them."""
    found = await service.get_team(work, code)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/teams/{code}", summary="Change a team")
async def edit_team(
    work: WorkDep, code: TeamCode, command: TeamEdit, seen: IfMatch, response: Response
) -> Team:
    """Its name, its skills, the books it takes. Cases that have an owner stay with him."""
    found = await service.edit_team(work, code, command, seen)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/caseworkers/{user_id}", summary="Say how somebody works cases")
async def put_caseworker(
    work: WorkDep, user_id: UUID, command: Caseworker, seen: SeenVersion, response: Response
) -> Workload:
    """The team, skills, capacity and absence; `If-Match` once he is one who works cases."""
    found = await service.put_caseworker(work, user_id, command, seen)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/workloads", summary="List workloads")
async def list_workloads(
    work: WorkDep,
    page: PageQuery,
    team: Annotated[str | None, Query(max_length=64, description="People of this team")] = None,
) -> Page[Workload]:
    """What each of those who work cases has to do now, beside what he has room for."""
    return await service.list_workloads(work, team, page)


@router.get("/workloads/{user_id}", summary="Read a workload")
async def get_workload(work: WorkDep, user_id: UUID, response: Response) -> Workload:
    """What one of those who work cases has to do now."""
    found = await service.get_workload(work, user_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/caseworkers/{user_id}/portfolio", summary="List a portfolio")
async def list_portfolio(work: WorkDep, user_id: UUID, page: PageQuery) -> Page[PortfolioCustomer]:
    """The customers in somebody's portfolio, in arrears or not, by number."""
    return await service.list_portfolio(work, user_id, page)


@router.post(
    "/caseworkers/{user_id}/portfolio",
    summary="Change a portfolio",
    response_model=PortfolioSize,
)
async def change_portfolio(
    work: WorkDep, once: OnceDep, user_id: UUID, command: PortfolioChange
) -> Response:
    """Customers come and go; their open cases stay with whoever owns them."""
    return await once.run(
        work, command, lambda: service.change_portfolio(work, user_id, command), status=200
    )


@router.post("/hand-overs", summary="Hand cases over", response_model=HandOverPage)
async def hand_over_cases(
    work: WorkDep, once: OnceUnlessDryRun, command: HandOver, dry_run: DryRun = False
) -> Response:
    """Some cases or a whole book, to one person or by rule; with `dry_run` only shown.

    From nobody (`from_user_id` null) it gives out what waits in the queues.
    """
    return await once.run(
        work, command, lambda: service.hand_over(work, command, dry_run=dry_run), status=200
    )


@router.put("/creditors/{creditor_id}/business-hours", summary="Say when a creditor works")
async def put_business_hours(
    creditor_id: UUID, body: SetBusinessHours, work: WorkDep, seen: IfMatch, response: Response
) -> Creditor:
    """The hours in which escalations and the patience of tasks are counted; null: all of them.

    The clocks of escalations that run are counted anew.
    """
    changed = await service.set_hours(work, creditor_id, body, seen)
    response.headers["ETag"] = f'"{changed.version}"'
    return changed


# -- what to work ------------------------------------------------------------------------------


@router.get("/worklist", summary="List cases to work")
async def get_worklist(
    work: WorkDep,
    page: PageQuery,
    *,
    tab: Tab = Tab.TEAM,
    stage: Annotated[str, Query(max_length=64, description="Only cases in this stage")] = "",
    number: Annotated[
        str, Query(max_length=30, description="One case (RC-1001) or customer (CU-1001)")
    ] = "",
    risk_level: Literal["low", "medium", "high"] | None = None,
    assignee_id: UUID | None = None,
    creditor_id: UUID | None = None,
    currency: Annotated[str, Query(pattern=r"^([A-Z]{3})?$")] = "",
    sort: Sort = Sort.PRIORITY,
    view: Annotated[
        UUID | None, Query(description="A saved view, in the place of all that narrows and sorts")
    ] = None,
) -> Page[WorklistRow]:
    """Open cases, the highest priority first, each with its parts and what to do next."""
    if view is not None:
        return await worklist.rows(work, await service.look_of(work, view), page)
    only = Narrowing(stage, number.strip(), risk_level or "", assignee_id, creditor_id, currency)
    return await worklist.rows(work, Look(tab, only, sort), page)


@router.get("/worklist/views", summary="List saved views")
async def list_views(work: WorkDep, page: PageQuery) -> Page[SavedView]:
    """The system's, one's own, and those of one's team, each with how many cases it shows."""
    return await service.list_views(work, page)


@router.post("/worklist/views", summary="Save a view", status_code=201, response_model=SavedView)
async def save_view(work: WorkDep, once: OnceDep, command: NewView) -> Response:
    """What the worklist is narrowed to and its order, under a name; for oneself or a team."""
    return await once.run(work, command, lambda: service.save_view(work, command))


@router.get("/worklist/views/{view_id}", summary="Read a saved view")
async def get_view(work: WorkDep, view_id: UUID, response: Response) -> SavedView:
    """A view with how many cases it shows now; `GET /worklist?view=` lists them."""
    found = await service.get_view(work, view_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/worklist/views/{view_id}", summary="Change a saved view")
async def edit_view(
    work: WorkDep, view_id: UUID, command: ViewEdit, seen: IfMatch, response: Response
) -> SavedView:
    """Its name, what it is narrowed to, its order; a team's by whoever kept it and by managers."""
    found = await service.edit_view(work, view_id, command, seen)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.delete("/worklist/views/{view_id}", summary="Delete a saved view", status_code=204)
async def delete_view(work: WorkDep, view_id: UUID, seen: IfMatch) -> None:
    """It is gone for all who saw it; no case is touched."""
    await service.delete_view(work, view_id, seen)


@router.post("/worklist/next", summary="Take the next case", response_model=NextCase)
async def take_next_case(work: WorkDep, once: OnceDep) -> Response:
    """Leases the first case that waits for whoever asks, for 15 minutes; nobody else gets it.

    What he worked until now is given back.
    """
    return await once.run(work, None, lambda: service.take_next(work), status=200)


@router.post("/recovery-cases/{case_id}/lease", summary="Work a case", response_model=Case)
async def lease_case(work: WorkDep, once: OnceDep, case_id: UUID) -> Response:
    """Takes a case that nobody works, or goes on with one's own, for another 15 minutes."""
    return await once.run(work, None, lambda: service.renew(work, case_id), status=200)


@router.post("/recovery-cases/{case_id}/release", summary="Give a case back", response_model=Case)
async def release_case(work: WorkDep, once: OnceDep, case_id: UUID) -> Response:
    """Ends one's lease; the case is not offered again for two hours unless something happens."""
    return await once.run(work, None, lambda: service.release(work, case_id), status=200)


@router.get("/recovery-cases/{case_id}/suggestion", summary="What to do next in a case")
async def get_case_suggestion(work: WorkDep, case_id: UUID) -> Suggestion:
    """One act and its reason, from what the plan of the case knows; never a permit to contact."""
    return await suggesting.of_case(work, case_id)


@router.get("/customers/{customer_id}/risk", summary="The risk of a customer")
async def get_customer_risk(work: WorkDep, customer_id: UUID) -> CustomerRisk:
    """Points by a card that anybody can read, over all active loans and for each of them."""
    return await risks.of_customer(work, customer_id)
