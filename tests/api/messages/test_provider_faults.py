"""A provider in trouble: whatever it answers, each message goes once, and none is lost.

The real sweep with the real SDKs, a sandbox that misbehaves on command, and the API on its
database.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from activities.messaging.port import Sender
from activities.messaging.sendgrid import SendGridEmail
from activities.messaging.twilio import TwilioSms
from contracts.work import (
    DeliveryReport,
    DeliveryRun,
    Dispatched,
    DispatchMessages,
    Lease,
    LeaseMessages,
    SendOutcomes,
    Swept,
)
from tests.api.messages.arrange import NOON, Desk
from tests.api.support import ok
from tests.sandbox.running import (
    ACCOUNT_SID,
    API_KEY,
    AUTH_TOKEN,
    OUR_ADDRESS,
    OUR_NUMBER,
    RunningSandbox,
    run_both,
)


class Door:
    """The calls of a sweep, over HTTP into the API of the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def lease_messages(self, request: LeaseMessages) -> Lease:
        return Lease.model_validate(await self._post("lease", request))

    async def dispatch_messages(self, request: DispatchMessages) -> Dispatched:
        return Dispatched.model_validate(await self._post("dispatch", request))

    async def report_outcomes(self, outcomes: SendOutcomes) -> Swept:
        return Swept.model_validate(await self._post("results", outcomes))

    async def _post(self, call: str, body: BaseModel) -> dict[str, object]:
        return ok(
            await self._desk.api.client.post(
                f"/api/v1/deliveries/{call}",
                json=body.model_dump(mode="json"),
                headers=self._desk.worker,
            )
        )


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    with run_both(tmp_path) as (running, _):
        yield running


@asynccontextmanager
async def sender(sandbox: RunningSandbox, channel: str) -> AsyncIterator[Sender]:
    made: Sender
    if channel == "sms":
        made = TwilioSms(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            from_=OUR_NUMBER,
            base_url=sandbox.url,
            timeout=1.0,
            settle_seconds=0.3,
        )
    else:
        made = SendGridEmail(
            api_key=API_KEY,
            from_=OUR_ADDRESS,
            base_url=sandbox.url,
            timeout=1.0,
            activity_feed=True,
            settle_seconds=0.3,
        )
    yield made
    await made.close()


async def sweep(desk: Desk, sandbox: RunningSandbox, channel: str) -> DeliveryReport:
    async with sender(sandbox, channel) as provider:
        activities = DeliveryActivities(Door(desk), {channel: provider}, lambda: datetime.now(UTC))
        run = DeliveryRun(channel=channel, shard=desk.shard)
        report: DeliveryReport = await ActivityEnvironment().run(activities.send_due, run)
        return report


async def remind(desk: Desk, channel: str) -> object:
    if channel == "sms":
        return await desk.remind()
    customer_id, loan_id, case_id = await desk.overdue()
    return await desk.queue(
        customer_id, channel="email", template="overdue_email", loan_id=loan_id, case_id=case_id
    )


PROVIDERS = {"sms": "twilio", "email": "sendgrid"}


@pytest.mark.parametrize("channel", PROVIDERS)
@pytest.mark.parametrize("fault", ["garbage", "timeout-after-accept"])
async def test_an_answer_nobody_understands_is_looked_up_and_nothing_sent_twice(
    desk: Desk, sandbox: RunningSandbox, channel: str, fault: str
) -> None:
    await remind(desk, channel)
    sandbox.fault(PROVIDERS[channel], fault)
    await sweep(desk, sandbox, channel)
    assert sandbox.outbound(PROVIDERS[channel]) == 1
    [row] = await desk.messages(direction="outbound")
    assert (row.status, row.attempts) == ("sent", 1)
    assert row.provider_id is not None


@pytest.mark.parametrize("channel", PROVIDERS)
async def test_a_failure_of_the_provider_is_tried_again_once_it_is_known_not_to_have_it(
    desk: Desk, sandbox: RunningSandbox, channel: str
) -> None:
    await remind(desk, channel)
    sandbox.fault(PROVIDERS[channel], "server-error")
    await sweep(desk, sandbox, channel)
    assert sandbox.outbound(PROVIDERS[channel]) == 1
    [row] = await desk.messages(direction="outbound")
    assert (row.status, row.attempts) == ("sent", 2)


@pytest.mark.parametrize("channel", PROVIDERS)
async def test_a_provider_that_asks_for_time_gets_it(
    desk: Desk, sandbox: RunningSandbox, channel: str
) -> None:
    await remind(desk, channel)
    sandbox.fault(PROVIDERS[channel], "rate-limited", 2)
    report = await sweep(desk, sandbox, channel)
    [row] = await desk.messages(direction="outbound")
    assert (row.status, row.reasons, report.refused) == ("queued", ["refused-429"], 1)
    wait = row.due_at - NOON
    assert timedelta(seconds=1) <= wait <= timedelta(seconds=2)
    # Not a moment earlier.
    assert (await sweep(desk, sandbox, channel)).refused == 0
    await desk.set_clock(row.due_at)
    assert (await sweep(desk, sandbox, channel)).refused == 1
    [row] = await desk.messages(direction="outbound")
    await desk.set_clock(row.due_at)
    await sweep(desk, sandbox, channel)
    [row] = await desk.messages(direction="outbound")
    assert (row.status, row.attempts) == ("sent", 3)
    assert sandbox.outbound(PROVIDERS[channel]) == 1


async def test_with_a_third_of_all_sends_going_wrong_each_message_arrives_once(
    desk: Desk, sandbox: RunningSandbox
) -> None:
    for _ in range(8):
        await desk.remind()
    for fault in ("garbage", "server-error"):
        sandbox.client.post(
            "/sandbox/api/faults",
            json={"provider": "twilio", "kind": fault, "times": 3, "share": 50},
        )
    await sweep(desk, sandbox, "sms")
    rows = await desk.messages(direction="outbound")
    assert [row.status for row in rows] == ["sent"] * 8
    assert sandbox.outbound("twilio") == 8
    to = [m["to"] for m in sandbox.client.get("/sandbox/api/messages").json()["messages"]]
    assert len(set(to)) == 8


async def test_slow_is_no_fault(desk: Desk, sandbox: RunningSandbox) -> None:
    await desk.remind()
    sandbox.fault("twilio", "slow")
    report = await sweep(desk, sandbox, "sms")
    assert (report.accepted, report.unknown) == (1, 0)
