import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from activities.messaging.port import (
    Accepted,
    CannotTell,
    Channel,
    Found,
    NotFound,
    Outbound,
    Refused,
    Sender,
    Unanswered,
    Unknown,
)
from activities.messaging.twilio import TwilioSms
from tests.activities.messaging.examples import (
    TEXT,
    THEIR_NUMBER,
    answering,
    http,
    nobody,
    text_message,
)
from tests.sandbox.running import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, Listener, RunningSandbox


def sender(
    base_url: str, *, auth_token: str = AUTH_TOKEN, callback: str | None = None
) -> TwilioSms:
    return TwilioSms(
        account_sid=ACCOUNT_SID,
        auth_token=auth_token,
        from_=OUR_NUMBER,
        base_url=base_url,
        status_callback=callback,
        timeout=1.0,
    )


async def test_a_sent_message_arrives_unchanged(sandbox: RunningSandbox, sms: TwilioSms) -> None:
    port: Sender = sms
    assert port.channel is Channel.SMS
    assert port.can_look_up
    message = text_message(body="Zahlung fällig: 50 € & mehr + नमस्ते\n😀")
    outcome = await port.send(message)
    assert isinstance(outcome, Accepted)
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert kept["sid"] == outcome.provider_id
    assert (kept["from"], kept["to"], kept["body"]) == (OUR_NUMBER, THEIR_NUMBER, message.body)
    assert await port.look_up(message) == Found(outcome.provider_id)


async def test_many_at_once_are_each_kept_once(sandbox: RunningSandbox, sms: TwilioSms) -> None:
    messages = [text_message(to=f"+155512300{n:02}") for n in range(60)]
    outcomes = await asyncio.gather(*(sms.send(message) for message in messages))
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 60
    assert sandbox.outbound("twilio") == 60


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("+15005550001", Refused("21211", False, True)),
        ("+15005550009", Refused("21614", False, True)),
        ("+15005550004", Refused("21610", False, True)),
        ("12", Refused("21211", False, True)),
    ],
)
async def test_useless_numbers_are_retired(
    sandbox: RunningSandbox, sms: TwilioSms, number: str, refusal: Refused
) -> None:
    assert await sms.send(text_message(to=number)) == refusal
    assert sandbox.outbound("twilio") == 0


async def test_a_fault_of_the_text_retires_no_number(
    sandbox: RunningSandbox, sms: TwilioSms
) -> None:
    assert await sms.send(text_message(body="x" * 1601)) == Refused("21617", False, False)
    assert sandbox.outbound("twilio") == 0


async def test_rate_limit_is_a_refusal_with_its_wait(
    sandbox: RunningSandbox, sms: TwilioSms
) -> None:
    sandbox.fault("twilio", "rate-limited")
    message = text_message()
    assert await sms.send(message) == Refused("429", True, False, 1.0, provider_fault=True)
    assert sandbox.outbound("twilio") == 0
    assert isinstance(await sms.send(message), Accepted)


async def test_a_server_error_leaves_the_outcome_open(
    sandbox: RunningSandbox, sms: TwilioSms
) -> None:
    sandbox.fault("twilio", "server-error")
    message = text_message()
    assert await sms.send(message) == Unknown("500")
    assert await sms.look_up(message) == NotFound()


async def test_a_lost_answer_is_found_by_asking(sandbox: RunningSandbox, sms: TwilioSms) -> None:
    sandbox.fault("twilio", "timeout-after-accept")
    message = text_message()
    assert await sms.send(message) == Unknown("timeout")
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert await sms.look_up(message) == Found(kept["sid"])


async def test_an_older_message_of_the_same_text_is_not_taken_for_ours(
    sandbox: RunningSandbox, sms: TwilioSms
) -> None:
    assert isinstance(await sms.send(text_message()), Accepted)
    later = replace(text_message(), dispatched_at=datetime.now(UTC) + timedelta(seconds=30))
    assert await sms.look_up(later) == NotFound()
    long_ago = replace(text_message(), dispatched_at=datetime.now(UTC) - timedelta(hours=1))
    assert await sms.look_up(long_ago) == NotFound()


async def test_another_text_or_number_is_not_taken_for_ours(
    sandbox: RunningSandbox, sms: TwilioSms
) -> None:
    assert isinstance(await sms.send(text_message()), Accepted)
    assert await sms.look_up(text_message(body=TEXT + " ")) == NotFound()
    assert await sms.look_up(text_message(to="+15557654322")) == NotFound()


async def test_two_that_fit_prove_nothing(sandbox: RunningSandbox, sms: TwilioSms) -> None:
    message = text_message()
    await sms.send(message)
    await sms.send(message)
    assert await sms.look_up(message) == CannotTell()


