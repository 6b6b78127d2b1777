"""Saved views of the worklist: what it is narrowed to, in which order, for whom, under a name."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Code, Currency, ShortText, Wire

ViewTab = Literal[
    "mine",
    "team",
    "broken",
    "calls",
    "replies",
    "disputes",
    "hardship",
    "unassigned",
    "holds",
]
"""The parts of the worklist; `team` is every open case, `mine` those of whoever looks."""

ViewSort = Literal["priority", "oldest", "newest"]


class ViewFilters(Wire):
    """What the worklist is narrowed to; null: not by this."""

    tab: ViewTab = "team"
    stage: ShortText | None = None
    risk_level: Literal["low", "medium", "high"] | None = None
    assignee_id: UUID | None = None
    creditor_id: UUID | None = None
    currency: Currency | None = None


class ViewEdit(Wire):
    """A view as it shall be."""

    name: ShortText
    filters: ViewFilters = Field(default_factory=ViewFilters)
    sort: ViewSort = "priority"


class NewView(ViewEdit):
    """A view to be kept."""

    team: Code | None = None
    """For everybody in this team; null: for oneself alone."""


class SavedView(ViewEdit):
    """A view with how many cases it shows to whoever asks."""

    id: UUID
    scope: Literal["personal", "team", "system"]
    team: Code | None
    cases: int
    url: str = Field(examples=["/console?view=0190…"])
    """Where the console shows it."""
    may_change: bool
    version: int
