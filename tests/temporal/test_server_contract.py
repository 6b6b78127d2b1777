"""What we rely on of the Temporal server, each proven on the version that is pinned."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.exceptions import CancelledError
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from contracts.names import WorkflowName
from tests.workflows.harness import (
    Fakes,
    advanced,
    answers,
    asleep,
    latest,
    new_loan,
    poke,
    runs,
    until,
    worker,
)
from workers.roles import workflow_runner
from workflows.registry import WORKFLOWS


async def test_an_update_wakes_a_run_out_of_its_back_off(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    fakes = Fakes(loans=answers(advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
        sleeping = (await latest(temporal_client, key)).run_id
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 2)
        await asleep(temporal_client, key)
    assert fakes.counts()["loan.advance"] == 2
    assert (await runs(temporal_client, key))[1] == sleeping


@pytest.mark.timeout(400)  # three hundred pokes, perhaps on a busy machine
async def test_no_poke_is_lost_while_runs_hop(temporal_client: Client, task_queue: str) -> None:
    """Each poke is followed by an `advance` that began after it was sent."""
    loans = [new_loan() for _ in range(10)]
    facts: dict[uuid.UUID, int] = {run.loan_id: 0 for run, _ in loans}
    seen: dict[uuid.UUID, int] = dict(facts)
    advance_once = advanced(loans[0][0])

    class Counting(Fakes):
        async def _answer(self, name, told, answers_):  # type: ignore[no-untyped-def]
            # What a convergent advance does: take in every fact there is now.
            seen[told.loan_id] = facts[told.loan_id]
            await asyncio.sleep(0)
            return advance_once.model_copy(update={"loan_id": told.loan_id})

    fakes = Counting()

    async def push(run, key) -> None:  # type: ignore[no-untyped-def]
        for _ in range(30):
            facts[run.loan_id] += 1
            wanted = facts[run.loan_id]
            while True:
                try:
                    await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, wanted)
                except (RPCError, WorkflowUpdateFailedError):
                    continue  # as the relay does: not answered, so it is sent again
                break

    async with worker(temporal_client, task_queue, fakes):
        async with asyncio.timeout(300):
            await asyncio.gather(*(push(run, key) for run, key in loans))
        for _, key in loans:
            await asleep(temporal_client, key)
    assert facts == dict.fromkeys(facts, 30)
    assert seen == facts


async def test_back_off_does_not_add_up_over_pokes(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    soon = timedelta(minutes=30)
    fakes = Fakes(loans=answers(advanced(run)))
    async with worker(temporal_client, task_queue, fakes):
        for wanted in range(1, 6):
            fakes.loans = answers(advanced(run, next_wake_at=datetime.now(UTC) + soon))
            await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, wanted)
            await asleep(temporal_client, key)
    description = await temporal_client.get_workflow_handle(key).describe()
    assert description.execution_time is not None
    assert description.execution_time - datetime.now(UTC) < soon * 1.02


async def test_a_finished_workflow_is_restarted_by_a_poke(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    finished = advanced(run, finished=True, next_wake_at=None)
    async with worker(temporal_client, task_queue, Fakes(loans=answers(finished))):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        first = await latest(temporal_client, key)
        await first.result()
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 2)
        second = await latest(temporal_client, key)
        await second.result()
    assert first.run_id != second.run_id


async def test_cancel_wakes_a_sleeping_run(temporal_client: Client, task_queue: str) -> None:
    run, key = new_loan()
    async with worker(temporal_client, task_queue, Fakes(loans=answers(advanced(run)))):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
        handle = temporal_client.get_workflow_handle(key)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as ended:
            await handle.result()
    assert isinstance(ended.value.cause, CancelledError)
    description = await handle.describe()
    assert description.status == WorkflowExecutionStatus.CANCELED


async def test_a_sleeping_run_goes_on_when_its_worker_is_gone(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    old, new = (Fakes(loans=answers(advanced(run))) for _ in range(2))
    async with worker(temporal_client, task_queue, old):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    async with worker(temporal_client, task_queue, new):
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 2)
        await asleep(temporal_client, key)
    assert (old.counts()["loan.advance"], new.counts()["loan.advance"]) == (1, 1)


def versioned(client: Client, queue: str, fakes: Fakes, deployment: str, build: str) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[each for group in WORKFLOWS.values() for each in group],
        activities=fakes.activities(),
        workflow_runner=workflow_runner(),
        deployment_config=WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(deployment, build),
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        ),
    )


async def make_current(client: Client, deployment: str, build: str) -> None:
    async def done() -> bool:
        try:
            await client.workflow_service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=client.namespace, deployment_name=deployment, build_id=build
                )
            )
        except RPCError:
            return False  # the server has not heard of the worker yet
        return True

    await until(done)


async def test_a_sleeping_run_wakes_on_the_new_version_when_the_old_is_gone(
    temporal_client: Client, task_queue: str
) -> None:
    run, key = new_loan()
    deployment = f"tenor-{uuid.uuid4().hex}"
    old, new = (Fakes(loans=answers(advanced(run))) for _ in range(2))
    async with versioned(temporal_client, task_queue, old, deployment, "v1"):
        await make_current(temporal_client, deployment, "v1")
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 1)
        await asleep(temporal_client, key)
    async with versioned(temporal_client, task_queue, new, deployment, "v2"):
        await make_current(temporal_client, deployment, "v2")
        await poke(temporal_client, WorkflowName.LOAN, key, run, task_queue, 2)
        await asleep(temporal_client, key)
    assert (old.counts()["loan.advance"], new.counts()["loan.advance"]) == (1, 1)
