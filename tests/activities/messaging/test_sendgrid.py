import asyncio
import json
import logging
from pathlib import Path

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from activities.messaging.port import (
    Accepted,
    CannotTell,
    Channel,
    Found,
    NotFound,
    Refused,
    Sender,
    Unanswered,
    Unknown,
)
from activities.messaging.sendgrid import SendGridEmail
from tenor.sandbox.keys import generate_event_webhook_keys
from tests.activities.messaging.examples import (
    TEXT,
    THEIR_ADDRESS,
    answering,
    http,
    mail,
    nobody,
)
from tests.sandbox.running import (
    API_KEY,
    OUR_ADDRESS,
    Listener,
    RunningSandbox,
    make_settings,
    run_sandbox,
)


def sender(base_url: str, *, api_key: str = API_KEY, activity_feed: bool = True) -> SendGridEmail:
    return SendGridEmail(
        api_key=api_key,
        from_=OUR_ADDRESS,
        base_url=base_url,
        timeout=0.5,
        activity_feed=activity_feed,
    )


async def test_a_sent_mail_arrives_unchanged(sandbox: RunningSandbox, email: SendGridEmail) -> None:
    port: Sender = email
    assert port.channel is Channel.EMAIL
    assert port.can_look_up
    message = mail(subject="Zahlung fällig: 50 € नमस्ते 😀")
    outcome = await port.send(message)
    assert isinstance(outcome, Accepted)
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert kept["sid"].startswith(outcome.provider_id + ".")
    assert kept["reference"] == str(message.message_id)
    assert (kept["from"], kept["to"]) == ("loans@tenor.example", THEIR_ADDRESS)
    assert (kept["subject"], kept["body"]) == (message.subject, message.body)
    assert await port.look_up(message) == Found(outcome.provider_id)
    assert await port.look_up(mail()) == NotFound()


async def test_many_at_once_are_each_kept_once(
    sandbox: RunningSandbox, email: SendGridEmail
) -> None:
    outcomes = await asyncio.gather(*(email.send(mail()) for _ in range(60)))
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 60
    assert sandbox.outbound("sendgrid") == 60


async def test_a_useless_address_is_retired(sandbox: RunningSandbox, email: SendGridEmail) -> None:
    assert await email.send(mail(to="not an address")) == Refused("400", False, True)
    assert sandbox.outbound("sendgrid") == 0


async def test_a_mail_without_subject_never_leaves(
    sandbox: RunningSandbox, email: SendGridEmail
) -> None:
    assert await email.send(mail(subject=None)) == Refused("subject-missing", False, False)


async def test_rate_limit_is_a_refusal_with_its_wait(
    sandbox: RunningSandbox, email: SendGridEmail
) -> None:
    sandbox.fault("sendgrid", "rate-limited")
    message = mail()
    outcome = await email.send(message)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retryable, outcome.retire_address) == ("429", True, False)
    assert outcome.retry_after_seconds is not None
    assert 0 <= outcome.retry_after_seconds <= 2
    assert sandbox.outbound("sendgrid") == 0
    assert isinstance(await email.send(message), Accepted)


async def test_a_server_error_leaves_the_outcome_open(
    sandbox: RunningSandbox, email: SendGridEmail
) -> None:
    sandbox.fault("sendgrid", "server-error")
    message = mail()
    assert await email.send(message) == Unknown("500")
    assert await email.look_up(message) == NotFound()


async def test_a_lost_answer_is_found_by_asking(
    sandbox: RunningSandbox, email: SendGridEmail
) -> None:
    sandbox.fault("sendgrid", "timeout-after-accept")
    message = mail()
    assert await email.send(message) == Unknown("timeout")
    [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    assert await email.look_up(message) == Found(kept["sid"].partition(".")[0])


async def test_without_the_activity_feed_nothing_can_be_told(
    tmp_path: Path, sandbox: RunningSandbox
) -> None:
    unpaid = sender(sandbox.url, activity_feed=False)
    message = mail()
    await unpaid.send(message)
    assert not unpaid.can_look_up
    assert await unpaid.look_up(message) == CannotTell()
    await unpaid.close()

    keys = generate_event_webhook_keys()
    settings = make_settings(tmp_path / "other", "http://127.0.0.1:9", keys, activity_feed=False)
    with run_sandbox(settings, keys) as without_feed:
        mistaken = sender(without_feed.url)
        await mistaken.send(message)
        assert await mistaken.look_up(message) == CannotTell()
        await mistaken.close()


async def test_wrong_credentials_keep_the_message_for_later(sandbox: RunningSandbox) -> None:
    wrong = sender(sandbox.url, api_key="SG.another")
    outcome = await wrong.send(mail())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retryable, outcome.retire_address) == ("401", True, False)
    assert await wrong.look_up(mail()) == CannotTell()
    await wrong.close()


