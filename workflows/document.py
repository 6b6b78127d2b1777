"""The life of a document: look at it, read it, decide, and wait for a person where one is needed.

An ordinary run that a person can read. The file and what stands in it never pass through here.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contracts.names import POKE, WorkflowName
from contracts.work import DocumentPlan, DocumentRun, Poke
from workflows import attributes, options, ports
from workflows.hop import LINE, SHORTEST

_MOST_STEPS: Final = 100
"""Far more than a document has: what is asked for over and over again is a fault."""


@workflow.defn(name=WorkflowName.DOCUMENT.value)
class Document:
    """Follows one document until it is accepted or refused.

    The API says what is next; each step reports there and hears what follows. A review is
    committed before it pokes; a poke means "ask again".
    """

    def __init__(self) -> None:
        """Nothing is shown yet, and the first plan is still to be asked for."""
        self._poked = False
        self._shown: attributes.Shown = {}
        self._line = ""

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a fact arrived: the plan is asked for again."""
        self._poked = True

    @workflow.run
    async def run(self, run: DocumentRun) -> DocumentPlan:
        """Plan, do the step, and begin again with what follows."""
        plan = await self._plan(run)
        steps = 0
        while plan.open:
            self._show(plan)
            if plan.step is None:
                plan = await self._wait(run, plan)
                continue
            steps += 1
            if steps > _MOST_STEPS:
                raise ApplicationError("the document never ends", non_retryable=True)
            plan = await self._step(run, plan.step)
        self._show(plan)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return plan

    async def _plan(self, run: DocumentRun) -> DocumentPlan:
        self._poked = False
        return await workflow.execute_activity(
            ports.plan_document,
            run,
            summary="See what is to be done",
            **options.SYSTEM_OF_RECORD,
        )

    async def _step(self, run: DocumentRun, step: str) -> DocumentPlan:
        """Do one step; each reports to the system of record and answers what follows."""
        match step:
            case "scan":
                return await workflow.execute_activity(
                    ports.scan_document, run, summary="Look at the file", **options.READING
                )
            case "read":
                return await workflow.execute_activity(
                    ports.read_document, run, summary="Read its lines", **options.READING
                )
            case "render":
                return await workflow.execute_activity(
                    ports.render_document,
                    run,
                    summary="Make images of its pages",
                    **options.READING,
                )
            case _:
                return await workflow.execute_activity(
                    ports.settle_document, run, summary="Decide", **options.SYSTEM_OF_RECORD
                )

    async def _wait(self, run: DocumentRun, plan: DocumentPlan) -> DocumentPlan:
        """Wait for a person; where time is live, ask again now and then by itself."""
        limit: timedelta | None = None
        if plan.clock_id is None and plan.wait_until is not None:
            limit = max(plan.wait_until - workflow.now(), SHORTEST)
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._poked, timeout=limit, timeout_summary=plan.waiting_for
            )
        return await self._plan(run)

    def _show(self, plan: DocumentPlan) -> None:
        """Tell people where the document stands; only what changed is written to the history."""
        workflow.set_current_details(_details(plan))
        shown = attributes.of_document(plan)
        changes = attributes.changes(self._shown, shown)
        if changes:
            workflow.upsert_search_attributes(changes)
            self._shown = shown
        if plan.line and plan.line != self._line:
            workflow.upsert_memo({LINE: plan.line})
            self._line = plan.line


def _details(plan: DocumentPlan) -> str:
    """Where the document stands, as a few lines of Markdown."""
    lines = [plan.line or plan.number]
    if plan.open:
        lines.append(f"**Waiting for** {plan.waiting_for}")
    if plan.reasons:
        lines.append(f"**Why** {', '.join(plan.reasons)}")
    return "\n\n".join(lines)
