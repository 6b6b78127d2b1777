"""The reminders of one morning, beside empty calls of the same SDK to the same server.

What is measured is the worker's own sweep: messages that are due are leased with their permits,
looked at for the last time, sent through the provider's official SDK to its stand-in, and their
outcomes recorded; every step over HTTP, as in service. Temporal's share is two events a sweep and
is left out. Receipts come when the last message has gone, as those of a provider come later, and
are timed by themselves; or, asked for, they come in meanwhile.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from time import monotonic
from typing import Final
from uuid import UUID, uuid4

import httpx2
from temporalio.testing import ActivityEnvironment

from activities.delivery import GROUP_SIZE, LEASES_AT_WORK, SEND_SECONDS, DeliveryActivities
from activities.messaging.port import Channel
from activities.messaging.twilio import Transport, TwilioSms
from activities.system_of_record import Credentials, SystemOfRecord
from contracts.clocks import NewTestClock, TestClock
from contracts.parties import ConsentTerms, Customer, NewCustomer
from contracts.work import DeliveryReport, DeliveryRun
from domain.ids import delivery_shard
from tenor.bench.ground import Ground, ground
from tenor.bench.machine import Others, machine
from tenor.bench.measures import Measure, Report, median
from tenor.bench.seed import clone_loans, make_loan
from tenor.client import RestClient
from tenor.stack.environment import SANDBOX_FROM
from tenor.stack.errors import StackError

ROLE: Final = "delivery"
FIRST: Final = 1_000_000
"""Number of the first loan."""
MORNING: Final = datetime(2028, 3, 1, 15, tzinfo=UTC)
"""Ten o'clock in New York, where all of them live, on a clock that stands still."""
DISBURSED_ON: Final = date(2028, 2, 4)
CUSTOMERS_AT_ONCE: Final = 16
CALLS: Final = 2_000
"""Empty calls in a round of the yardstick."""
CALLS_AT_ONCE: Final = 50
ROUNDS: Final = 3
LOOK_SECONDS: Final = 0.2
"""Between looks whether receipts are still owed."""


def measure(messages: int, *, meanwhile: bool = False) -> Report:
    """Send so many reminders that fall due together; `meanwhile` receipts come in."""
    began = monotonic()
    with ground(providers=True) as here:
        return asyncio.run(_measured(here, messages, began, meanwhile=meanwhile))


async def _measured(here: Ground, messages: int, began: float, *, meanwhile: bool) -> Report:
    async with here.client() as client:
        clock = await client.post(
            "/test-clocks", TestClock, NewTestClock(name="morning", starts_at=MORNING), uuid4().hex
        )
        people = await _customers(client, clock.id, messages)
        model = await make_loan(client, DISBURSED_ON, clock.id)
    shard = delivery_shard(clock.id)
    await asyncio.to_thread(clone_loans, here, model, FIRST, messages)
    await asyncio.to_thread(here.sql, _queued(people, shard))
    others = Others.watch()
    empty = await _empty_calls(here)
    await _hold_receipts(here, held=not meanwhile)
    started = monotonic()
    report = await _sweep(here, shard)
    seconds = monotonic() - started
    receipts = 0.0 if meanwhile else await _receipts(here)
    notes = others.note()
    if report.accepted != messages:
        raise StackError(
            f"Of {messages} messages {report.accepted} were sent.", report.model_dump_json()
        )
    notes.append(
        f"{messages:,} messages in {seconds:.1f} s in groups of {GROUP_SIZE}, {LEASES_AT_WORK} "
        f"leases at work, one worker, one API process. Yardstick: {CALLS:,} calls, "
        f"{CALLS_AT_ONCE} at once, median of {ROUNDS} rounds."
    )
    notes.append(
        "Receipts came in meanwhile."
        if meanwhile
        else f"Receipts, when all had gone: {receipts:,.0f} a second."
    )
    return Report(
        "delivery",
        [Measure("messages/s, leased to recorded", messages / seconds, empty, 0.4, 0.8)],
        machine(),
        monotonic() - began,
        notes,
    )


async def _customers(client: RestClient, clock_id: UUID, count: int) -> list[UUID]:
    """People who can be texted; each is encrypted under a key of his own, so none is a copy."""
    numbers = iter(range(count))
    made: list[UUID] = []

    async def make() -> None:
        for number in numbers:
            customer = await client.post(
                "/customers",
                Customer,
                NewCustomer(
                    name=f"Customer {number}",
                    country="US",
                    region="US-NY",
                    city="Albany",
                    zone="America/New_York",
                    phone=f"+1212{2_000_000 + number}",
                    test_clock_id=clock_id,
                    consents=[ConsentTerms(medium="sms", granted=True)],
                ),
                uuid4().hex,
            )
            made.append(customer.id)

    await asyncio.gather(*(make() for _ in range(CUSTOMERS_AT_ONCE)))
    return made


