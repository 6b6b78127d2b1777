"""How the demo's staff work, purely: which tasks are done on a day, by whom, with what outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from contracts.names import Role
from contracts.tasks import Task
from tenor.demo.people import Behaviour, Person
from tenor.portfolio.chance import chance, weighted

CallOutcome = Literal["right_party", "no_answer", "voicemail", "call_back", "done"]

_OVERLOOKED: Final = 0.25
"""How many escalations the advisor lets pass until a manager is asked."""

_ADVISES_AT_ONCE: Final = 0.4
_ADVISES_WHEN_REMINDED: Final = 0.75
"""How many who ask for advice the advisor answers the day after, and how many before he has
forgotten it for good."""

_ANSWERS: Final[tuple[tuple[CallOutcome, int], ...]] = (
    ("right_party", 5),
    ("no_answer", 3),
    ("call_back", 2),
)
_NOBODY_ANSWERS: Final[tuple[tuple[CallOutcome, int], ...]] = (("no_answer", 2), ("voicemail", 1))


class TaskKind(StrEnum):
    """The tasks that the staff of the demo know how to do; others stay open."""

    CALL = "call"
    ESCALATION = "escalation"
    REPLY = "reply"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Work:
    """A task somebody does: who, and what comes of it."""

    task_id: UUID
    role: Role
    outcome: CallOutcome
    key: str
    """Names it in an idempotency key: the same in every run."""


def work_of_day(
    seed: int,
    day: date,
    tasks: Sequence[Task],
    people: dict[UUID, Person],
    overlooked: int | None,
) -> tuple[Work, ...]:
    """What the staff do on a day, in customer-number order.

    Args:
        seed: Of the run.
        day: The day.
        tasks: All open tasks.
        people: Everybody, by customer.
        overlooked: Number of a customer whose escalation the advisor always overlooks.
    """

    def order(task: Task) -> tuple[int, str, datetime, str]:
        person = _whose(task, people)
        return (0 if person is None else person.number, task.kind, task.created_at, task.title)

    done = []
    for place, task in enumerate(sorted(tasks, key=order)):
        person = _whose(task, people)
        found = _work(seed, day, task, person, overlooked)
        if found is not None:
            role, outcome = found
            done.append(Work(task.id, role, outcome, f"{day}:{place}:{task.kind}"))
    return tuple(done)


def _whose(task: Task, people: dict[UUID, Person]) -> Person | None:
    """Whom a task is about."""
    return None if task.customer_id is None else people.get(task.customer_id)


def _work(
    seed: int, day: date, task: Task, person: Person | None, overlooked: int | None
) -> tuple[Role, CallOutcome] | None:
    if task.kind == TaskKind.REPLY:
        return Role.AGENT, "done"
    if person is None:
        return None
    if task.kind == TaskKind.CALL:
        silent = person.behaviour is Behaviour.SILENT
        choices = _NOBODY_ANSWERS if silent else _ANSWERS
        return Role.AGENT, weighted(seed, choices, person.number, day, "call")
    if task.kind == TaskKind.ESCALATION:
        if task.role == Role.MANAGER.value:
            return Role.MANAGER, "done"
        asked_on = task.created_at.date()
        lets_pass = chance(seed, person.number, asked_on, "overlooked") < _OVERLOOKED
        if person.number == overlooked or lets_pass:
            return None
        return Role.ADVISOR, "done"
    if task.kind == TaskKind.ADVICE:
        return _advice(seed, task, person)
    return None


def _advice(seed: int, task: Task, person: Person) -> tuple[Role, CallOutcome] | None:
    """Advice is given at once, or after a reminder, or forgotten: then the manager gives it."""
    if task.role == Role.MANAGER.value:
        return Role.MANAGER, "done"
    drawn = chance(seed, person.number, task.created_at.date(), "advice")
    waits = drawn >= _ADVISES_AT_ONCE and task.reminded_at is None
    return None if waits or drawn >= _ADVISES_WHEN_REMINDED else (Role.ADVISOR, "done")
