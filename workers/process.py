"""One worker process: the roles it plays, from the first connection to the orderly end."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import structlog
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.documents.pool import ReaderPool
from activities.messaging.port import Sender
from activities.money import MoneyProviders
from activities.system_of_record import Credentials, SystemOfRecord
from workers import schedules
from workers.health import Readiness, serve_health
from workers.metrics import MeasuredActivities, WorkerMetrics
from workers.money import money_providers
from workers.relay import Relay, TemporalPoker
from workers.roles import WorkerRole, build_worker
from workers.runtime import connect, make_runtime
from workers.senders import senders
from workers.settings import WorkerSettings

_ASK_AGAIN: Final = 0.1
_RPC_TIME: Final = timedelta(seconds=5)
_PROBE_TIME: Final = timedelta(seconds=2)
"""How long a probe of the health waits for Temporal."""
_SILENCE_SECONDS: Final = 30.0
"""Leases that were long due; each waits ten seconds at most when there is nothing to relay."""

Result = TypeVar("Result")

_log = structlog.stdlib.get_logger(__name__)


class MissingClientError(Exception):
    """The settings name no service client for a role of this process."""


async def run(roles: tuple[WorkerRole, ...], settings: WorkerSettings) -> None:
    """Play `roles` until the process is asked to stop (SIGTERM, SIGINT), then end in order.

    Raises:
        MissingClientError: A role has no service client in the settings.
    """
    credentials = {role: _credentials(role, settings) for role in roles}
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    readiness, metrics = Readiness(), WorkerMetrics()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            serve_health(settings.health_host, settings.health_port, readiness, metrics)
        )
        runtime, metrics.sdk_address = make_runtime(settings)
        client = await _unless_stopped(stopping, connect(settings, runtime))
        if client is None:
            return
        systems = {
            role: await stack.enter_async_context(
                SystemOfRecord(settings.api_url, credentials[role])
            )
            for role in roles
        }
        channels: dict[str, Sender] = {}
        if WorkerRole.DELIVERY in roles:
            served_by = senders(settings, metrics)
            metrics.show_providers(served_by)
            channels.update(served_by)
            for sender in channels.values():
                stack.push_async_callback(sender.close)
        readers = await stack.enter_async_context(ReaderPool(at_once=settings.readers))
        money = MoneyProviders()
        if WorkerRole.PAYMENTS in roles:
            money = money_providers(settings)
            for provider in (money.gateway, money.bank):
                if provider is not None:
                    stack.push_async_callback(provider.close)
        served = [role for role in roles if role is not WorkerRole.RELAY]
        parts = _Parts(
            client=client,
            workers=[
                build_worker(
                    role,
                    client,
                    systems[role],
                    channels,
                    settings,
                    readers=readers,
                    money=money,
                    sharing=len(served),
                    interceptors=[MeasuredActivities(metrics)],
                )
                for role in served
            ],
            relay=None
            if WorkerRole.RELAY not in roles
            else Relay(
                systems[WorkerRole.RELAY],
                TemporalPoker(client),
                in_flight=settings.pokes_in_flight,
                limit=settings.poke_time,
            ),
            closing_every=(
                timedelta(minutes=settings.closing_minutes) if WorkerRole.CLOSING in roles else None
            ),
        )
        for worker in parts.workers:
            readiness.add(f"queue {worker.task_queue}", partial(_unpolled, client, worker))
        if parts.relay is not None:
            readiness.add("relay", partial(_silent, parts.relay))
            metrics.count_pokes(parts.relay.counts)
        await _play(parts, stopping, readiness)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a process consists of once it is connected."""

    client: Client
    workers: list[Worker]
    relay: Relay | None
    closing_every: timedelta | None


async def _play(parts: _Parts, stopping: asyncio.Event, readiness: Readiness) -> None:
    """Run the workers and the relay together; a failure of one is the end of all."""
    async with asyncio.TaskGroup() as group:
        for worker in parts.workers:
            group.create_task(_serve(worker, stopping))
        if parts.relay is not None:
            group.create_task(parts.relay.run(stopping))
        await _unless_stopped(stopping, _prepared(parts))
        if not stopping.is_set():
            readiness.started()
            _log.info("ready")
    _log.info("stopped")


async def _prepared(parts: _Parts) -> None:
    """Set up the schedules, and wait until every queue is polled and the relay leases."""
    if parts.closing_every is not None:
        await _ensure_schedules(parts.client, parts.closing_every)
    for worker in parts.workers:
        await _polled(parts.client, worker.task_queue)
    if parts.relay is not None:
        await parts.relay.ready.wait()


async def _serve(worker: Worker, stopping: asyncio.Event) -> None:
    """Run a worker until told to stop; its activities then get their time to finish."""
    running = asyncio.create_task(worker.run())
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not running.done():
        await worker.shutdown()
    await running


async def _ensure_schedules(client: Client, every: timedelta) -> None:
    """Create or update the schedules, however long the server takes to answer."""
    while True:
        try:
            await schedules.ensure(client, every=every)
        except RPCError as error:
            _log.warning("schedules could not be set up", error=error.status.name)
        else:
            return
        await asyncio.sleep(1)


async def _polled(client: Client, queue: str) -> None:
    """Wait until the server counts this process among the pollers of a queue."""
    while True:
        try:
            if await _is_polled(client, queue, _RPC_TIME):
                return
        except RPCError:
            pass  # the server went away again; the workers reconnect by themselves
        await asyncio.sleep(_ASK_AGAIN)


async def _is_polled(client: Client, queue: str, limit: timedelta) -> bool:
    """Whether the server counts this process among the pollers of a queue; may raise RPCError."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, timeout=limit)
    return any(poller.identity == client.identity for poller in answer.pollers)


async def _unpolled(client: Client, worker: Worker) -> str | None:
    """Why a queue is not served by this process, or None."""
    if not worker.is_running:
        return "its worker has stopped"
    try:
        async with asyncio.timeout(_PROBE_TIME.total_seconds()):
            polled = await _is_polled(client, worker.task_queue, _PROBE_TIME)
    except (RPCError, TimeoutError):
        return "Temporal does not answer"
    return None if polled else "Temporal does not see it polled"


async def _silent(relay: Relay) -> str | None:
    """Why no wakes are relayed, or None."""
    return None if relay.silent_seconds < _SILENCE_SECONDS else "the API does not lease wakes"


def _credentials(role: WorkerRole, settings: WorkerSettings) -> Credentials:
    secret = settings.service_clients.get(role.value)
    if secret is None:
        raise MissingClientError(f"TENOR_SERVICE_CLIENTS has no entry for the role {role.value}")
    return Credentials(role.value, secret.get_secret_value())


async def _unless_stopped(
    stopping: asyncio.Event, work: Coroutine[object, object, Result]
) -> Result | None:
    """The outcome of `work`, or None when the process is asked to stop first."""
    task = asyncio.create_task(work)
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        for each in (task, stop):
            each.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)
