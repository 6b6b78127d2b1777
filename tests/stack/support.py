"""A stack whose own processes are played by a small script; Postgres and Temporal are real."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tenor.stack import StackOptions

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


def options(state_dir: Path, **changes: object) -> StackOptions:
    """A fast stack on free ports, played by stand-ins."""
    played = {
        "migrate": (*STAND_IN, "once", "0"),
        "sandbox": (*STAND_IN, "serve", "{port}"),
        "api": (*STAND_IN, "serve", "{port}"),
        "worker": (*STAND_IN, "serve", "{port}"),
    }
    commands = played | dict(changes.pop("commands", {}))  # type: ignore[call-overload]
    given = {"state_dir": state_dir, "ports": None, "durable": False, "commands": commands}
    return StackOptions(**(given | changes))  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descendants(pid: int) -> set[int]:
    """All processes below one, at this moment."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(folder.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return found - {os.getpid()}


async def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for a condition, looking at it often."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
