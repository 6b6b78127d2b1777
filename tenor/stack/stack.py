"""The one-machine stack: Postgres, Temporal, the sandbox providers, the API and the workers."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from tenor.stack.environment import Addresses, Environments, system_environment
from tenor.stack.errors import StackError
from tenor.stack.options import PROJECT_ROOT, StackOptions
from tenor.stack.orphans import birth_of, end_orphans
from tenor.stack.places import place_postgres
from tenor.stack.ports import Ports, free_port, free_ports, require_free
from tenor.stack.postgres import PostgresServer
from tenor.stack.probes import Probe, answers_http
from tenor.stack.progress import Progress, SilentProgress
from tenor.stack.secrets import StackSecrets, load_or_create
from tenor.stack.state import ProcessStatus, StackStatus, StateFolder
from tenor.stack.supervisor import Component, Supervisor
from tenor.stack.temporal import TemporalServer

HOST = "127.0.0.1"
WORKER_HEALTH_PORT = "TENOR_HEALTH_PORT"
HEALTH_PATH = "/health/ready"
SANDBOX_HEALTH_PATH = "/sandbox/api/counts"


class Stack:
    """A running stack, as an asynchronous context manager.

    Entering starts everything in order and returns when all of it is ready; leaving stops
    everything in the opposite order. The components are `postgres`, `migrate` (runs once),
    `temporal`, `sandbox`, `api` and `worker` (or `worker-<role>` for each role when several are
    asked for). While inside, a component that dies is started again.

    Use it from an event loop in a thread that lasts (the main thread): on Linux the children die
    with the thread that started them.
    """

    def __init__(self, options: StackOptions, progress: Progress | None = None) -> None:
        """Plan a stack; nothing is touched before it is entered."""
        self._options = options
        self._progress: Progress = SilentProgress() if progress is None else progress
        self._folder = StateFolder(options.state_dir)
        self._ports = options.ports
        self._exit = AsyncExitStack()
        self._supervisor: Supervisor | None = None
        self._environments: Environments | None = None
        self._secrets: StackSecrets | None = None

    async def __aenter__(self) -> Self:
        """Start everything.

        Raises:
            StackError: when a port is taken, the state is in use, or a process will not start;
                whatever had been started is stopped again.
        """
        try:
            await self._start()
        except BaseException:
            await asyncio.shield(self._exit.aclose())
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything; a cancelled caller still waits until nothing is left."""
        await asyncio.shield(self._exit.aclose())

    @property
    def ports(self) -> Ports:
        """Where the components listen."""
        if self._ports is None:
            raise StackError("The stack has not been started.")
        return self._ports

    @property
    def api_url(self) -> str:
        """Origin of the API, without a trailing slash and without `/api/v1`."""
        return f"http://{HOST}:{self.ports.api}"

    @property
    def temporal_address(self) -> str:
        """Host and port of Temporal's gRPC front end."""
        return f"{HOST}:{self.ports.temporal}"

    @property
    def ui_url(self) -> str:
        """Temporal's web pages."""
        return f"http://{HOST}:{self.ports.temporal_ui}"

    @property
    def sandbox_url(self) -> str:
        """Origin of the sandbox providers; people open `/sandbox` on it."""
        return f"http://{HOST}:{self.ports.sandbox}"

    @property
    def secrets(self) -> StackSecrets:
        """The secrets of this stack."""
        if self._secrets is None:
            raise StackError("The stack has not been started.")
        return self._secrets

    @property
    def admin_email(self) -> str:
        """Log-in of the first administrator."""
        return self.secrets.admin_email

    @property
    def admin_password(self) -> str:
        """Password of the first administrator."""
        return self.secrets.admin_password

    @property
    def state(self) -> StateFolder:
        """The files of this stack, logs among them."""
        return self._folder

    def kill(self, name: str) -> int:
        """Kill one component as a crash would (SIGKILL); it is started again by itself.

        Returns:
            The process id that was killed.

        Raises:
            StackError: when it is unknown or not running at this moment.
        """
        return self._active().kill(name)

    def pid(self, name: str) -> int | None:
        """Return a component's process id, or None between an end and the next start."""
        return self._active().pid(name)

    async def wait_ready(self, name: str) -> None:
        """Wait until a component answers (again)."""
        await self._active().wait_ready(name)

    def names(self) -> tuple[str, ...]:
        """Return the running components in the order of their start."""
        return tuple(state.name for state in self._active().states())

    def environment(self, name: str) -> Mapping[str, str]:
        """Return the environment a component is started with, to run something beside it.

        Raises:
            StackError: when there is no such component.
        """
        if self._environments is None:
            raise StackError("The stack has not been started.")
        made = self._environments
        builders = {
            "postgres": made.bare,
            "temporal": made.bare,
            "migrate": made.migration,
            "sandbox": made.sandbox,
            "api": made.api,
            "worker": made.worker,
        }
        builder = builders.get(name.partition("-")[0])
        if builder is None:
            raise StackError(f"There is no process {name!r}.")
        return builder()

    def abort(self) -> None:
        """Kill every process at once; for somebody who asked a second time."""
        if self._supervisor is not None:
            self._supervisor.kill_all()

    def _active(self) -> Supervisor:
        if self._supervisor is None:
            raise StackError("The stack has not been started.")
        return self._supervisor

    async def _start(self) -> None:
        options, folder = self._options, self._folder
        folder.create()
        self._exit.enter_context(folder.held())
        if options.ephemeral:
            self._exit.callback(shutil.rmtree, folder.path, ignore_errors=True)
        left = folder.last_status()
        if left is not None:
            await asyncio.to_thread(end_orphans, left.processes)
        self._exit.callback(folder.clear_status)
        self._ports = free_ports() if options.ports is None else options.ports
        require_free(self._ports)
        self._secrets = load_or_create(folder.secrets)
        place = await asyncio.to_thread(place_postgres, folder.path, self._secrets.stack_id)
        postgres = PostgresServer(place, self._secrets, options.durable)
        if options.ephemeral:
            self._exit.callback(place.remove)
        self._environments = Environments(
            secrets=self._secrets,
            addresses=Addresses(self.api_url, self.temporal_address, self.ui_url, self.sandbox_url),
            postgres=postgres,
            documents=folder.documents,
            test_clocks=options.test_clocks,
            caller=system_environment(),
            extra=options.extra_environment,
        )
        supervisor = Supervisor(folder.logs, self._progress, options.ready_timeout)
        self._supervisor = supervisor
        self._exit.push_async_callback(supervisor.stop)
        # From the first process on, so that a later start knows what this one may leave behind.
        reporter = asyncio.create_task(self._report())
        self._exit.push_async_callback(_cancelled, reporter)
        await asyncio.to_thread(postgres.prepare)
        await supervisor.start(self._postgres(postgres))
        await asyncio.to_thread(postgres.ensure_roles)
        await asyncio.to_thread(postgres.ensure_database)
        await supervisor.run_once(self._ours("migrate", ("-m", "api", "migrate"), None))
        for component in self._others():
            await supervisor.start(component)
        self._folder.write_status(self._status(supervisor))

    def _postgres(self, server: PostgresServer) -> Component:
        async def ready() -> bool:
            return await asyncio.to_thread(server.is_ready)

        return Component(
            name="postgres",
            command=server.command(),
            environment=self.environment("postgres"),
            cwd=server.place.folder,
            ready=ready,
            identity=server.place.identity,
            stop_signal=signal.SIGINT,  # fast shutdown: sessions are cut, data are flushed
            stop_seconds=30.0,
            death_signal=signal.SIGINT,
        )

    def _others(self) -> Iterator[Component]:
        options, ports = self._options, self.ports
        server = TemporalServer(
            ports.temporal, ports.temporal_ui, self._folder.temporal_database, options.durable
        )
        yield Component(
            name="temporal",
            command=options.commands.get("temporal") or server.command(),
            environment=self.environment("temporal"),
            cwd=PROJECT_ROOT,
            ready=server.is_ready,
        )
        if options.sandbox_providers:
            arguments = ("--host", HOST, "--port", str(ports.sandbox))
            yield self._ours(
                "sandbox",
                ("-m", "tenor.sandbox", *arguments, "--state-dir", str(self._folder.sandbox)),
                answers_http(ports.sandbox, SANDBOX_HEALTH_PATH),
                ports.sandbox,
            )
        yield self._ours(
            "api",
            ("-m", "api", "serve", "--host", HOST, "--port", str(ports.api)),
            answers_http(ports.api, HEALTH_PATH),
            ports.api,
        )
        for role in options.workers:
            name = "worker" if options.workers == (role,) else f"worker-{role}"
            yield self._worker(name, role)

    def _worker(self, name: str, role: str) -> Component:
        port = free_port(HOST)
        plain = self._ours(
            name, ("-m", "workers", role), answers_http(port, HEALTH_PATH, HOST), port
        )
        environment = dict(plain.environment) | {WORKER_HEALTH_PORT: str(port)}
        return replace(plain, environment=environment, stop_seconds=30.0)

    def _ours(
        self, name: str, arguments: tuple[str, ...], ready: Probe | None, port: int = 0
    ) -> Component:
        """Describe a Python process of ours, or the stand-in that the options name for it."""
        command = self._options.commands.get(name, (sys.executable, *arguments))
        return Component(
            name=name,
            command=tuple(part.replace("{port}", str(port)) for part in command),
            environment=self.environment(name),
            cwd=PROJECT_ROOT,
            ready=ready,
        )

    async def _report(self) -> None:
        """Keep the status file true while the stack runs."""
        supervisor = self._active()
        while True:
            supervisor.changed.clear()
            self._folder.write_status(self._status(supervisor))
            await supervisor.changed.wait()

    def _status(self, supervisor: Supervisor) -> StackStatus:
        return StackStatus(
            supervisor_pid=os.getpid(),
            api_url=self.api_url,
            ui_url=self.ui_url,
            sandbox_url=self.sandbox_url,
            temporal_address=self.temporal_address,
            processes=tuple(
                ProcessStatus(
                    state.name,
                    state.pid,
                    state.is_ready,
                    state.restarts,
                    None if state.pid is None else birth_of(state.pid),
                )
                for state in supervisor.states()
            ),
        )


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
