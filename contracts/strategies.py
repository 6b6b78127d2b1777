"""Strategies as staff write them: drafts, approvals, differences, assignments, migrations."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Code, Wire
from contracts.recovery import Strategy
from contracts.strategy_file import MAX_STRATEGY_TEXT, StrategyFormat

StrategyStatus = Literal["shipped", "draft", "approved", "retired"]


class StrategyText(Wire):
    """A strategy as it is written."""

    notation: StrategyFormat
    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_STRATEGY_TEXT)]


class StrategyMistake(Wire):
    """One mistake of a strategy."""

    line: int | None
    """From 1; null where it cannot be told."""
    path: str
    """Where: `steps[3].when`."""
    text: str


class StrategyCheck(Wire):
    """What the linter says of a strategy."""

    ok: bool
    mistakes: list[StrategyMistake]


class StrategyVersion(Strategy):
    """A version of a strategy with its life and its text."""

    id: UUID
    name: str
    status: StrategyStatus
    from_on: date | None
    """The business day from which new cases take it; null: from the start, or not yet."""
    author: str | None
    """Who wrote it; null for one that came with the installation."""
    approved_by: str | None
    approved_at: datetime | None
    retired_at: datetime | None
    notation: StrategyFormat | None
    text: str | None
    """As it was written; null in lists, and for one that came with the installation."""
    created_at: datetime


class ApproveStrategy(Wire):
    """From when a version is used; the author cannot approve it."""

    from_on: date


class StrategyDifference(Wire):
    """One entry in which two versions differ; null where it is not there."""

    path: str
    before: str | None
    after: str | None


class StrategyDiff(Wire):
    """All that differs between two versions of a strategy."""

    code: str
    before: int
    after: int
    differences: list[StrategyDifference]


class NewStrategyAssignment(Wire):
    """Which strategy the new cases of a creditor, or of one of its products, follow from now on."""

    creditor_id: UUID
    product_code: Code | None = None
    """All its products unless given; one that is named goes first."""
    strategy: Code | None
    """Null takes the assignment back: the next wider one holds, at last the product's own."""


class StrategyAssignment(NewStrategyAssignment):
    """An assignment as it was made; the newest of a creditor and product counts."""

    id: UUID
    assigned_by: str
    assigned_at: datetime


class MigrateCases(Wire):
    """Which open cases go over to another version, a page at a time."""

    from_strategy: Code
    from_version: Annotated[int, Field(ge=1)]
    to_strategy: Code
    to_version: Annotated[int, Field(ge=1)]
    after_number: Annotated[int, Field(ge=0)] = 0
    """Cases up to this number were dealt with by earlier pages."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class MigratedCase(Wire):
    """What becomes of one case."""

    case_id: UUID
    number: str
    stage_before: str
    stage_after: str
    next_before: str | None
    """The step it would take next as it is; null for none."""
    next_after: str | None
    next_at: datetime | None
    left_out: list[str]
    """Steps of the new version whose day is over; they are not caught up with."""


class Migration(Wire):
    """A page of cases that go over, or would."""

    applied: bool
    cases: list[MigratedCase]
    next_after_number: int | None
    """Where the next page begins; null on the last one."""
