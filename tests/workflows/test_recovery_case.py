"""A case plans, waits, performs and closes, and its history reads as its story."""

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from contracts.names import ActivityName, Attribute, WorkflowName
from contracts.work import CasePlan, CaseRun, StepRef
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    answers,
    closed,
    events,
    latest,
    new_case,
    planned,
    poke,
    runs,
    step,
    until,
    worker,
)
from workflows import recovery_case


async def start(client: Client, run: CaseRun, key: str, queue: str, wanted: int = 1) -> None:
    await poke(client, WorkflowName.RECOVERY_CASE, key, run, queue, wanted)


async def test_a_due_step_is_performed_and_the_plan_that_follows_is_kept(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    due = step("day-1", due=True, at=datetime.now(UTC))
    fakes = Fakes(plans=answers(planned(run, due)), steps=answers(closed(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["case.plan", "case.perform_step"]
    assert fakes.calls[1][1] == StepRef(
        case_id=run.case_id, step_key="day-1", anchor_on=due.anchor_on
    )


async def test_a_step_is_performed_when_its_time_comes(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    soon = step("day-4", at=datetime.now(UTC) + timedelta(seconds=1))
    fakes = Fakes(plans=answers(planned(run, soon)), steps=answers(closed(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["case.plan", "case.perform_step"]


async def test_a_review_asks_for_the_plan_again(temporal_client: Client, task_queue: str) -> None:
    run, key = new_case()
    review = planned(run, None, wait_until=datetime.now(UTC) + timedelta(seconds=1))
    fakes = Fakes(plans=answers(review, closed(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["case.plan", "case.plan"]


async def test_a_fact_interrupts_the_wait(temporal_client: Client, task_queue: str) -> None:
    run, key = new_case()
    fakes = Fakes(plans=answers(planned(run, step("day-8")), closed(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)

        async def waits() -> bool:
            return "TIMER_STARTED" in await events(await latest(temporal_client, key))

        await until(waits)
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["case.plan", "case.plan"]


async def test_a_fact_during_a_step_is_not_overlooked(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    gate = Gate()
    due = planned(run, step("day-1", due=True))
    waiting = planned(run, step("day-4"))
    fakes = Fakes(
        plans=answers(due, closed(run)),
        steps=answers(waiting),
        gate=gate,
        gated=ActivityName.PERFORM_STEP,
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await gate.entered.wait()
        await start(temporal_client, run, key, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["case.plan", "case.perform_step", "case.plan"]


async def test_on_a_test_clock_nothing_but_a_poke_ends_the_wait(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    past = datetime(2028, 2, 1, tzinfo=UTC)
    plan = planned(run, step("day-1", at=past), wait_until=past, clock_id=CLOCK)
    fakes = Fakes(plans=answers(plan, closed(run, clock_id=CLOCK)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)

        async def planned_once() -> bool:
            names = await events(await latest(temporal_client, key))
            return names[-1] == "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES" or (
                "WORKFLOW_PROPERTIES_MODIFIED" in names
            )

        await until(planned_once)
        assert "TIMER_STARTED" not in await events(await latest(temporal_client, key))
        assert fakes.names() == ["case.plan"]
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["case.plan", "case.plan"]


async def test_a_new_stage_begins_a_new_run_with_what_it_showed(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    first = planned(run, step("day-21", due=True))
    firm = planned(run, step("day-30"), stage="firm", line="RC-7 · firm")
    fakes = Fakes(plans=answers(first, firm, closed(run, stage="firm")), steps=answers(firm))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)

        async def continued() -> bool:
            return "TIMER_STARTED" in await events(
                await latest(temporal_client, key)
            ) and fakes.names() == ["case.plan", "case.perform_step", "case.plan"]

        await until(continued)
        description = await temporal_client.get_workflow_handle(key).describe()
        shown = {pair.key.name: pair.value for pair in description.typed_search_attributes}
        assert shown[Attribute.STAGE] == "firm"
        assert shown[Attribute.NEXT_ACTION] == "remind"
        assert await description.memo() == {"line": "RC-7 · firm"}
        assert len(await runs(temporal_client, key)) == 2
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()


async def test_many_pokes_continue_it_as_new_and_are_counted(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    plan = planned(run, step("day-4"), clock_id=CLOCK)
    fakes = Fakes(plans=answers(plan))
    async with worker(temporal_client, task_queue, fakes):
        for wanted in range(1, recovery_case.UPDATES_A_RUN + 2):
            await start(temporal_client, run, key, task_queue, wanted)

        async def continued() -> bool:
            return len(await runs(temporal_client, key)) == 2 and bool(
                [told for _, told in fakes.calls if isinstance(told, CaseRun) and told.updates]
            )

        await until(continued)
    newest = [told for name, told in fakes.calls if name == "case.plan"][-1]
    assert isinstance(newest, CaseRun)
    assert newest.updates >= recovery_case.UPDATES_A_RUN


async def test_a_case_that_closed_before_its_step_is_planned_again(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    refusal = ApplicationError("case-not-open", type="case-not-open", non_retryable=True)
    fakes = Fakes(
        plans=answers(planned(run, step("day-1", due=True)), closed(run)), steps=answers(refusal)
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.status == WorkflowExecutionStatus.COMPLETED
    assert fakes.names() == ["case.plan", "case.perform_step", "case.plan"]


async def test_the_history_reads_as_the_story_and_stays_short(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_case()
    keys = [f"day-{day}" for day in range(1, 11)]
    at = {name: datetime.now(UTC) + timedelta(days=place) for place, name in enumerate(keys)}

    def plan(name: str, *, due: bool) -> CasePlan:
        """The same step first waited for and then due, as the clock moves on."""
        line = f"RC-7 · next {name}"
        return planned(run, step(name, due=due, at=at[name]), line=line, clock_id=CLOCK)

    plans = [plan(name, due=True) for name in keys]
    waits = [plan(name, due=False) for name in keys[1:]]
    fakes = Fakes(plans=answers(*plans), steps=answers(*waits, closed(run, clock_id=CLOCK)))
    async with worker(temporal_client, task_queue, fakes):
        for number in range(1, 11):
            await start(temporal_client, run, key, task_queue, number)

            async def performed(wanted: int = number) -> bool:
                return fakes.counts()["case.perform_step"] == wanted

            await until(performed)
        handle = temporal_client.get_workflow_handle(key)
        await handle.result()
    history = await handle.fetch_history()
    told = [
        event.user_metadata.summary.data.decode().strip('"')
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    titles = [line for line in told if line != "Plan the next step"]
    assert titles == [f"Remind by SMS ({name})" for name in keys]
    assert len(history.events) <= 200, len(history.events)
