"""Autopay, pay links and payouts through the whole stack and its stand-ins."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx2
import pytest

from contracts.base import Page
from contracts.collecting import (
    Autopay,
    Collection,
    NewAutopay,
    NewPayLink,
    NewPaymentMethod,
    PayLink,
    PaymentMethod,
    Payout,
    PayOutTo,
)
from contracts.loans import ApproveLoan, DisburseLoan, LoanApplication, LoanDetail
from contracts.messages import Message
from contracts.parties import Customer
from contracts.payments import Payment, TrialBalance
from tenor.stack import Stack
from tests.end_to_end.conftest import PATIENCE_SECONDS, Lender, first_of

INSTALMENT = Decimal("106.62")


@pytest.fixture
async def providers(stack: Stack) -> AsyncIterator[httpx2.AsyncClient]:
    """The stand-ins, as a person or a test sees them."""
    async with httpx2.AsyncClient(base_url=stack.sandbox_url, trust_env=False, timeout=30) as http:
        yield http


async def save_card(lender: Lender, customer: Customer, token: str) -> PaymentMethod:
    return await lender.admin.post(
        f"/customers/{customer.id}/payment-methods",
        PaymentMethod,
        NewPaymentMethod(token=token, brand="visa", last4="4242"),
        uuid4().hex,
    )


async def on_autopay(lender: Lender, name: str, token: str, instalments: int = 3) -> LoanDetail:
    customer = await lender.customer(name, f"+1212555{3000 + hash(name) % 900}", "a@b.example")
    loan = await lender.loan(customer, instalments=instalments)
    method = await save_card(lender, customer, token)
    await lender.admin.post(
        f"/loans/{loan.id}/autopay",
        Autopay,
        NewAutopay(payment_method_id=method.id),
        uuid4().hex,
    )
    return loan


async def payments(lender: Lender, loan_id: UUID) -> list[Payment]:
    return (await lender.admin.get(f"/loans/{loan_id}/payments", Page[Payment])).items


async def collections(lender: Lender, loan_id: UUID) -> list[Collection]:
    return (await lender.admin.get(f"/loans/{loan_id}/collections", Page[Collection])).items


async def paid_link(lender: Lender, link: PayLink) -> PayLink:
    """Wait until a link is paid."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while True:
        found = await lender.admin.get(f"/pay-links/{link.id}", PayLink)
        if found.status == "paid":
            return found
        assert loop.time() < deadline, f"the link is {found.status}"
        await asyncio.sleep(0.05)


