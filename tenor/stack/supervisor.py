"""Starts processes in order, keeps them alive, and stops them in the opposite order.

Every child leads a process group of its own, and on Linux dies with the supervisor, however that
ends. A child that ends by itself is started again, after a pause that grows while it keeps dying.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from tenor.stack.errors import StackError
from tenor.stack.identity import MYSELF, Identity, before_exec
from tenor.stack.probes import Probe
from tenor.stack.progress import Progress

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0
"""A process that lived this long is started again without a grown pause."""

PROBE_INTERVAL = 0.05
TAIL_LINES = 15
LARGEST_LOG = 20_000_000
"""Bytes after which a log is set aside when its process is first started."""


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the stack.

    Attributes:
        name: what people call it; its log is `<name>.log`.
        command: program and arguments.
        environment: the whole environment of the process.
        cwd: the folder it runs in.
        ready: probe of readiness, or None for a process that is run once to its end.
        identity: as whom it runs.
        stop_signal: asks it to end in good order.
        stop_seconds: how long that may take before it is killed.
        death_signal: what it gets when the supervisor dies.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    cwd: Path
    ready: Probe | None = None
    identity: Identity = MYSELF
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    death_signal: signal.Signals = signal.SIGKILL


class _Running:
    """A component with its present process."""

    def __init__(self, component: Component, log: Path) -> None:
        self.component = component
        self.log = log
        self.log_offset = 0
        self.process: asyncio.subprocess.Process | None = None
        self.started = 0.0
        self.restarts = 0
        self.is_ready = asyncio.Event()
        self.guard: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the process lives."""
        if self.process is None or self.process.returncode is not None:
            return None
        return self.process.pid


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What is known of a component at one moment."""

    name: str
    pid: int | None
    is_ready: bool
    restarts: int


class Supervisor:
    """Owns the processes of one stack; to be used from one event loop in a lasting thread."""

    def __init__(self, log_dir: Path, progress: Progress, ready_timeout: float) -> None:
        """Write logs to `log_dir`; allow each process `ready_timeout` seconds to be ready."""
        self._log_dir = log_dir
        self._progress = progress
        self._ready_timeout = ready_timeout
        self._running: dict[str, _Running] = {}
        self._stopping = False
        self.changed = asyncio.Event()
        """Set whenever a process starts, gets ready or ends; the reader clears it."""

    async def run_once(self, component: Component) -> None:
        """Run a process to its end.

        Raises:
            StackError: with the end of its log, when it fails or takes too long.
        """
        running = self._new(component)
        await self._launch(running)
        process = _process(running)
        try:
            async with asyncio.timeout(self._ready_timeout):
                code = await process.wait()
        except TimeoutError as error:
            raise self._failure(running, "did not end") from error
        finally:
            await self._end(running)
        if code != 0:
            raise self._failure(running, f"failed with exit code {code}")
        self._progress.finished(component.name, monotonic() - running.started)

    async def start(self, component: Component) -> None:
        """Start a process, wait until it is ready, and keep it alive from then on.

        Raises:
            StackError: with the end of its log, when it ends or is not ready in time.
        """
        running = self._new(component)
        self._running[component.name] = running
        await self._launch(running)
        try:
            was_ready = await self._await_ready(running)
        except TimeoutError as error:
            raise self._failure(running, "was not ready in time") from error
        if not was_ready:
            code = _process(running).returncode
            raise self._failure(running, f"ended with exit code {code} while starting")
        running.guard = asyncio.create_task(self._keep_alive(running))

    async def stop(self) -> None:
        """Stop everything, last started first; returns when nothing is left."""
        began = monotonic()
        self._stopping = True
        for running in reversed(self._running.values()):
            if running.guard is not None:
                running.guard.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running.guard
            if running.pid is not None:
                self._progress.stopping(running.component.name)
            await self._end(running)
        self._progress.stopped(monotonic() - began)

    def kill_all(self) -> None:
        """Kill everything at once, without waiting: for somebody who asked twice."""
        self._stopping = True
        for running in self._running.values():
            _signal_group(running.pid, signal.SIGKILL)

    def kill(self, name: str) -> int:
        """Kill one process with SIGKILL, as a crash would; it is started again by itself.

        Returns:
            The process id that was killed.

        Raises:
            StackError: when the process is unknown or not running now.
        """
        running = self._known(name)
        pid = running.pid
        if pid is None:
            raise StackError(f"{name} is not running at this moment.")
        running.is_ready.clear()
        _signal_group(pid, signal.SIGKILL)
        return pid

    def pid(self, name: str) -> int | None:
        """Return the process id, or None between an end and the next start."""
        return self._known(name).pid

    async def wait_ready(self, name: str) -> None:
        """Wait until the process answers (again)."""
        await self._known(name).is_ready.wait()

    def states(self) -> tuple[ProcessState, ...]:
        """Return what is known of each process, in the order of their start."""
        return tuple(
            ProcessState(name, running.pid, running.is_ready.is_set(), running.restarts)
            for name, running in self._running.items()
        )

    def _known(self, name: str) -> _Running:
        running = self._running.get(name)
        if running is None:
            known = ", ".join(self._running)
            raise StackError(f"There is no process {name!r}.", f"There are: {known}.")
        return running

    def _new(self, component: Component) -> _Running:
        log = self._log_dir / f"{component.name}.log"
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".old.log"))
        return _Running(component, log)

    async def _launch(self, running: _Running) -> None:
        component = running.component
        self._progress.starting(component.name)
        running.started = monotonic()
        identity = component.identity
        with running.log.open("ab") as log:
            running.log_offset = log.tell()
            try:
                running.process = await asyncio.create_subprocess_exec(
                    *component.command,
                    cwd=component.cwd,
                    env=dict(component.environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    user=identity.uid,
                    group=identity.gid,
                    extra_groups=[] if identity.is_another_user else None,
                    preexec_fn=before_exec(identity, component.death_signal),
                )
            except OSError as error:
                raise StackError(
                    f"{component.name} could not be started: {error.strerror}."
                ) from error
        self.changed.set()

    async def _await_ready(self, running: _Running) -> bool:
        """Return True when ready, False when the process has ended.

        Raises:
            TimeoutError: when neither happens in time.
        """
        component, process = running.component, _process(running)
        async with asyncio.timeout(self._ready_timeout):
            while process.returncode is None:
                is_ready = component.ready is None or await component.ready()
                if is_ready and running.pid is not None:
                    running.is_ready.set()
                    self.changed.set()
                    self._progress.ready(component.name, monotonic() - running.started)
                    return True
                await asyncio.sleep(PROBE_INTERVAL)
        return False

    async def _keep_alive(self, running: _Running) -> None:
        pause = FIRST_PAUSE
        while not self._stopping:
            code = await _process(running).wait()
            running.is_ready.clear()
            self.changed.set()
            _signal_group(_process(running).pid, signal.SIGKILL)  # what the process left behind
            if monotonic() - running.started > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._progress.died(running.component.name, code, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            running.restarts += 1
            try:
                await self._launch(running)
                await self._await_ready(running)
            except TimeoutError:
                _signal_group(running.pid, signal.SIGKILL)
            except StackError:
                continue  # it could not even be started; the next round waits longer

    async def _end(self, running: _Running) -> None:
        """Ask the process to end, then insist; leave nothing of its group."""
        process = running.process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(running.component.stop_signal)
            try:
                async with asyncio.timeout(running.component.stop_seconds):
                    await process.wait()
            except TimeoutError:
                _signal_group(process.pid, signal.SIGKILL)
                await process.wait()
        _signal_group(process.pid, signal.SIGKILL)
        running.is_ready.clear()
        self.changed.set()

    def _failure(self, running: _Running, what: str) -> StackError:
        tail = _tail(running.log, running.log_offset)
        shown = f"The end of {running.log}:\n{tail}" if tail else f"Its log is {running.log}."
        return StackError(f"{running.component.name} {what}.", shown)


def _process(running: _Running) -> asyncio.subprocess.Process:
    if running.process is None:
        raise StackError(f"{running.component.name} was never started.")
    return running.process


def _signal_group(pid: int | None, number: signal.Signals) -> None:
    """Signal a whole process group; one that is gone needs no signal."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)


def _tail(log: Path, offset: int) -> str:
    """Return the last lines a process wrote since its start."""
    with log.open("rb") as file:
        file.seek(offset)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
