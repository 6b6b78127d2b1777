"""Processes killed for real: nothing accepted is lost, nothing is done twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import httpx2
import pytest
from temporalio.client import Client

from contracts.base import Page
from contracts.clocks import WakeCounts
from contracts.messages import Message
from contracts.payments import Payment, TrialBalance
from tenor.stack import Stack
from tests.end_to_end.conftest import Lender, first_of

PAYMENTS: Final = 60


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("victim", ["api", "worker"])
async def test_payments_survive_the_death_of_a_process(
    stack: Stack, lender: Lender, victim: str
) -> None:
    """Payments go on being posted while a process is killed twice: each counts exactly once."""
    customer = await lender.customer("Paul Steady", "+12125550112", "paul@customers.example")
    loans = [await lender.loan(customer) for _ in range(3)]

    async def post(number: int) -> Payment:
        await asyncio.sleep(number * 0.05)
        loan = loans[number % len(loans)]
        return await lender.pay(loan.id, Decimal("3.00"), key=f"{loan.id}:{number}")

    async def kill() -> None:
        for _ in range(2):
            await asyncio.sleep(0.7)
            stack.kill(victim)
            await stack.wait_ready(victim)

    posted, _ = await asyncio.gather(
        asyncio.gather(*(post(number) for number in range(PAYMENTS))), kill()
    )
    again = await asyncio.gather(
        *(
            lender.pay(payment.loan_id, Decimal("3.00"), key=f"{payment.loan_id}:{number}")
            for number, payment in enumerate(posted)
        )
    )
    assert [payment.id for payment in again] == [payment.id for payment in posted]
    found = [
        payment.id
        for loan in loans
        for payment in (
            await lender.admin.get(f"/loans/{loan.id}/payments", Page[Payment], {"limit": 200})
        ).items
    ]
    assert Counter(found) == Counter(payment.id for payment in posted)
    assert (await lender.admin.get("/ledger/trial-balance", TrialBalance)).balanced
    await lender.settled()


@pytest.mark.faults
@pytest.mark.timeout(900)
async def test_no_message_is_lost_or_doubled_when_the_worker_dies(
    stack: Stack, lender: Lender
) -> None:
    """Reminders of many loans fall due on one morning; the worker dies in the middle of them."""
    people = [
        await lender.customer(
            f"Person {number}", f"+1212555{2000 + number}", f"p{number}@customers.example"
        )
        for number in range(25)
    ]
    loans = [await lender.loan(person) for person in people]
    await lender.settled()
    walk = asyncio.create_task(lender.advance_to(first_of(1) + timedelta(days=1)))
    for _ in range(3):
        await asyncio.sleep(1.5)
        stack.kill("worker")
        await stack.wait_ready("worker")
    await walk
    ours = {loan.id for loan in loans}
    recorded = [
        message
        async for message in lender.admin.pages("/messages", Page[Message])
        if message.loan_id in ours
    ]
    assert not [message for message in recorded if message.status in {"unknown", "failed"}]
    texts = Counter(
        message.body
        for message in recorded
        if message.channel == "sms" and message.status in {"sent", "delivered"}
    )
    assert texts == Counter(await _at_provider(stack, [str(person.phone) for person in people]))
    # Nobody's reminder was lost: each loan has its upcoming one and the one of the day.
    reminded = Counter(
        message.loan_id for message in recorded if message.status in {"sent", "delivered"}
    )
    assert set(reminded) == ours
    assert len(set(reminded.values())) == 1


async def _at_provider(stack: Stack, phones: list[str]) -> list[str]:
    """The texts the sandbox provider has accepted for some phones."""
    texts: list[str] = []
    async with httpx2.AsyncClient(base_url=stack.sandbox_url, trust_env=False) as http:
        for phone in phones:
            answer = await http.get(
                "/sandbox/api/messages",
                params={"provider": "twilio", "to": phone, "direction": "outbound", "limit": 200},
            )
            texts += [message["body"] for message in answer.json()["messages"]]
    return texts


@pytest.mark.faults
@pytest.mark.timeout(900)
async def test_payments_are_accepted_while_temporal_is_away(
    stack: Stack, lender: Lender, temporal: Client
) -> None:
    """Money is posted without Temporal; its workflows catch up when it is back."""
    customer = await lender.customer("Nora Late", "+12125550113", "nora@customers.example")
    loan = await lender.loan(customer, instalments=3)
    await lender.advance_to(first_of(1) + timedelta(days=3))
    counts = await lender.admin.get("/work-counts", WakeCounts)
    stack.kill("temporal")
    paid = await lender.pay(loan.id, loan.outstanding.total)
    assert paid.loan_closed
    await stack.wait_ready("temporal")
    await lender.settled()
    # Its life ends with the letter that nothing is owed, once the payment is certain.
    await lender.advance_to(first_of(1) + timedelta(days=5))
    after = await lender.admin.get("/work-counts", WakeCounts)
    assert (after.active_loans, after.open_cases) == (
        counts.active_loans - 1,
        counts.open_cases - 1,
    )
    assert await _life_ended(temporal, loan.id)


async def _life_ended(temporal: Client, loan_id: UUID) -> bool:
    """Whether the loan's workflow has come to its end."""
    result = await temporal.get_workflow_handle(f"loan:{loan_id}").result()
    return bool(result["finished"])
