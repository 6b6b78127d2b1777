import json
import threading
from pathlib import Path
from time import monotonic

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tenor.sandbox.keys import generate_event_webhook_keys
from tests.sandbox.running import (
    AUTH_TOKEN,
    OUR_NUMBER,
    Listener,
    Received,
    RunningSandbox,
    make_settings,
    run_listener,
    run_sandbox,
)
from tests.sandbox.wire import PERSON, send_mail, send_text


def pending(sandbox: RunningSandbox) -> int:
    count: int = sandbox.client.get("/sandbox/api/webhooks/pending").json()["count"]
    return count


def wait_until_none_is_pending(sandbox: RunningSandbox) -> None:
    """A webhook that was answered is ticked off a moment later."""
    deadline = monotonic() + 20
    while count := pending(sandbox):
        assert monotonic() < deadline, f"{count} webhooks are pending"


def reply(sandbox: RunningSandbox, body: str) -> dict[str, object]:
    answer = sandbox.client.post(
        "/sandbox/api/replies", json={"from": PERSON, "to": OUR_NUMBER, "body": body}
    )
    assert answer.status_code == 200
    told: dict[str, object] = answer.json()
    return told


def test_a_reply_reaches_the_api_signed(sandbox: RunningSandbox, api: Listener) -> None:
    told = reply(sandbox, "I'll pay 2,000 on Friday & not later 😀")
    assert (told["api_status"], told["accepted"]) == (204, True)
    [request] = api.received
    assert request.path == "/api/v1/webhooks/twilio/inbound"
    assert request.form["Body"] == "I'll pay 2,000 on Friday & not later 😀"
    assert (request.form["From"], request.form["To"]) == (PERSON, OUR_NUMBER)
    assert request.form["MessageSid"] == told["message_sid"]
    signature = request.headers["X-Twilio-Signature"]
    url = api.url + request.path
    assert RequestValidator(AUTH_TOKEN).validate(url, request.form, signature)
    tampered = {**request.form, "Body": "I paid"}
    assert not RequestValidator(AUTH_TOKEN).validate(url, tampered, signature)
    wait_until_none_is_pending(sandbox)
    assert sandbox.client.get("/sandbox/api/counts").json()["twilio"]["inbound"] == 1


@pytest.mark.parametrize("status", [403, 500])
def test_a_reply_that_is_not_accepted_is_tried_again(
    sandbox: RunningSandbox, api: Listener, status: int
) -> None:
    api.answer = lambda _: status if not api.received else 204
    told = reply(sandbox, "STOP")
    assert (told["api_status"], told["accepted"]) == (status, False)
    first, second = api.wait_for(lambda got: len(got) == 2)
    assert first.form == second.form
    assert first.headers["X-Twilio-Signature"] == second.headers["X-Twilio-Signature"]


def test_an_unusable_reply_is_refused(sandbox: RunningSandbox, api: Listener) -> None:
    for bad in (
        {"from": "me", "to": OUR_NUMBER, "body": "x"},
        {"from": PERSON, "to": OUR_NUMBER, "body": ""},
        {"from": PERSON, "to": OUR_NUMBER, "body": "x" * 1601},
        {"from": PERSON, "to": OUR_NUMBER},
        {"from": PERSON, "to": OUR_NUMBER, "body": "x", "more": 1},
    ):
        assert sandbox.client.post("/sandbox/api/replies", json=bad).status_code == 422
    assert api.received == []


def test_statuses_come_in_order_even_when_refused(sandbox: RunningSandbox, api: Listener) -> None:
    refused: list[Received] = []

    def answer(request: Received) -> int:
        if request.form["MessageStatus"] == "queued" and len(refused) < 2:
            refused.append(request)
            return 503
        return 204

    api.answer = answer
    send_text(sandbox.client, callback=f"{api.url}/status")
    received = api.wait_for(lambda got: len(got) == 5)
    assert [request.form["MessageStatus"] for request in received] == [
        "queued",
        "queued",
        "queued",
        "sent",
        "delivered",
    ]


