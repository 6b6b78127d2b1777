"""Writes the stored histories: `python -m tests.replay.record ADDRESS` of a development server.

A history that is stored stays: the workflows it came from may still be running somewhere. Record
a new branch under a new name, and remove old ones only when no such run can exist any more.
"""

import asyncio
import json
import sys
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client, WorkflowHistory
from temporalio.exceptions import ApplicationError

from contracts.base import Wire
from contracts.money_work import CollectionRun, PayoutRun
from contracts.names import ActivityName, WorkflowName
from contracts.work import (
    CaseRun,
    ClockRun,
    ClockWalked,
    CloseReport,
    DeliveryReport,
    DeliveryRun,
    DocumentRun,
    LoanRun,
    TaskRun,
)
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    advanced,
    answers,
    asked,
    asleep,
    closed,
    decided,
    document,
    ended,
    events,
    in_review,
    latest,
    money,
    planned,
    poke,
    runs,
    step,
    until,
    worker,
)
from workers.runtime import data_converter

HISTORIES = Path(__file__).parent / "histories"
PROJECT_ROOT = Path(__file__).resolve().parents[2]


class Scene:
    """One workflow on its stage: poke it, wait for it, and keep its runs."""

    def __init__(self, client: Client, name: WorkflowName, workflow_id: str, run: Wire) -> None:
        self.client = client
        self.name = name
        self.key = workflow_id
        self.run = run
        self.queue = f"record-{uuid.uuid4().hex}"
        self.wanted = 0

    async def poke(self) -> None:
        self.wanted += 1
        await poke(self.client, self.name, self.key, self.run, self.queue, self.wanted)

    async def asleep(self) -> None:
        await asleep(self.client, self.key)

    async def ended(self) -> None:
        await self.client.get_workflow_handle(self.key).result()

    async def shows(self, event: str) -> None:
        async def there() -> bool:
            return event in await events(await latest(self.client, self.key))

        await until(there)

    async def keep(self, scenario: str) -> None:
        for number, run_id in enumerate(reversed(await runs(self.client, self.key)), start=1):
            history = await self.client.get_workflow_handle(self.key, run_id=run_id).fetch_history()
            if len(history.events) > 1:
                path = HISTORIES / f"{self.name.value}.{scenario}.{number}.json"
                write(path, history)


def write(path: Path, history: WorkflowHistory) -> None:
    """Store a history on one line, without the folder that stack traces name."""
    told = json.loads(history.to_json())
    text = json.dumps(told, separators=(",", ":"))
    path.write_text(text.replace(f"{PROJECT_ROOT}/", "") + "\n")


Script = Callable[[Scene], Awaitable[None]]


async def once_then_sleep(scene: Scene) -> None:
    await scene.poke()
    await scene.asleep()


async def twice_then_sleep(scene: Scene) -> None:
    await scene.poke()
    await scene.asleep()
    await scene.poke()
    await scene.asleep()


async def once_to_the_end(scene: Scene) -> None:
    await scene.poke()
    await scene.ended()


def poked_while_busy(gate: Gate, *, ends: bool) -> Script:
    async def script(scene: Scene) -> None:
        await scene.poke()
        await gate.entered.wait()
        await scene.poke()
        gate.opened.set()
        await (scene.ended() if ends else scene.asleep())

    return script


def poked_once_it_shows(event: str) -> Script:
    async def script(scene: Scene) -> None:
        await scene.poke()
        await scene.shows(event)
        await scene.poke()
        await scene.ended()

    return script


def poked_often(times: int) -> Script:
    async def script(scene: Scene) -> None:
        for _ in range(times):
            await scene.poke()
        await scene.ended()

    return script


def loan_scenes() -> dict[str, tuple[Fakes, Script]]:
    run = LoanRun(loan_id=CLOCK)
    gate = Gate()
    sleeping = advanced(run)
    soon = advanced(run, next_wake_at=datetime.now(UTC))
    away = ApplicationError("away", type="unavailable", next_retry_delay=timedelta(milliseconds=9))
    return {
        "sleeps": (Fakes(loans=answers(sleeping)), once_then_sleep),
        "poked": (Fakes(loans=answers(sleeping)), twice_then_sleep),
        "timer": (
            Fakes(loans=answers(soon, advanced(run, finished=True, next_wake_at=None))),
            once_to_the_end,
        ),
        "clock": (Fakes(loans=answers(advanced(run, clock_id=CLOCK))), twice_then_sleep),
        "busy": (Fakes(loans=answers(sleeping), gate=gate), poked_while_busy(gate, ends=False)),
        "retried": (Fakes(loans=answers(away, sleeping)), once_then_sleep),
    }


