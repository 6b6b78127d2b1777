from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.messaging.sendgrid import SendGridEmail
from activities.messaging.twilio import TwilioSms
from tests.sandbox.running import (
    ACCOUNT_SID,
    API_KEY,
    AUTH_TOKEN,
    OUR_ADDRESS,
    OUR_NUMBER,
    Listener,
    RunningSandbox,
    run_both,
)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[RunningSandbox, Listener]]:
    with run_both(tmp_path) as running:
        yield running


@pytest.fixture
def sandbox(both: tuple[RunningSandbox, Listener]) -> RunningSandbox:
    return both[0]


@pytest.fixture
def api(both: tuple[RunningSandbox, Listener]) -> Listener:
    return both[1]


@pytest.fixture
async def sms(sandbox: RunningSandbox) -> AsyncIterator[TwilioSms]:
    sender = TwilioSms(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        from_=OUR_NUMBER,
        base_url=sandbox.url,
        timeout=1.0,
    )
    yield sender
    await sender.close()


@pytest.fixture
async def email(sandbox: RunningSandbox) -> AsyncIterator[SendGridEmail]:
    sender = SendGridEmail(
        api_key=API_KEY,
        from_=OUR_ADDRESS,
        base_url=sandbox.url,
        timeout=1.0,
        activity_feed=True,
    )
    yield sender
    await sender.close()