def test_one_message_does_not_wait_for_another(sandbox: RunningSandbox, api: Listener) -> None:
    api.answer = lambda request: 503 if "bad" in request.path else 204
    send_text(sandbox.client, callback=f"{api.url}/bad")
    send_text(sandbox.client, callback=f"{api.url}/good")
    received = api.wait_for(lambda got: sum("good" in item.path for item in got) == 3)
    assert {item.form["MessageStatus"] for item in received if "bad" in item.path} == {"queued"}
    waiting = sandbox.client.get("/sandbox/api/webhooks/pending").json()
    assert waiting["count"] >= 3
    assert waiting["webhooks"][0]["kind"] == "twilio-status"


def test_what_is_held_back_comes_later_and_replies_at_once(
    sandbox: RunningSandbox, api: Listener
) -> None:
    def hold(*, held: bool) -> None:
        answer = sandbox.client.put("/sandbox/api/webhooks/hold", json={"held": held})
        assert answer.status_code == 204

    hold(held=True)
    send_text(sandbox.client, callback=f"{api.url}/status")
    assert reply(sandbox, "hello")["accepted"] is True
    assert [item.form.get("Body") for item in api.received] == ["hello"]
    assert pending(sandbox) == 3
    hold(held=False)
    received = api.wait_for(lambda got: len(got) == 4)
    assert [item.form.get("MessageStatus") for item in received[1:]] == [
        "queued",
        "sent",
        "delivered",
    ]


def test_a_poisonous_event_does_not_hold_up_the_others(
    sandbox: RunningSandbox, api: Listener
) -> None:
    api.answer = lambda request: 422 if b"poison@" in request.body else 204
    send_mail(sandbox.client, to="poison@people.example")
    for number in range(3):
        send_mail(sandbox.client, to=f"p{number}@people.example")

    def others_are_told(received: list[Received]) -> bool:
        told = {
            event["email"]
            for item in received
            if b"poison@" not in item.body
            for event in json.loads(item.body)
        }
        return told == {f"p{number}@people.example" for number in range(3)}

    api.wait_for(others_are_told)


def test_what_is_owed_survives_a_restart_and_an_absent_api(tmp_path: Path) -> None:
    keys = generate_event_webhook_keys()
    with run_listener() as absent:
        port = int(absent.url.rpartition(":")[2])
    settings = make_settings(tmp_path, f"http://127.0.0.1:{port}", keys)
    with run_sandbox(settings, keys) as first:
        send_text(first.client, callback=f"http://127.0.0.1:{port}/status")
        send_mail(first.client)
        told = first.client.post(
            "/sandbox/api/replies", json={"from": PERSON, "to": OUR_NUMBER, "body": "STOP"}
        ).json()
        assert (told["api_status"], told["accepted"]) == (0, False)
        assert pending(first) == 6
    with run_sandbox(settings, keys) as second, run_listener(port) as api:
        received = api.wait_for(
            lambda got: (
                sum("status" in item.path for item in got) >= 3
                and any("inbound" in item.path for item in got)
                and any("events" in item.path for item in got)
            )
        )
        events = next(item for item in received if "events" in item.path)
        assert EventWebhook(keys.public_base64).verify_signature(
            events.body.decode(),
            events.headers[EventWebhookHeader.SIGNATURE],
            events.headers[EventWebhookHeader.TIMESTAMP],
        )
        counts = second.client.get("/sandbox/api/counts").json()
        assert counts["twilio"] == {"outbound": 1, "inbound": 1, "parties": 1}
        assert counts["sendgrid"] == {"outbound": 1, "inbound": 0, "parties": 1}


def test_a_reply_under_way_is_posted_once(sandbox: RunningSandbox, api: Listener) -> None:
    go_on = threading.Event()

    def answer(request: Received) -> int:
        if "inbound" in request.path:
            assert go_on.wait(20)
        return 204

    api.answer = answer
    replying = threading.Thread(target=reply, args=(sandbox, "I will pay"))
    replying.start()
    # The poster passes over the outbox meanwhile: other webhooks go out, the reply does not.
    send_text(sandbox.client, callback=f"{api.url}/status")
    api.wait_for(lambda got: sum("status" in item.path for item in got) == 3)
    go_on.set()
    replying.join()
    assert sum("inbound" in item.path for item in api.received) == 1
    wait_until_none_is_pending(sandbox)
