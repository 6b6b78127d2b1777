"""The whole stack, started once per test process, and what its tests do with it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.clocks import AdvanceClock, NewTestClock, TestClock, WakeCounts
from contracts.loans import LoanDetail, NewLoan
from contracts.parties import (
    ConsentTerms,
    Creditor,
    Customer,
    NewCreditor,
    NewCustomer,
    NewProduct,
    PenaltyTerms,
    Product,
)
from contracts.payments import NewPayment, Payment
from contracts.product_terms import PaymentLifeTerms
from domain.calendar import add_months
from tenor.client import LogInData, RestClient
from tenor.stack import Stack, StackOptions

START = datetime(2028, 2, 1, 12, tzinfo=UTC)
PATIENCE_SECONDS = 300.0


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Postgres, Temporal, sandbox providers, API and workers, all of them real processes."""
    folder: Path = tmp_path_factory.mktemp("stack")
    options = StackOptions(
        state_dir=folder, ports=None, ephemeral=True, ready_timeout=PATIENCE_SECONDS
    )
    async with Stack(options) as running:
        yield running


@pytest.fixture
async def admin(stack: Stack) -> AsyncIterator[RestClient]:
    """The administrator's client."""
    who = LogInData(stack.admin_email, stack.admin_password)
    async with RestClient(stack.api_url, who) as client:
        yield client


@pytest.fixture
async def temporal(stack: Stack) -> Client:
    """A client of the stack's Temporal server."""
    return await Client.connect(stack.temporal_address, data_converter=pydantic_data_converter)


@dataclass(slots=True)
class Lender:
    """A creditor with one product, whose customers live by one test clock."""

    admin: RestClient
    clock_id: UUID
    product: str
    sent: int = 0

    async def customer(self, name: str, phone: str, email: str) -> Customer:
        """A customer in New York who may be texted and written to."""
        return await self.admin.post(
            "/customers",
            Customer,
            NewCustomer(
                name=name,
                country="US",
                region="US-NY",
                city="Albany",
                zone="America/New_York",
                phone=phone,
                email=email,
                test_clock_id=self.clock_id,
                consents=[
                    ConsentTerms(medium="sms", granted=True),
                    ConsentTerms(medium="email", granted=True),
                ],
            ),
            uuid4().hex,
        )

    async def loan(self, customer: Customer, instalments: int = 12) -> LoanDetail:
        """1,200 dollars at 12 %, due on the first of each month."""
        return await self.admin.post(
            "/loans",
            LoanDetail,
            NewLoan(
                customer_id=customer.id,
                product=self.product,
                principal=Decimal("1200.00"),
                currency="USD",
                instalments=instalments,
                disbursed_on=START.date(),
                first_due_on=add_months(START.date(), 1),
            ),
            uuid4().hex,
        )

    async def pay(self, loan_id: UUID, amount: Decimal, key: str | None = None) -> Payment:
        """A payment in dollars."""
        return await self.admin.post(
            f"/loans/{loan_id}/payments",
            Payment,
            NewPayment(amount=amount, currency="USD"),
            key or uuid4().hex,
        )

    async def advance_to(self, day: date) -> None:
        """Send the clock to noon of a day and wait until everything on it has settled."""
        to = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        path = f"/test-clocks/{self.clock_id}"
        await self.admin.post(f"{path}/advance", TestClock, AdvanceClock(to=to), uuid4().hex)
        await self.arrived(to)

    async def arrived(self, at: datetime) -> None:
        """Wait until the clock stands at an instant and nothing on it is at work."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while True:
            clock = await self.admin.get(f"/test-clocks/{self.clock_id}", TestClock)
            if clock.now == at and clock.status == "idle" and clock.settled:
                return
            assert loop.time() < deadline, f"the clock stands at {clock.now}, {clock.status}"
            await asyncio.sleep(0.05)

    async def settled(self) -> None:
        """Wait until no workflow of the whole stack has anything to take in."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while (counts := await self.admin.get("/work-counts", WakeCounts)).unsettled:
            assert loop.time() < deadline, f"{counts.unsettled} workflows are not settled"
            await asyncio.sleep(0.05)


@pytest.fixture
async def lender(admin: RestClient) -> Lender:
    """A new lender on a new clock that stands at noon of 1 February 2028."""
    return await make_lender(admin)


async def make_lender(admin: RestClient) -> Lender:
    """A creditor and a product of its own, on a clock of its own."""
    tag = uuid4().hex[:8]
    clock = await admin.post(
        "/test-clocks", TestClock, NewTestClock(name=tag, starts_at=START), uuid4().hex
    )
    creditor = await admin.post(
        "/creditors",
        Creditor,
        NewCreditor(code=f"lender-{tag}", name="Harbor", country="US", zone="America/New_York"),
        uuid4().hex,
    )
    product = await admin.post(
        "/products",
        Product,
        NewProduct(
            code=f"personal-{tag}",
            name="Personal loan",
            creditor_id=creditor.id,
            currency="USD",
            annual_rate_percent=Decimal(12),
            penalty=PenaltyTerms(kind="flat", amount=Decimal("10.00"), grace_days=5),
            payment_life=PaymentLifeTerms(return_window_days=0),
        ),
        uuid4().hex,
    )
    return Lender(admin, clock.id, product.code)


def first_of(months: int) -> date:
    """The first of the month so many months after the start."""
    return add_months(START.date(), months)


def day_before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)