def _queued(people: list[UUID], shard: str) -> str:
    """SQL that gives each person a loan of the copies, and each loan its reminder, due now."""
    rows = ", ".join(f"('{person}'::uuid, {FIRST + n})" for n, person in enumerate(people))
    return f"""
        create temporary table owners (customer_id uuid, number bigint);
        insert into owners values {rows};
        update loans l set customer_id = o.customer_id from owners o where o.number = l.number;
        update loan_parties p set customer_id = l.customer_id
        from loans l where l.id = p.loan_id and l.number >= {FIRST};
        insert into messages (id, direction, dedupe_key, customer_id, loan_id, instalment,
            test_clock_id, shard, channel, purpose, template, language, validity, status, reasons,
            due_at, attempts, facts, created_at)
        select uuidv7(), 'outbound', 'bench:' || l.number, l.customer_id, l.id, 1, l.test_clock_id,
            '{shard}', 'sms', 'servicing', 'upcoming', 'en', 'instalment_unpaid', 'queued', '{{}}',
            c.now_at, 0, '{{}}', c.now_at
        from loans l join test_clocks c on c.id = l.test_clock_id where l.number >= {FIRST};
        vacuum analyze;
        """  # noqa: S608 - numbers and keys of our own


async def _empty_calls(here: Ground) -> float:
    """Calls a second of the SDK's transport that ask the stand-in for nothing that is there."""
    secrets = here.server.secrets
    transport = Transport(here.sandbox_url, SEND_SECONDS)

    async def call() -> None:
        await transport.request(
            "GET",
            f"{here.sandbox_url}/nothing",
            auth=(secrets.twilio_account_sid, secrets.twilio_auth_token),
        )

    try:
        await _times(call, CALLS // 10)
        return median([await _times(call, CALLS) for _ in range(ROUNDS)])
    finally:
        await transport.close()


async def _hold_receipts(here: Ground, *, held: bool) -> None:
    async with httpx2.AsyncClient(base_url=here.sandbox_url) as client:
        answer = await client.put("/sandbox/api/webhooks/hold", json={"held": held})
        answer.raise_for_status()


async def _receipts(here: Ground) -> float:
    """Let the receipts go that were held back; how many a second the API took in."""
    async with httpx2.AsyncClient(base_url=here.sandbox_url) as client:
        owed = await _owed(client)
        await _hold_receipts(here, held=False)
        started = monotonic()
        while await _owed(client):
            await asyncio.sleep(LOOK_SECONDS)
        return owed / (monotonic() - started)


async def _owed(client: httpx2.AsyncClient) -> int:
    """How many receipts the API has not taken in."""
    answer = await client.get("/sandbox/api/webhooks/pending")
    answer.raise_for_status()
    return int(answer.json()["count"])


async def _times(call: Callable[[], Awaitable[None]], count: int) -> float:
    """Calls a second, `CALLS_AT_ONCE` together."""
    left = itertools.repeat(None, count)
    started = monotonic()

    async def caller() -> None:
        for _ in left:
            await call()

    await asyncio.gather(*(caller() for _ in range(CALLS_AT_ONCE)))
    return count / (monotonic() - started)


async def _sweep(here: Ground, shard: str) -> DeliveryReport:
    """What a worker does when its channel is woken; always to the stand-in, never to a provider."""
    secrets = here.server.secrets
    sender = TwilioSms(
        account_sid=secrets.twilio_account_sid,
        auth_token=secrets.twilio_auth_token,
        from_=SANDBOX_FROM,
        base_url=here.sandbox_url,
        status_callback=f"{here.api_url}/api/v1/webhooks/twilio/status",
        timeout=SEND_SECONDS,
    )
    credentials = Credentials(ROLE, secrets.service_clients[ROLE])
    async with SystemOfRecord(here.api_url, credentials) as system:
        channel = Channel.SMS.value
        activities = DeliveryActivities(system, {channel: sender}, lambda: datetime.now(UTC))
        try:
            return await ActivityEnvironment().run(
                activities.send_due, DeliveryRun(channel=channel, shard=shard)
            )
        finally:
            await sender.close()
