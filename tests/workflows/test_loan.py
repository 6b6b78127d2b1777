"""A loan asks, sleeps, wakes by time or poke, and stays within its budget of events."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError

from contracts.names import Attribute, WorkflowName
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    advanced,
    answers,
    asleep,
    events,
    latest,
    new_loan,
    poke,
    runs,
    until,
    worker,
)


async def test_started_by_a_poke_it_asks_once_and_sleeps_as_one_event(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    fakes = Fakes(loans=answers(advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    first = (await runs(temporal_client, key))[-1]
    history = await events(temporal_client.get_workflow_handle(key, run_id=first))
    assert fakes.counts()["loan.advance"] == 1
    assert len(history) <= 13
    assert history[-1] == "WORKFLOW_EXECUTION_CONTINUED_AS_NEW"


async def test_woken_by_its_timer_a_run_is_eleven_events(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    soon = advanced(run, next_wake_at=datetime.now(UTC))
    fakes = Fakes(loans=answers(soon, advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)

        async def twice() -> bool:
            return len(await runs(temporal_client, key)) == 3

        await until(twice)
        await asleep(temporal_client, key)
    middle = (await runs(temporal_client, key))[1]
    history = await events(temporal_client.get_workflow_handle(key, run_id=middle))
    assert fakes.counts()["loan.advance"] == 2
    assert len(history) <= 11, history


async def test_poked_out_of_its_sleep_a_run_is_thirteen_events(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    fakes = Fakes(loans=answers(advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        for wanted in (1, 2):
            await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, wanted)
            await asleep(temporal_client, key)
    poked = (await runs(temporal_client, key))[1]
    history = await events(temporal_client.get_workflow_handle(key, run_id=poked))
    assert "WORKFLOW_EXECUTION_UPDATE_COMPLETED" in history
    assert len(history) <= 13, history


async def test_what_it_shows_travels_with_the_hop(temporal_client: Client, task_queue: str) -> None:
    run, key = new_loan()
    wake_at = datetime(2040, 3, 1, 6, tzinfo=UTC)
    loan = advanced(
        run,
        bucket="1-29",
        next_wake_at=wake_at,
        past_due_since=date(2028, 2, 1),
        owner="user-7",
        clock_id=CLOCK,
    )
    async with worker(temporal_client, task_queue, Fakes(loans=answers(loan))):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    description = await temporal_client.get_workflow_handle(key).describe()
    shown = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert shown == {
        Attribute.STATE: "active",
        Attribute.BUCKET: "1-29",
        Attribute.NEXT_ACTION: "remind",
        Attribute.NEXT_AT: wake_at,
        Attribute.PAST_DUE_SINCE: datetime(2028, 2, 1, tzinfo=UTC),
        Attribute.OWNER: "user-7",
        Attribute.CLOCK: str(CLOCK),
    }
    assert await description.memo() == {"line": loan.line}


async def test_on_a_test_clock_it_waits_for_the_clock_and_not_for_time(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    overdue = advanced(run, clock_id=CLOCK, next_wake_at=datetime(2020, 1, 1, tzinfo=UTC))
    async with worker(temporal_client, task_queue, Fakes(loans=answers(overdue))):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.execution_time is not None
    assert description.execution_time - datetime.now(UTC) > timedelta(days=3600)


async def test_a_poke_while_it_asks_makes_it_ask_again(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    gate = Gate()
    fakes = Fakes(loans=answers(advanced(run)), gate=gate)
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await gate.entered.wait()
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 2)
        gate.opened.set()
        await asleep(temporal_client, key)
    assert fakes.counts()["loan.advance"] == 2
    assert len(await runs(temporal_client, key)) == 2


async def test_finished_it_ends_and_a_late_poke_starts_it_again(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    done = advanced(run, state="closed", finished=True, next_wake_at=None)
    fakes = Fakes(loans=answers(done, advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        handle = await latest(temporal_client, key)
        result = await handle.result()
        assert isinstance(result, dict)
        assert result["state"] == "closed"
        assert len(await events(handle)) <= 13
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 2)
        await asleep(temporal_client, key)
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.status == WorkflowExecutionStatus.RUNNING


async def test_a_definite_refusal_ends_it_visibly_under_its_code(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    refusal = ApplicationError("not-found", type="not-found", non_retryable=True)
    async with worker(temporal_client, task_queue, Fakes(loans=answers(refusal))):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal_client.get_workflow_handle(key).result()
    cause = failed.value.cause
    assert isinstance(cause, ActivityError)
    assert isinstance(cause.cause, ApplicationError)
    assert cause.cause.type == "not-found"


async def test_a_passing_failure_costs_no_event(temporal_client: Client, task_queue: str) -> None:
    run, key = new_loan()
    away = ApplicationError(
        "unavailable", type="unavailable", next_retry_delay=timedelta(milliseconds=20)
    )
    fakes = Fakes(loans=answers(away, away, advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    first = (await runs(temporal_client, key))[-1]
    assert fakes.counts()["loan.advance"] == 3
    assert len(await events(temporal_client.get_workflow_handle(key, run_id=first))) <= 13


async def test_many_pokes_at_once_are_all_answered(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    fakes = Fakes(loans=answers(advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        for round_ in range(10):
            await asyncio.gather(
                *(
                    poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, wanted)
                    for wanted in range(round_ * 5, round_ * 5 + 5)
                )
            )
        await asleep(temporal_client, key)
    assert fakes.counts()["loan.advance"] >= 1