async def page_of(link: PayLink) -> str:
    """Open a link as a browser would; answers the hosted page's address."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as browser:
        for _ in range(20):
            answer = await browser.get(link.url)
            if answer.status_code == 303:
                return str(answer.headers["Location"])
            assert answer.status_code == 200, answer.text
            assert "One moment" in answer.text, answer.text
    raise AssertionError("no page was opened")


async def made_link(lender: Lender, loan_id: UUID, **fields: object) -> PayLink:
    return await lender.admin.post(
        f"/loans/{loan_id}/pay-links",
        PayLink,
        NewPayLink.model_validate(fields),
        uuid4().hex,
    )


async def pay_on(page: str, card: str = "visa") -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as browser:
        return await browser.post(page, data={"card": card})


@pytest.mark.timeout(300)
async def test_autopay_charges_on_the_due_date_and_nobody_is_reminded(lender: Lender) -> None:
    loan = await on_autopay(lender, "Ada Steady", "pm_card_visa")
    await lender.advance_to(first_of(3) + timedelta(days=1))
    shown = await lender.admin.get(f"/loans/{loan.id}", LoanDetail)
    assert shown.lifecycle == "closed"
    posted = await payments(lender, loan.id)
    assert [each.value_on for each in posted] == [first_of(1), first_of(2), first_of(3)]
    assert {each.method for each in posted} == {"card"}
    found = await collections(lender, loan.id)
    assert [(each.kind, each.status, each.instalment) for each in found] == [
        ("autopay", "paid", 1),
        ("autopay", "paid", 2),
        ("autopay", "paid", 3),
    ]
    assert [len(each.attempts) for each in found] == [1, 1, 1]
    told = [
        each
        async for each in lender.admin.pages("/messages", Page[Message])
        if each.loan_id == loan.id and each.template != "no_dues"
    ]
    assert not told
    assert (await lender.admin.get("/ledger/trial-balance", TrialBalance)).balanced
    await lender.settled()


@pytest.mark.timeout(300)
async def test_a_card_without_money_is_charged_again_three_days_later(lender: Lender) -> None:
    loan = await on_autopay(lender, "Bea Short", "pm_card_declines_1")
    await lender.advance_to(first_of(1) + timedelta(days=1))
    (waiting,) = await collections(lender, loan.id)
    assert waiting.status == "open"
    assert [each.failure_code for each in waiting.attempts] == ["insufficient_funds"]
    assert waiting.next_at is not None
    assert waiting.next_at.date() == first_of(1) + timedelta(days=3)
    await lender.advance_to(first_of(1) + timedelta(days=4))
    (paid,) = await collections(lender, loan.id)
    assert paid.status == "paid"
    assert [each.status for each in paid.attempts] == ["failed", "succeeded"]
    assert len(await payments(lender, loan.id)) == 1


@pytest.mark.timeout(300)
async def test_a_card_that_says_no_for_good_is_not_asked_again(lender: Lender) -> None:
    loan = await on_autopay(lender, "Cy Gone", "pm_card_authenticationRequired")
    await lender.advance_to(first_of(1) + timedelta(days=1))
    (failed,) = await collections(lender, loan.id)
    assert (failed.status, failed.reason) == ("failed", "authentication_required")
    assert len(failed.attempts) == 1
    assert not await payments(lender, loan.id)


@pytest.mark.timeout(300)
async def test_a_link_paid_on_the_hosted_page_posts_once_however_often_it_is_told(
    lender: Lender, providers: httpx2.AsyncClient
) -> None:
    customer = await lender.customer("Dan Link", "+12125553901", "dan@customers.example")
    loan = await lender.loan(customer)
    link = await made_link(lender, loan.id)
    assert link.amount == INSTALMENT
    page = await page_of(link)
    declined = await pay_on(page, "insufficient")
    assert declined.status_code == 402
    assert (await pay_on(page)).status_code == 200
    paid = await paid_link(lender, link)
    assert paid.amount == INSTALMENT
    events = (await providers.get("/sandbox/api/stripe/events")).json()["events"]
    told = [each["id"] for each in events if each["type"] == "checkout.session.completed"]
    again = await providers.post(
        f"/sandbox/api/stripe/events/{told[0]}/resend", json={"times": 100}
    )
    assert again.status_code == 202
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while (await providers.get("/sandbox/api/webhooks/pending")).json()["count"]:
        assert loop.time() < deadline
        await asyncio.sleep(0.05)
    (posted,) = await payments(lender, loan.id)
    assert (posted.amount, posted.id) == (INSTALMENT, paid.payment_id)
    async with httpx2.AsyncClient(trust_env=False) as browser:
        assert "has been received" in (await browser.get(link.url)).text
    await lender.settled()


@pytest.mark.timeout(300)
async def test_a_payment_nobody_tells_of_is_found_when_the_payer_comes_back(
    lender: Lender, providers: httpx2.AsyncClient
) -> None:
    customer = await lender.customer("Eve Quiet", "+12125553902", "eve@customers.example")
    loan = await lender.loan(customer)
    link = await made_link(lender, loan.id, asks="other", amount="20.00")
    page = await page_of(link)
    await providers.post("/sandbox/api/stripe/mute", json={"muted": True})
    try:
        assert (await pay_on(page)).status_code == 200
        async with httpx2.AsyncClient(trust_env=False) as browser:
            assert (await browser.get(f"{link.url}/done")).status_code == 200
        assert (await paid_link(lender, link)).amount == Decimal("20.00")
    finally:
        await providers.post("/sandbox/api/stripe/mute", json={"muted": False})
    assert [each.amount for each in await payments(lender, loan.id)] == [Decimal("20.00")]


@pytest.mark.timeout(300)
async def test_a_page_closes_when_the_loan_is_paid_another_way(lender: Lender) -> None:
    customer = await lender.customer("Fay Twice", "+12125553903", "fay@customers.example")
    loan = await lender.loan(customer, instalments=1)
    link = await made_link(lender, loan.id)
    page = await page_of(link)
    await lender.pay(loan.id, loan.outstanding.total)
    await lender.settled()
    assert "no longer open" in (await pay_on(page)).text
    found = await lender.admin.get(f"/pay-links/{link.id}", PayLink)
    assert found.status == "cancelled"
    assert len(await payments(lender, loan.id)) == 1


@pytest.mark.timeout(300)
async def test_a_time_out_after_accepting_is_one_charge_and_one_posting(
    lender: Lender, providers: httpx2.AsyncClient
) -> None:
    loan = await on_autopay(lender, "Gus Slow", "pm_card_visa", instalments=1)
    before = (await providers.get("/sandbox/api/money")).json()["payments"]
    await providers.post("/sandbox/api/stripe/mute", json={"muted": True})
    await fault(providers, "stripe", "timeout-after-accept")
    try:
        await lender.advance_to(first_of(1) + timedelta(days=1))
    finally:
        await providers.post("/sandbox/api/stripe/mute", json={"muted": False})
    assert (await providers.get("/sandbox/api/money")).json()["payments"] == before + 1
    assert len(await payments(lender, loan.id)) == 1
    (paid,) = await collections(lender, loan.id)
    assert [each.status for each in paid.attempts] == ["succeeded"]


@pytest.mark.timeout(300)
async def test_an_error_of_the_gateway_is_tried_again(
    lender: Lender, providers: httpx2.AsyncClient
) -> None:
    loan = await on_autopay(lender, "Hal Again", "pm_card_visa", instalments=1)
    await fault(providers, "stripe", "server-error", 2)
    await lender.advance_to(first_of(1) + timedelta(days=1))
    assert len(await payments(lender, loan.id)) == 1


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_a_worker_killed_after_the_gateway_accepted_charges_once(
    stack: Stack, lender: Lender, providers: httpx2.AsyncClient
) -> None:
    loan = await on_autopay(lender, "Ida Killed", "pm_card_visa", instalments=1)
    before = (await providers.get("/sandbox/api/money")).json()["payments"]
    await providers.post("/sandbox/api/stripe/mute", json={"muted": True})
    await fault(providers, "stripe", "timeout-after-accept")
    walk = asyncio.create_task(lender.advance_to(first_of(1) + timedelta(days=1)))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    try:
        while (await providers.get("/sandbox/api/money")).json()["payments"] == before:
            assert loop.time() < deadline
            await asyncio.sleep(0.02)
        stack.kill("worker")
        await stack.wait_ready("worker")
        await walk
    finally:
        await providers.post("/sandbox/api/stripe/mute", json={"muted": False})
    assert (await providers.get("/sandbox/api/money")).json()["payments"] == before + 1
    assert len(await payments(lender, loan.id)) == 1
    await lender.settled()


async def fault(providers: httpx2.AsyncClient, provider: str, kind: str, times: int = 1) -> None:
    answer = await providers.post(
        "/sandbox/api/faults", json={"provider": provider, "kind": kind, "times": times}
    )
    assert answer.status_code == 200, answer.text


async def log_in(http: httpx2.AsyncClient, who: dict[str, str]) -> None:
    token = (await http.post("/auth/login", json=who)).json()["access_token"]
    http.headers["Authorization"] = f"Bearer {token}"


async def disbursed(stack: Stack, lender: Lender, customer: Customer, account: str) -> LoanDetail:
    """Apply, approve and pay out to a bank account."""
    applied = await lender.admin.post(
        "/loans/apply",
        LoanDetail,
        LoanApplication(
            customer_id=customer.id,
            product=lender.product,
            principal=Decimal("1200.00"),
            currency="USD",
            instalments=12,
        ),
        uuid4().hex,
    )
    order = DisburseLoan(
        first_due_on=first_of(1), payout=PayOutTo(account=account, holder=customer.name)
    )
    async with httpx2.AsyncClient(base_url=f"{stack.api_url}/api/v1", trust_env=False) as http:
        # Who applied for a loan does not decide on it: a second administrator does.
        first = {"email": stack.admin_email, "password": stack.admin_password}
        second = {"email": f"{uuid4().hex}@tenor.example", "password": uuid4().hex}
        await log_in(http, first)
        hired = second | {"name": "Second", "role": "admin"}
        assert (await http.post("/users", json=hired)).status_code == 201
        await log_in(http, second)
        seen = applied.version
        for act, body in (("approve", ApproveLoan()), ("disburse", order)):
            answer = await http.patch(
                f"/loans/{applied.id}/{act}",
                content=body.model_dump_json(),
                headers={"If-Match": f'"{seen}"', "Content-Type": "application/json"},
            )
            assert answer.status_code == 200, answer.text
            seen = answer.json()["version"]
    return LoanDetail.model_validate_json(answer.content)


async def payouts(lender: Lender, loan_id: UUID) -> list[Payout]:
    return (await lender.admin.get(f"/loans/{loan_id}/payouts", Page[Payout])).items


@pytest.mark.timeout(300)
@pytest.mark.parametrize("trouble", [None, "timeout-after-accept", "server-error"])
async def test_a_loan_is_paid_out_once(
    stack: Stack, lender: Lender, providers: httpx2.AsyncClient, trouble: str | None
) -> None:
    customer = await lender.customer("Jan Out", "+12125553904", "jan@customers.example")
    before = (await providers.get("/sandbox/api/money")).json()["transfers"]
    if trouble is not None:
        await fault(providers, "bank", trouble)
    loan = await disbursed(stack, lender, customer, "US1234567890")
    assert loan.lifecycle == "active"
    await lender.settled()
    (paid,) = await payouts(lender, loan.id)
    assert (paid.status, paid.amount) == ("settled", Decimal("1200.00"))
    assert (await providers.get("/sandbox/api/money")).json()["transfers"] == before + 1
    books = await lender.admin.get(
        "/ledger/trial-balance", TrialBalance, {"test_clock_id": str(lender.clock_id)}
    )
    balances = {row.account: row.balance for row in books.rows}
    assert balances["cash"] == Decimal(-1200)
    assert balances.get("payout_clearing", Decimal(0)) == 0


@pytest.mark.timeout(300)
async def test_a_payout_the_bank_refuses_waits_for_a_person(stack: Stack, lender: Lender) -> None:
    customer = await lender.customer("Kim Shut", "+12125553905", "kim@customers.example")
    loan = await disbursed(stack, lender, customer, "US0004")
    await lender.settled()
    (failed,) = await payouts(lender, loan.id)
    assert (failed.status, failed.failure_code) == ("failed", "AC04")
