"""What one file may cost, and how a child process binds itself to it."""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that reading one file may take; beyond it the file is refused."""

    cpu_seconds: int = 30
    wall_seconds: float = 30.0
    memory_bytes: int = 512 * MEBIBYTE
    """Of address space, the reader's own programs included."""
    pages: int = 500
    page_pixels: int = 50_000_000
    """Of the pictures on one page."""
    unpacked_bytes: int = 100 * MEBIBYTE
    entries: int = 1000
    lines: int = 5000
    answer_bytes: int = 64 * MEBIBYTE
    """What the child may hand back."""


_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_OPEN_FILES: Final = 64


def die_with_parent() -> None:
    """End when the parent ends, and gain no right by starting another program (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died in between


def leave_network() -> bool:
    """Move into a network of its own that has no way out; false where that is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def bind(limits: Limits) -> None:
    """Bind this process for the rest of its life: memory, CPU, files; it may write none."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + limits.cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
