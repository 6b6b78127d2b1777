"""The state folder of a stack: its files, the lock that admits one supervisor, its status."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tenor.stack.errors import StackError

MARKER = "stack.lock"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One line of `tenor status`."""

    name: str
    pid: int | None
    is_ready: bool
    restarts: int
    born: str | None = None
    """When the process began, by which it is known from another with the same id."""


@dataclass(frozen=True, slots=True)
class StackStatus:
    """What a running supervisor tells others: itself, its addresses, its processes."""

    supervisor_pid: int
    api_url: str
    ui_url: str
    sandbox_url: str
    temporal_address: str
    processes: tuple[ProcessStatus, ...]


class StateFolder:
    """Names the files of one stack under its state folder."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is made yet."""
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.sandbox = self.path / "sandbox"
        self.documents = self.path / "documents"
        self.secrets = self.path / "secrets.json"
        self.temporal_database = self.path / "temporal.db"
        self.lock = self.path / MARKER
        self.status_file = self.path / "status.json"

    def create(self) -> None:
        """Make the folders; only their owner may look inside.

        Raises:
            StackError: when the path is something else, or may not be made.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(self.path.iterdir()) and not self.lock.exists():
                raise StackError(
                    f"{self.path} holds files that are not a stack's.",
                    "Name an empty or new folder with --state-dir.",
                )
            for folder in (self.logs, self.sandbox, self.documents):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StackError(
                f"The state folder {self.path} cannot be used: {error.strerror}.",
                "Name another with --state-dir.",
            ) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one supervisor; the system lets go even when that is killed.

        Raises:
            StackError: when another process holds it.
        """
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
                raise StackError(
                    f"A stack already runs on {self.path} (process {holder or 'unknown'}).",
                    "Stop it with Ctrl-C where it runs, or name another folder with --state-dir.",
                ) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def write_status(self, status: StackStatus) -> None:
        """Replace the status others read."""
        beside = self.status_file.with_suffix(".new")
        beside.write_text(json.dumps(asdict(status), indent=2))
        beside.replace(self.status_file)

    def clear_status(self) -> None:
        """Say that nothing runs."""
        self.status_file.unlink(missing_ok=True)

    def read_status(self) -> StackStatus | None:
        """Return what runs here, or None; a status whose supervisor is gone counts as none."""
        status = self.last_status()
        return status if status is not None and self._is_held() else None

    def last_status(self) -> StackStatus | None:
        """Return what a supervisor last told, be it alive or killed; None after an orderly stop."""
        try:
            stored = json.loads(self.status_file.read_text())
            processes = tuple(ProcessStatus(**process) for process in stored.pop("processes"))
            return StackStatus(**stored, processes=processes)
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _is_held(self) -> bool:
        """Whether a supervisor holds the folder; a shared lock asks without taking it."""
        try:
            descriptor = os.open(self.lock, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(descriptor)
