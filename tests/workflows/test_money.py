"""Collections and payouts: plan, perform, sleep until the next try, and wake for a fact."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from contracts.money_work import CollectionRun, PayoutRun
from contracts.names import ActivityName, Attribute, WorkflowName
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    answers,
    asleep,
    events,
    latest,
    money,
    poke,
    runs,
    until,
    worker,
)


def new_collection() -> tuple[CollectionRun, str]:
    run = CollectionRun(collection_id=uuid4())
    return run, f"payment:{run.collection_id}"


async def start(client: Client, run: CollectionRun, key: str, queue: str, wanted: int = 1) -> None:
    await poke(client, WorkflowName.PAYMENT_COLLECTION, key, run, queue, wanted)


async def test_a_charge_that_is_due_is_made_once_and_the_life_ends(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_collection()
    fakes = Fakes(collections=answers(money("charge")), charges=answers(money("end")))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        result = await temporal_client.get_workflow_handle(key).result()
    assert result["status"] == "paid"
    assert fakes.names() == ["payment.plan", "payment.perform"]


async def test_until_the_next_try_it_is_one_event_and_shows_when(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_collection()
    waiting = money("wait")
    fakes = Fakes(collections=answers(money("charge")), charges=answers(waiting))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await asleep(temporal_client, key)
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.execution_time is not None
    assert waiting.at is not None
    assert abs(description.execution_time - waiting.at) < timedelta(seconds=3)
    assert description.typed_search_attributes is not None
    shown = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert shown[Attribute.NEXT_ACTION.value] == "wait"


async def test_a_short_wait_is_a_timer_after_which_it_plans_again(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_collection()
    soon = money("wait", at=datetime.now(UTC) + timedelta(milliseconds=200))
    fakes = Fakes(collections=answers(soon, money("look_up")), charges=answers(money("end")))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["payment.plan", "payment.plan", "payment.perform"]


async def test_a_poke_wakes_it_from_its_sleep(temporal_client: Client, task_queue: str) -> None:
    run, key = new_collection()
    fakes = Fakes(collections=answers(money("wait"), money("end")))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await asleep(temporal_client, key)
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
    assert len(await runs(temporal_client, key)) == 2


async def test_on_a_test_clock_it_stays_and_waits_for_its_pokes(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_collection()
    later = money("wait", at=datetime(2028, 3, 1, tzinfo=UTC), clock_id=CLOCK)
    fakes = Fakes(
        collections=answers(later, later, money("charge", clock_id=CLOCK)),
        charges=answers(money("end", clock_id=CLOCK)),
    )

    async def planned(times: int) -> bool:
        return fakes.counts()["payment.plan"] == times

    async with worker(temporal_client, task_queue, fakes):
        for wanted in (1, 2, 3):
            await start(temporal_client, run, key, task_queue, wanted)
            await until(lambda wanted=wanted: planned(wanted))  # type: ignore[misc]
        await temporal_client.get_workflow_handle(key).result()
    assert len(await runs(temporal_client, key)) == 1
    assert fakes.counts()["payment.perform"] == 1


async def test_a_poke_during_a_charge_is_planned_for_afterwards(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_collection()
    gate = Gate()
    fakes = Fakes(
        collections=answers(money("charge"), money("end")),
        charges=answers(money("wait")),
        gate=gate,
        gated=ActivityName.PERFORM_COLLECTION,
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await gate.entered.wait()
        await start(temporal_client, run, key, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["payment.plan", "payment.perform", "payment.plan"]


async def test_a_poke_at_the_very_end_is_planned_for(
    temporal_client: Client, task_queue: str
) -> None:
    """What is not planned for would stay unsettled for ever."""
    run, key = new_collection()
    gate = Gate()
    fakes = Fakes(
        collections=answers(money("charge"), money("end")),
        charges=answers(money("end")),
        gate=gate,
        gated=ActivityName.PERFORM_COLLECTION,
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await gate.entered.wait()
        await start(temporal_client, run, key, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["payment.plan", "payment.perform", "payment.plan"]


async def test_an_uncertain_answer_is_asked_for_again(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_collection()
    unsure = ApplicationError(
        "not certain", type="unavailable", next_retry_delay=timedelta(milliseconds=5)
    )
    fakes = Fakes(
        collections=answers(money("charge")), charges=answers(unsure, unsure, money("end"))
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.counts()["payment.perform"] == 3
    assert len(await events(await latest(temporal_client, key))) < 25


@pytest.mark.parametrize("times", [1, 3])
async def test_a_payout_is_sent_and_asked_for_until_it_is_settled(
    temporal_client: Client, task_queue: str, times: int
) -> None:
    run = PayoutRun(payout_id=uuid4())
    key = f"payout:{run.payout_id}"
    soon = [money("wait", at=datetime.now(UTC)) for _ in range(times - 1)]
    fakes = Fakes(
        payouts=answers(*(money("pay_out") for _ in range(times))),
        transfers=answers(*soon, money("end", status="settled")),
    )
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.PAYOUT, key, run, task_queue, 1)
        result = await asyncio.wait_for(temporal_client.get_workflow_handle(key).result(), 60)
    assert result["status"] == "settled"
    assert fakes.counts()["payout.perform"] == times
