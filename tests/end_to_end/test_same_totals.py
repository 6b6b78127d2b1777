"""The whole demonstration, run twice with one seed: kills in the middle change nothing of it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
TENOR: Final = Path(sys.executable).parent / "tenor"
OF_THE_RUN: Final = frozenset({"urls", "seconds", "started_at", "finished_at"})
"""What tells of the run, not of the people in it."""
LOANS, DAYS = 24, 20
PATIENCE_SECONDS: Final = 600.0


async def _demo(folder: Path, victims: Sequence[str] = ()) -> dict[str, object]:
    """The totals of one run in which the victims die one after the other, two days apart."""
    arguments = ["demo", "--exit", "--json", "--auto-ports", "--state-dir", str(folder)]
    arguments += ["--loans", str(LOANS), "--days", str(DAYS), "--seed", "7"]
    with (folder.parent / f"{folder.name}.log").open("wb+") as log:
        run = await asyncio.create_subprocess_exec(
            TENOR, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        assert run.stdout is not None
        told = asyncio.create_task(run.stdout.read())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for victim in victims:
                    await _kill(folder, victim, run)
                output = await told
                await run.wait()
        finally:
            told.cancel()
            if run.returncode is None:
                run.terminate()
                await run.wait()
        log.seek(0)
        assert run.returncode == 0, log.read()[-2000:].decode(errors="replace")
    totals = json.loads(output.splitlines()[-1])
    return {name: value for name, value in totals.items() if name not in OF_THE_RUN}


async def _kill(folder: Path, victim: str, run: asyncio.subprocess.Process) -> None:
    """Kill one process of the stack in the middle of sending, some groups after the last one."""
    until = _groups_sent(folder) + 3
    while run.returncode is None and _groups_sent(folder) < until:
        await asyncio.sleep(0.05)
    assert run.returncode is None, "the demo was over before everybody was killed"
    status = json.loads((folder / "status.json").read_text())
    (pid,) = (each["pid"] for each in status["processes"] if each["name"] == victim)
    os.kill(pid, signal.SIGKILL)


def _groups_sent(folder: Path) -> int:
    """How many groups of messages have been let go so far, by the API's log."""
    log = folder / "logs" / "api.log"
    return log.read_bytes().count(b"dispatch_messages") if log.exists() else 0


@pytest.mark.faults
@pytest.mark.timeout(2 * PATIENCE_SECONDS + 60)
async def test_kills_in_the_middle_change_no_total(tmp_path: Path) -> None:
    plain, killed = tmp_path / "plain", tmp_path / "killed"
    expected = await _demo(plain)
    assert expected["journal_balanced"] is True
    assert expected["unsettled"] == 0
    assert await _demo(killed, ("worker", "api", "worker")) == expected
