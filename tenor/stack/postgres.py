"""One private Postgres server: its cluster, its roles, its databases, and how it is run.

It listens on a Unix socket alone and asks everybody for a password (SCRAM-SHA-256). Three roles:
`postgres` administers and is used by the stack only, `tenor_owner` owns the database and migrates
it, `tenor_api` serves and is neither superuser nor owner; what it may touch is granted by the
migrations.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

from tenor.stack.errors import StackError
from tenor.stack.identity import before_exec
from tenor.stack.places import PostgresPlace, place_postgres
from tenor.stack.secrets import StackSecrets

ADMIN_ROLE = "postgres"
OWNER_ROLE = "tenor_owner"
API_ROLE = "tenor_api"
DATABASE = "tenor"
TCP_HOST = "127.0.0.1"
DEFAULT_PORT = 5432
"""Names the socket's file, too; nothing listens there unless a port is asked for."""

BUILTIN_LOCALE_SINCE = 17
STOP_SECONDS = 30.0
START_SECONDS = 60.0
POLL_SECONDS = 0.05

_ALWAYS = (
    "listen_addresses=",
    "timezone=UTC",
    "log_timezone=UTC",
    "jit=off",
    # Error details quote values of rows, which may be personal: keep them out of the log.
    "log_error_verbosity=terse",
)
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "max_connections=200",
)

