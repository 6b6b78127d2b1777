"""Answers from the sandbox's mailboxes: what Inbound Parse would post, by page and by JSON."""

import json
import re
import sqlite3
from email import message_from_string
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from tenor.sandbox.memory import UnreadableMemory
from tenor.sandbox.store import Store
from tests.sandbox.running import INBOUND_TOKEN, Listener, Received, RunningSandbox
from tests.sandbox.wire import BEARER, MAILBOX, mail_body


def send(sandbox: RunningSandbox, **more: object) -> int:
    body = mail_body() | more
    answer = sandbox.client.post("/v3/mail/send", json=body, headers=BEARER)
    assert answer.status_code == 202
    found = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    key: int = found[-1]["id"]
    return key


def fields(posted: Received) -> dict[str, str]:
    """The fields of a form with parts, read by the standard library."""
    head = f"Content-Type: {posted.headers['Content-Type']}\r\n\r\n".encode()
    form = BytesParser(policy=default).parsebytes(head + posted.body)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(
            decode=True
        ).decode()  # type: ignore[union-attr]
        for part in form.iter_parts()
    }


def mail_of(posted: Received) -> EmailMessage:
    parsed = message_from_string(fields(posted)["email"], policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def posted_mail(api: Listener) -> Received:
    path = f"/api/v1/webhooks/sendgrid/inbound/{INBOUND_TOKEN}"
    received = api.wait_for(lambda all_: any(one.path == path for one in all_))
    return next(one for one in received if one.path == path)


def test_an_answer_is_posted_as_inbound_parse_posts_it(
    sandbox: RunningSandbox, api: Listener
) -> None:
    key = send(
        sandbox,
        reply_to={"email": "replies+1@answers.tenor.example"},
        headers={"Message-ID": "<our-id@tenor.example>"},
    )
    answer = sandbox.client.post(
        "/sandbox/api/mail-replies", json={"mail_id": key, "body": "30 on friday – ünd so"}
    )
    assert answer.json()["accepted"] is True
    posted = posted_mail(api)
    assert posted.headers["Content-Type"].startswith("multipart/form-data")
    form = fields(posted)
    assert form["SPF"] == "pass"
    assert json.loads(form["envelope"]) == {
        "to": ["replies+1@answers.tenor.example"],
        "from": MAILBOX,
    }
    mail = mail_of(posted)
    assert mail["From"] == MAILBOX
    assert mail["To"] == "replies+1@answers.tenor.example"
    assert mail["In-Reply-To"] == "<our-id@tenor.example>"
    assert str(mail["Subject"]).startswith("Re: ")
    text = mail.get_content()
    assert text.startswith("30 on friday – ünd so\n")
    assert "\n> " in text


def test_the_mailbox_has_a_box_to_answer_in(sandbox: RunningSandbox, api: Listener) -> None:
    send(sandbox)
    link = re.search(r"/sandbox/mailboxes/\d+", sandbox.client.get("/sandbox").text)
    assert link is not None
    page = sandbox.client.get(link[0]).text
    mail = re.search(r'name="mail" value="(\d+)"', page)
    assert mail is not None
    done = sandbox.client.post(
        f"{link[0]}/replies", data={"mail": mail[1], "body": "STOP"}, follow_redirects=True
    )
    assert "The API took the answer (204)" in done.text
    assert ">Answer</span>" in done.text
    assert mail_of(posted_mail(api)).get_content().startswith("STOP")
    empty = sandbox.client.post(f"{link[0]}/replies", data={"mail": mail[1], "body": " "})
    assert empty.status_code == 422
    assert "Not sent" in empty.text
    other = sandbox.client.post(f"{link[0]}/replies", data={"mail": "999", "body": "STOP"})
    assert other.status_code == 404


def test_what_is_no_mail_is_not_answered(sandbox: RunningSandbox, api: Listener) -> None:
    key = send(sandbox)
    for wrong in (key + 1, 10**15):
        body = {"mail_id": wrong, "body": "hello"}
        assert sandbox.client.post("/sandbox/api/mail-replies", json=body).status_code == 404
    long = {"mail_id": key, "body": "x" * 5001}
    assert sandbox.client.post("/sandbox/api/mail-replies", json=long).status_code == 422


# --- faults -----------------------------------------------------------------------------------


def test_garbage_is_kept_and_answered_with_nonsense(sandbox: RunningSandbox) -> None:
    sandbox.fault("sendgrid", "garbage")
    answer = sandbox.client.post("/v3/mail/send", json=mail_body(), headers=BEARER)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
    assert sandbox.outbound("sendgrid") == 1


def test_slow_is_late_and_right(sandbox: RunningSandbox) -> None:
    sandbox.fault("sendgrid", "slow")
    answer = sandbox.client.post("/v3/mail/send", json=mail_body(), headers=BEARER)
    assert answer.status_code == 202
    assert answer.elapsed.total_seconds() >= 0.2


def test_a_share_goes_wrong_evenly(sandbox: RunningSandbox) -> None:
    fault = {"provider": "sendgrid", "kind": "server-error", "times": 100, "share": 25}
    [set_] = sandbox.client.post("/sandbox/api/faults", json=fault).json()
    assert set_ == {**{k: fault[k] for k in ("provider", "kind", "share")}, "remaining": 100}
    statuses = [
        sandbox.client.post("/v3/mail/send", json=mail_body(), headers=BEARER).status_code
        for _ in range(12)
    ]
    assert statuses == [202, 202, 202, 500] * 3


async def test_a_memory_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.sqlite3"
    await Store(path).close()
    old = sqlite3.connect(path)
    for table, column in (
        ("messages", "reply_to"),
        ("messages", "header_id"),
        ("faults", "share"),
        ("faults", "seen"),
    ):
        old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    old.execute(
        "INSERT INTO faults (provider, kind, remaining) VALUES ('twilio', 'rate-limited', 2)"
    )
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    store = Store(path)
    [fault] = await store.faults()
    assert (fault.remaining, fault.share) == (2, 100)
    await store.close()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 3")
    later.close()
    with pytest.raises(UnreadableMemory):
        Store(path)
