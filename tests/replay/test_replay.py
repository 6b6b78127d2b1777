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


def registered() -> dict[str, type]:
    """Every workflow that some worker serves, by the name of its type."""
    return {
        str(getattr(each, "__temporal_workflow_definition").name): each  # noqa: B009 - the SDK's own mark
        for group in WORKFLOWS.values()
        for each in group
    }


@pytest.mark.parametrize("name", sorted(registered()))
def test_every_workflow_has_stored_histories(name: str) -> None:
    found = [path for path in HISTORIES if path.name.partition(".")[0] == name]
    assert found, (
        f"{name} has no stored history, so nothing says whether a change breaks its open runs: "
        "add its life to tests/replay/record.py and run it"
    )


def test_every_name_is_served_and_every_history_has_a_workflow() -> None:
    names = set(registered())
    assert names == {name.value for name in WorkflowName}
    assert {path.name.partition(".")[0] for path in HISTORIES} <= names


def test_every_workflow_has_a_fingerprint() -> None:
    recorded = json.loads((HERE / "fingerprints.json").read_text())
    for name, each in registered().items():
        module = each.__module__.rpartition(".")[2]
        assert recorded.get(module), f"{name} (workflows/{module}.py) has no fingerprint: {CHANGED}"


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