def case_scenes() -> dict[str, tuple[Fakes, Script]]:
    run = CaseRun(case_id=CLOCK)
    gate = Gate()
    soon = datetime.now(UTC) + timedelta(seconds=2)
    due = planned(run, step("day-1", due=True))
    waiting = planned(run, step("day-4"))
    on_clock = planned(run, step("day-4"), clock_id=CLOCK)
    firm = planned(run, step("day-21"), stage="firm")
    end = closed(run)
    not_open = ApplicationError("closed", type="case-not-open", non_retryable=True)
    return {
        "due": (Fakes(plans=answers(due), steps=answers(end)), once_to_the_end),
        "timer": (
            Fakes(plans=answers(planned(run, step("day-4", at=soon))), steps=answers(end)),
            once_to_the_end,
        ),
        "review": (
            Fakes(plans=answers(planned(run, None, wait_until=soon), end)),
            once_to_the_end,
        ),
        "poked": (Fakes(plans=answers(waiting, end)), poked_once_it_shows("TIMER_STARTED")),
        "busy": (
            Fakes(
                plans=answers(due, end),
                steps=answers(waiting),
                gate=gate,
                gated=ActivityName.PERFORM_STEP,
            ),
            poked_while_busy(gate, ends=True),
        ),
        "clock": (
            Fakes(plans=answers(on_clock, end)),
            poked_once_it_shows("WORKFLOW_PROPERTIES_MODIFIED"),
        ),
        "stage": (
            Fakes(plans=answers(due, end), steps=answers(firm)),
            once_to_the_end,
        ),
        "not-open": (Fakes(plans=answers(due, end), steps=answers(not_open)), once_to_the_end),
    }


def task_scenes() -> dict[str, tuple[Fakes, Script]]:
    run = TaskRun(task_id=CLOCK)
    gate = Gate()
    soon = datetime.now(UTC) + timedelta(seconds=2)
    waits = asked(run)
    overdue = asked(run, next_action=None, next_title="", next_at=None, waiting_for="the admin")
    end = ended(run)
    return {
        "reminds": (
            Fakes(tasks=answers(asked(run, next_at=soon), waits, end)),
            poked_once_it_shows("TIMER_FIRED"),
        ),
        "done": (Fakes(tasks=answers(waits, end)), poked_once_it_shows("TIMER_STARTED")),
        "person": (
            Fakes(tasks=answers(overdue, end)),
            poked_once_it_shows("WORKFLOW_PROPERTIES_MODIFIED"),
        ),
        "clock": (
            Fakes(tasks=answers(asked(run, clock_id=CLOCK), end)),
            poked_once_it_shows("WORKFLOW_PROPERTIES_MODIFIED"),
        ),
        "busy": (Fakes(tasks=answers(waits, end), gate=gate), poked_while_busy(gate, ends=True)),
        "late": (Fakes(tasks=answers(end)), once_to_the_end),
    }


def delivery_scenes() -> dict[str, tuple[Fakes, Script]]:
    gate = Gate()
    later = DeliveryReport(accepted=1, next_due_at=datetime.now(UTC) + timedelta(hours=2))
    on_clock = DeliveryReport(next_due_at=datetime(2028, 2, 2, tzinfo=UTC), clock_id=CLOCK)
    return {
        "ends": (Fakes(deliveries=answers(DeliveryReport(accepted=2))), once_to_the_end),
        "sleeps": (Fakes(deliveries=answers(later)), twice_then_sleep),
        "clock": (
            Fakes(deliveries=answers(on_clock, DeliveryReport())),
            poked_once_it_shows("ACTIVITY_TASK_COMPLETED"),
        ),
        "busy": (
            Fakes(deliveries=answers(DeliveryReport()), gate=gate),
            poked_while_busy(gate, ends=True),
        ),
    }


def clock_scenes() -> dict[str, tuple[Fakes, Script]]:
    gate = Gate()
    walked = ClockWalked(now=datetime(2028, 5, 31, tzinfo=UTC), steps=547, days_closed=120)
    return {
        "walks": (Fakes(walks=answers(walked)), once_to_the_end),
        "busy": (Fakes(walks=answers(walked), gate=gate), poked_while_busy(gate, ends=True)),
    }


