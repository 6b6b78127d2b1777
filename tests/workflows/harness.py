"""Stand-ins for the activities, registered under their names, and a worker to run them in."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from contracts.base import Wire
from contracts.money_work import CollectionRun, MoneyPlan, PayoutRun
from contracts.names import POKE, ActivityName, WorkflowName
from contracts.work import (
    CasePlan,
    CaseRun,
    ClockRun,
    ClockWalked,
    CloseReport,
    DeliveryReport,
    DeliveryRun,
    DocumentPlan,
    DocumentRun,
    LoanAdvance,
    LoanRun,
    PlannedStep,
    Poke,
    StepRef,
    TaskAdvance,
    TaskRun,
)
from workers.roles import workflow_runner
from workflows.registry import WORKFLOWS

CLOCK = UUID("0192f0c1-2b3c-7def-8a90-000000000001")
PATIENCE = 60.0


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Wait for a condition, asking again every few milliseconds."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


@dataclass
class Gate:
    """Holds an activity inside until it is opened."""

    entered: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Fakes:
    """Answers for the activities: each in turn, the last one for ever."""

    loans: deque[LoanAdvance | Exception] = field(default_factory=deque)
    plans: deque[CasePlan | Exception] = field(default_factory=deque)
    steps: deque[CasePlan | Exception] = field(default_factory=deque)
    deliveries: deque[DeliveryReport] = field(default_factory=deque)
    walks: deque[ClockWalked] = field(default_factory=deque)
    documents: deque[DocumentPlan | Exception] = field(default_factory=deque)
    """The answers of every activity of a document, in turn."""
    closings: deque[CloseReport] = field(default_factory=deque)
    tasks: deque[TaskAdvance | Exception] = field(default_factory=deque)
    collections: deque[MoneyPlan | Exception] = field(default_factory=deque)
    charges: deque[MoneyPlan | Exception] = field(default_factory=deque)
    payouts: deque[MoneyPlan | Exception] = field(default_factory=deque)
    transfers: deque[MoneyPlan | Exception] = field(default_factory=deque)
    calls: list[tuple[str, object]] = field(default_factory=list)
    gate: Gate | None = None
    gated: ActivityName | None = None
    """The activity that the gate holds; every one when none is named."""

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def counts(self) -> Counter[str]:
        return Counter(self.names())

    def activities(self) -> list[Callable[..., object]]:
        @activity.defn(name=ActivityName.ADVANCE_LOAN.value)
        async def advance(run: LoanRun) -> LoanAdvance:
            return await self._answer(ActivityName.ADVANCE_LOAN, run, self.loans)

        @activity.defn(name=ActivityName.PLAN_CASE.value)
        async def plan(run: CaseRun) -> CasePlan:
            return await self._answer(ActivityName.PLAN_CASE, run, self.plans)

        @activity.defn(name=ActivityName.PERFORM_STEP.value)
        async def perform(step: StepRef) -> CasePlan:
            return await self._answer(ActivityName.PERFORM_STEP, step, self.steps)

        @activity.defn(name=ActivityName.SEND_DUE.value)
        async def send(run: DeliveryRun) -> DeliveryReport:
            return await self._answer(ActivityName.SEND_DUE, run, self.deliveries)

        @activity.defn(name=ActivityName.WALK_CLOCK.value)
        async def walk(run: ClockRun) -> ClockWalked:
            return await self._answer(ActivityName.WALK_CLOCK, run, self.walks)

        @activity.defn(name=ActivityName.CLOSE_DUE_DAYS.value)
        async def close() -> CloseReport:
            return await self._answer(ActivityName.CLOSE_DUE_DAYS, None, self.closings)

        @activity.defn(name=ActivityName.ADVANCE_TASK.value)
        async def advance_task(run: TaskRun) -> TaskAdvance:
            return await self._answer(ActivityName.ADVANCE_TASK, run, self.tasks)

        @activity.defn(name=ActivityName.PLAN_COLLECTION.value)
        async def plan_collection(run: CollectionRun) -> MoneyPlan:
            return await self._answer(ActivityName.PLAN_COLLECTION, run, self.collections)

        @activity.defn(name=ActivityName.PERFORM_COLLECTION.value)
        async def perform_collection(run: CollectionRun) -> MoneyPlan:
            return await self._answer(ActivityName.PERFORM_COLLECTION, run, self.charges)

        @activity.defn(name=ActivityName.PLAN_PAYOUT.value)
        async def plan_payout(run: PayoutRun) -> MoneyPlan:
            return await self._answer(ActivityName.PLAN_PAYOUT, run, self.payouts)

        @activity.defn(name=ActivityName.PERFORM_PAYOUT.value)
        async def perform_payout(run: PayoutRun) -> MoneyPlan:
            return await self._answer(ActivityName.PERFORM_PAYOUT, run, self.transfers)

        return [
            advance,
            plan,
            perform,
            send,
            walk,
            close,
            plan_collection,
            perform_collection,
            plan_payout,
            perform_payout,
            advance_task,
            *self._of_documents(),
        ]

    def _of_documents(self) -> list[Callable[..., object]]:
        def fake(name: ActivityName) -> Callable[..., object]:
            @activity.defn(name=name.value)
            async def answer(run: DocumentRun) -> DocumentPlan:
                return await self._answer(name, run, self.documents)

            return answer

        return [
            fake(name)
            for name in (
                ActivityName.PLAN_DOCUMENT,
                ActivityName.SCAN_DOCUMENT,
                ActivityName.READ_DOCUMENT,
                ActivityName.RENDER_DOCUMENT,
                ActivityName.SETTLE_DOCUMENT,
            )
        ]

    async def _answer(self, name: ActivityName, told: object, answers: deque):  # type: ignore[no-untyped-def, type-arg]
        self.calls.append((name.value, told))
        gate = self.gate
        if gate is not None and self.gated in {None, name}:
            gate.entered.set()
            await gate.opened.wait()
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def worker(
    client: Client, queue: str, fakes: Fakes, *, cached: int = 100
) -> AsyncIterator[Worker]:
    """A worker of every workflow on one queue, in the sandbox of production."""
    running = Worker(
        client,
        task_queue=queue,
        workflows=[each for group in WORKFLOWS.values() for each in group],
        activities=fakes.activities(),
        workflow_runner=workflow_runner(),
        max_cached_workflows=cached,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=timedelta(seconds=2),
    )
    async with running:
        yield running


async def poke(  # noqa: PLR0917 - one line at each of many callers
    client: Client, name: WorkflowName, workflow_id: str, run: Wire, queue: str, wanted: int
) -> None:
    """Poke as the relay does."""
    start: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
        name.value,
        run,
        id=workflow_id,
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )
    await client.execute_update_with_start_workflow(
        POKE,
        Poke(wanted=wanted),
        start_workflow_operation=start,
        id=f"{workflow_id}/{wanted}",
        rpc_timeout=timedelta(seconds=60),
    )


async def events(handle: WorkflowHandle[object, object]) -> list[str]:
    """The names of a run's events, without their common prefix."""
    history = await handle.fetch_history()
    return [
        EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events
    ]


