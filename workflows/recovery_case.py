"""The life of a recovery case: plan, wait, do the step, plan again, until it closes.

An ordinary run that a person can read: each step stands in the history under its title, each wait
under what is waited for.
"""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from contracts.names import POKE, WorkflowName
from contracts.work import CasePlan, CaseRun, PlannedStep, Poke, StepRef
from domain.errors import ErrorCode
from workflows import attributes, options, ports
from workflows.hop import LINE, SHORTEST, hop

UPDATES_A_RUN: Final = 500
"""Pokes after which a run starts afresh; the server refuses more than 2,000."""


@workflow.defn(name=WorkflowName.RECOVERY_CASE.value)
class RecoveryCase:
    """Follows one case until it closes.

    Every fact about the case is committed before it pokes; a poke means "plan again". A run is
    continued as new when the stage changes, or after many pokes.
    """

    def __init__(self) -> None:
        """Nothing is shown yet, and the first plan is still to be asked for."""
        self._poked = False
        self._updates = 0
        self._shown: attributes.Shown = {}
        self._line = ""

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a fact arrived: the plan is asked for again."""
        self._poked = True
        self._updates += 1

    @workflow.run
    async def run(self, run: CaseRun) -> CasePlan:
        """Plan, wait, perform, and begin again with the plan that follows."""
        plan = await self._plan(run)
        stage = plan.stage
        while plan.open:
            self._show(plan)
            if self._poked:
                plan = await self._plan(run)
            elif plan.stage != stage:
                await self._start_afresh(CaseRun(case_id=run.case_id), plan)
            elif self._updates >= UPDATES_A_RUN:
                updates = run.updates + self._updates
                await self._start_afresh(CaseRun(case_id=run.case_id, updates=updates), plan)
            elif plan.next_step is not None and plan.next_step.due:
                plan = await self._perform(run, plan.next_step)
            else:
                plan = await self._wait(run, plan)
        self._show(plan)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return plan

    async def _plan(self, run: CaseRun) -> CasePlan:
        self._poked = False
        return await workflow.execute_activity(
            ports.plan_case, run, summary="Plan the next step", **options.SYSTEM_OF_RECORD
        )

    async def _perform(self, run: CaseRun, step: PlannedStep) -> CasePlan:
        """Do the step; a case that was closed meanwhile is planned again instead."""
        ref = StepRef(case_id=run.case_id, step_key=step.key, anchor_on=step.anchor_on)
        try:
            return await workflow.execute_activity(
                ports.perform_step, ref, summary=step.title, **options.SYSTEM_OF_RECORD
            )
        except ActivityError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.type == ErrorCode.CASE_NOT_OPEN:
                return await self._plan(run)
            raise

    async def _wait(self, run: CaseRun, plan: CasePlan) -> CasePlan:
        """Wait for the step's time or the review's, or for a fact; answer the plan then."""
        step = plan.next_step
        limit = _time_limit(plan)
        try:
            await workflow.wait_condition(
                lambda: self._poked, timeout=limit, timeout_summary=plan.waiting_for
            )
        except TimeoutError:
            if step is not None and step.at <= workflow.now():
                return await self._perform(run, step)
        return await self._plan(run)

    async def _start_afresh(self, run: CaseRun, plan: CasePlan) -> None:
        """Continue as new, unless a fact arrives while the handlers finish."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._poked:
            hop(run, shown=attributes.of_case(plan), line=plan.line)

    def _show(self, plan: CasePlan) -> None:
        """Tell people where the case stands; only what changed is written to the history."""
        workflow.set_current_details(_details(plan))
        shown = attributes.of_case(plan)
        changes = attributes.changes(self._shown, shown)
        if changes:
            workflow.upsert_search_attributes(changes)
            self._shown = shown
        if plan.line and plan.line != self._line:
            workflow.upsert_memo({LINE: plan.line})
            self._line = plan.line


def _time_limit(plan: CasePlan) -> timedelta | None:
    """How long to wait for a poke: none on a test clock, whose pokes are its time."""
    if plan.clock_id is not None:
        return None
    step_at = None if plan.next_step is None else plan.next_step.at
    instants = [at for at in (step_at, plan.wait_until) if at is not None]
    if not instants:
        return None
    return max(min(instants) - workflow.now(), SHORTEST)


def _details(plan: CasePlan) -> str:
    """Where the case stands, as a few lines of Markdown."""
    if not plan.open:
        return f"**{plan.number}** closed: {plan.closed_reason or 'no reason given'}"
    lines = [
        plan.line or plan.number,
        f"**Stage** {plan.stage}",
        f"**Waiting for** {plan.waiting_for}",
    ]
    if plan.next_step is not None:
        lines.append(f"**Next** {plan.next_step.title}, {plan.next_step.at:%Y-%m-%d %H:%M} UTC")
    lines.append(f"**Why** {plan.why}")
    return "\n\n".join(lines)
