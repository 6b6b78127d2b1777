"""The relay: every wake of the system of record becomes one poke of its workflow.

It holds no state. A wake that is leased and not acknowledged comes back when its lease is over, a
poke that arrives twice does no harm, and either side may be away for any time: what is wanted
stays written in the system of record.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Final, Protocol, assert_never
from uuid import UUID

import structlog
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from contracts.base import Wire
from contracts.money_work import CollectionRun, PayoutRun
from contracts.names import POKE, Queue, WakeKind, WorkflowName
from contracts.work import (
    AckWakes,
    CaseRun,
    ClockRun,
    DeliveredWake,
    DeliveryRun,
    DocumentRun,
    LeaseWakes,
    LoanRun,
    Poke,
    TaskRun,
    Wake,
    Wakes,
)
from domain.ids import workflow_key

_LONG_POLL_SECONDS: Final = 10
_ACK_PAUSE: Final = 0.25
"""Answers that come within this time of each other are acknowledged together.

Most are old news by then: a workflow that has taken its wake in has said so itself.
"""
_ACK_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_SHARE: Final = {
    WakeKind.LOAN: 0.6,
    WakeKind.CASE: 0.5,
    WakeKind.DELIVERY: 0.25,
    WakeKind.CLOCK: 0.15,
    WakeKind.DOCUMENT: 0.25,
    WakeKind.TASK: 0.25,
    WakeKind.PAYMENT: 0.3,
    WakeKind.PAYOUT: 0.15,
}
"""The most of the places in flight that one kind may hold, so that none starves the others."""

_log = structlog.stdlib.get_logger(__name__)


class WakeSource(Protocol):
    """The calls of the system of record that the relay makes."""

    async def lease_wakes(self, request: LeaseWakes) -> Wakes:
        """Take wakes to deliver; the answer waits up to `wait_seconds` for some."""
        ...

    async def ack_wakes(self, acks: AckWakes) -> None:
        """Say which pokes were answered, and which were not."""
        ...


class Poker(Protocol):
    """Pokes a workflow, and starts it when it is not there.

    Raises an exception of the SDK when the poke was not answered.
    """

    async def __call__(self, wake: Wake, limit: timedelta) -> None:
        """Return when the workflow has taken note; give up after `limit`."""
        ...


class TemporalPoker:
    """Pokes by update-with-start: one call, whether the workflow runs, sleeps, or is yet to be."""

    def __init__(self, client: Client) -> None:
        """Keep the client."""
        self._client = client

    async def __call__(self, wake: Wake, limit: timedelta) -> None:
        """Poke one workflow; see `Poker`."""
        name, queue, run = workflow_of(wake)
        start: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
            name.value,
            run,
            id=wake.workflow_id,
            task_queue=queue.value,
            # A finished workflow starts again: a late poke costs a run that ends at once, and a
            # reopened loan must not be left without one.
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        # The limit stands twice: the server may answer "not yet" within the first, and the SDK
        # would then ask again.
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await self._client.execute_update_with_start_workflow(
                    POKE,
                    Poke(wanted=wake.wanted),
                    start_workflow_operation=start,
                    id=f"{wake.workflow_id}/{wake.wanted}",
                    rpc_timeout=limit,
                )
        except BaseException:
            # The SDK told the start's own future the same; unheard, it would be logged again.
            with suppress(BaseException):
                async with asyncio.timeout(0):
                    await start.workflow_handle()
            raise


def workflow_of(wake: Wake) -> tuple[WorkflowName, Queue, Wire]:
    """The workflow type, the queue and the input of the workflow that a wake wants.

    Raises:
        ValueError: The workflow id does not say what its kind needs.
    """
    key = workflow_key(wake.workflow_id)
    match wake.kind:
        case WakeKind.LOAN:
            return WorkflowName.LOAN, Queue.LOANS, LoanRun(loan_id=UUID(key))
        case WakeKind.CASE:
            return WorkflowName.RECOVERY_CASE, Queue.CASES, CaseRun(case_id=UUID(key))
        case WakeKind.TASK:
            return WorkflowName.TASK, Queue.CASES, TaskRun(task_id=UUID(key))
        case WakeKind.CLOCK:
            return WorkflowName.TEST_CLOCK, Queue.CLOSING, ClockRun(clock_id=UUID(key))
        case WakeKind.DOCUMENT:
            return WorkflowName.DOCUMENT, Queue.DOCUMENTS, DocumentRun(document_id=UUID(key))
        case WakeKind.PAYMENT:
            return (
                WorkflowName.PAYMENT_COLLECTION,
                Queue.PAYMENTS,
                CollectionRun(collection_id=UUID(key)),
            )
        case WakeKind.PAYOUT:
            return WorkflowName.PAYOUT, Queue.PAYMENTS, PayoutRun(payout_id=UUID(key))
        case WakeKind.DELIVERY:
            channel, _, shard = key.partition(":")
            if not channel or not shard:
                raise ValueError("a delivery's workflow id is delivery:{channel}:{shard}")
            return (
                WorkflowName.DELIVERY,
                Queue.DELIVERY,
                DeliveryRun(channel=channel, shard=shard),
            )
        case _:
            assert_never(wake.kind)


class Relay:
    """Leases wakes, pokes, and acknowledges, until it is told to stop."""

    def __init__(
        self,
        source: WakeSource,
        poke: Poker,
        *,
        in_flight: int = 64,
        limit: timedelta = timedelta(seconds=10),
    ) -> None:
        """Keep the collaborators.

        Args:
            source: The system of record, with the scope `wakes:lease`.
            poke: How a workflow is poked.
            in_flight: The most pokes at once.
            limit: How long a poke may take; wakes are leased for a little longer.
        """
        self._source = source
        self._poke = poke
        self._limit = limit
        self._size = in_flight
        self._lease_seconds = min(60, int(limit.total_seconds()) + 2)
        self._places = {kind: max(1, int(in_flight * _SHARE[kind])) for kind in WakeKind}
        self._free = {kind: asyncio.Semaphore(self._places[kind]) for kind in WakeKind}
        self._running: set[asyncio.Task[None]] = set()
        self._answered: asyncio.Queue[DeliveredWake | str] = asyncio.Queue()
        self._pause = 0.0
        self._failed_at_temporal = 0
        self.ready = asyncio.Event()
        """Set once the system of record has answered a lease."""
        self.counts: Counter[str] = Counter()
        """Pokes by outcome: `delivered`, `failed`, `left`."""
        self._answered_at = monotonic()

    @property
    def silent_seconds(self) -> float:
        """How long ago the system of record last answered a lease (or this relay was made)."""
        return monotonic() - self._answered_at

    async def run(self, stopping: asyncio.Event) -> None:
        """Relay until `stopping` is set; then finish what is in flight and acknowledge it."""
        acknowledging = asyncio.create_task(self._acknowledge())
        stop = asyncio.create_task(stopping.wait())
        try:
            while not stopping.is_set():
                await self._until(stop, self._lease_some())
            if self._running:
                await asyncio.wait(self._running)
            await self._answered.join()
        finally:
            stop.cancel()
            for task in self._running:
                task.cancel()
            acknowledging.cancel()
            await asyncio.gather(stop, acknowledging, *self._running, return_exceptions=True)

    async def _lease_some(self) -> None:
        """Lease as many wakes as there are places, and poke them beside this."""
        await self._room()
        try:
            wakes = await self._source.lease_wakes(
                LeaseWakes(
                    limit=self._size - len(self._running),
                    # The first one tells that the API is there, and need not wait.
                    wait_seconds=_LONG_POLL_SECONDS if self.ready.is_set() else 0,
                    lease_seconds=self._lease_seconds,
                )
            )
        except ApplicationError as error:
            _log.warning("wakes could not be leased", error=error.type)
            await self._rest(error.next_retry_delay)
            return
        if not self.ready.is_set():
            self.ready.set()
        leased_at = self._answered_at = monotonic()
        for wake in wakes.items:
            task = asyncio.create_task(self._deliver(wake, leased_at))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if self._failed_at_temporal:
            await self._rest(None)
        else:
            self._pause = 0.0

    async def _room(self) -> None:
        """Wait until at least a quarter of the places are free."""
        while len(self._running) > self._size * 3 // 4:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _deliver(self, wake: Wake, leased_at: float) -> None:
        """Poke one workflow and queue the answer for acknowledgement."""
        async with self._free[wake.kind]:
            left = self._lease_seconds - (monotonic() - leased_at)
            if left <= 1:
                self.counts["left"] += 1
                return  # its lease is as good as over; whoever leases it next will poke
            limit = min(self._limit, timedelta(seconds=left))
            answer = await self._poked(wake, limit)
        if answer is not None:
            self._answered.put_nowait(answer)

    async def _poked(self, wake: Wake, limit: timedelta) -> DeliveredWake | str | None:
        """The acknowledgement of a poke, or None when its wake is to lie until its lease ends."""
        try:
            try:
                await self._poke(wake, limit)
            except WorkflowUpdateFailedError:
                # The run ended under the poke; a second one starts the next run.
                await self._poke(wake, limit)
        except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as error:
            return self._failed(wake, error)
        except RPCError as error:
            if error.status in {RPCStatusCode.UNAVAILABLE, RPCStatusCode.RESOURCE_EXHAUSTED}:
                self._failed_at_temporal += 1
            return self._failed(wake, error)
        except Exception as error:
            # A workflow that cannot take a poke, or a wake that makes no sense: released at once
            # it would spin, so it lies until its lease ends.
            _log.error("poke refused", workflow_id=wake.workflow_id, error=type(error).__name__)
            self.counts["left"] += 1
            return None
        self._failed_at_temporal = 0
        self.counts["delivered"] += 1
        return DeliveredWake(workflow_id=wake.workflow_id, wanted=wake.wanted)

    def _failed(self, wake: Wake, error: BaseException) -> str:
        _log.warning("poke not answered", workflow_id=wake.workflow_id, error=type(error).__name__)
        self.counts["failed"] += 1
        return wake.workflow_id

    async def _acknowledge(self) -> None:
        """Acknowledge answers in small batches, as they come."""
        while True:
            batch = [await self._answered.get()]
            await asyncio.sleep(_ACK_PAUSE)
            while not self._answered.empty():
                batch.append(self._answered.get_nowait())
            delivered = [each for each in batch if isinstance(each, DeliveredWake)]
            failed = [each for each in batch if isinstance(each, str)]
            for start in range(0, max(len(delivered), len(failed)), 500):
                await self._send_acks(
                    AckWakes(
                        delivered=delivered[start : start + 500], failed=failed[start : start + 500]
                    )
                )
            for _ in batch:
                self._answered.task_done()

    async def _send_acks(self, acks: AckWakes) -> None:
        """Send one batch; after a few failures it is dropped: its leases end by themselves."""
        pause = _FIRST_PAUSE
        for _ in range(_ACK_ATTEMPTS):
            try:
                await self._source.ack_wakes(acks)
            except ApplicationError as error:
                _log.warning("wakes could not be acknowledged", error=error.type)
                await asyncio.sleep(pause)
                pause *= 2
            else:
                return

    async def _rest(self, asked: timedelta | None) -> None:
        """Back off while the API or Temporal is away: longer each time, up to five seconds."""
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        wanted = 0.0 if asked is None else min(asked.total_seconds(), _LONGEST_PAUSE)
        await asyncio.sleep(max(self._pause, wanted))

    @staticmethod
    async def _until(stop: asyncio.Task[bool], work: Coroutine[object, object, None]) -> None:
        """Do `work`, or break it off when told to stop; a lease in flight ends by itself."""
        task = asyncio.create_task(work)
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
