"""The machine of a measurement, and whether others were at work on it meanwhile."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final, Self

MOST_BY_OTHERS: Final = 0.1
"""Cores that other processes may use before a run says so."""

_PROC: Final = Path("/proc")
_BUSY: Final = (0, 1, 2, 5, 6, 7)
"""user, nice, system, irq, softirq, steal of the first line of /proc/stat."""


def machine() -> str:
    """The machine in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {_python()}"


def _python() -> str:
    return platform.python_version()


@dataclass(slots=True)
class Others:
    """Watches how many cores processes use that are not ours, where the system tells.

    Ours are this process, what it started, and what those started, as long as they live: look
    before they are ended.
    """

    began: float = 0.0
    busy: float = 0.0
    own: float = 0.0

    @classmethod
    def watch(cls) -> Self:
        """Begin."""
        return cls(monotonic(), _busy_seconds(), _own_seconds())

    def cores(self) -> float:
        """Cores used by others since it began; 0 where the system does not tell."""
        elapsed = monotonic() - self.began
        if not elapsed:
            return 0.0
        others = (_busy_seconds() - self.busy) - (_own_seconds() - self.own)
        return max(0.0, others / elapsed)

    def note(self) -> list[str]:
        """A note for the report if others were at work."""
        cores = self.cores()
        if cores <= MOST_BY_OTHERS:
            return []
        return [f"Other processes used {cores:.2f} cores meanwhile: the figures are not clean."]


def _busy_seconds() -> float:
    """Seconds in which any core did anything."""
    try:
        first = (_PROC / "stat").read_text().partition("\n")[0].split()[1:]
    except OSError:
        return 0.0
    return sum(int(first[position]) for position in _BUSY) / _ticks()


def _own_seconds() -> float:
    """Seconds used by this process and all below it, those that ended there included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in _PROC.glob("[0-9]*/stat") if _PROC.exists() else ():
        try:
            # The name stands in brackets and may hold anything.
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        pid = int(entry.parent.name)
        parents[pid] = int(fields[1])
        used[pid] = sum(int(value) for value in fields[11:15]) / _ticks()
    ours = {os.getpid()}
    grew = True
    while grew:
        found = {pid for pid, parent in parents.items() if parent in ours and pid not in ours}
        ours |= found
        grew = bool(found)
    return sum(used.get(pid, 0.0) for pid in ours)


def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")
