"""A sandbox on a free port, and a listener that stands where the API would be."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import httpx2
import uvicorn
from pydantic import SecretStr

from tenor.sandbox.app import create_app
from tenor.sandbox.keys import EventWebhookKeys, generate_event_webhook_keys
from tenor.sandbox.settings import SandboxSettings, TwilioStatus

ACCOUNT_SID = "AC" + "1" * 32
AUTH_TOKEN = "token-of-the-test-account"
API_KEY = "SG.key-of-the-test-account"
INBOUND_TOKEN = "token-of-incoming-mail"
OUR_NUMBER = "+15550001111"
OUR_ADDRESS = "Tenor <loans@tenor.example>"
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Received:
    """One request the listener got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(slots=True)
class Listener:
    """Records requests and answers with the status `answer` chooses."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _: 204
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, condition: Callable[[list[Received]], bool]) -> list[Received]:
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.received), PATIENCE_SECONDS), (
                f"still waiting with {len(self.received)} requests"
            )
            return list(self.received)


@contextmanager
def run_listener(port: int = 0) -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received = Received(self.path, dict(self.headers.items()), body)
            status = listener.answer(received)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            with listener.changed:
                listener.received.append(received)
                listener.changed.notify_all()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    listener.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that answers at `url`."""

    url: str
    client: httpx2.Client
    keys: EventWebhookKeys
    settings: SandboxSettings

    def outbound(self, provider: str) -> int:
        count: int = self.client.get("/sandbox/api/counts").json()[provider]["outbound"]
        return count

    def fault(self, provider: str, kind: str, times: int = 1) -> None:
        answer = self.client.post(
            "/sandbox/api/faults", json={"provider": provider, "kind": kind, "times": times}
        )
        assert answer.status_code == 200


def make_settings(
    state_dir: Path,
    api_url: str,
    keys: EventWebhookKeys,
    *,
    statuses: tuple[TwilioStatus, ...] = ("queued", "sent", "delivered"),
    activity_feed: bool = True,
) -> SandboxSettings:
    return SandboxSettings(
        state_dir=state_dir,
        webhook_base_url=f"{api_url}/api/v1",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(AUTH_TOKEN),
        twilio_status_callbacks=statuses,
        sendgrid_api_key=SecretStr(API_KEY),
        sendgrid_webhook_private_key=SecretStr(keys.private_pem),
        sendgrid_activity_feed=activity_feed,
        sendgrid_event_delay_seconds=0.05,
        slow_seconds=0.2,
        email_inbound_token=SecretStr(INBOUND_TOKEN),
    )


@contextmanager
def run_sandbox(settings: SandboxSettings, keys: EventWebhookKeys) -> Iterator[RunningSandbox]:
    app = create_app(settings, lambda: datetime.now(UTC))
    config = uvicorn.Config(
        app, log_level="error", access_log=False, ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
            # The socket listens already: this waits until the application takes its first call.
            assert client.get("/health/ready").status_code == 200
            yield RunningSandbox(url, client, keys, settings)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def run_both(state_dir: Path) -> Iterator[tuple[RunningSandbox, Listener]]:
    keys = generate_event_webhook_keys()
    with (
        run_listener() as listener,
        run_sandbox(make_settings(state_dir, listener.url, keys), keys) as sandbox,
    ):
        yield sandbox, listener
