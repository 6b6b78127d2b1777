import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tenor.sandbox.keys import generate_event_webhook_keys
from tests.sandbox.running import ACCOUNT_SID, API_KEY, AUTH_TOKEN, PATIENCE_SECONDS
from tests.sandbox.wire import send_mail, send_text

ROOT = Path(__file__).parents[2]


def environment(**changes: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("TENOR_")},
        "TENOR_SANDBOX_WEBHOOK_BASE_URL": "http://127.0.0.1:9/api/v1",
        "TENOR_SANDBOX_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TENOR_SANDBOX_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TENOR_SANDBOX_SENDGRID_API_KEY": API_KEY,
        "TENOR_SANDBOX_SENDGRID_WEBHOOK_PRIVATE_KEY": generate_event_webhook_keys().private_pem,
        **changes,
    }


def command(state_dir: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "tenor.sandbox", "--port", str(port)),
        *("--state-dir", str(state_dir)),
    ]


@contextmanager
def process(state_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx2.Client]]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    running = subprocess.Popen(
        command(state_dir, port),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    transport = httpx2.HTTPTransport(retries=12)
    try:
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=PATIENCE_SECONDS
        ) as client:
            assert client.get("/health/ready").status_code == 200
            assert client.get("/health/live").status_code == 200
            yield running, client
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()


@pytest.mark.faults
def test_what_was_acknowledged_survives_kill_9_and_nothing_personal_is_logged(
    tmp_path: Path,
) -> None:
    with process(tmp_path) as (first, client):
        callback = "http://127.0.0.1:9/status"
        acknowledged = [
            send_text(client, f"text {number}", callback=callback).json()["sid"]
            for number in range(20)
        ]
        acknowledged += [send_mail(client).headers["X-Message-Id"] for _ in range(20)]
        client.get("/sandbox/api/messages", params={"to": "+15551230001"})
        client.get("/nowhere/+15551230001")
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert first.stdout is not None
        logged = first.stdout.read().decode()
        assert "555123" not in logged
        assert "person@" not in logged
        assert "text 1" not in logged
    with process(tmp_path) as (_, client):
        kept = client.get("/sandbox/api/messages").json()["messages"]
        assert [message["sid"].partition(".")[0] for message in kept] == acknowledged
        assert client.get("/sandbox/api/webhooks/pending").json()["count"] == 20 * 3 + 20 * 2


def test_it_stops_in_order_when_asked(tmp_path: Path) -> None:
    with process(tmp_path) as (running, client):
        send_text(client)
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_SECONDS) in {0, -signal.SIGTERM}
    memory = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    assert memory.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    memory.close()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TENOR_SANDBOX_TWILIO_AUTH_TOKEN": "short"}, "TENOR_SANDBOX_TWILIO_AUTH_TOKEN"),
        ({"TENOR_SANDBOX_WEBHOOK_BASE_URL": "ftp://x"}, "TENOR_SANDBOX_WEBHOOK_BASE_URL"),
        ({"TENOR_SANDBOX_SENDGRID_WEBHOOK_PRIVATE_KEY": "c2VjcmV0"}, "private key"),
    ],
)
def test_bad_settings_are_named_and_not_repeated(
    tmp_path: Path, changes: dict[str, str], named: str
) -> None:
    ended = subprocess.run(
        command(tmp_path, 1),
        cwd=ROOT,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
    for value in changes.values():
        assert value not in ended.stderr


def test_a_memory_of_another_version_is_refused(tmp_path: Path) -> None:
    memory = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    memory.execute("PRAGMA user_version = 99")
    memory.close()
    ended = subprocess.run(
        command(tmp_path, 1),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 2
    assert "version 99" in ended.stderr
