"""The demo's phones: every text is seen once, and a reply is sent once."""

from collections.abc import Callable

import httpx2
import pytest

from tenor.demo.phones import AtProvider, Phones, SandboxError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds


class Sandbox:
    """The sandbox's control interface in memory, two messages a page."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.pending = [0]
        self.on_reply: Callable[[httpx2.Request], httpx2.Response] | None = None

    def add(self, direction: str, sender: str, to: str, body: str) -> None:
        number = len(self.messages) + 1
        self.messages.append(
            {"id": number, "direction": direction, "from": sender, "to": to, "body": body}
        )

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        match request.url.path.removeprefix("/sandbox/api"):
            case "/messages":
                after = int(request.url.params["after_id"])
                direction = request.url.params["direction"]
                found = [
                    each
                    for each in self.messages
                    if each["direction"] == direction and int(str(each["id"])) > after
                ]
                more = found[1]["id"] if len(found) > 2 else None
                return httpx2.Response(200, json={"messages": found[:2], "next_after_id": more})
            case "/webhooks/pending":
                count = self.pending.pop(0) if len(self.pending) > 1 else self.pending[0]
                return httpx2.Response(200, json={"count": count, "webhooks": []})
            case "/counts":
                counts = {"outbound": 3, "inbound": 1, "parties": 1}
                return httpx2.Response(200, json={"twilio": counts, "sendgrid": counts})
            case "/replies" if self.on_reply is not None:
                return self.on_reply(request)
        return httpx2.Response(404)


def phones_of(sandbox: Sandbox) -> Phones:
    clock = Clock()
    return Phones(
        "http://sandbox.example",
        clock=clock,
        pause=clock.pause,
        transport=httpx2.MockTransport(sandbox.answer),
    )


async def test_every_text_is_seen_once_over_all_pages() -> None:
    sandbox = Sandbox()
    for number in range(5):
        sandbox.add("outbound", "+15005550006", f"+1312555010{number}", "is due today")
    async with phones_of(sandbox) as phones:
        first = await phones.new_texts()
        sandbox.add("outbound", "+15005550006", "+13125550100", "is unpaid")
        second = await phones.new_texts()
    assert [text.phone[-1] for text in first] == ["0", "1", "2", "3", "4"]
    assert [text.body for text in second] == ["is unpaid"]


async def test_a_reply_that_was_kept_before_the_line_broke_is_not_sent_again() -> None:
    sandbox = Sandbox()
    tries = 0

    def lost_answer(_: httpx2.Request) -> httpx2.Response:
        nonlocal tries
        tries += 1
        sandbox.add("inbound", "+13125550100", "+15005550006", "STOP")
        raise httpx2.ReadError("killed")

    sandbox.on_reply = lost_answer
    async with phones_of(sandbox) as phones:
        await phones.reply("+13125550100", "+15005550006", "STOP")
    assert tries == 1


async def test_a_reply_that_never_arrived_is_sent_again() -> None:
    sandbox = Sandbox()
    answers = iter([None, httpx2.Response(200, json={"accepted": True})])

    def second_time(_: httpx2.Request) -> httpx2.Response:
        found = next(answers)
        if found is None:
            raise httpx2.ConnectError("nobody listens")
        return found

    sandbox.on_reply = second_time
    async with phones_of(sandbox) as phones:
        await phones.reply("+13125550100", "+15005550006", "STOP")
    assert next(answers, "used up") == "used up"


async def test_a_refused_reply_is_an_error_without_the_number() -> None:
    sandbox = Sandbox()
    sandbox.on_reply = lambda _: httpx2.Response(422)
    async with phones_of(sandbox) as phones:
        with pytest.raises(SandboxError) as refused:
            await phones.reply("+13125550100", "+1", "STOP")
    assert "+1312" not in str(refused.value)


async def test_settling_waits_for_webhooks_and_says_whether_it_did() -> None:
    sandbox = Sandbox()
    sandbox.pending = [2, 1, 0]
    async with phones_of(sandbox) as phones:
        assert await phones.settle() is True
        assert await phones.settle() is False


async def test_webhooks_that_are_never_accepted_are_an_error() -> None:
    sandbox = Sandbox()
    sandbox.pending = [1]
    async with phones_of(sandbox) as phones:
        with pytest.raises(SandboxError, match="webhooks"):
            await phones.settle()


async def test_counts_are_of_what_was_handed_over() -> None:
    async with phones_of(Sandbox()) as phones:
        assert await phones.counts() == AtProvider(sms=3, email=3)
