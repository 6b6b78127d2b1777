from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.sandbox.running import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, RunningSandbox
from tests.sandbox.wire import ACCOUNT, MESSAGES, PERSON, authorization, send_text


class LocalTwilio(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's own transport, sent to another host."""

    def __init__(self, base: str) -> None:
        super().__init__(pool_connections=False, timeout=10)
        self.base = base

    def request(self, method: str, url: str, *args: object, **named: object) -> object:
        return super().request(
            method, url.replace("https://api.twilio.com", self.base), *args, **named
        )


def test_the_official_client_sends_lists_and_fetches(sandbox: RunningSandbox) -> None:
    twilio = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=LocalTwilio(sandbox.url))
    sent = [
        twilio.messages.create(to=PERSON, from_=OUR_NUMBER, body=f"text {number}")
        for number in range(7)
    ]
    assert {message.status for message in sent} == {"queued"}
    fetched = twilio.messages(sent[0].sid).fetch()
    assert (fetched.body, fetched.status, fetched.direction) == (
        "text 0",
        "delivered",
        "outbound-api",
    )
    listed = twilio.messages.list(to=PERSON, from_=OUR_NUMBER, page_size=3)
    assert [message.sid for message in listed] == [message.sid for message in reversed(sent)]
    assert twilio.messages.list(to="+15559990000") == []
    assert len(twilio.messages.list(limit=5, page_size=2)) == 5


def test_lists_are_filtered_by_day(sandbox: RunningSandbox) -> None:
    created = parsedate_to_datetime(send_text(sandbox.client).json()["date_created"])
    assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)
    today = created.date()
    before, after = today - timedelta(days=1), today + timedelta(days=1)

    def found(**filters: object) -> int:
        asked = {name.replace("_", ""): str(value) for name, value in filters.items()}
        answer = sandbox.client.get(MESSAGES, params=asked, auth=ACCOUNT)
        assert answer.status_code == 200
        return len(answer.json()["messages"])

    assert found(DateSent=today) == 1
    assert found(DateSent=f"{today}T00:00:00Z") == 1
    assert found(DateSent=before) == 0
    for name, day, count in [
        ("DateSent>", today, 1),
        ("DateSent>", after, 0),
        ("DateSent<", today, 1),
        ("DateSent<", before, 0),
    ]:
        assert found(**{name: day}) == count


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 21604),
        ({"To": PERSON}, 21603),
        ({"To": PERSON, "From": OUR_NUMBER}, 21602),
        ({"To": "maria", "From": OUR_NUMBER, "Body": "x"}, 21211),
        ({"To": PERSON + "\n", "From": OUR_NUMBER, "Body": "x"}, 21211),
        ({"To": PERSON, "From": "us", "Body": "x"}, 21212),
        ({"To": PERSON, "From": OUR_NUMBER, "Body": "x" * 1601}, 21617),
        ({"To": PERSON, "From": OUR_NUMBER, "Body": "x", "StatusCallback": "file:///x"}, 21609),
    ],
)
def test_faulty_forms_are_named(sandbox: RunningSandbox, form: dict[str, str], code: int) -> None:
    answer = sandbox.client.post(MESSAGES, data=form, auth=ACCOUNT)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert sandbox.outbound("twilio") == 0


@pytest.mark.parametrize(
    "body", [b"\xff\xfe=\xff", b"&".join(b"a%d=1" % n for n in range(500)), b'{"To": "x"}']
)
def test_bodies_that_are_no_form_are_refused(sandbox: RunningSandbox, body: bytes) -> None:
    answer = sandbox.client.post(MESSAGES, content=body, auth=ACCOUNT)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic YTpi",
        "Bearer x",
        "Basic " + "A" * 5000,
        "Basic \xe9".encode("latin-1"),
    ],
)
def test_wrong_credentials_are_refused(sandbox: RunningSandbox, header: str | bytes | None) -> None:
    headers = authorization(header)
    for answer in (
        sandbox.client.post(MESSAGES, data={"To": PERSON}, headers=headers),
        sandbox.client.get(MESSAGES, headers=headers),
        sandbox.client.get(MESSAGES.replace(".json", "/SM1.json"), headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_other_accounts_and_messages_do_not_exist(sandbox: RunningSandbox) -> None:
    other = MESSAGES.replace(ACCOUNT_SID, "AC" + "9" * 32)
    assert sandbox.client.post(other, data={}, auth=ACCOUNT).status_code == 404
    missing = MESSAGES.replace(".json", "/SM1.json")
    assert sandbox.client.get(missing, auth=ACCOUNT).json()["code"] == 20404


@pytest.mark.parametrize(
    "asked",
    [
        {"DateSent": "yesterday"},
        {"DateSent<": "9999-12-31"},
        {"PageSize": "-1"},
        {"PageToken": "PA' OR 1=1"},
        {"Page": "9" * 30},
    ],
)
def test_faulty_filters_are_refused(sandbox: RunningSandbox, asked: dict[str, str]) -> None:
    answer = sandbox.client.get(MESSAGES, params=asked, auth=ACCOUNT)
    assert answer.status_code == 400


def test_a_huge_body_is_refused(sandbox: RunningSandbox) -> None:
    form = {"To": PERSON, "From": OUR_NUMBER, "Body": "x" * 5_000_000}
    answer = sandbox.client.post(MESSAGES, data=form, auth=ACCOUNT)
    assert answer.status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    chunked = sandbox.client.post(MESSAGES, content=chunks(), auth=ACCOUNT)
    assert chunked.status_code == 413
    assert send_text(sandbox.client).status_code == 201


def test_text_survives_as_it_was_sent(sandbox: RunningSandbox) -> None:
    text = "NUL:\x00 quote:' tag:<script> emoji:😀 plus:+ amp:& end\r\n"
    assert send_text(sandbox.client, text).json()["body"] == text
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert kept["body"] == text
