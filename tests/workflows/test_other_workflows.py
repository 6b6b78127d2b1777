"""Delivery, test clock and end of day: sweep, walk and close until nothing is left."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from contracts.names import Attribute, WorkflowName
from contracts.work import ClockRun, ClockWalked, CloseReport, DeliveryReport, DeliveryRun
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    answers,
    asleep,
    poke,
    runs,
    until,
    worker,
)


def new_delivery() -> tuple[DeliveryRun, str]:
    run = DeliveryRun(channel="sms", shard=uuid.uuid4().hex)
    return run, f"delivery:{run.channel}:{run.shard}"


async def test_delivery_ends_when_nothing_waits(temporal_client: Client, task_queue: str) -> None:
    run, key = new_delivery()
    fakes = Fakes(deliveries=answers(DeliveryReport(accepted=3)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.DELIVERY, key, run, task_queue, 1)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["delivery.send_due"] == 1


async def test_delivery_sleeps_until_the_next_message_is_due(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_delivery()
    at = datetime.now(UTC) + timedelta(hours=2)
    fakes = Fakes(deliveries=answers(DeliveryReport(next_due_at=at)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.DELIVERY, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.execution_time is not None
    assert abs(description.execution_time - at) < timedelta(seconds=3)


async def test_delivery_on_a_test_clock_stays_and_waits_for_its_pokes(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_delivery()
    report = DeliveryReport(next_due_at=datetime(2028, 2, 2, tzinfo=UTC), clock_id=CLOCK)
    fakes = Fakes(deliveries=answers(report))

    async def swept(times: int) -> bool:
        return fakes.counts().get("delivery.send_due", 0) == times

    async with worker(temporal_client, task_queue, fakes):
        for wanted in range(1, 6):
            await poke(temporal_client, WorkflowName.DELIVERY, key, run, task_queue, wanted)
            await until(lambda times=wanted: swept(times))
    assert len(await runs(temporal_client, key)) == 1


async def test_delivery_on_a_test_clock_starts_afresh_after_many_sweeps(
    temporal_client: Client, task_queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.options.SWEEPS_A_RUN", 1)
    run, key = new_delivery()
    report = DeliveryReport(next_due_at=datetime(2028, 2, 2, tzinfo=UTC), clock_id=CLOCK)
    async with worker(temporal_client, task_queue, Fakes(deliveries=answers(report))):
        await poke(temporal_client, WorkflowName.DELIVERY, key, run, task_queue, 1)
        await asleep(temporal_client, key)


async def test_delivery_sweeps_again_for_what_fell_due_meanwhile(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_delivery()
    gate = Gate()
    fakes = Fakes(deliveries=answers(DeliveryReport()), gate=gate)
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.DELIVERY, key, run, task_queue, 1)
        await gate.entered.wait()
        await poke(temporal_client, WorkflowName.DELIVERY, key, run, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["delivery.send_due"] == 2


async def test_a_clock_walks_and_ends(temporal_client: Client, task_queue: str) -> None:
    run = ClockRun(clock_id=uuid.uuid4())
    key = f"clock:{run.clock_id}"
    walked = ClockWalked(now=datetime(2028, 5, 31, tzinfo=UTC), steps=547, days_closed=120)
    fakes = Fakes(walks=answers(walked))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.TEST_CLOCK, key, run, task_queue, 1)
        await temporal_client.get_workflow_handle(key).result()
    description = await temporal_client.get_workflow_handle(key).describe()
    shown = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert shown[Attribute.CLOCK] == str(run.clock_id)


async def test_a_clock_walks_on_to_a_target_set_on_the_way(
    temporal_client: Client, task_queue: str
) -> None:
    run = ClockRun(clock_id=uuid.uuid4())
    key = f"clock:{run.clock_id}"
    gate = Gate()
    walked = ClockWalked(now=datetime(2028, 5, 31, tzinfo=UTC), steps=1, days_closed=1)
    fakes = Fakes(walks=answers(walked), gate=gate)
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.TEST_CLOCK, key, run, task_queue, 1)
        await gate.entered.wait()
        await poke(temporal_client, WorkflowName.TEST_CLOCK, key, run, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["clock.walk"] == 2
    assert len(await runs(temporal_client, key)) == 1


async def test_the_end_of_day_calls_until_nothing_is_left(
    temporal_client: Client, task_queue: str
) -> None:
    key = f"end-of-day-{uuid.uuid4()}"
    fakes = Fakes(
        closings=answers(
            CloseReport(books=1, loans=500, more=True),
            CloseReport(books=1, loans=500, more=True),
            CloseReport(books=2, loans=7, more=False),
        )
    )
    async with worker(temporal_client, task_queue, fakes):
        result = await temporal_client.execute_workflow(
            WorkflowName.END_OF_DAY.value, id=key, task_queue=task_queue, result_type=CloseReport
        )
    assert result == CloseReport(books=4, loans=1007, more=False)
    assert fakes.counts()["closing.close_due_days"] == 3
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.status == WorkflowExecutionStatus.COMPLETED
