"""A task waits, is followed up, and ends; its history reads as its story."""

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from contracts.names import ActivityName, Attribute, WorkflowName
from contracts.work import TaskAdvance, TaskRun
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    answers,
    asked,
    ended,
    events,
    latest,
    new_task,
    poke,
    runs,
    until,
    worker,
)
from workflows import task as task_module

SOON = timedelta(seconds=1)


async def start(client: Client, run: TaskRun, key: str, queue: str, wanted: int = 1) -> None:
    await poke(client, WorkflowName.TASK, key, run, queue, wanted)


async def shows(client: Client, key: str, event: str) -> None:
    async def there() -> bool:
        return event in await events(await latest(client, key))

    await until(there)


async def titles(client: Client, key: str) -> list[str]:
    """The titles under which its activities stand in the history."""
    handle = await latest(client, key)
    found = []
    for event in (await handle.fetch_history()).events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            (text,) = await client.data_converter.decode([event.user_metadata.summary], [str])
            found.append(text)
    return found


async def test_each_step_is_done_when_its_time_comes(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    remind = asked(run, next_at=datetime.now(UTC) + SOON)
    escalate = asked(
        run,
        next_action="escalate",
        next_title="Escalate to the manager",
        next_at=datetime.now(UTC) + 2 * SOON,
    )
    fakes = Fakes(tasks=answers(remind, escalate, ended(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        result = await temporal_client.get_workflow_handle(key, result_type=TaskAdvance).result()
    assert (result.open, result.status) == (False, "done")
    assert await titles(temporal_client, key) == [
        "Look at the task",
        "Remind the agent",
        "Escalate to the manager",
    ]


async def test_a_completed_task_ends_its_run_at_once(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    fakes = Fakes(tasks=answers(asked(run), ended(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await shows(temporal_client, key, "TIMER_STARTED")
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["task.advance"] == 2


async def test_where_only_a_person_moves_it_no_timer_runs(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    overdue = asked(run, next_action=None, next_title="", next_at=None)
    fakes = Fakes(tasks=answers(overdue, ended(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await shows(temporal_client, key, "WORKFLOW_PROPERTIES_MODIFIED")
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
        told = await events(await latest(temporal_client, key))
    assert "TIMER_STARTED" not in told


async def test_on_a_test_clock_it_waits_for_its_pokes(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    on_clock = asked(run, clock_id=CLOCK, next_at=datetime(2028, 2, 2, tzinfo=UTC))
    fakes = Fakes(tasks=answers(on_clock))
    async with worker(temporal_client, task_queue, fakes):
        for wanted in range(1, 5):
            await start(temporal_client, run, key, task_queue, wanted)

            async def looked(times: int = wanted) -> bool:
                return fakes.counts()["task.advance"] == times

            await until(looked)
        told = await events(await latest(temporal_client, key))
        assert "TIMER_STARTED" not in told
        description = await temporal_client.get_workflow_handle(key).describe()
        assert description.status is WorkflowExecutionStatus.RUNNING
        await temporal_client.get_workflow_handle(key).terminate()


async def test_a_fact_that_comes_while_it_looks_is_looked_at_too(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    gate = Gate()
    fakes = Fakes(tasks=answers(asked(run), ended(run)), gate=gate)
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await gate.entered.wait()
        await start(temporal_client, run, key, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["task.advance"] == 2


async def test_what_it_shows_follows_the_task(temporal_client: Client, task_queue: str) -> None:
    run, key = new_task()
    fakes = Fakes(tasks=answers(asked(run), ended(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await shows(temporal_client, key, "TIMER_STARTED")
        waiting = await temporal_client.get_workflow_handle(key).describe()
        assert waiting.search_attributes[Attribute.STATE] == ["open"]
        assert waiting.search_attributes[Attribute.NEXT_ACTION] == ["remind"]
        assert (await waiting.memo())["line"].startswith("Review documents · LN-1042")
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
        done = await temporal_client.get_workflow_handle(key).describe()
    assert done.search_attributes[Attribute.STATE] == ["done"]
    assert Attribute.NEXT_ACTION not in done.search_attributes


async def test_an_api_that_is_away_is_waited_for(temporal_client: Client, task_queue: str) -> None:
    run, key = new_task()
    away = ApplicationError("away", type="unavailable", next_retry_delay=timedelta(milliseconds=9))
    fakes = Fakes(tasks=answers(away, away, ended(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == [ActivityName.ADVANCE_TASK.value] * 3


async def test_after_many_pokes_a_run_starts_afresh(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    fakes = Fakes(tasks=answers(asked(run)))
    async with worker(temporal_client, task_queue, fakes):
        for wanted in range(1, task_module.UPDATES_A_RUN + 2):
            await start(temporal_client, run, key, task_queue, wanted)

        async def afresh() -> bool:
            return len(await runs(temporal_client, key)) == 2

        await until(afresh)
        await temporal_client.get_workflow_handle(key).terminate()


async def test_a_late_poke_to_an_ended_task_costs_one_short_run(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_task()
    fakes = Fakes(tasks=answers(ended(run)))
    async with worker(temporal_client, task_queue, fakes):
        for wanted in (1, 2):
            await start(temporal_client, run, key, task_queue, wanted)
            await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["task.advance"] == 2
