"""Recovery strategies as versioned data: the default one, the current one, one by its key."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.pagination import PageRequest
from api.strategies import queries
from api.strategies.tables import StrategyRow
from api.work import Work
from contracts.base import Page
from contracts.recovery import Strategy as WireStrategy
from contracts.recovery import StrategyStep
from domain.errors import DomainError, ErrorCode
from domain.recovery.strategy import Action, Strategy
from domain.recovery.strategy_text import strategy_from_mapping

DEFAULT_FILE: Final = Path(__file__).parent.parent / "packs" / "strategies" / "default.toml"
"""The strategy every installation begins with."""

PRE_DUE: Final = "pre_due"
"""The stage shown for reminders that come before there is a case."""


_KNOWN: Final[dict[UUID, Strategy]] = {}
"""Versions read by this process."""


@dataclass(frozen=True, slots=True)
class KeptStrategy:
    """A version of a strategy and the key it is kept under."""

    id: UUID
    strategy: Strategy


async def ensure_default(work: Work) -> None:
    """Keep the default strategy's version, unless it is kept already.

    Raises `INVALID_STRATEGY` for a file that is not sound, or that changed without a new version.
    """
    data = _plain(tomllib.loads(DEFAULT_FILE.read_text(encoding="utf-8")))
    strategy = strategy_from_mapping(data)
    made = await queries.insert_version(work, strategy.code, strategy.version, data, work.now)
    if made is not None:
        record(
            work,
            "strategy.added",
            "strategy",
            made,
            {"code": strategy.code, "version": strategy.version},
        )
        return
    kept = await queries.version_of(work, strategy.code, strategy.version)
    if kept is not None and kept.data != data:
        raise DomainError(
            ErrorCode.INVALID_STRATEGY,
            "The strategy changed, but its version did not: cases keep their version as it was.",
            {"code": strategy.code, "version": strategy.version},
        )


async def current(work: Work, code: str) -> KeptStrategy:
    """The newest version of a strategy, with its key for a case to keep. Raises `NOT_FOUND`."""
    row = await queries.newest(work, code)
    if row is None:
        raise _missing()
    return KeptStrategy(row.id, strategy_from_mapping(row.data))


async def by_id(work: Work, strategy_id: UUID) -> Strategy:
    """The version a case keeps, read once per process: versions never change. `NOT_FOUND`."""
    known = _KNOWN.get(strategy_id)
    if known is None:
        row = await queries.by_id(work, strategy_id)
        if row is None:
            raise _missing()
        known = _KNOWN[strategy_id] = strategy_from_mapping(row.data)
    return known


async def names(work: Work, ids: Collection[UUID]) -> Mapping[UUID, tuple[str, int]]:
    """Code and version of several strategies, by key."""
    return {row.id: (row.code, row.version) for row in await queries.several(work, ids)}


async def list_strategies(work: Work, page: PageRequest) -> Page[WireStrategy]:
    """The newest version of each strategy, by code."""
    rows = await queries.page(work, page.after or "", page.limit)
    shown, cursor = page.cut(rows, [row.code for row in rows])
    return Page(items=[wire(row) for row in shown], next_cursor=cursor)


async def get_strategy(work: Work, code: str) -> WireStrategy:
    """The newest version of one strategy. Raises `NOT_FOUND`."""
    row = await queries.newest(work, code)
    if row is None:
        raise _missing()
    return wire(row)


def wire(row: StrategyRow) -> WireStrategy:
    """A strategy as it goes over the wire; reminders before the due date have negative days."""
    strategy = strategy_from_mapping(row.data)
    before = [
        StrategyStep(
            key=step.key,
            day=step.day_offset,
            action=Action.REMIND.value,
            channel=step.channel.value,
            template=step.template,
            stage=PRE_DUE,
        )
        for step in strategy.pre_due
    ]
    steps = [
        StrategyStep(
            key=step.key,
            day=step.day_offset,
            action=step.action.value,
            channel=None if step.channel is None else step.channel.value,
            template=step.template,
            stage=step.stage,
        )
        for step in strategy.steps
    ]
    return WireStrategy(
        code=strategy.code,
        version=strategy.version,
        stages=[stage.name for stage in strategy.stages],
        steps=before + steps,
    )


def _plain(data: Mapping[str, object]) -> dict[str, object]:
    """The data of a TOML file as JSON can keep it: dates and times become text."""
    return {key: _plain_value(value) for key, value in data.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such strategy.")
