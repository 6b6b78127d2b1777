"""What a bench runs on: a durable Postgres of its own and API processes beside it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

from tenor.client import LogInData, RestClient
from tenor.stack.environment import Addresses, Environments, system_environment
from tenor.stack.errors import StackError
from tenor.stack.options import PROJECT_ROOT
from tenor.stack.ports import free_port
from tenor.stack.postgres import API_ROLE, DATABASE, PostgresServer, temporary_postgres
from tenor.stack.probes import answers_http
from tenor.stack.stack import SANDBOX_HEALTH_PATH

HOST: Final = "127.0.0.1"
_READY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A running, migrated, durable database and one API process on it.

    `sandbox_url` is where the stand-ins of the providers are; empty where none were asked for.
    """

    server: PostgresServer
    port: int
    folder: Path
    sandbox_url: str = ""

    @property
    def api_url(self) -> str:
        """Origin of the API."""
        return f"http://{HOST}:{self.port}"

    def client(self) -> RestClient:
        """A client that is logged in as the administrator."""
        secrets = self.server.secrets
        return RestClient(self.api_url, LogInData(secrets.admin_email, secrets.admin_password))

    def sql(self, script: str) -> str:
        """Run a psql script on the database as its administrator; returns its output."""
        return self.server.run_sql(script, DATABASE)

    def pgbench(self, script: str, clients: int, seconds: int, **variables: int) -> float:
        """Transactions a second of a script, as the role that serves.

        Raises:
            StackError: when a statement fails.
        """
        file = self.folder / "pgbench.sql"
        file.write_text(script)
        program, *where = self.server.program("pgbench", API_ROLE)
        done = subprocess.run(  # noqa: S603 - a program of the installation in use
            [
                program,
                *("-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds)),
                *("-f", str(file)),
                *(f"-D{name}={value}" for name, value in variables.items()),
                *where,
            ],
            env={"PGPASSWORD": self.server.password_of(API_ROLE), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        for line in done.stdout.splitlines():
            if line.startswith("tps = ") and done.returncode == 0:
                return float(line.split()[2])
        raise StackError("pgbench could not run.", done.stderr.strip()[-500:])


@contextmanager
def ground(*, providers: bool = False) -> Iterator[Ground]:
    """Make a ground for the length of a block; nothing of it remains.

    With `providers` the sandbox stands beside the API.
    """
    port = free_port()
    url = f"http://{HOST}:{port}"
    sandbox_port = free_port()
    sandbox_url = f"http://{HOST}:{sandbox_port}" if providers else ""
    with ExitStack() as stack:
        server = stack.enter_context(temporary_postgres(durable=True))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tenor-bench-")))
        server.ensure_database()
        environments = Environments(
            secrets=server.secrets,
            addresses=Addresses(url, url, url, sandbox_url or url),
            postgres=server,
            documents=folder / "documents",
            test_clocks=True,
            caller=system_environment(),
            extra={"TENOR_LOG_LEVEL": "WARNING"},
        )
        migrated = subprocess.run(  # noqa: S603 - our own API
            [sys.executable, "-m", "api", "migrate"],
            env=environments.migration(),
            cwd=PROJECT_ROOT,
            check=False,
            capture_output=True,
        )
        if migrated.returncode != 0:
            raise StackError("The database could not be migrated.")
        command = [sys.executable, "-m", "api", "serve", "--host", HOST, "--port", str(port)]
        stack.enter_context(_running(command, environments.api(), folder / "api.log"))
        _wait_ready(port, "/health/ready")
        if providers:
            command = [sys.executable, "-m", "tenor.sandbox", "--host", HOST]
            command += ["--port", str(sandbox_port), "--state-dir", str(folder / "sandbox")]
            stack.enter_context(_running(command, environments.sandbox(), folder / "sandbox.log"))
            _wait_ready(sandbox_port, SANDBOX_HEALTH_PATH)
        yield Ground(server, port, folder, sandbox_url)


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command, env=dict(environment), cwd=PROJECT_ROOT, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(port: int, path: str) -> None:
    async def ready() -> bool:
        probe = answers_http(port, path, HOST)
        deadline = monotonic() + _READY_SECONDS
        while not await probe():
            if monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    if not asyncio.run(ready()):
        raise StackError("A process of the bench did not start.")
