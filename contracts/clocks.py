"""Test clocks: a sandbox customer lives through months in seconds."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Instant, ShortText, Wire


class NewTestClock(Wire):
    """A clock for customers of the sandbox."""

    name: ShortText
    starts_at: Instant


class TestClock(Wire):
    """A clock as it stands; `settled` says that nothing on it is still at work."""

    __test__ = False

    id: UUID
    name: str
    now: datetime
    target: datetime | None
    status: Literal["idle", "advancing"]
    settled: bool
    created_at: datetime


class AdvanceClock(Wire):
    """How far to go: to an instant, or some days."""

    to: Instant | None = None
    days: Annotated[int, Field(ge=1, le=4000)] | None = None


class WakeCounts(Wire):
    """Workflows that should exist, as Postgres sees it."""

    active_loans: int
    open_cases: int
    unsettled: int
    oldest_unsettled_seconds: int
