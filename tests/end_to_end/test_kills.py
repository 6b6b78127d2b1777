"""The database, the providers and the supervisor itself killed for real."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx2
import pytest

from contracts.base import Page
from contracts.loans import LoanDetail
from contracts.messages import Message
from contracts.payments import Payment, TrialBalance
from tenor.client import LogInData, RestClient
from tenor.stack import Stack
from tenor.stack.cleaning import remove_stack
from tenor.stack.secrets import load_or_create
from tenor.stack.state import StackStatus, StateFolder
from tests.end_to_end.conftest import Lender, first_of, make_lender
from tests.stack.support import is_alive, until

PAYMENTS: Final = 40
PATIENCE_SECONDS: Final = 240.0


async def log_in(stack: Stack) -> str:
    who = {"email": stack.admin_email, "password": stack.admin_password}
    async with httpx2.AsyncClient(base_url=stack.api_url, trust_env=False) as http:
        answer = await http.post("/api/v1/auth/login", json=who)
    return str(answer.json()["access_token"])


@pytest.mark.faults
@pytest.mark.timeout(900)
async def test_what_was_accepted_outlives_the_death_of_the_database(
    stack: Stack, lender: Lender
) -> None:
    """Postgres dies under payments: callers hear 503 meanwhile, and each payment counts once."""
    customer = await lender.customer("Paula Steady", "+12125550131", "paula@customers.example")
    loan = await lender.loan(customer)
    headers = {"Authorization": f"Bearer {await log_in(stack)}"}
    refused: list[httpx2.Response] = []
    accepted: dict[int, UUID] = {}
    half = asyncio.Event()

    async def pay(http: httpx2.AsyncClient, number: int) -> None:
        while number not in accepted:
            answer = await http.post(
                f"/api/v1/loans/{loan.id}/payments",
                json={"amount": "2.00", "currency": "USD"},
                headers=headers | {"Idempotency-Key": f"{loan.id}:{number}"},
            )
            if answer.status_code == 201:
                accepted[number] = UUID(answer.json()["id"])
            elif answer.status_code != 409:  # the first call of this key is still at work
                refused.append(answer)
                await asyncio.sleep(0.2)
            if len(accepted) >= PAYMENTS // 2:
                half.set()

    async def payer(first: int) -> None:
        async with httpx2.AsyncClient(base_url=stack.api_url, trust_env=False, timeout=60) as http:
            for number in range(first, PAYMENTS, 4):
                await pay(http, number)

    async def kill() -> None:
        await half.wait()
        stack.kill("postgres")
        async with httpx2.AsyncClient(base_url=stack.api_url, trust_env=False) as http:
            probe = await http.get("/health/ready")
        assert probe.status_code in {200, 503}  # it may be back already
        await stack.wait_ready("postgres")

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(kill(), *(payer(first) for first in range(4)))
    assert refused, "the database was not missed by anybody"
    for answer in refused:
        assert answer.status_code == 503, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["code"] == "unavailable"
    found = await lender.admin.get(f"/loans/{loan.id}/payments", Page[Payment], {"limit": 200})
    assert Counter(payment.id for payment in found.items) == Counter(accepted.values())
    assert (await lender.admin.get("/ledger/trial-balance", TrialBalance)).balanced
    await lender.settled()


@pytest.mark.faults
@pytest.mark.timeout(900)
async def test_no_message_is_lost_or_doubled_when_the_providers_die(
    stack: Stack, lender: Lender
) -> None:
    """The providers' process dies while reminders go out: it remembers what it had taken."""
    people = [
        await lender.customer(
            f"Quinn {number}", f"+1212555{3000 + number}", f"q{number}@customers.example"
        )
        for number in range(8)
    ]
    loans = {(await lender.loan(person)).id for person in people}
    await lender.settled()
    walk = asyncio.create_task(lender.advance_to(first_of(1) + timedelta(days=1)))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await texts(stack, [str(person.phone) for person in people]):
            await asyncio.sleep(0.02)
        stack.kill("sandbox")
        await stack.wait_ready("sandbox")
        await walk
    recorded = [
        message
        async for message in lender.admin.pages("/messages", Page[Message])
        if message.loan_id in loans
    ]
    gone = [message for message in recorded if message.status in {"sent", "delivered"}]
    assert {message.loan_id for message in gone} == loans
    assert not [message for message in recorded if message.status in {"unknown", "failed"}]
    expected = Counter(message.body for message in gone if message.channel == "sms")
    assert expected == Counter(await texts(stack, [str(person.phone) for person in people]))


async def texts(stack: Stack, phones: list[str]) -> list[str]:
    """What the provider took for some phones; nothing while it is away."""
    found: list[str] = []
    async with httpx2.AsyncClient(base_url=stack.sandbox_url, trust_env=False) as http:
        for phone in phones:
            try:
                answer = await http.get(
                    "/sandbox/api/messages",
                    params={
                        "provider": "twilio",
                        "to": phone,
                        "direction": "outbound",
                        "limit": 200,
                    },
                )
            except httpx2.TransportError:
                return []
            found += [message["body"] for message in answer.json()["messages"]]
    return found


@asynccontextmanager
async def tenor_up(
    state_dir: Path,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, StackStatus]]:
    """`tenor up` as a person types it, until its stack is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tenor.cli", "up", "--auto-ports", "--state-dir", str(state_dir)),
        cwd=Path(__file__).parents[2],
        env=os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    told = b""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not re.search(rb"Ctrl-C stops", told):
                line = await process.stdout.readline()
                assert line, told.decode()
                told += line
        status = StateFolder(state_dir).read_status()
        assert status is not None
        yield process, status
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
async def test_the_next_start_goes_on_where_a_killed_supervisor_left_off(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    try:
        async with tenor_up(state_dir) as (process, status):
            secrets = load_or_create(StateFolder(state_dir).secrets)
            who = LogInData(secrets.admin_email, secrets.admin_password)
            async with RestClient(status.api_url, who) as admin:
                lender = await make_lender(admin)
                customer = await lender.customer("Ruth Steady", "+12125550141", "r@people.example")
                loan = await lender.loan(customer, instalments=3)
                paid = await lender.pay(loan.id, Decimal("5.00"), key="before")
            pids = [each.pid for each in status.processes if each.pid is not None]
            assert len(pids) == 5
            process.kill()
            await process.communicate()
        async with tenor_up(state_dir) as (_, status):
            assert not any(is_alive(pid) for pid in pids)
            async with RestClient(status.api_url, who) as admin:
                lender = Lender(admin, lender.clock_id, lender.product)
                again = await lender.pay(loan.id, Decimal("5.00"), key="before")
                assert again.id == paid.id
                detail = await admin.get(f"/loans/{loan.id}", LoanDetail)
                await lender.pay(loan.id, detail.outstanding.total)
                await lender.settled()
                closed = await admin.get(f"/loans/{loan.id}", LoanDetail)
                assert closed.outstanding.total == 0
        await until(lambda: StateFolder(state_dir).read_status() is None)
    finally:
        if (state_dir / "stack.lock").exists():
            await asyncio.to_thread(remove_stack, StateFolder(state_dir))
