"""Strategies over HTTP: parse, call, answer."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.deps import OnceDep, WorkDep
from api.pagination import PageQuery
from api.strategies import authoring, service
from contracts.base import Page
from contracts.recovery import Strategy
from contracts.strategies import (
    ApproveStrategy,
    NewStrategyAssignment,
    StrategyAssignment,
    StrategyCheck,
    StrategyDiff,
    StrategyText,
    StrategyVersion,
)

router = APIRouter(tags=["recovery"])

Code = Annotated[str, Path(max_length=64)]
Version = Annotated[int, Path(ge=1, le=1_000_000)]


# -- reading -----------------------------------------------------------------------------------


@router.get("/strategies", summary="List strategies")
async def list_strategies(work: WorkDep, page: PageQuery) -> Page[Strategy]:
    """The newest version of each recovery strategy, by code."""
    return await service.list_strategies(work, page)


@router.get("/strategies/{code}", summary="Read a strategy")
async def get_strategy(work: WorkDep, code: Code) -> Strategy:
    """The newest version of a recovery strategy, in use or not: its stages and steps."""
    return await service.get_strategy(work, code)


@router.get("/strategies/{code}/versions", summary="List the versions of a strategy")
async def list_strategy_versions(
    work: WorkDep, page: PageQuery, code: Code
) -> Page[StrategyVersion]:
    """Drafts, versions in use and retired ones, newest first; the text stands with each of them."""
    return await authoring.list_versions(work, code, page)


@router.get("/strategies/{code}/versions/{version}", summary="Read a version of a strategy")
async def get_strategy_version(work: WorkDep, code: Code, version: Version) -> StrategyVersion:
    """One version with its life, as it was written."""
    return await authoring.read(work, code, version)


@router.get("/strategies/{code}/versions/{version}/diff", summary="Compare two versions")
async def diff_strategy_versions(
    work: WorkDep,
    code: Code,
    version: Version,
    against: Annotated[int, Query(ge=1, le=1_000_000, description="The version before")],
) -> StrategyDiff:
    """Every entry that differs, steps and stages told apart by their names."""
    return await authoring.compare(work, code, against, version)


# -- writing -----------------------------------------------------------------------------------


@router.post("/strategies/lint", summary="Check a strategy")
async def lint_strategy(_: WorkDep, command: StrategyText) -> StrategyCheck:
    """Names every mistake with its line; nothing is kept. `tenor strategy lint` says the same."""
    return authoring.check(command)


@router.post(
    "/strategies",
    summary="Write a strategy",
    status_code=201,
    response_model=StrategyVersion,
)
async def write_strategy(work: WorkDep, once: OnceDep, command: StrategyText) -> Response:
    """Keeps a text (TOML, YAML or JSON) as a draft. One with mistakes is refused with all of them.

    A draft is not changed: mend it by a higher version.
    """
    return await once.run(work, command, lambda: authoring.write(work, command))


@router.post(
    "/strategies/{code}/versions/{version}/approve",
    summary="Approve a draft",
    response_model=StrategyVersion,
)
async def approve_strategy(
    work: WorkDep, once: OnceDep, code: Code, version: Version, command: ApproveStrategy
) -> Response:
    """A second person lets new cases take it from a business day on; running cases keep theirs."""
    return await once.run(
        work, command, lambda: authoring.approve(work, code, version, command), status=200
    )


@router.post(
    "/strategies/{code}/versions/{version}/retire",
    summary="Retire a version",
    response_model=StrategyVersion,
)
async def retire_strategy(work: WorkDep, once: OnceDep, code: Code, version: Version) -> Response:
    """No new case takes it any more; the version before it is in use again."""
    return await once.run(work, None, lambda: authoring.retire(work, code, version), status=200)


# -- assignments -------------------------------------------------------------------------------


@router.get("/strategy-assignments", summary="List assignments of strategies")
async def list_strategy_assignments(work: WorkDep, page: PageQuery) -> Page[StrategyAssignment]:
    """In the order they were made; the newest of a creditor and product counts."""
    return await authoring.list_assignments(work, page)


@router.post(
    "/strategy-assignments",
    summary="Assign a strategy",
    status_code=201,
    response_model=StrategyAssignment,
)
async def assign_strategy(work: WorkDep, once: OnceDep, command: NewStrategyAssignment) -> Response:
    """New cases of a creditor, or of one of its products, follow the strategy from now on."""
    return await once.run(work, command, lambda: authoring.assign(work, command))