def document_scenes() -> dict[str, tuple[Fakes, Script]]:
    run = DocumentRun(document_id=CLOCK)
    gate = Gate()
    steps = [document(run, step) for step in ("scan", "read", "render", "settle")]
    soon = datetime.now(UTC) + timedelta(seconds=2)
    return {
        "accepted": (Fakes(documents=answers(*steps, decided(run))), once_to_the_end),
        "rejected": (
            Fakes(documents=answers(steps[0], steps[3], decided(run, "rejected"))),
            once_to_the_end,
        ),
        "reviewed": (
            Fakes(documents=answers(steps[3], in_review(run), decided(run))),
            poked_once_it_shows("TIMER_STARTED"),
        ),
        "again": (
            Fakes(documents=answers(in_review(run, wait_until=soon), decided(run))),
            once_to_the_end,
        ),
        "clock": (
            Fakes(documents=answers(in_review(run, clock_id=CLOCK), decided(run))),
            poked_once_it_shows("WORKFLOW_PROPERTIES_MODIFIED"),
        ),
        "busy": (
            Fakes(
                documents=answers(steps[3], in_review(run), decided(run)),
                gate=gate,
                gated=ActivityName.SETTLE_DOCUMENT,
            ),
            poked_while_busy(gate, ends=True),
        ),
    }


def money_scenes(*, payout: bool) -> dict[str, tuple[Fakes, Script]]:
    gate = Gate()
    soon = money("wait", at=datetime.now(UTC) + timedelta(seconds=2))
    on_clock = money("wait", clock_id=CLOCK)
    away = ApplicationError("away", type="unavailable", next_retry_delay=timedelta(milliseconds=9))

    def fakes(plans: list[object], performed: list[object], held: Gate | None = None) -> Fakes:
        if payout:
            return Fakes(
                payouts=answers(*plans),
                transfers=answers(*performed),
                gate=held,
                gated=ActivityName.PERFORM_PAYOUT,
            )
        return Fakes(
            collections=answers(*plans),
            charges=answers(*performed),
            gate=held,
            gated=ActivityName.PERFORM_COLLECTION,
        )

    due, end = money("pay_out" if payout else "charge"), money("end")
    return {
        "due": (fakes([due], [end]), once_to_the_end),
        "sleeps": (fakes([due], [money("wait")]), twice_then_sleep),
        "timer": (fakes([soon, end], []), once_to_the_end),
        "clock": (fakes([on_clock, end], []), poked_once_it_shows("WORKFLOW_PROPERTIES_MODIFIED")),
        "busy": (fakes([due, end], [money("wait")], gate), poked_while_busy(gate, ends=True)),
        "retried": (fakes([due], [away, end]), once_to_the_end),
    }


async def record(client: Client) -> None:
    """Play every scene and store the histories of its runs."""
    HISTORIES.mkdir(exist_ok=True)
    shard = uuid.uuid4().hex
    plays: list[tuple[WorkflowName, dict[str, tuple[Fakes, Script]], Callable[[], Wire]]] = [
        (WorkflowName.LOAN, loan_scenes(), lambda: LoanRun(loan_id=uuid.uuid4())),
        (WorkflowName.RECOVERY_CASE, case_scenes(), lambda: CaseRun(case_id=uuid.uuid4())),
        (
            WorkflowName.DELIVERY,
            delivery_scenes(),
            lambda: DeliveryRun(channel="sms", shard=shard),
        ),
        (
            WorkflowName.DOCUMENT,
            document_scenes(),
            lambda: DocumentRun(document_id=uuid.uuid4()),
        ),
        (WorkflowName.TASK, task_scenes(), lambda: TaskRun(task_id=uuid.uuid4())),
        (
            WorkflowName.PAYMENT_COLLECTION,
            money_scenes(payout=False),
            lambda: CollectionRun(collection_id=uuid.uuid4()),
        ),
        (
            WorkflowName.PAYOUT,
            money_scenes(payout=True),
            lambda: PayoutRun(payout_id=uuid.uuid4()),
        ),
        (WorkflowName.TEST_CLOCK, clock_scenes(), lambda: ClockRun(clock_id=uuid.uuid4())),
    ]
    for name, scenes, new_run in plays:
        for scenario, (fakes, script) in scenes.items():
            scene = Scene(client, name, f"record:{uuid.uuid4()}", new_run())
            async with worker(client, scene.queue, fakes):
                await script(scene)
            await scene.keep(scenario)
    closings = answers(
        CloseReport(books=1, loans=500, more=True), CloseReport(books=1, loans=3, more=False)
    )
    queue = f"record-{uuid.uuid4().hex}"
    async with worker(client, queue, Fakes(closings=closings)):
        handle = await client.start_workflow(
            WorkflowName.END_OF_DAY.value, id=f"record:{uuid.uuid4()}", task_queue=queue
        )
        await handle.result()
    history = await handle.fetch_history()
    path = HISTORIES / f"{WorkflowName.END_OF_DAY.value}.closes.1.json"
    write(path, history)


async def _main(address: str) -> None:
    # An identity of its own keeps this machine's name out of the histories.
    client = await Client.connect(address, data_converter=data_converter(), identity="recorder")
    await record(client)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