async def runs(client: Client, workflow_id: str) -> list[str]:
    """The ids of all runs of a workflow, newest first, followed through their histories."""
    found: list[str] = []
    run_id: str | None = (await client.get_workflow_handle(workflow_id).describe()).run_id
    while run_id:
        found.append(run_id)
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        started = history.events[0].workflow_execution_started_event_attributes
        run_id = started.continued_execution_run_id or None
    return found


async def latest(client: Client, workflow_id: str) -> WorkflowHandle[object, object]:
    """A handle of the newest run, bound to it."""
    description = await client.get_workflow_handle(workflow_id).describe()
    return client.get_workflow_handle(workflow_id, run_id=description.run_id)


async def asleep(client: Client, workflow_id: str) -> None:
    """Wait until the newest run is one event: it waits to begin."""

    async def is_asleep() -> bool:
        return await events(await latest(client, workflow_id)) == ["WORKFLOW_EXECUTION_STARTED"]

    await until(is_asleep)


def new_loan() -> tuple[LoanRun, str]:
    run = LoanRun(loan_id=uuid4())
    return run, f"loan:{run.loan_id}"


def new_case() -> tuple[CaseRun, str]:
    run = CaseRun(case_id=uuid4())
    return run, f"case:{run.case_id}"


def advanced(run: LoanRun, **changes: object) -> LoanAdvance:
    """An active loan that is wanted in thirty days."""
    told: dict[str, object] = {
        "loan_id": run.loan_id,
        "number": "LN-1042",
        "state": "active",
        "bucket": "current",
        "finished": False,
        "next_wake_at": datetime.now(UTC) + timedelta(days=30),
        "next_action": "remind",
        "line": "LN-1042 · active · next reminder 1 Mar",
    }
    return LoanAdvance.model_validate(told | changes)