async def test_no_connection_is_a_definite_refusal() -> None:
    with nobody() as url:
        email = sender(url)
        outcome = await email.send(mail())
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.retryable) == ("connect-failed", True)
        assert await email.look_up(mail()) == Unanswered()
        await email.close()


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (b"", "connection-lost"),
        (b"HTTP/1.1 202 Acc", "unreadable-answer"),
        (b"SMTP ready\r\n\r\n", "connection-lost"),
        (http("202 Accepted", ""), "unreadable-answer"),
        (http("200 OK", "<html>welcome</html>"), "unreadable-answer"),
        (http("503 Service Unavailable", "busy"), "503"),
        (http("408 Request Timeout", ""), "408"),
    ],
)
async def test_an_answer_that_is_none_leaves_the_outcome_open(answer: bytes, ending: str) -> None:
    with answering(answer) as url:
        email = sender(url)
        assert await email.send(mail()) == Unknown(ending)
        assert await email.look_up(mail()) == Unanswered()
        await email.close()


async def test_a_dripping_answer_ends_at_the_deadline() -> None:
    with answering(b"HTTP/1.1 202 Accepted\r\nContent-Length: 90000\r\n\r\n", drip=True) as url:
        email = sender(url)
        assert await email.send(mail()) == Unknown("timeout")
        await email.close()


@pytest.mark.parametrize("body", ['{"messages": 7}', "[]", '{"messages": ["a"]}', "no json"])
async def test_a_feed_that_is_none_tells_nothing(body: str) -> None:
    with answering(http("200 OK", body)) as url:
        email = sender(url)
        assert await email.look_up(mail()) == Unanswered()
        await email.close()


async def test_events_name_our_message_and_carry_a_good_signature(
    sandbox: RunningSandbox, api: Listener, email: SendGridEmail
) -> None:
    message = mail()
    outcome = await email.send(message)
    assert isinstance(outcome, Accepted)
    received = api.wait_for(lambda got: sum(len(json.loads(item.body)) for item in got) == 2)
    events = [event for item in received for event in json.loads(item.body)]
    assert [event["event"] for event in events] == ["processed", "delivered"]
    assert {event["tenor_message_id"] for event in events} == {str(message.message_id)}
    assert len({event["sg_event_id"] for event in events}) == 2
    assert all(event["sg_message_id"].startswith(outcome.provider_id) for event in events)
    verifier = EventWebhook(sandbox.keys.public_base64)
    for request in received:
        assert request.path == "/api/v1/webhooks/sendgrid/events"
        signature = request.headers[EventWebhookHeader.SIGNATURE]
        timestamp = request.headers[EventWebhookHeader.TIMESTAMP]
        assert verifier.verify_signature(request.body.decode(), signature, timestamp)
        assert not verifier.verify_signature(request.body.decode() + " ", signature, timestamp)


async def test_nothing_personal_is_logged_or_shown(
    sandbox: RunningSandbox, email: SendGridEmail, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = mail()
    outcomes: list[object] = [message, await email.send(message), await email.look_up(message)]
    sandbox.fault("sendgrid", "server-error")
    outcomes += [await email.send(message), await email.send(mail(to="maria lopez"))]
    logging.getLogger("canary").info("to %s", "canary@people.example")
    assert "canary@people.example" in caplog.text
    shown = caplog.text + repr(outcomes)
    for personal in (THEIR_ADDRESS, "maria", TEXT, "Your instalment", API_KEY):
        assert personal not in shown
