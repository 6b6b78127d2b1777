"""Keeps one shared server alive for as long as a test session lives, however that session ends.

Run as a script: `guardian.py KIND FOLDER PID`. It starts the server, writes what the tests need to
`FOLDER/ready.json`, and waits for the process PID (the one that leads the test session) to end.
"""

import asyncio
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenor.stack.identity import MYSELF, before_exec
from tenor.stack.postgres import temporary_postgres
from tenor.stack.temporal import TemporalServer

READY = "ready.json"
LONGEST_SESSION = 3 * 60 * 60


def wait_for_end(pid: int) -> None:
    """Block until the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([descriptor], [], [], LONGEST_SESSION)


def publish(folder: Path, told: dict[str, object]) -> None:
    """Write the answer whole or not at all."""
    beside = folder / f"{READY}.new"
    beside.write_text(json.dumps(told))
    beside.replace(folder / READY)


@contextmanager
def postgres() -> Iterator[dict[str, object]]:
    """Run a Postgres server; tell its URLs, with a place for the database."""
    with temporary_postgres() as server:
        yield {
            "admin_url": server.admin_url("{database}"),
            "owner_url": server.owner_url("{database}"),
            "api_url": server.api_url("{database}"),
        }


@contextmanager
def temporal() -> Iterator[dict[str, object]]:
    """Run a Temporal server that keeps its histories in memory; tell its address."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = int(chosen.getsockname()[1])
    server = TemporalServer(port, ui_port=None, database=None)
    process = subprocess.Popen(
        server.command(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=before_exec(MYSELF, signal.SIGKILL),  # noqa: PLW1509
    )
    try:
        deadline = time.monotonic() + 60
        while not asyncio.run(server.is_ready()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the Temporal server did not start")
            time.sleep(0.05)
        yield {"address": server.address}
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Serve until the session has ended."""
    kind, folder, session = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    server = {"postgres": postgres, "temporal": temporal}[kind]
    try:
        with server() as told:
            publish(folder, told)
            wait_for_end(session)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
