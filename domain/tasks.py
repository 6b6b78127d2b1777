"""How a task is followed up: reminders before it is due, escalations after; told the time.

A task is asked of a role, perhaps of one person. Until it is done or cancelled its follow-up is a
row of steps with fixed instants: reminders before the due instant, the due instant itself, and
escalations one after another up the ladder of roles.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.errors import DomainError, ErrorCode
from domain.office import AROUND_THE_CLOCK, Office

LADDER: Final[Mapping[str, str]] = {"agent": "manager", "advisor": "manager", "manager": "admin"}
"""Who is asked when nobody of a role has done a task in time; an administrator is the last."""

MOST_REMINDERS: Final = 5
LONGEST_LEAD: Final = timedelta(days=90)
"""The earliest a reminder may come before the due instant."""
SHORTEST_PATIENCE: Final = timedelta(minutes=15)
LONGEST_PATIENCE: Final = timedelta(days=30)
"""Bounds of the time between an overdue task and its escalation, and between two of them."""


class StepKind(StrEnum):
    """What the follow-up of a task can do."""

    REMIND = "remind"
    FALL_DUE = "fall_due"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a follow-up.

    Attributes:
        key: Names it within its task: `remind:1440` (minutes before), `due`, `escalate:1`.
        kind: What it does.
        at: When.
        role: Who is asked from then on; only an escalation changes that.
    """

    key: str
    kind: StepKind
    at: datetime
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a task is to be followed up.

    Attributes:
        remind_before: How long before the due instant the assignee is reminded.
        escalate_after: How long after it the next in the ladder is asked; None: never.
    """

    remind_before: tuple[timedelta, ...] = ()
    escalate_after: timedelta | None = None

    def __post_init__(self) -> None:
        """Raise `INVALID_REQUEST` for too many reminders, or times that help nobody."""
        if len(self.remind_before) > MOST_REMINDERS:
            raise _refused("remind_before", f"A task has at most {MOST_REMINDERS} reminders.")
        if any(not timedelta(0) < lead <= LONGEST_LEAD for lead in self.remind_before):
            raise _refused("remind_before", "A reminder comes up to 90 days before the due time.")
        patience = self.escalate_after
        if patience is not None and not SHORTEST_PATIENCE <= patience <= LONGEST_PATIENCE:
            raise _refused(
                "escalate_after", "An escalation comes 15 minutes to 30 days after the due time."
            )


@dataclass(frozen=True, slots=True)
class OpenTask:
    """What the rules look at.

    Attributes:
        opened_at: When it was asked; no reminder comes before.
        due_at: When it should be done.
        role: Who is asked now.
        terms: How it is followed up.
        done: Keys of the steps made or passed over so far.
        office: The business hours in which the patience before an escalation is counted.
    """

    opened_at: datetime
    due_at: datetime
    role: str
    terms: Terms
    done: Collection[str]
    office: Office = AROUND_THE_CLOCK


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is to be done about a task now.

    Attributes:
        due: Steps whose time has come, in order; they are made now.
        overtaken: Reminders whose time passed while a later step fell due: they are left out.
        coming: The next step and its instant; None when only a person moves the task.
    """

    due: tuple[Step, ...]
    overtaken: tuple[Step, ...]
    coming: Step | None


def follow_up(task: OpenTask, now: datetime) -> FollowUp:
    """What is due of an open task's follow-up at an instant, and what comes next.

    Of several reminders that fell due together only the last is given, and none once the task is
    due itself: a worker that was away does not make up for it with noise. Escalations are given
    one after another, each to the next role of the ladder.
    """
    due: list[Step] = []
    overtaken: list[Step] = []
    coming: Step | None = None
    for step in _steps(task):
        if step.at > now:
            coming = step
            break
        if due and due[-1].kind is StepKind.REMIND:
            overtaken.append(due.pop())
        due.append(step)
    return FollowUp(tuple(due), tuple(overtaken), coming)


def _steps(task: OpenTask) -> list[Step]:
    """The steps that are not done yet, in the order of their instants."""
    steps = [
        Step(f"remind:{int(lead.total_seconds() // 60)}", StepKind.REMIND, task.due_at - lead)
        for lead in sorted(set(task.terms.remind_before), reverse=True)
        if task.due_at - lead > task.opened_at
    ]
    steps.append(Step("due", StepKind.FALL_DUE, task.due_at))
    patience = task.terms.escalate_after
    if patience is not None:
        rung = 1 + sum(1 for key in task.done if key.startswith("escalate:"))
        above = LADDER.get(task.role)
        while above is not None:
            at = task.office.after(task.due_at, patience * rung)
            steps.append(Step(f"escalate:{rung}", StepKind.ESCALATE, at, above))
            rung, above = rung + 1, LADDER.get(above)
    return [step for step in steps if step.key not in task.done]


def _refused(field: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": field})
