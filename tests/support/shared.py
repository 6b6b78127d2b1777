"""Finds, or starts, a server that all processes of one test session share."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support import guardian

START_SECONDS = 90.0
PROJECT_ROOT = Path(__file__).resolve().parents[2]


def session_process() -> int:
    """The process that leads the session: pytest itself, or the parent of its xdist workers."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of the session agree on, and no other session has."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def shared_server(factory: pytest.TempPathFactory, kind: str) -> dict[str, object]:
    """Return what the guardian of that kind of server tells, starting it on first use."""
    folder = shared_folder(factory) / f"server-{kind}"
    with FileLock(f"{folder}.lock"):
        if not (folder / guardian.READY).exists():
            _start(folder, kind)
        told: dict[str, object] = json.loads((folder / guardian.READY).read_text())
    return told


def _start(folder: Path, kind: str) -> None:
    folder.mkdir(exist_ok=True)
    log = folder.with_suffix(".log")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        # Not subprocess: the guardian outlives this process, and nobody here waits for it.
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, guardian.__file__, kind, str(folder), str(session_process())],
            os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0),
                (os.POSIX_SPAWN_DUP2, descriptor, 1),
                (os.POSIX_SPAWN_DUP2, descriptor, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(descriptor)
        os.close(null)
    deadline = time.monotonic() + START_SECONDS
    while not (folder / guardian.READY).exists():
        ended, _ = os.waitpid(pid, os.WNOHANG)
        if ended or time.monotonic() > deadline:
            raise RuntimeError(f"the shared {kind} server did not start:\n{log.read_text()}")
        time.sleep(0.02)
