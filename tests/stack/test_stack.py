"""The one-machine stack: order, restarts, refusals, and that nothing is left behind."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tenor.stack import Ports, Stack, StackError, free_ports
from tenor.stack.cleaning import remove_stack
from tenor.stack.orphans import birth_of
from tenor.stack.places import place_postgres
from tenor.stack.postgres import PostgresServer
from tenor.stack.state import ProcessStatus, StateFolder
from tests.stack.support import STAND_IN, descendants, is_alive, options, until

UP = Path(__file__).with_name("up.py")

pytestmark = pytest.mark.timeout(400)  # servers start and stop, perhaps on a busy machine


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose database is removed with it."""
    folder = tmp_path / "state"
    yield folder
    if (folder / "stack.lock").exists():
        remove_stack(StateFolder(folder))


class Recorder:
    """Progress that remembers what happened to whom."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def starting(self, name: str) -> None:
        self.events.append(("starting", name))

    def ready(self, name: str, seconds: float) -> None:
        self.events.append(("ready", name))

    def finished(self, name: str, seconds: float) -> None:
        self.events.append(("finished", name))

    def died(self, name: str, exit_code: int, retry_in: float) -> None:
        self.events.append(("died", name))

    def stopping(self, name: str) -> None:
        self.events.append(("stopping", name))

    def stopped(self, seconds: float) -> None:
        self.events.append(("stopped", ""))


def fetch(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - a local address
        return int(answer.status)


async def test_starts_in_order_and_stops_in_the_opposite_one(state_dir: Path) -> None:
    seen = Recorder()
    async with Stack(options(state_dir), seen) as stack:
        pids = [stack.pid(name) for name in stack.names()]
        assert await asyncio.to_thread(fetch, f"{stack.api_url}/health/ready") == 200
        status = stack.state.read_status()
    assert [name for event, name in seen.events if event in {"ready", "finished"}] == [
        *("postgres", "migrate", "temporal", "sandbox", "api", "worker"),
    ]
    assert [name for event, name in seen.events if event == "stopping"] == [
        *("worker", "api", "sandbox", "temporal", "postgres"),
    ]
    assert seen.events[-1] == ("stopped", "")
    assert not any(is_alive(pid) for pid in pids if pid is not None)
    assert status is not None
    assert status.supervisor_pid == os.getpid()
    assert StateFolder(state_dir).read_status() is None


async def test_second_start_finds_the_data_of_the_first(state_dir: Path) -> None:
    async with Stack(options(state_dir)) as stack:
        password, server = stack.admin_password, _server(stack)
        await asyncio.to_thread(server.run_sql, "CREATE TABLE kept AS SELECT 7 AS id", "tenor")
    async with Stack(options(state_dir)) as stack:
        assert stack.admin_password == password
        server = _server(stack)
        assert await asyncio.to_thread(server.run_sql, "TABLE kept", "tenor") == "7\n"


async def test_whichever_process_is_killed_returns(state_dir: Path) -> None:
    async with Stack(options(state_dir)) as stack:
        for name in ("postgres", "temporal", "sandbox", "api", "worker"):
            before = stack.kill(name)
            await stack.wait_ready(name)
            after = stack.pid(name)
            assert after not in {None, before}, name
        pids = [stack.pid(name) for name in stack.names()]
    assert not any(is_alive(pid) for pid in pids if pid is not None)


async def test_children_of_a_killed_process_do_not_survive_it(state_dir: Path) -> None:
    family = {"api": (*STAND_IN, "family", "{port}")}
    async with Stack(options(state_dir, commands=family)) as stack:
        api = stack.pid("api")
        assert api is not None
        child = descendants(api)
        assert len(child) == 1
        os.kill(api, signal.SIGKILL)
        await until(lambda: not any(is_alive(pid) for pid in child))
        await until(lambda: stack.pid("api") not in {None, api})


async def test_a_failed_migration_is_told_with_its_log(state_dir: Path) -> None:
    broken = {"migrate": (*STAND_IN, "once", "3")}
    with pytest.raises(StackError, match="migrate failed with exit code 3") as refused:
        async with Stack(options(state_dir, commands=broken)):
            pass
    assert "what went wrong is said here" in str(refused.value.remedy)


async def test_a_process_that_is_never_ready_is_told(state_dir: Path) -> None:
    idle = {"api": (sys.executable, "-c", "import signal; signal.pause()")}
    with pytest.raises(StackError, match="api was not ready in time"):
        async with Stack(options(state_dir, commands=idle, ready_timeout=2.0)):
            pass
    assert StateFolder(state_dir).read_status() is None


async def test_a_taken_port_is_named_before_anything_starts(state_dir: Path) -> None:
    ports = free_ports()
    seen = Recorder()
    named = pytest.raises(StackError, match=f"Port {ports.sandbox} .*--sandbox-port")
    with socket.create_server(("127.0.0.1", ports.sandbox)), named:
        async with Stack(options(state_dir, ports=ports), seen):
            pass
    assert seen.events == []


async def test_a_port_wanted_twice_is_refused(state_dir: Path) -> None:
    with pytest.raises(StackError, match="the same port"):
        async with Stack(options(state_dir, ports=Ports(api=20_001, temporal=20_001))):
            pass


async def test_one_stack_per_state_folder(state_dir: Path) -> None:
    async with Stack(options(state_dir)):
        with pytest.raises(StackError, match=f"already runs .* {os.getpid()}"):
            async with Stack(options(state_dir)):
                pass
        with pytest.raises(StackError, match="already runs"):
            remove_stack(StateFolder(state_dir))


async def test_a_folder_of_somebody_else_is_left_alone(state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "letters.txt").write_text("dear")
    with pytest.raises(StackError, match="not a stack's"):
        async with Stack(options(state_dir)):
            pass
    assert [path.name for path in state_dir.iterdir()] == ["letters.txt"]


async def test_an_ephemeral_stack_leaves_nothing(state_dir: Path) -> None:
    async with Stack(options(state_dir, ephemeral=True)) as stack:
        folder = _server(stack).place.folder
        assert folder.exists()
    assert not folder.exists()
    assert not state_dir.exists()


async def test_secrets_are_for_their_owner_only(state_dir: Path) -> None:
    async with Stack(options(state_dir)) as stack:
        secrets = stack.state.secrets
        assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
        assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
        data = _server(stack).place.data_dir
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        logs = b"".join(path.read_bytes() for path in stack.state.logs.iterdir())
        kept = stack.secrets
        for secret in (kept.owner_password, kept.api_password, kept.postgres_password):
            assert secret.encode() not in logs


async def test_each_process_gets_its_own_settings_only(state_dir: Path) -> None:
    async with Stack(options(state_dir)) as stack:
        api, worker = stack.environment("api"), stack.environment("worker")
        assert "TENOR_MIGRATION_DATABASE_URL" not in api
        assert "tenor_owner" in stack.environment("migrate")["TENOR_MIGRATION_DATABASE_URL"]
        assert not any(
            "DATABASE" in name or name.endswith("_KEY")
            for name in worker
            if name.startswith("TENOR_") and not name.endswith("_API_KEY")
        )
        assert worker["TENOR_TWILIO_BASE_URL"] == stack.sandbox_url
        assert not any(name.startswith("TENOR_") for name in stack.environment("temporal"))


async def test_real_credentials_replace_the_sandbox(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENOR_TWILIO_ACCOUNT_SID", "ACreal")
    monkeypatch.setenv("TENOR_TWILIO_AUTH_TOKEN", "real-token")
    monkeypatch.setenv("TENOR_TWILIO_FROM", "+15005550001")
    async with Stack(options(state_dir)) as stack:
        worker = stack.environment("worker")
        assert worker["TENOR_TWILIO_ACCOUNT_SID"] == "ACreal"
        assert "TENOR_TWILIO_BASE_URL" not in worker
        assert worker["TENOR_SENDGRID_BASE_URL"] == stack.sandbox_url
        assert stack.environment("api")["TENOR_TWILIO_AUTH_TOKEN"] == "real-token"


async def _up(state_dir: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(UP), str(state_dir)),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(180):
        line = await process.stdout.readline()
    assert line.startswith(b"up http://127.0.0.1:")
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_everything_in_order(state_dir: Path, number: signal.Signals) -> None:
    process = await _up(state_dir)
    below = descendants(process.pid)
    process.send_signal(number)
    _, told = await asyncio.wait_for(process.communicate(), 180)
    assert process.returncode == 0
    assert b"everything stopped" in told
    assert not any(is_alive(pid) for pid in below)


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
async def test_nothing_outlives_a_killed_supervisor_and_the_next_start_goes_on(
    state_dir: Path,
) -> None:
    process = await _up(state_dir)
    below = descendants(process.pid)
    assert len(below) >= 5
    process.kill()
    await process.communicate()
    await until(lambda: not any(is_alive(pid) for pid in below))
    async with Stack(options(state_dir)) as stack:
        assert stack.pid("postgres") is not None


async def test_what_a_killed_supervisor_left_is_ended_before_the_next_start(
    state_dir: Path,
) -> None:
    """Where processes are not told of its death they live on, and hold the ports."""
    async with Stack(options(state_dir)) as stack:
        told = stack.state.read_status()
    assert told is not None
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True
    )
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True
    )
    try:
        left = (
            ProcessStatus("api", orphan.pid, True, 0, birth_of(orphan.pid)),
            # Its id was used again since: by somebody who is none of ours.
            ProcessStatus("worker", stranger.pid, True, 0, "1"),
        )
        StateFolder(state_dir).write_status(replace(told, processes=left))
        async with Stack(options(state_dir)):
            assert orphan.wait(30) == -signal.SIGKILL
            assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


def _server(stack: Stack) -> PostgresServer:
    place = place_postgres(stack.state.path, stack.secrets.stack_id)
    return PostgresServer(place, stack.secrets, durable=False)
