"""The roles that a worker process may play, and the Temporal workers they consist of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    Interceptor,
    PollerBehaviorAutoscaling,
    Worker,
    WorkerDeploymentConfig,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.documents.pool import ReaderPool
from activities.messaging.port import Sender
from activities.money import MoneyProviders
from activities.registry import NO_MONEY, activities
from activities.system_of_record import SystemOfRecord
from contracts.names import WORKER_SCOPES, Queue, Scope
from workers.settings import WorkerSettings
from workflows.registry import WORKFLOWS


class WorkerRole(StrEnum):
    """What a process may do; also the id of its service client."""

    RELAY = "relay"
    LOANS = "loans"
    CASES = "cases"
    DELIVERY = "delivery"
    CLOSING = "closing"
    DOCUMENTS = "documents"
    PAYMENTS = "payments"


QUEUES: Final[dict[WorkerRole, Queue]] = {
    WorkerRole.LOANS: Queue.LOANS,
    WorkerRole.CASES: Queue.CASES,
    WorkerRole.DELIVERY: Queue.DELIVERY,
    WorkerRole.CLOSING: Queue.CLOSING,
    WorkerRole.DOCUMENTS: Queue.DOCUMENTS,
    WorkerRole.PAYMENTS: Queue.PAYMENTS,
}
"""The queue each role serves; the relay serves none."""

PASSED_THROUGH: Final = (
    "contracts",
    "domain.ids",
    "domain.errors",
    "workflows.ports",
    "workflows.attributes",
    "workflows.hop",
    "workflows.options",
)
"""What the sandbox shares with the process instead of importing it for every run.

Names, types and functions without state, all of them; a test sees to it that none reads a clock,
chance or the outside. It saves a quarter of the CPU of a run. The workflows themselves are
imported anew, so that a clock or a socket that slips into one is caught.
"""

_GRANTED: Final = 0.8
_THROTTLE: Final = timedelta(seconds=2)
_ACTIVITIES: Final = {
    Queue.LOANS: 32,
    Queue.CASES: 32,
    Queue.DELIVERY: 16,
    Queue.CLOSING: 16,
    # Each of them holds a file.
    Queue.DOCUMENTS: 4,
    Queue.PAYMENTS: 16,
}
"""Activities at once, by queue. They wait for the API, which does the work."""


def scopes(role: WorkerRole) -> tuple[Scope, ...]:
    """What the token of a role may do."""
    return WORKER_SCOPES[role.value]


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run, here and in replays."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def build_worker(
    role: WorkerRole,
    client: Client,
    system: SystemOfRecord,
    senders: Mapping[str, Sender],
    settings: WorkerSettings,
    *,
    readers: ReaderPool,
    money: MoneyProviders = NO_MONEY,
    sharing: int = 1,
    interceptors: Sequence[Interceptor] = (),
) -> Worker:
    """The Temporal worker of a role; `sharing` says how many stand in this process.

    Raises:
        KeyError: The role is the relay's, which is no Temporal worker.
    """
    queue = QUEUES[role]
    deployment = None
    if settings.build_id:
        deployment = WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(settings.deployment, settings.build_id),
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        )
    return Worker(
        client,
        task_queue=queue.value,
        workflows=WORKFLOWS[queue],
        activities=activities(
            queue, system, senders=senders, readers=readers, now=_now, money=money
        ),
        workflow_runner=workflow_runner(),
        interceptors=interceptors,
        max_cached_workflows=settings.workflow_cache // sharing,
        max_concurrent_activities=_ACTIVITIES[queue],
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=settings.sticky_seconds),
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
        graceful_shutdown_timeout=timedelta(seconds=settings.stop_seconds * _GRANTED),
        deployment_config=deployment,
    )


def chosen(words: Sequence[str]) -> tuple[WorkerRole, ...]:
    """The roles that were named on the command line, each once; `all` is every role.

    Raises:
        ValueError: A word names no role.
    """
    if "all" in words:
        return tuple(WorkerRole)
    return tuple(dict.fromkeys(WorkerRole(word) for word in words))


def _now() -> datetime:
    """Technical time, for leases."""
    return datetime.now(UTC)
