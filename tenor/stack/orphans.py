"""Processes that a killed supervisor left behind: told apart from strangers, and ended.

On Linux they end by themselves with their supervisor, a moment later; elsewhere nobody tells them.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from tenor.stack.errors import StackError
from tenor.stack.state import ProcessStatus

END_SECONDS = 30.0
POLL_SECONDS = 0.05
_STARTED_AT = 19
"""Place of the start time among the fields of `/proc/<pid>/stat` behind the program's name."""


def birth_of(pid: int) -> str | None:
    """When a process began, as the system puts it; None when it has ended.

    Together with the id it names one process: ids are used again, begin and id are not.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except OSError:
        return None
    else:
        return None if fields[0] in {"Z", "X"} else fields[_STARTED_AT]
    told = subprocess.run(  # noqa: S603 - a program of the system, and a number
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or None


def end_orphans(processes: Iterable[ProcessStatus]) -> None:
    """End what is left of an earlier stack's processes, whose supervisor is gone.

    Postgres is left to a stop in good order, which its next start asks for.

    Raises:
        StackError: when one of them will not end.
    """
    left = {
        process.pid: process
        for process in processes
        if process.pid is not None and process.name != "postgres" and _is_the_same(process)
    }
    for pid in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    deadline = time.monotonic() + END_SECONDS
    while left := {pid: process for pid, process in left.items() if _is_the_same(process)}:
        if time.monotonic() > deadline:
            names = ", ".join(f"{process.name} ({pid})" for pid, process in left.items())
            raise StackError(f"An earlier stack left these behind: {names}.", "End them first.")
        time.sleep(POLL_SECONDS)


def _is_the_same(process: ProcessStatus) -> bool:
    return (
        process.pid is not None
        and process.born is not None
        and birth_of(process.pid) == process.born
    )