async def test_the_look_up_reads_past_the_first_page(
    sandbox: RunningSandbox, sms: TwilioSms
) -> None:
    message = text_message(body="the first of many")
    first = await sms.send(message)
    assert isinstance(first, Accepted)
    await asyncio.gather(*(sms.send(text_message(body=f"number {n}")) for n in range(230)))
    assert await sms.look_up(message) == Found(first.provider_id)


async def test_wrong_credentials_keep_the_message_for_later(sandbox: RunningSandbox) -> None:
    wrong = sender(sandbox.url, auth_token="not the token")
    outcome = await wrong.send(text_message())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retryable, outcome.retire_address) == ("20003", True, False)
    assert await wrong.look_up(text_message()) == Unanswered()
    await wrong.close()


async def test_no_connection_is_a_definite_refusal() -> None:
    with nobody() as url:
        sms = sender(url)
        outcome = await sms.send(text_message())
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.retryable) == ("connect-failed", True)
        assert await sms.look_up(text_message()) == Unanswered()
        await sms.close()


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (b"", "connection-lost"),
        (b"HTTP/1.1 201 Cre", "connection-lost"),
        (b"SMTP ready\r\n\r\n", "connection-lost"),
        (http("201 Created", "<html>welcome</html>"), "unreadable-answer"),
        (http("201 Created", "[]"), "unreadable-answer"),
        (http("201 Created", '{"sid": 7}'), "unreadable-answer"),
        (http("200 OK", "{}"), "unreadable-answer"),
        (http("302 Found", "", "Location: http://127.0.0.1:9/"), "unreadable-answer"),
        (http("503 Service Unavailable", "busy"), "503"),
        (http("408 Request Timeout", ""), "408"),
    ],
)
async def test_an_answer_that_is_none_leaves_the_outcome_open(answer: bytes, ending: str) -> None:
    with answering(answer) as url:
        sms = sender(url)
        assert await sms.send(text_message()) == Unknown(ending)
        assert await sms.look_up(text_message()) == Unanswered()
        await sms.close()


async def test_a_dripping_answer_ends_at_the_time_out() -> None:
    with answering(b"HTTP/1.1 201 Created\r\nContent-Length: 90000\r\n\r\n", drip=True) as url:
        sms = sender(url)
        assert await sms.send(text_message()) == Unknown("timeout")
        await sms.close()


async def test_an_endless_answer_is_cut() -> None:
    body = "x" * (9 * 1024 * 1024)
    with answering(http("201 Created", body)) as url:
        sms = sender(url)
        assert await sms.send(text_message()) == Unknown("connection-lost")
        await sms.close()


async def test_the_status_callback_names_our_message(
    sandbox: RunningSandbox, api: Listener
) -> None:
    callback = f"{api.url}/api/v1/webhooks/twilio/status?v=1"
    sms = sender(sandbox.url, callback=callback)
    message = text_message()
    outcome = await sms.send(message)
    assert isinstance(outcome, Accepted)
    received = api.wait_for(lambda got: len(got) == 3)
    for request in received:
        url = api.url + request.path
        assert parse_qs(urlsplit(url).query) == {
            "v": ["1"],
            "tenor_message_id": [str(message.message_id)],
        }
        assert RequestValidator(AUTH_TOKEN).validate(
            url, request.form, request.headers["X-Twilio-Signature"]
        )
    assert [request.form["MessageStatus"] for request in received] == [
        "queued",
        "sent",
        "delivered",
    ]
    assert {request.form["MessageSid"] for request in received} == {outcome.provider_id}
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert kept["reference"] == str(message.message_id)
    await sms.close()


async def test_nothing_personal_is_logged_or_shown(
    sandbox: RunningSandbox, sms: TwilioSms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = text_message()
    outcomes: list[object] = [message, await sms.send(message), await sms.look_up(message)]
    sandbox.fault("twilio", "server-error")
    outcomes += [await sms.send(message), await sms.send(text_message(to="12"))]
    logging.getLogger("canary").info("to %s", "+15550009999")
    assert "+15550009999" in caplog.text
    shown = caplog.text + repr(outcomes)
    for personal in (THEIR_NUMBER, THEIR_NUMBER[1:], TEXT, "Maria"):
        assert personal not in shown


def test_an_instant_without_zone_is_refused() -> None:
    good = text_message()
    with pytest.raises(ValueError, match="time zone"):
        Outbound(good.message_id, good.to, None, good.body, datetime(2026, 11, 21))  # noqa: DTZ001
