"""Another provider takes a message only if the one before certainly did not send it.

Both providers are Twilio's official SDK, against the stand-in or against servers that misbehave.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from activities.messaging.circuit import CircuitRules, CircuitState
from activities.messaging.failover import AWAY, FAILOVER_SECONDS, Failover, Provider
from activities.messaging.port import (
    Accepted,
    CannotTell,
    Found,
    NotFound,
    Refused,
    Sender,
    Unanswered,
    Unknown,
)
from activities.messaging.sendgrid import SendGridEmail
from activities.messaging.smtp import Server, SmtpEmail
from activities.messaging.twilio import TwilioSms
from tests.activities.messaging.examples import answering, http, mail, nobody, text_message
from tests.sandbox.running import (
    ACCOUNT_SID,
    API_KEY,
    AUTH_TOKEN,
    OUR_ADDRESS,
    OUR_NUMBER,
    RunningSandbox,
)

BACKUP_NUMBER = "+15550002222"
RULES = CircuitRules(failures=3, rest_seconds=10)


class Hand:
    """A clock that is set by hand, and the counts of what was sent."""

    def __init__(self) -> None:
        self.now = 0.0
        self.counts: list[tuple[str, str, str]] = []

    def __call__(self) -> float:
        return self.now

    def sent(self, channel: str, provider: str, outcome: str) -> None:
        self.counts.append((channel, provider, outcome))


def twilio(base_url: str, number: str = OUR_NUMBER, *, auth_token: str = AUTH_TOKEN) -> TwilioSms:
    return TwilioSms(
        account_sid=ACCOUNT_SID,
        auth_token=auth_token,
        from_=number,
        base_url=base_url,
        timeout=1.0,
        settle_seconds=0.0,
    )


@asynccontextmanager
async def ordered(first: Sender, second: Sender, hand: Hand) -> AsyncIterator[Failover]:
    both = Failover(
        [Provider("first", first), Provider("second", second)],
        rules=RULES,
        clock=hand,
        watch=hand,
    )
    port: Sender = both
    try:
        yield both
    finally:
        await port.close()


def senders_of(sandbox: RunningSandbox) -> list[str]:
    kept = sandbox.client.get("/sandbox/api/messages").json()["messages"]
    return [each["from"] for each in kept]


async def test_whoever_cannot_be_reached_or_lets_nobody_in_is_stood_in_for(
    sandbox: RunningSandbox,
) -> None:
    hand = Hand()
    with nobody() as away, answering(http("429 Too Many Requests", "{}")) as busy:
        for first in (twilio(away), twilio(busy), twilio(sandbox.url, auth_token="wrong")):
            async with ordered(first, twilio(sandbox.url, BACKUP_NUMBER), hand) as both:
                ended = await both.send(text_message())
                assert isinstance(ended, Accepted)
                assert ended.provider == "second"
    assert senders_of(sandbox) == [BACKUP_NUMBER] * 3
    assert hand.counts == [("sms", "first", "failed"), ("sms", "second", "accepted")] * 3


async def test_server_errors_open_the_circuit_and_a_probe_closes_it(
    sandbox: RunningSandbox,
) -> None:
    hand = Hand()
    first, second = twilio(sandbox.url), twilio(sandbox.url, BACKUP_NUMBER)
    async with ordered(first, second, hand) as both:
        for _ in range(RULES.failures):
            sandbox.fault("twilio", "server-error")
            # What became of it is not known: nobody else may have it.
            assert await both.send(text_message()) == Unknown("500", "first")
        assert senders_of(sandbox) == []
        assert both.states() == {"first": CircuitState.OPEN, "second": CircuitState.CLOSED}
        for _ in range(2):
            ended = await both.send(text_message())
            assert isinstance(ended, Accepted)
            assert ended.provider == "second"
        hand.now = RULES.rest_seconds
        ended = await both.send(text_message())
        assert isinstance(ended, Accepted)
        assert ended.provider == "first"
        assert both.states()["first"] is CircuitState.CLOSED
    assert senders_of(sandbox) == [BACKUP_NUMBER, BACKUP_NUMBER, OUR_NUMBER]


async def test_only_one_of_many_at_once_is_the_probe(sandbox: RunningSandbox) -> None:
    hand = Hand()
    async with ordered(twilio(sandbox.url), twilio(sandbox.url, BACKUP_NUMBER), hand) as both:
        for _ in range(RULES.failures):
            sandbox.fault("twilio", "server-error")
            await both.send(text_message())
        hand.now = RULES.rest_seconds
        sandbox.fault("twilio", "slow")
        messages = [text_message(to=f"+155512300{n:02}") for n in range(8)]
        ended = await asyncio.gather(*(both.send(message) for message in messages))
    by = [each.provider for each in ended]
    assert by.count("first") == 1
    assert by.count("second") == len(messages) - 1


async def test_after_a_time_out_nobody_else_is_asked(sandbox: RunningSandbox) -> None:
    hand = Hand()
    async with ordered(twilio(sandbox.url), twilio(sandbox.url, BACKUP_NUMBER), hand) as both:
        sandbox.fault("twilio", "timeout-after-accept")
        message = text_message()
        assert await both.send(message) == Unknown("timeout", "first")
        assert senders_of(sandbox) == [OUR_NUMBER]
        [kept] = sandbox.client.get("/sandbox/api/messages").json()["messages"]
        # A worker that was killed meanwhile does not even know whom it asked.
        for asked in (message, replace(message, provider="first")):
            assert await both.look_up(asked) == Found(kept["sid"], "first")
        assert await both.look_up(replace(message, provider="second")) == NotFound()
        assert await both.look_up(replace(message, provider="long-gone")) == CannotTell()


async def test_a_message_is_not_there_only_if_everybody_says_so(sandbox: RunningSandbox) -> None:
    with nobody() as away:
        async with ordered(twilio(sandbox.url), twilio(away), Hand()) as both:
            message = text_message()
            assert await both.look_up(message) == Unanswered()
            assert await both.look_up(replace(message, provider="first")) == NotFound()


async def test_a_bad_address_is_bad_everywhere_and_nobodys_fault(sandbox: RunningSandbox) -> None:
    hand = Hand()
    async with ordered(twilio(sandbox.url), twilio(sandbox.url, BACKUP_NUMBER), hand) as both:
        for _ in range(RULES.failures + 1):
            ended = await both.send(text_message(to="+15005550001"))
            assert ended == Refused("21211", False, True, provider="first")
        assert set(both.states().values()) == {CircuitState.CLOSED}
    assert sandbox.outbound("twilio") == 0


async def test_while_nobody_is_well_messages_wait_and_nobody_is_asked() -> None:
    hand = Hand()
    with nobody() as away:
        async with ordered(twilio(away), twilio(away, BACKUP_NUMBER), hand) as both:
            for _ in range(RULES.failures):
                ended = await both.send(text_message())
                assert isinstance(ended, Refused)
                assert ended.provider == "first"
            asked = len(hand.counts)
            hand.now = 4.0
            assert await both.send(text_message()) == Refused(
                AWAY, True, False, 6.0, provider_fault=True
            )
            assert len(hand.counts) == asked


async def test_a_lone_provider_is_asked_however_it_is(sandbox: RunningSandbox) -> None:
    hand = Hand()
    alone = Failover([Provider("first", twilio(sandbox.url))], rules=RULES, clock=hand)
    try:
        for _ in range(RULES.failures):
            sandbox.fault("twilio", "server-error")
            await alone.send(text_message())
        assert alone.states() == {"first": CircuitState.OPEN}
        assert isinstance(await alone.send(text_message()), Accepted)
    finally:
        await alone.close()


async def test_a_message_is_not_handed_on_when_its_time_is_nearly_up(
    sandbox: RunningSandbox,
) -> None:
    hand = Hand()

    class Slow(TwilioSms):
        async def send(self, message):  # type: ignore[no-untyped-def]
            hand.now += FAILOVER_SECONDS + 0.1
            return await super().send(message)

    with nobody() as away:
        slow = Slow(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, from_=OUR_NUMBER, base_url=away)
        async with ordered(slow, twilio(sandbox.url, BACKUP_NUMBER), hand) as both:
            ended = await both.send(text_message())
    assert isinstance(ended, Refused)
    assert (ended.code, ended.provider) == ("connect-failed", "first")
    assert sandbox.outbound("twilio") == 0


@pytest.fixture
def relay() -> Callable[[], SmtpEmail]:
    def refused() -> SmtpEmail:
        with nobody() as away:
            port = int(away.rpartition(":")[2])
        return SmtpEmail(
            Server(host="127.0.0.1", port=port, starttls=False), from_=OUR_ADDRESS, timeout=1.0
        )

    return refused


async def test_e_mail_goes_to_the_other_kind_of_provider(
    sandbox: RunningSandbox, relay: Callable[[], SmtpEmail]
) -> None:
    second = SendGridEmail(api_key=API_KEY, from_=OUR_ADDRESS, base_url=sandbox.url, timeout=1.0)
    async with ordered(relay(), second, Hand()) as both:
        ended = await both.send(mail())
        assert isinstance(ended, Accepted)
        assert ended.provider == "second"
        assert not both.can_look_up
    assert sandbox.outbound("sendgrid") == 1
