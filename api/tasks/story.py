"""The story of a watched task: its lines as facts, and in plain words."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from api.tasks.tables import TaskEventRow, TaskRow
from api.work import Work
from contracts.base import TimelineEntry
from domain.errors import Fact


class EventKind(StrEnum):
    """What can happen to a task."""

    SCHEDULED = "scheduled"
    REMINDED = "reminded"
    PASSED_OVER = "passed_over"
    FELL_DUE = "fell_due"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    DONE = "done"
    CANCELLED = "cancelled"


def write(  # noqa: PLR0917 - one line of a story: of what, when, what, which step, with which facts
    work: Work,
    task: TaskRow,
    at: datetime,
    kind: EventKind,
    step: str | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> None:
    """Add a line to a task's story; `at` is its own clock."""
    work.session.add(
        TaskEventRow(
            task_id=task.id,
            at=at,
            kind=kind.value,
            step=step,
            actor=work.principal.actor,
            facts=dict(facts or {}),
        )
    )


def entry(row: TaskEventRow) -> TimelineEntry:
    """One line in words."""
    return TimelineEntry(at=row.at, kind=row.kind, actor=row.actor, text=_text(row))


def words(code: str) -> str:
    """A code as words: `review_documents` is said `review documents`."""
    return code.replace("_", " ")


def _text(row: TaskEventRow) -> str:
    role = words(str(row.facts.get("role") or "somebody"))
    outcome = words(str(row.facts.get("outcome") or ""))
    person = " in person" if row.facts.get("assignee_id") else ""
    texts = {
        EventKind.SCHEDULED: f"Asked of the {role}{person}",
        EventKind.REMINDED: f"The {role} was reminded",
        EventKind.PASSED_OVER: "A reminder was left out: a later step had already fallen due",
        EventKind.FELL_DUE: "Fell due",
        EventKind.ESCALATED: f"Not done in time: the {role} was asked",
        EventKind.REASSIGNED: f"Given to the {role}{person}",
        EventKind.DONE: f"Done: {outcome}",
        EventKind.CANCELLED: f"Cancelled: {outcome}",
    }
    return texts[EventKind(row.kind)]
