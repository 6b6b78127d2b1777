"""Stored histories replay on today's code, and a change of commands does not go unnoticed."""

import json
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from contracts.names import WorkflowName
from tests.replay.fingerprints import fingerprints
from workers.roles import workflow_runner
from workers.runtime import data_converter
from workflows.registry import WORKFLOWS

HERE = Path(__file__).parent
HISTORIES = sorted((HERE / "histories").glob("*.json"))
CHANGED = """\
The commands of a workflow changed. Runs that are in the middle of the old code must still replay:
1. if every stored history still replays, record the new branches (tests/replay/record.py);
2. if one does not, guard the change with `workflow.patched` and keep the old branch;
3. then write what `fingerprints()` gives now to tests/replay/fingerprints.json.
"""


def replayer(*workflows: type) -> Replayer:
    known = [each for group in WORKFLOWS.values() for each in group]
    return Replayer(
        workflows=workflows or known,
        workflow_runner=workflow_runner(),
        data_converter=data_converter(),
    )


def stored(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("stored", path.read_text())


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_stored_history_replays(path: Path) -> None:
    await replayer().replay_workflow(stored(path))


def test_every_workflow_has_stored_histories() -> None:
    assert {path.name.partition(".")[0] for path in HISTORIES} == {
        name.value for name in WorkflowName
    }


@workflow.defn(name=WorkflowName.END_OF_DAY.value, sandboxed=False)
class Changed:
    """An end of day that begins otherwise than the stored one."""

    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(1)


async def test_the_replay_would_notice_a_change() -> None:
    path = HERE / "histories" / "EndOfDay.closes.1.json"
    with pytest.raises(NondeterminismError):
        await replayer(Changed).replay_workflow(stored(path))


def test_the_commands_of_each_workflow_are_those_on_record() -> None:
    recorded = json.loads((HERE / "fingerprints.json").read_text())
    assert fingerprints() == recorded, CHANGED
