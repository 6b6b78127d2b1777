"""The life of a task: wait until something is due of its follow-up, do it, until the task ends.

An ordinary run that a person can read: each reminder and escalation stands in the history under
its title, each wait under what is waited for.
"""

from datetime import timedelta
from typing import Final

from temporalio import workflow

from contracts.names import POKE, WorkflowName
from contracts.work import Poke, TaskAdvance, TaskRun
from workflows import attributes, options, ports
from workflows.hop import LINE, SHORTEST, hop

UPDATES_A_RUN: Final = 500
"""Pokes after which a run starts afresh; the server refuses more than 2,000."""

LOOK: Final = "Look at the task"


@workflow.defn(name=WorkflowName.TASK.value)
class Task:
    """Follows one task until it is done or cancelled.

    The API decides what is due and does it; this waits for the next instant, or for a fact: the
    task was given to another, completed, cancelled. A task that ended ends its run.
    """

    def __init__(self) -> None:
        """Nothing is shown yet, and nothing was asked."""
        self._poked = False
        self._updates = 0
        self._shown: attributes.Shown = {}
        self._line = ""

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a fact arrived: the task is looked at again."""
        self._poked = True
        self._updates += 1

    @workflow.run
    async def run(self, run: TaskRun) -> TaskAdvance:
        """Advance, wait, and advance again, until the task is no longer open."""
        advance = await self._advance(run, LOOK)
        while advance.open:
            self._show(advance)
            if self._poked:
                advance = await self._advance(run, LOOK)
            elif self._updates >= UPDATES_A_RUN:
                await self._start_afresh(run, advance)
            else:
                advance = await self._advance(run, await self._wait(advance))
        self._show(advance)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return advance

    async def _advance(self, run: TaskRun, title: str) -> TaskAdvance:
        self._poked = False
        return await workflow.execute_activity(
            ports.advance_task, run, summary=title, **options.SYSTEM_OF_RECORD
        )

    async def _wait(self, advance: TaskAdvance) -> str:
        """Wait for the next step's time, or for a fact; answer what is to be done then."""
        try:
            await workflow.wait_condition(
                lambda: self._poked,
                timeout=_time_limit(advance),
                timeout_summary=f"{advance.next_title or 'Waiting'}; waiting for "
                f"{advance.waiting_for}",
            )
        except TimeoutError:
            return advance.next_title or LOOK
        return LOOK

    async def _start_afresh(self, run: TaskRun, advance: TaskAdvance) -> None:
        """Continue as new, unless a fact arrives while the handlers finish."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._poked:
            again = TaskRun(task_id=run.task_id, updates=run.updates + self._updates)
            hop(again, shown=attributes.of_task(advance), line=advance.line)

    def _show(self, advance: TaskAdvance) -> None:
        """Tell people where the task stands; only what changed is written to the history."""
        workflow.set_current_details(_details(advance))
        shown = attributes.of_task(advance)
        changes = attributes.changes(self._shown, shown)
        if changes:
            workflow.upsert_search_attributes(changes)
            self._shown = shown
        if advance.line and advance.line != self._line:
            workflow.upsert_memo({LINE: advance.line})
            self._line = advance.line


def _time_limit(advance: TaskAdvance) -> timedelta | None:
    """How long to wait for a poke: none on a test clock, or when only a person moves the task."""
    if advance.clock_id is not None or advance.next_at is None:
        return None
    return max(advance.next_at - workflow.now(), SHORTEST)


def _details(advance: TaskAdvance) -> str:
    """Where the task stands, as a few lines of Markdown."""
    if not advance.open:
        return f"{advance.line}\n\n**{advance.status}**"
    lines = [advance.line, f"**Waiting for** {advance.waiting_for}"]
    if advance.next_at is not None:
        lines.append(f"**Next** {advance.next_title}, {advance.next_at:%Y-%m-%d %H:%M} UTC")
    return "\n\n".join(lines)