def step(key: str, **changes: object) -> PlannedStep:
    told: dict[str, object] = {
        "key": key,
        "anchor_on": date(2028, 2, 1),
        "action": "remind",
        "title": f"Remind by SMS ({key})",
        "at": datetime.now(UTC) + timedelta(days=3),
        "due": False,
    }
    return PlannedStep.model_validate(told | changes)


def planned(run: CaseRun, next_step: PlannedStep | None, **changes: object) -> CasePlan:
    """An open case in its first stage."""
    told: dict[str, object] = {
        "case_id": run.case_id,
        "number": "RC-7",
        "open": True,
        "stage": "early",
        "next_step": next_step,
        "wait_until": datetime.now(UTC) + timedelta(days=7),
        "waiting_for": "the next reminder",
        "why": "past due since 1 Feb",
        "bucket": "1-29",
        "past_due_since": date(2028, 2, 1),
        "line": "RC-7 · early",
    }
    return CasePlan.model_validate(told | changes)


def closed(run: CaseRun, **changes: object) -> CasePlan:
    told: dict[str, object] = {
        "open": False,
        "wait_until": None,
        "waiting_for": "",
        "why": "nothing is overdue",
        "closed_reason": "cured",
    }
    return planned(run, None, **(told | changes))


def new_document() -> tuple[DocumentRun, str]:
    run = DocumentRun(document_id=uuid4())
    return run, f"document:{run.document_id}"


def document(run: DocumentRun, step: str | None, **changes: object) -> DocumentPlan:
    """A document that is being read."""
    told: dict[str, object] = {
        "document_id": run.document_id,
        "number": "DO-1001",
        "open": True,
        "state": "received",
        "step": step,
        "waiting_for": "the next step",
        "line": "DO-1001 · bank statement · received",
    }
    return DocumentPlan.model_validate(told | changes)


def in_review(run: DocumentRun, **changes: object) -> DocumentPlan:
    told: dict[str, object] = {
        "state": "in_review",
        "waiting_for": "a person's review",
        "wait_until": datetime.now(UTC) + timedelta(days=7),
        "reasons": ["low-confidence"],
        "line": "DO-1001 · bank statement · in review",
    }
    return document(run, None, **(told | changes))


def decided(run: DocumentRun, state: str = "accepted", **changes: object) -> DocumentPlan:
    told = {"open": False, "state": state, "line": f"DO-1001 · bank statement · {state}"}
    return document(run, None, **(told | changes))


def new_task() -> tuple[TaskRun, str]:
    run = TaskRun(task_id=uuid4())
    return run, f"task:{run.task_id}"


def asked(run: TaskRun, **changes: object) -> TaskAdvance:
    """An open task whose assignee is to be reminded in a day."""
    told: dict[str, object] = {
        "task_id": run.task_id,
        "open": True,
        "status": "open",
        "kind": "review_documents",
        "next_action": "remind",
        "next_title": "Remind the agent",
        "next_at": datetime.now(UTC) + timedelta(days=1),
        "waiting_for": "the agent",
        "line": "Review documents · LN-1042 · agent · due 3 Feb 2028 17:00 UTC",
    }
    return TaskAdvance.model_validate(told | changes)


def ended(run: TaskRun, **changes: object) -> TaskAdvance:
    told: dict[str, object] = {
        "open": False,
        "status": "done",
        "next_action": None,
        "next_title": "",
        "next_at": None,
        "waiting_for": "",
        "line": "Review documents · LN-1042 · agent · done",
    }
    return asked(run, **(told | changes))


def money(action: str, **changes: object) -> MoneyPlan:
    """A collection that is about to be charged, waits, or is over."""
    told: dict[str, object] = {
        "id": CLOCK,
        "number": "CO-1001",
        "open": action != "end",
        "status": "paid" if action == "end" else "open",
        "action": action,
        "title": f"{action} (try 1)",
        "due": action not in {"wait", "end"},
        "at": datetime.now(UTC) + timedelta(days=3) if action == "wait" else None,
        "line": f"CO-1001 · LN-1042 · {action}",
    }
    return MoneyPlan.model_validate(told | changes)


def answers(*given: object) -> deque:  # type: ignore[type-arg]
    return deque(given)
