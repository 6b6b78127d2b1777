"""Strategies over HTTP: read only; they arrive with the installation."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import WorkDep
from api.pagination import PageQuery
from api.strategies import service
from contracts.base import Page
from contracts.recovery import Strategy

router = APIRouter(tags=["recovery"])


@router.get("/strategies", summary="List strategies")
async def list_strategies(work: WorkDep, page: PageQuery) -> Page[Strategy]:
    """The newest version of each recovery strategy, by code."""
    return await service.list_strategies(work, page)


@router.get("/strategies/{code}", summary="Read a strategy")
async def get_strategy(work: WorkDep, code: Annotated[str, Path(max_length=64)]) -> Strategy:
    """The newest version of a recovery strategy: its stages and steps."""
    return await service.get_strategy(work, code)
