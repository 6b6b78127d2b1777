"""One SQLite file, written by one thread, many writes to a commit.

Whoever writes waits until the commit that holds the write is on disk, so what was acknowledged
survives the process and the machine. Writes that arrive while a commit is under way share the next
one.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, Protocol, TypeVar

_MOST_IN_A_COMMIT = 500

_T = TypeVar("_T")


class UnreadableMemory(Exception):
    """The file is of another version of the sandbox."""


class _Waiting(Protocol):
    """A write in the writer's hands, whatever it returns."""

    def run(self, connection: sqlite3.Connection) -> None: ...

    def tell(self) -> None: ...

    def fail(self, problem: sqlite3.Error) -> None: ...


class _Job(Generic[_T]):
    """One write: run inside the shared transaction, told of only after its commit."""

    def __init__(self, work: Callable[[sqlite3.Connection], _T]) -> None:
        self.outcome: Future[_T] = Future()
        self._work = work
        self._result: list[_T] = []
        self._problem: sqlite3.Error | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """Do the work; what it refuses is undone alone and leaves the others be."""
        connection.execute("SAVEPOINT job")
        try:
            self._result.append(self._work(connection))
        except sqlite3.IntegrityError as problem:
            connection.execute("ROLLBACK TO job")
            self._problem = problem
        connection.execute("RELEASE job")

    def tell(self) -> None:
        """Give the result to the waiting side, which may have gone."""
        if not self.outcome.set_running_or_notify_cancel():
            return
        if self._problem is not None:
            self.outcome.set_exception(self._problem)
        else:
            self.outcome.set_result(self._result[0])

    def fail(self, problem: sqlite3.Error) -> None:
        """Tell that the commit did not happen."""
        if self.outcome.set_running_or_notify_cancel():
            self.outcome.set_exception(problem)


class Memory:
    """The file. Ended by `close`."""

    def __init__(self, path: Path, version: int, steps: Mapping[int, str]) -> None:
        """Open the file, making it if missing; raises `UnreadableMemory`.

        Args:
            path: Where it is.
            version: Of its tables, kept in the file's `user_version`; a file of a later version
                is refused, not guessed at.
            steps: What brings a file of an earlier version to this one; 0 is a new file.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._writer_connection = self._connect()
        self._prepare(version, steps)
        self._reader_connection = self._connect()
        self._jobs: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_jobs, name="sandbox-writer", daemon=True)
        self._writer.start()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="sandbox-reader")

    def ensure(self, schema: str) -> None:
        """Make tables beside those there are; before anything is written."""
        self._writer_connection.executescript(schema)

    async def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do something in a transaction, told of only after its commit."""
        job = _Job(work)
        self._jobs.put(job)
        return await asyncio.wrap_future(job.outcome)

    async def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Read what is committed."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, work, self._reader_connection)

    async def close(self) -> None:
        """Finish the writes that wait and close the file."""
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._reader.shutdown)
        self._reader_connection.close()
        self._writer_connection.close()

    def _connect(self) -> sqlite3.Connection:
        # Each connection is used by one thread at a time; SQLite is not told which.
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 10000")
        return connection

    def _prepare(self, version: int, steps: Mapping[int, str]) -> None:
        row: tuple[int] = self._writer_connection.execute("PRAGMA user_version").fetchone()
        if row[0] == version:
            return
        step = steps.get(row[0])
        if step is None:
            raise UnreadableMemory(f"{self._path} has version {row[0]}, not {version}")
        self._writer_connection.executescript(
            f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {version}; COMMIT;"
        )

    def _write_jobs(self) -> None:
        """Run in the writer's thread: take what waits, write it in one transaction, tell all."""
        open_ = True
        while open_:
            batch: list[_Waiting] = []
            job = self._jobs.get()
            while job is not None:
                batch.append(job)
                if len(batch) == _MOST_IN_A_COMMIT:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            else:
                open_ = False
            if batch:
                self._commit(batch)

    def _commit(self, batch: Sequence["_Waiting"]) -> None:
        connection = self._writer_connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                job.run(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as problem:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for job in batch:
                job.fail(problem)
        else:
            for job in batch:
                job.tell()
