"""Following a watched task up: reminds, notes that it fell due, asks the next in the ladder.

Convergent: all that is due is done under the task's lock, each step once, and the answer says
what comes next and when. Whoever asks again, or late, changes nothing more.
"""

from datetime import timedelta
from typing import Final, assert_never
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.creditors import service as creditors
from api.notifications import service as notifications
from api.tasks import queries, story
from api.tasks.ending import hold_open, missing
from api.tasks.reading import task_of
from api.tasks.story import EventKind
from api.tasks.tables import TaskRow
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role
from contracts.tasks import NotifyOfTask, Task
from contracts.work import TaskAdvance
from domain.ids import task_workflow_id
from domain.office import AROUND_THE_CLOCK, Office
from domain.tasks import FollowUp, OpenTask, Step, StepKind, Terms, follow_up

_TITLES: Final = {
    StepKind.REMIND: "Remind the {role}",
    StepKind.FALL_DUE: "Note that the task fell due",
    StepKind.ESCALATE: "Escalate to the {role}",
}

_NOTICES: Final = {
    StepKind.REMIND: "task_reminder",
    StepKind.FALL_DUE: "task_due",
    StepKind.ESCALATE: "task_escalated",
}


async def advance(work: Work, task_id: UUID) -> TaskAdvance:
    """Do what is due of a task's follow-up and say what comes next. Raises `NOT_FOUND`."""
    task = await queries.lock(work, task_id)
    if task is None:
        raise missing()
    clock = await clock_for(work, task.test_clock_id)
    coming: Step | None = None
    if task.status == "open" and task.watched:
        decided = follow_up(await _facts(work, task), clock.now)
        await _apply(work, task, clock, decided)
        coming = decided.coming
        task.next_action = None if coming is None else coming.kind.value
        task.next_at = None if coming is None else coming.at
    await wakes.settle(work, task_workflow_id(task_id), task.next_at)
    return _answer(task, coming)


async def _facts(work: Work, task: TaskRow) -> OpenTask:
    patience = task.escalate_minutes
    return OpenTask(
        opened_at=task.created_at,
        due_at=task.due_at,
        role=task.role,
        terms=Terms(
            tuple(timedelta(minutes=lead) for lead in task.remind_minutes),
            None if patience is None else timedelta(minutes=patience),
        ),
        done=await queries.steps_done(work, task.id),
        office=await _office(work, task),
    )


async def _office(work: Work, task: TaskRow) -> Office:
    """Whose business hours count before it escalates; without a creditor every hour does."""
    if task.creditor_id is None:
        return AROUND_THE_CLOCK
    return creditors.office_of(await creditors.by_id(work, task.creditor_id))


async def _apply(work: Work, task: TaskRow, clock: Clock, decided: FollowUp) -> None:
    for step in decided.overtaken:
        story.write(work, task, clock.now, EventKind.PASSED_OVER, step.key)
    for step in decided.due:
        match step.kind:
            case StepKind.REMIND:
                task.reminded_at = clock.now
                kind = EventKind.REMINDED
            case StepKind.FALL_DUE:
                kind = EventKind.FELL_DUE
            case StepKind.ESCALATE:
                task.role = step.role or task.role
                task.assignee_id = None
                task.escalations += 1
                kind = EventKind.ESCALATED
            case _:
                assert_never(step.kind)
        told = {"role": task.role, "step": step.key}
        story.write(work, task, clock.now, kind, step.key, told)
        record(work, f"task.{kind.value}", "task", task.id, told)
        await _tell(work, task, clock, _NOTICES[step.kind], step.key)
        task.version += 1


def _answer(task: TaskRow, coming: Step | None) -> TaskAdvance:
    is_open = task.status == "open"
    title = "" if coming is None else _TITLES[coming.kind].format(role=coming.role or task.role)
    waiting_for = ""
    if is_open:
        waiting_for = f"the {task.role}" + ("" if task.assignee_id is None else " assigned")
    due = f"due {task.due_at:%-d %b %Y %H:%M} UTC" if is_open else (task.outcome or task.status)
    return TaskAdvance(
        task_id=task.id,
        open=is_open,
        status=task.status,
        kind=task.kind,
        next_action=None if coming is None else coming.kind.value,
        next_title=title,
        next_at=None if coming is None else coming.at,
        waiting_for=waiting_for,
        owner=None if task.assignee_id is None else str(task.assignee_id),
        clock_id=task.test_clock_id,
        line=f"{task.title} · {task.role} · {due}",
    )


async def notify(work: Work, command: NotifyOfTask) -> Task:
    """Tell whoever is asked of an open task, once per mark.

    Raises `NOT_FOUND`, and `ILLEGAL_TRANSITION` when the task is no longer open.
    """
    task, clock = await hold_open(work, command.task_id)
    await _tell(work, task, clock, "task_notice", f"mark:{command.mark}")
    record(work, "task.notified", "task", task.id, {"mark": command.mark})
    return task_of(task, clock.now)


async def _tell(work: Work, task: TaskRow, clock: Clock, kind: str, step: str) -> None:
    await notifications.task_step(
        work,
        task_id=task.id,
        role=Role(task.role),
        user_id=task.assignee_id,
        step=step,
        kind=kind,
        title=task.title,
        at=clock.now,
        case_id=task.case_id,
        loan_id=task.loan_id,
    )
