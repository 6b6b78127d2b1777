import asyncio

import httpx2
import pytest

from tests.sandbox.running import OUR_NUMBER, RunningSandbox
from tests.sandbox.wire import MAILBOX, PERSON, send_mail, send_text


def test_messages_are_paged_in_order_of_arrival(sandbox: RunningSandbox) -> None:
    for number in range(5):
        send_text(sandbox.client, f"text {number}")
    send_mail(sandbox.client)
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = sandbox.client.get(
            "/sandbox/api/messages", params={"after_id": after, "limit": 2}
        ).json()
        assert len(page["messages"]) == 2
        seen += [message["body"] for message in page["messages"]]
        after = page["next_after_id"]
    assert seen == [f"text {number}" for number in range(5)] + ["A mail"]


def test_messages_are_filtered(sandbox: RunningSandbox) -> None:
    send_text(sandbox.client)
    send_text(sandbox.client, to="+15551230002")
    send_mail(sandbox.client)
    reply = {"from": PERSON, "to": OUR_NUMBER, "body": "hi"}
    sandbox.client.post("/sandbox/api/replies", json=reply)

    def found(**asked: str) -> int:
        answer = sandbox.client.get("/sandbox/api/messages", params=asked)
        return len(answer.json()["messages"])

    assert found() == 4
    assert found(provider="twilio") == 3
    assert found(provider="twilio", direction="outbound") == 2
    assert found(to=PERSON) == 1
    assert found(to=MAILBOX) == 1
    assert found(to=MAILBOX, provider="twilio") == 0
    assert sandbox.client.get("/sandbox/api/counts").json() == {
        "twilio": {"outbound": 2, "inbound": 1, "parties": 2},
        "sendgrid": {"outbound": 1, "inbound": 0, "parties": 1},
        "stripe": {"outbound": 0, "inbound": 0, "parties": 0},
        "bank": {"outbound": 0, "inbound": 0, "parties": 0},
    }


@pytest.mark.parametrize(
    "asked", [{"provider": "pigeon"}, {"after_id": "-1"}, {"limit": "0"}, {"after_id": str(2**63)}]
)
def test_faulty_filters_are_refused(sandbox: RunningSandbox, asked: dict[str, str]) -> None:
    assert sandbox.client.get("/sandbox/api/messages", params=asked).status_code == 422


def test_faults_are_used_up_in_the_order_they_were_set(sandbox: RunningSandbox) -> None:
    sandbox.fault("twilio", "server-error", 2)
    sandbox.fault("twilio", "rate-limited", 1)
    assert sandbox.client.get("/sandbox/api/faults").json() == [
        {"provider": "twilio", "kind": "server-error", "remaining": 2, "share": 100},
        {"provider": "twilio", "kind": "rate-limited", "remaining": 1, "share": 100},
    ]
    assert send_mail(sandbox.client).status_code == 202, "the other provider is well"
    statuses = [send_text(sandbox.client).status_code for _ in range(4)]
    assert statuses == [500, 500, 429, 201]
    assert sandbox.outbound("twilio") == 1
    assert sandbox.client.get("/sandbox/api/faults").json() == []


async def test_concurrent_sends_use_a_fault_exactly_as_often_as_set(
    sandbox: RunningSandbox,
) -> None:
    sandbox.fault("sendgrid", "server-error", 7)
    async with httpx2.AsyncClient(base_url=sandbox.url, timeout=20) as client:
        body = {
            "personalizations": [{"to": [{"email": MAILBOX}]}],
            "from": {"email": "loans@tenor.example"},
            "subject": "s",
            "content": [{"type": "text/plain", "value": "v"}],
        }
        headers = {
            "Authorization": f"Bearer {sandbox.settings.sendgrid_api_key.get_secret_value()}"
        }
        answers = await asyncio.gather(
            *(client.post("/v3/mail/send", json=body, headers=headers) for _ in range(40))
        )
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(500), statuses.count(202)) == (7, 33)
    assert sandbox.outbound("sendgrid") == 33
