"""Recovery strategies as versioned data: the shipped ones, the one in use, one by its key."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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
from contracts.strategy_file import StrategyFormat, read_strategy_file
from domain.errors import DomainError, ErrorCode
from domain.recovery.strategy import Action, Strategy
from domain.recovery.strategy_text import strategy_from_mapping

SHIPPED: Final = tuple(sorted((Path(__file__).parents[1] / "packs" / "strategies").glob("*.toml")))
"""The strategies every installation has; `default` is taken where nothing else is said."""

DEFAULT: Final = "default"
"""The strategy that is followed where nothing else is said."""

PRE_DUE: Final = "pre_due"
"""The stage shown for reminders that come before there is a case."""


_KNOWN: Final[dict[UUID, Strategy]] = {}
"""Versions read by this process."""


@dataclass(frozen=True, slots=True)
class KeptStrategy:
    """A version of a strategy and the key it is kept under."""

    id: UUID
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class Follower:
    """What follows a strategy: a product of a creditor.

    Attributes:
        creditor_id: Whose book it is in.
        product_code: Which product.
        strategy: The strategy the product names itself.
    """

    creditor_id: UUID
    product_code: str
    strategy: str


async def ensure_shipped(work: Work, files: Sequence[Path] = SHIPPED) -> None:
    """Keep the versions of the shipped strategies, unless they are kept already.

    A version of the house that has the number of a shipped one stands instead of it. Raises
    `INVALID_STRATEGY` for a file that is not sound, or that changed without a new version.
    """
    for file in files:
        written = read_strategy_file(file.read_text(encoding="utf-8"), StrategyFormat.TOML)
        await _ensure(work, dict(written.data))


async def _ensure(work: Work, data: dict[str, object]) -> None:
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
    kept = await queries.lock_version(work, strategy.code, strategy.version)
    # A version of the house that was there before ours of the same number stands.
    if kept is not None and kept.life is None and kept.row.data != data:
        raise DomainError(
            ErrorCode.INVALID_STRATEGY,
            "The strategy changed, but its version did not: cases keep their version as it was.",
            {"code": strategy.code, "version": strategy.version},
        )


async def current(work: Work, code: str, on: date) -> KeptStrategy:
    """The version of a strategy that new cases take on a business day. Raises `NOT_FOUND`."""
    row = await queries.in_use(work, code, on)
    if row is None:
        raise missing()
    return KeptStrategy(row.id, await by_id(work, row.id))


async def followed(work: Work, by: Follower, on: date) -> KeptStrategy:
    """The version that new cases of a product take on a business day.

    An assignment to the product goes before one to its creditor, and that before the strategy
    the product names itself. An assigned strategy of which nothing is in use on the day is passed
    by, and so is the product's own: then it is `default`, so that no day of a book ever
    lacks one.
    """
    newest = {
        row.product_code: row.strategy
        for row in await queries.assigned(work, by.creditor_id, by.product_code)
    }
    for code in (newest.get(by.product_code), newest.get(None), by.strategy):
        row = None if code is None else await queries.in_use(work, code, on)
        if row is not None:
            return KeptStrategy(row.id, await by_id(work, row.id))
    return await current(work, DEFAULT, on)


async def require(work: Work, code: str) -> None:
    """Refuse a strategy of which no version is, or will be, in use (`NOT_FOUND`)."""
    await current(work, code, date.max)


async def require_in_use(work: Work, kept: KeptStrategy) -> None:
    """Refuse a version that is a draft or retired (`ILLEGAL_TRANSITION`)."""
    usable = await queries.usable_versions(work, kept.strategy.code, date.max)
    if kept.strategy.version not in usable:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION, "Only an approved version takes cases over."
        )


async def version(work: Work, code: str, number: int) -> KeptStrategy:
    """One version of a strategy. Raises `NOT_FOUND`."""
    row = await queries.version_of(work, code, number)
    if row is None:
        raise missing()
    return KeptStrategy(row.id, await by_id(work, row.id))


async def by_id(work: Work, strategy_id: UUID) -> Strategy:
    """The version a case keeps, read once per process: versions never change. `NOT_FOUND`."""
    known = _KNOWN.get(strategy_id)
    if known is None:
        row = await queries.by_id(work, strategy_id)
        if row is None:
            raise missing()
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
        raise missing()
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
            to=step.to.value,
            letter=None if step.letter is None else step.letter.value,
        )
        for step in strategy.steps
    ]
    return WireStrategy(
        code=strategy.code,
        version=strategy.version,
        stages=[stage.name for stage in strategy.stages],
        steps=before + steps,
    )


def missing() -> DomainError:
    """The answer for a strategy that does not exist."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such strategy.")
