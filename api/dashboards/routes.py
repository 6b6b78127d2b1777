"""Dashboards over HTTP: parse, call, answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from api.dashboards import service
from api.dashboards.service import Scope
from api.deps import WorkDep
from api.pagination import PageQuery
from contracts.base import Page
from contracts.dashboards import CollectionsDashboard, FigureRow

router = APIRouter(prefix="/dashboards", tags=["dashboards"])


async def scope_of(
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    creditor_id: Annotated[UUID | None, Query(description="Books of this creditor alone")] = None,
    test_clock_id: Annotated[
        UUID | None, Query(description="Books on this test clock; without it, in live time")
    ] = None,
) -> Scope:
    """Which books are looked at."""
    return Scope(currency, creditor_id, test_clock_id)


ScopeQuery = Annotated[Scope, Depends(scope_of)]


@router.get("/collections", summary="What stands where in collections")
async def get_collections_dashboard(work: WorkDep, scope: ScopeQuery) -> CollectionsDashboard:
    """The first look of a manager, by currency, as of the business dates of the books.

    Each figure says what it counts (`definition`), of what it is a share, and where the data can
    tell it, what it was 7 days earlier; `GET /dashboards/collections/{figure}` lists its rows.
    """
    return await service.collections(work, scope)


@router.get("/collections/{figure}", summary="The rows behind a figure")
async def list_figure_rows(
    work: WorkDep,
    page: PageQuery,
    scope: ScopeQuery,
    figure: Annotated[str, Path(pattern=r"^[a-z0-9_]{1,32}$")],
    part: Annotated[str | None, Query(max_length=64, description="Of this part alone")] = None,
) -> Page[FigureRow]:
    """Exactly the rows that the figure counts in one currency (`currency` is required), by key."""
    return await service.rows(work, figure, scope, part, page)
