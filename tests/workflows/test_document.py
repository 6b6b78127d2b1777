"""A document is looked at, read and decided, and waits for a person where one is needed."""

from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from contracts.names import ActivityName, Attribute, WorkflowName
from contracts.work import DocumentPlan, DocumentRun
from tests.workflows.harness import (
    CLOCK,
    Fakes,
    Gate,
    answers,
    decided,
    document,
    events,
    in_review,
    latest,
    new_document,
    poke,
    until,
    worker,
)


async def start(client: Client, run: DocumentRun, key: str, queue: str, wanted: int = 1) -> None:
    await poke(client, WorkflowName.DOCUMENT, key, run, queue, wanted)


async def test_each_step_is_what_the_answer_before_it_said(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_document()
    fakes = Fakes(
        documents=answers(
            document(run, "scan"),
            document(run, "read"),
            document(run, "render"),
            document(run, "settle"),
            decided(run),
        )
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        told = await temporal_client.get_workflow_handle(key, result_type=DocumentPlan).result()
        shown = (await temporal_client.get_workflow_handle(key).describe()).search_attributes
        line = await (await temporal_client.get_workflow_handle(key).describe()).memo_value("line")
    assert fakes.names() == [
        *("document.plan", "document.scan", "document.read", "document.render"),
        "document.settle",
    ]
    assert {call for _, call in fakes.calls} == {run}
    assert told.state == "accepted"
    assert shown[Attribute.STATE.value] == ["accepted"]
    assert Attribute.NEXT_ACTION.value not in shown
    assert line == "DO-1001 · bank statement · accepted"


async def test_a_refused_file_is_neither_read_nor_shown(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_document()
    refused = decided(run, "rejected", rejection="encrypted")
    fakes = Fakes(documents=answers(document(run, "scan"), document(run, "settle"), refused))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["document.plan", "document.scan", "document.settle"]


async def test_a_review_ends_the_wait(temporal_client: Client, task_queue: str) -> None:
    run, key = new_document()
    fakes = Fakes(documents=answers(document(run, "settle"), in_review(run), decided(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)

        async def waits() -> bool:
            return "TIMER_STARTED" in await events(await latest(temporal_client, key))

        await until(waits)
        shown = (await temporal_client.get_workflow_handle(key).describe()).search_attributes
        assert shown[Attribute.NEXT_ACTION.value] == ["review"]
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["document.plan", "document.settle", "document.plan"]


async def test_it_asks_again_by_itself(temporal_client: Client, task_queue: str) -> None:
    run, key = new_document()
    soon = datetime.now(UTC) + timedelta(seconds=1)
    fakes = Fakes(documents=answers(in_review(run, wait_until=soon), decided(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["document.plan", "document.plan"]


async def test_on_a_test_clock_there_is_no_timer(temporal_client: Client, task_queue: str) -> None:
    run, key = new_document()
    fakes = Fakes(documents=answers(in_review(run, clock_id=CLOCK), decided(run, clock_id=CLOCK)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)

        async def shown() -> bool:
            names = await events(await latest(temporal_client, key))
            return "WORKFLOW_PROPERTIES_MODIFIED" in names

        await until(shown)
        assert "TIMER_STARTED" not in await events(await latest(temporal_client, key))
        await start(temporal_client, run, key, task_queue, 2)
        await temporal_client.get_workflow_handle(key).result()


async def test_a_review_during_a_step_is_not_overlooked(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_document()
    gate = Gate()
    fakes = Fakes(
        documents=answers(document(run, "settle"), in_review(run), decided(run)),
        gate=gate,
        gated=ActivityName.SETTLE_DOCUMENT,
    )
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await gate.entered.wait()
        await start(temporal_client, run, key, task_queue, 2)
        gate.opened.set()
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["document.plan", "document.settle", "document.plan"]


async def test_a_killed_reader_is_tried_again(temporal_client: Client, task_queue: str) -> None:
    run, key = new_document()
    killed = ApplicationError("the child was killed", next_retry_delay=timedelta(milliseconds=5))
    fakes = Fakes(documents=answers(document(run, "read"), killed, decided(run)))
    async with worker(temporal_client, task_queue, fakes):
        await start(temporal_client, run, key, task_queue)
        await temporal_client.get_workflow_handle(key).result()
    assert fakes.names() == ["document.plan", "document.read", "document.read"]
