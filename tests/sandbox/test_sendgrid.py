import json

import pytest
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Mail

from tests.sandbox.running import API_KEY, Listener, RunningSandbox
from tests.sandbox.wire import BEARER, MAILBOX, authorization, mail_body, send_mail


def test_the_official_client_and_its_helpers_send(sandbox: RunningSandbox, api: Listener) -> None:
    client = SendGridAPIClient(API_KEY, host=sandbox.url)
    client.client.timeout = 10
    mail = Mail("loans@tenor.example", MAILBOX, "Hello", "A <b>plain</b> text", "<p>html</p>")
    mail.add_custom_arg(CustomArg("tenor_message_id", "m-1"))
    answer = client.send(mail)
    assert answer.status_code == 202
    assert answer.headers["X-Message-Id"]
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert (kept["reference"], kept["body"]) == ("m-1", "A <b>plain</b> text")
    for query in (
        "(unique_args['tenor_message_id']=\"m-1\")",
        f'to_email="{MAILBOX}"',
        f"msg_id LIKE '{answer.headers['X-Message-Id']}%'",
        f"to_email=\"{MAILBOX}\" AND (unique_args['tenor_message_id']='m-1')",
        "",
    ):
        found = json.loads(client.client.messages.get(query_params={"query": query}).body)
        assert [entry["msg_id"] for entry in found["messages"]] == [kept["sid"]]
    other = {"query": "(unique_args['tenor_message_id']=\"m-2\")"}
    assert json.loads(client.client.messages.get(query_params=other).body) == {"messages": []}


def test_each_recipient_gets_a_copy(sandbox: RunningSandbox, api: Listener) -> None:
    body = mail_body()
    body["personalizations"] = [
        {"to": [{"email": "a@people.example"}, {"email": "B@people.example"}]},
        {"to": [{"email": "c@people.example"}], "subject": "Other", "custom_args": {"k": "v"}},
    ]
    answer = sandbox.client.post("/v3/mail/send", json=body, headers=BEARER)
    assert answer.status_code == 202
    kept = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert [(item["to"], item["subject"]) for item in kept] == [
        ("a@people.example", "Hello"),
        ("B@people.example", "Hello"),
        ("c@people.example", "Other"),
    ]
    received = api.wait_for(lambda got: sum(len(json.loads(item.body)) for item in got) == 6)
    assert len(received) == 1, "events of one moment travel together"
    assert {event.get("k") for event in json.loads(received[0].body)} == {None, "v"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": "a"}]}]}, "personalizations.0.to.0.email"),
        ({"personalizations": [{"to": ["a@b.example"]}]}, "personalizations.0.to"),
        ({"personalizations": "x"}, "personalizations"),
        ({"from": None}, "from.email"),
        ({"subject": ""}, "subject"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        ({"content": [{"type": "text/plain", "value": 7}]}, "content.0.value"),
        ({"custom_args": {"a": 1}}, "custom_args"),
        ({"custom_args": []}, "custom_args"),
        ({"personalizations": [{"to": [{"email": "a@b.example"}] * 1001}]}, "personalizations"),
    ],
)
def test_faulty_mails_are_named(
    sandbox: RunningSandbox, change: dict[str, object], field: str
) -> None:
    answer = sandbox.client.post("/v3/mail/send", json={**mail_body(), **change}, headers=BEARER)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert sandbox.outbound("sendgrid") == 0


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"\xff", b"[" * 100_000, b'{"personalizations": NaN}']
)
def test_bodies_that_are_no_mail_are_refused(sandbox: RunningSandbox, body: bytes) -> None:
    answer = sandbox.client.post("/v3/mail/send", content=body, headers=BEARER)
    assert answer.status_code == 400


def test_lone_surrogates_are_replaced(sandbox: RunningSandbox) -> None:
    body = json.dumps(mail_body(subject="a\ud800b", text="c\udfffd")).encode()
    assert sandbox.client.post("/v3/mail/send", content=body, headers=BEARER).status_code == 202
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert (kept["subject"], kept["body"]) == ("a?b", "c?d")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer SG.no", "Basic YTpi", b"Bearer \xe9"])
def test_wrong_keys_are_refused(sandbox: RunningSandbox, header: str | bytes | None) -> None:
    headers = authorization(header)
    for answer in (
        sandbox.client.post("/v3/mail/send", json=mail_body(), headers=headers),
        sandbox.client.get("/v3/messages", headers=headers),
    ):
        assert answer.status_code == 401
        assert "authorization grant" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "drop table messages"},
        {"query": 'subject="a"'},
        {"query": "(unique_args['other']=\"1\")"},
        {"query": "to_email LIKE 'a%'"},
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "many"},
    ],
)
def test_faulty_queries_are_refused(sandbox: RunningSandbox, asked: dict[str, str]) -> None:
    assert sandbox.client.get("/v3/messages", params=asked, headers=BEARER).status_code == 400


def test_a_huge_mail_is_refused(sandbox: RunningSandbox) -> None:
    assert send_mail(sandbox.client, text="x" * 5_000_000).status_code == 413
    assert send_mail(sandbox.client).status_code == 202
