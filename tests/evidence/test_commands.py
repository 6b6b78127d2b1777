"""The commands that ask an API: what they fetch, say, refuse and end with."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tenor.cli import app
from tenor.stack import StackError
from tests.evidence.packs import pack

CASE = UUID(int=9)
CONTACT = {
    "decision_id": str(UUID(int=1)),
    "message_id": str(UUID(int=2)),
    "customer_id": str(UUID(int=3)),
    "decided_at": "2028-03-01T17:00:00Z",
    "local_time": "Wed 12:00 America/New_York",
    "channel": "sms",
    "purpose": "collection",
    "packs_then": ["us@1"],
    "packs_now": ["us@2"],
    "outcome": "defer",
    "rules": ["us.hours: outside-hours"],
    "defer_until": None,
    "missing_inputs": ["consents"],
}
CASE_ROW = {
    "id": str(CASE), "number": "RC-1001", "customer_id": str(UUID(int=3)),
    "creditor_id": str(UUID(int=4)), "currency": "USD", "status": "open", "closed_reason": None,
    "stage": "early", "strategy": "standard", "strategy_version": 1, "overdue": "1.00",
    "past_due_days": 1, "past_due_since": "2028-03-01", "bucket": "1-29", "assignee_id": None,
    "escalation": "none", "opened_at": "2028-03-02T00:00:00Z", "closed_at": None,
    "next_step": None, "next_at": None, "waiting_for": "", "suspended_by": None,
    "workflow_id": f"case:{CASE}", "version": 1,
}  # fmt: skip


class _Api(BaseHTTPRequestHandler):
    """Answers log-ins, one case, its pack, and two pages of an audit."""

    content = b""
    asked: list[object]

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if where.path == "/api/v1/recovery-cases":
            wanted = parse_qs(where.query).get("number")
            self._say({"items": [CASE_ROW] if wanted == ["RC-1001"] else []})
        elif where.path == f"/api/v1/recovery-cases/{CASE}/evidence":
            self._send(200, self.content)
        else:
            self._say({"code": "not-found", "detail": "There is no such recovery case."}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/v1/auth/login":
            self._say({"access_token": "token", "token_type": "Bearer", "expires_in": 900})
            return
        self.asked.append(body)
        last = "cursor=next" in self.path
        self._say(
            {
                "items": [] if last else [CONTACT],
                "examined": 2,
                "next_cursor": None if last else "next",
            }
        )

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has
        pass

    def _say(self, body: object, status: int = 200) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def api() -> Iterator[tuple[str, type[_Api]]]:
    """The address of a small API, and what it was asked."""
    handler = type("Api", (_Api,), {"content": pack(), "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def _run(url: str, *arguments: str) -> Result:
    log_in = ("--api", url, "--email", "manager@tenor.example", "--password", "secret")
    return CliRunner().invoke(app, [*arguments, *log_in])


@pytest.mark.parametrize("case", ["RC-1001", "rc-1001", str(CASE)])
def test_a_pack_is_fetched_checked_and_kept_for_its_owner(
    api: tuple[str, type[_Api]], tmp_path: Path, case: str
) -> None:
    out = tmp_path / "pack.jsonl"
    result = _run(api[0], "evidence", case, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert out.read_bytes() == pack()
    assert out.stat().st_mode & 0o077 == 0
    assert CliRunner().invoke(app, ["verify", str(out)]).exit_code == 0


def test_a_pack_that_does_not_hold_is_kept_and_said(
    api: tuple[str, type[_Api]], tmp_path: Path
) -> None:
    api[1].content = pack().replace(b"defer", b"allow", 1)
    out = tmp_path / "pack.jsonl"
    result = _run(api[0], "evidence", "RC-1001", "--out", str(out))
    assert result.exit_code == 1
    assert "does not hold" in result.output
    assert out.exists()


@pytest.mark.parametrize("case", ["RC-9", str(UUID(int=8))])
def test_without_a_case_there_is_no_file(
    api: tuple[str, type[_Api]], tmp_path: Path, case: str
) -> None:
    out = tmp_path / "pack.jsonl"
    result = _run(api[0], "evidence", case, "--out", str(out))
    assert isinstance(result.exception, StackError)
    assert not out.exists()


def test_an_audit_reads_a_pack_and_walks_all_pages(
    api: tuple[str, type[_Api]], tmp_path: Path
) -> None:
    trial = tmp_path / "us.toml"
    trial.write_text(
        'id = "us"\neffective_on = 2028-07-01\n[hours]\n'
        'windows = [{ days = ["mon"], opens = 09:00:00, closes = 18:00:00 }]\n'
    )
    result = _run(api[0], "audit-contacts", "--pack", str(trial), "--from", "2028-03-01")
    assert result.exit_code == 1, result.output
    assert "1 of 4 contacts would not have been made" in result.output
    assert "us.hours: outside-hours" in result.output
    assert "1 of them were decided before all inputs were kept." in result.output
    first, second = api[1].asked
    assert (
        first
        == second
        == {
            "from_on": "2028-03-01",
            "pack": {
                "id": "us",
                "effective_on": "2028-07-01",
                "hours": {
                    "windows": [{"days": ["mon"], "opens": "09:00:00", "closes": "18:00:00"}]
                },
            },
        }
    )


def test_an_audit_speaks_json(api: tuple[str, type[_Api]]) -> None:
    result = _run(api[0], "audit-contacts", "--json")
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["examined"] == 4
    assert [each["message_id"] for each in told["items"]] == [CONTACT["message_id"]]


def test_what_is_no_rule_pack_is_refused(api: tuple[str, type[_Api]], tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("[")
    assert isinstance(_run(api[0], "audit-contacts", "--pack", str(broken)).exception, StackError)