_ENSURE_ROLE = """
SET log_min_error_statement = panic; -- the next statements hold a password
SELECT format('CREATE ROLE %I', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD :'password';
"""
_ENSURE_DATABASE = """
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE %I STRATEGY FILE_COPY',
              :'name', :'owner', :'source')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"name" TO :"api";
"""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server at a place; nothing happens until a method is called.

    `durable` False switches off every safeguard against a power cut and is for tests alone.
    With a `port` it also listens on 127.0.0.1, as a server of other machines does, and its URLs
    go there.
    """

    place: PostgresPlace
    secrets: StackSecrets
    durable: bool
    port: int | None = None

    def prepare(self) -> None:
        """Create the cluster on first use; refuse data of another major version.

        Raises:
            StackError: when the data cannot be used or the cluster cannot be made.
        """
        version_file = self.place.data_dir / "PG_VERSION"
        if version_file.exists():
            stored = version_file.read_text().strip()
            if stored != str(self.place.programs.major):
                raise StackError(
                    f"The data were written by PostgreSQL {stored}; "
                    f"the one here is {self.place.programs.major}.",
                    "Use the older version to dump them, or run `tenor clean` to begin anew.",
                )
            self.place.create()
            self.stop_leftover()
            return
        self.place.create()
        self._initialise()

    def _initialise(self) -> None:
        """Run initdb beside the final name, so that a kill in the middle leaves no half cluster."""
        place = self.place
        unfinished = place.folder / "data.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        password_file = place.folder / "password"
        password_file.unlink(missing_ok=True)
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.secrets.postgres_password)
        place.give(password_file)
        command = [
            place.programs.path("initdb"),
            f"--pgdata={unfinished}",
            f"--username={ADMIN_ROLE}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ]
        if place.programs.major >= BUILTIN_LOCALE_SINCE:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--no-locale"]
        if not self.durable:
            command += ["--no-sync"]
        try:
            done = self._run(command)
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode != 0:
            raise StackError("The database cluster could not be created.", done.stderr.strip())
        unfinished.rename(place.data_dir)

    def command(self) -> tuple[str, ...]:
        """Return the server's command line; it stays in the foreground."""
        settings = [*_ALWAYS, f"unix_socket_directories={self.place.socket_dir}"]
        if self.port is not None:
            settings += [f"listen_addresses={TCP_HOST}", f"port={self.port}"]
        if not self.durable:
            settings += _FAST
        arguments = [part for setting in settings for part in ("-c", setting)]
        return (
            self.place.programs.path("postgres"),
            "-D",
            str(self.place.data_dir),
            *arguments,
        )

    def is_ready(self) -> bool:
        """Whether the server accepts connections now."""
        done = subprocess.run(  # noqa: S603 - a program of the installation in use
            [self.place.programs.path("pg_isready"), "-q", *self._where()],
            check=False,
            timeout=10,
        )
        return done.returncode == 0

    def stop_leftover(self) -> None:
        """Stop a server that still runs on these data, whose supervisor is gone.

        Only one supervisor holds the state folder, so nobody else can want it.
        """
        pid_file = self.place.data_dir / "postmaster.pid"
        if not pid_file.exists():
            return
        self._run(
            [
                self.place.programs.path("pg_ctl"),
                "stop",
                "-D",
                str(self.place.data_dir),
                "-m",
                "fast",
                "-t",
                str(int(STOP_SECONDS)),
            ]
        )

    def ensure_roles(self) -> None:
        """Create the two roles, or set their passwords again, and keep them unprivileged."""
        passwords = {
            OWNER_ROLE: self.secrets.owner_password,
            API_ROLE: self.secrets.api_password,
        }
        self.run_sql(
            "".join(
                f"\\set role {role}\n\\set password {password}\n{_ENSURE_ROLE}"
                for role, password in passwords.items()
            )
        )

    def ensure_database(self, name: str = DATABASE, template: str | None = None) -> None:
        """Create the database if it is missing, owned by `tenor_owner`, closed to everybody else.

        Args:
            name: plain lower-case name.
            template: database to copy, file by file; None for an empty one.
        """
        source = "template0" if template is None else template
        for given in (name, source):
            if re.fullmatch(r"[a-z][a-z0-9_]{0,62}", given) is None:
                raise StackError(f"Not a plain database name: {given!r}.")
        self.run_sql(
            f"\\set name {name}\n\\set source {source}\n"
            f"\\set owner {OWNER_ROLE}\n\\set api {API_ROLE}\n{_ENSURE_DATABASE}"
        )

    def run_sql(self, script: str, database: str = ADMIN_ROLE) -> str:
        r"""Run a psql script as the administrator and return its unaligned output.

        Raises:
            StackError: with the server's message, which holds no values.
        """
        done = subprocess.run(  # noqa: S603 - a program of the installation in use
            [
                self.place.programs.path("psql"),
                *("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                *(*self._where(), "-U", ADMIN_ROLE, "-d", database),
            ],
            input=script,
            env={"PGPASSWORD": self.secrets.postgres_password, "PGOPTIONS": "", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != 0:
            raise StackError("The database refused a set-up statement.", done.stderr.strip())
        return done.stdout

    def program(self, name: str, role: str, database: str = DATABASE) -> list[str]:
        """The beginning of the command line of one of the server's own programs, as a role."""
        return [self.place.programs.path(name), *self._where(), "-U", role, database]

    def password_of(self, role: str) -> str:
        """The password of a role, for the environment of `program`."""
        return self.secrets.owner_password if role == OWNER_ROLE else self.secrets.api_password

    def admin_url(self, database: str = ADMIN_ROLE) -> str:
        """SQLAlchemy URL of the administrator; for tests and tools of the stack."""
        return self._url(ADMIN_ROLE, self.secrets.postgres_password, database)

    def owner_url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of the role that migrates."""
        return self._url(OWNER_ROLE, self.secrets.owner_password, database)

    def api_url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of the role that serves."""
        return self._url(API_ROLE, self.secrets.api_password, database)

    def _url(self, role: str, password: str, database: str) -> str:
        login = f"postgresql+psycopg://{role}:{quote(password, safe='')}"
        if self.port is not None:
            return f"{login}@{TCP_HOST}:{self.port}/{database}"
        return f"{login}@/{database}?host={quote(str(self.place.socket_dir), safe='/')}"

    def _where(self) -> tuple[str, ...]:
        """Where this server's own programs find it."""
        return ("-h", str(self.place.socket_dir), "-p", str(self.port or DEFAULT_PORT))

    def _run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        identity = self.place.identity
        return subprocess.run(  # noqa: S603 - a program of the installation in use
            command,
            cwd=self.place.folder,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=identity.uid,
            group=identity.gid,
            extra_groups=[] if identity.is_another_user else None,
            preexec_fn=before_exec(identity, death_signal=None),  # noqa: PLW1509 - system calls only
        )

    @contextmanager
    def running(self, log: Path) -> Iterator[None]:
        """Run the prepared server for the length of a block, in the calling thread's lifetime.

        Raises:
            StackError: when it does not become ready.
        """
        identity = self.place.identity
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - a program of the installation in use
                self.command(),
                cwd=self.place.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=identity.uid,
                group=identity.gid,
                extra_groups=[] if identity.is_another_user else None,
                preexec_fn=before_exec(identity, signal.SIGINT),  # noqa: PLW1509 - as above
            )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not self.is_ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise StackError("Postgres did not start.", f"Its log: {log}")
                time.sleep(POLL_SECONDS)
            yield
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: sessions are cut, data are flushed
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(STOP_SECONDS)


@contextmanager
def temporary_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server with the two roles and no database of ours; nothing of it remains.

    A fast one is meant for tests and checks: it would not survive a power cut. A `durable` one
    is as slow as in production, and is what a measurement needs.
    """
    folder = Path(mkdtemp(prefix="tenor-pg-"))
    secrets = StackSecrets()
    server = PostgresServer(place_postgres(folder, secrets.stack_id), secrets, durable)
    try:
        server.prepare()
        with server.running(folder / "postgres.log"):
            server.ensure_roles()
            yield server
    finally:
        server.place.remove()
        shutil.rmtree(folder, ignore_errors=True)
