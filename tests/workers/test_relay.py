"""The relay delivers every wake, survives either side being away, and stops in order."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import unavailable
from contracts.names import Queue, WakeKind, WorkflowName
from contracts.work import (
    AckWakes,
    CaseRun,
    ClockRun,
    DeliveryRun,
    LeaseWakes,
    TaskRun,
    Wake,
    Wakes,
)
from workers.relay import Relay, TemporalPoker, workflow_of


class Book:
    """Wakes as the system of record keeps them: wanted and delivered, level-triggered."""

    def __init__(self) -> None:
        self.wanted: dict[str, int] = {}
        self.delivered: dict[str, int] = {}
        self.leased: set[str] = set()
        self.acks: list[AckWakes] = []
        self.failing = 0
        self.raised = asyncio.Event()

    def want(self, workflow_id: str) -> None:
        self.wanted[workflow_id] = self.wanted.get(workflow_id, 0) + 1
        self.raised.set()

    async def lease_wakes(self, request: LeaseWakes) -> Wakes:
        if self.failing:
            self.failing -= 1
            raise unavailable("away")
        while True:
            due = [
                key
                for key, wanted in self.wanted.items()
                if wanted > self.delivered.get(key, 0) and key not in self.leased
            ][: request.limit]
            if due:
                break
            self.raised.clear()
            try:
                await asyncio.wait_for(self.raised.wait(), request.wait_seconds)
            except TimeoutError:
                return Wakes(items=[])
        self.leased.update(due)
        return Wakes(
            items=[
                Wake(workflow_id=key, kind=WakeKind(key.partition(":")[0]), wanted=self.wanted[key])
                for key in due
            ]
        )

    async def ack_wakes(self, acks: AckWakes) -> None:
        self.acks.append(acks)
        for each in acks.delivered:
            self.delivered[each.workflow_id] = max(
                self.delivered.get(each.workflow_id, 0), each.wanted
            )
            self.leased.discard(each.workflow_id)
        self.leased.difference_update(acks.failed)
        self.raised.set()

    def is_delivered(self) -> bool:
        return self.wanted == self.delivered


async def relayed(
    relay: Relay, done: Callable[[], bool], *, then: Callable[[], None] | None = None
) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(relay.run(stopping))
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.01)
        if then is not None:
            then()
        stopping.set()
        await running


def loans(count: int) -> list[str]:
    return [f"loan:{uuid4()}" for _ in range(count)]


async def test_every_wake_is_poked_and_acknowledged_in_batches() -> None:
    book, poked = Book(), Counter[str]()

    async def poke(wake: Wake, limit: timedelta) -> None:
        await asyncio.sleep(0)
        poked[wake.workflow_id] += 1

    for key in loans(300):
        book.want(key)
    await relayed(Relay(book, poke), book.is_delivered)
    assert set(poked) == set(book.wanted)
    assert len(book.acks) < 100
    assert book.leased == set()


async def test_no_more_pokes_are_in_flight_than_allowed() -> None:
    book = Book()
    now = most = 0

    async def poke(wake: Wake, limit: timedelta) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.002)
        now -= 1

    for key in loans(100):
        book.want(key)
    await relayed(Relay(book, poke, in_flight=8), book.is_delivered)
    assert 1 < most <= 8


async def test_one_kind_does_not_hold_up_the_others() -> None:
    book = Book()
    held = asyncio.Event()
    done: set[str] = set()

    async def poke(wake: Wake, limit: timedelta) -> None:
        if wake.kind is WakeKind.LOAN:
            await held.wait()
        done.add(wake.workflow_id)

    case = f"case:{uuid4()}"
    for key in loans(9):
        book.want(key)
    book.want(case)
    await relayed(
        Relay(book, poke, in_flight=12), lambda: book.delivered.get(case) == 1, then=held.set
    )
    assert case in done


async def test_a_poke_that_is_not_answered_is_tried_again() -> None:
    book, tries = Book(), Counter[str]()

    async def poke(wake: Wake, limit: timedelta) -> None:
        tries[wake.workflow_id] += 1
        if tries[wake.workflow_id] == 1:
            raise TimeoutError
        if tries[wake.workflow_id] == 2:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")

    book.want("loan:" + str(uuid4()))
    await relayed(Relay(book, poke), book.is_delivered)
    assert list(tries.values()) == [3]


async def test_a_run_that_ends_under_its_poke_is_poked_once_more() -> None:
    book, tries = Book(), Counter[str]()

    async def poke(wake: Wake, limit: timedelta) -> None:
        tries[wake.workflow_id] += 1
        if tries[wake.workflow_id] == 1:
            raise WorkflowUpdateFailedError(RuntimeError("completed"))

    book.want("loan:" + str(uuid4()))
    await relayed(Relay(book, poke), book.is_delivered)
    assert [ack.failed for ack in book.acks] == [[]]


async def test_a_wake_that_makes_no_sense_does_not_stop_or_spin() -> None:
    book, seen = Book(), Counter[str]()

    async def poke(wake: Wake, limit: timedelta) -> None:
        seen[wake.workflow_id] += 1
        workflow_of(wake)

    good = f"loan:{uuid4()}"
    book.want("delivery:sms")
    book.want(good)
    relay = Relay(book, poke)
    await relayed(relay, lambda: good in book.delivered and relay.counts["left"] == 1)
    assert seen["delivery:sms"] == 1
    assert book.leased == {"delivery:sms"}


async def test_it_waits_for_an_api_that_is_away() -> None:
    book = Book()
    book.failing = 3

    async def poke(wake: Wake, limit: timedelta) -> None:
        pass

    relay = Relay(book, poke)
    book.want(f"loan:{uuid4()}")
    assert not relay.ready.is_set()
    await relayed(relay, book.is_delivered)
    assert relay.ready.is_set()


async def test_told_to_stop_it_finishes_what_is_in_flight() -> None:
    book = Book()
    entered, leave = asyncio.Event(), asyncio.Event()

    async def poke(wake: Wake, limit: timedelta) -> None:
        entered.set()
        await leave.wait()

    book.want(f"loan:{uuid4()}")
    stopping = asyncio.Event()
    running = asyncio.create_task(Relay(book, poke).run(stopping))
    await entered.wait()
    stopping.set()
    await asyncio.sleep(0)
    assert not running.done()
    leave.set()
    await running
    assert book.is_delivered()


@pytest.mark.parametrize(
    ("workflow_id", "expected"),
    [
        ("loan", (WorkflowName.LOAN, Queue.LOANS)),
        ("case", (WorkflowName.RECOVERY_CASE, Queue.CASES)),
        ("clock", (WorkflowName.TEST_CLOCK, Queue.CLOSING)),
        ("task", (WorkflowName.TASK, Queue.CASES)),
    ],
)
def test_a_wake_names_its_workflow(workflow_id: str, expected: tuple[WorkflowName, Queue]) -> None:
    key = uuid4()
    name, queue, run = workflow_of(
        Wake(workflow_id=f"{workflow_id}:{key}", kind=WakeKind(workflow_id), wanted=1)
    )
    assert (name, queue) == expected
    assert str(key) in run.model_dump_json()
    assert isinstance(run, CaseRun | ClockRun | TaskRun) or name is WorkflowName.LOAN


def test_a_delivery_wake_names_channel_and_shard() -> None:
    wake = Wake(workflow_id="delivery:email:live-0", kind=WakeKind.DELIVERY, wanted=1)
    assert workflow_of(wake)[2] == DeliveryRun(channel="email", shard="live-0")


async def test_a_poke_that_no_worker_answers_ends_at_its_limit(temporal_client: Client) -> None:
    wake = Wake(workflow_id=f"clock:{uuid4()}", kind=WakeKind.CLOCK, wanted=1)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises((TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError)):
        await TemporalPoker(temporal_client)(wake, timedelta(seconds=1))
    assert loop.time() - begun < 5
    await temporal_client.get_workflow_handle(wake.workflow_id).terminate()
