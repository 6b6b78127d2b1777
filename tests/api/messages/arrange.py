"""A desk at which messages are written: people, loans and cases on a test clock, by the row."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select, text, update

from api.clock import clock_for
from api.clocks.tables import TestClockRow
from api.creditors.tables import CreditorRow
from api.customers import service as customers
from api.customers.tables import CustomerRow
from api.db.base import new_id
from api.loans.tables import LOAN_NUMBERS, InstalmentRow, LoanPartyRow, LoanRow
from api.messages.queueing import NewMessage, queue
from api.messages.tables import ContactDecisionRow, ContactSlotRow, MessageRow
from api.products.tables import ProductRow
from api.recovery.tables import CASE_NUMBERS, CaseLoanRow, CaseRow, HoldRow, PromiseRow
from api.strategies.tables import StrategyRow
from api.tasks.tables import TaskRow
from api.wakes.tables import WakeRow
from api.work import Work
from contracts.parties import ConsentTerms, NewCustomer
from contracts.work import (
    Dispatched,
    DispatchMessages,
    Lease,
    LeaseMessages,
    SendOutcome,
    SendOutcomes,
)
from domain.contact.caps import Cap
from domain.contact.hours import HourRules, Window
from domain.contact.packs import CapRule, HourRule, RulePack
from domain.contact.places import Area
from domain.ids import delivery_shard
from tests.api.support import CORRESPONDENCE, Actors, Api, Headers, ok

NOON = datetime(2028, 3, 1, 17, tzinfo=UTC)
"""Wednesday noon in New York; a day on which nothing about clocks is strange."""

WorkFactory = Callable[[], AbstractAsyncContextManager[Work]]


@dataclass(slots=True)
class Desk:
    """Everything on one test clock, with one creditor."""

    api: Api
    work: WorkFactory
    clock_id: UUID
    creditor_id: UUID
    product_id: UUID
    strategy_id: UUID
    worker: Headers
    numbers: int = field(default=0)

    # -- arranging -----------------------------------------------------------------------------

    async def set_clock(self, now: datetime) -> None:
        """Move the clock."""
        async with self.work() as work:
            await work.session.execute(
                update(TestClockRow).where(TestClockRow.id == self.clock_id).values(now_at=now)
            )

    async def customer(self, **fields: object) -> UUID:
        """A person in Albany, New York, who agreed to both media."""
        self.numbers += 1
        values: dict[str, object] = {
            "name": "Maria Keller",
            "country": "US",
            "region": "US-NY",
            "city": "Albany",
            "zone": "America/New_York",
            "phone": f"+1212555{self.numbers:04}",
            "email": f"maria{self.numbers}@customers.example",
            "test_clock_id": self.clock_id,
            "consents": [
                ConsentTerms(medium="sms", granted=True),
                ConsentTerms(medium="email", granted=True),
            ],
        } | fields
        async with self.work() as work:
            made = await customers.create(work, NewCustomer.model_validate(values), sandbox=True)
        return made.id

    async def loan(
        self, customer_id: UUID, *, due_on: date = date(2028, 3, 4), amount: str = "106.62"
    ) -> UUID:
        """An active loan of two instalments, the first due on a day."""
        loan_id = new_id()
        async with self.work() as work:
            number = await work.session.scalar(select(LOAN_NUMBERS.next_value()))
            work.session.add(
                LoanRow(
                    id=loan_id,
                    number=number,
                    customer_id=customer_id,
                    creditor_id=self.creditor_id,
                    product_id=self.product_id,
                    test_clock_id=self.clock_id,
                    currency="USD",
                    principal=Decimal(1200),
                    annual_rate_percent=Decimal(12),
                    instalment_count=2,
                    lifecycle="active",
                    applied_at=NOON,
                    next_unmet_due_on=due_on,
                )
            )
            await work.session.flush()
            work.session.add(
                LoanPartyRow(
                    loan_id=loan_id,
                    customer_id=customer_id,
                    role="primary",
                    liability="full",
                    from_on=date(2028, 1, 2),
                )
            )
            for index, on in enumerate((due_on, due_on + timedelta(days=31)), start=1):
                work.session.add(
                    InstalmentRow(
                        loan_id=loan_id,
                        number=index,
                        from_on=on - timedelta(days=31),
                        due_on=on,
                        principal=Decimal(amount) - 10,
                        interest=Decimal(10),
                    )
                )
        return loan_id

    async def join(
        self, loan_id: UUID, customer_id: UUID, role: str, liability: str, **fields: object
    ) -> None:
        """Put somebody on a loan."""
        async with self.work() as work:
            work.session.add(
                LoanPartyRow(
                    loan_id=loan_id,
                    customer_id=customer_id,
                    role=role,
                    liability=liability,
                    from_on=date(2028, 1, 2),
                    **fields,
                )
            )

    async def case(self, customer_id: UUID, *loan_ids: UUID) -> UUID:
        """An open case with loans in it."""
        case_id = new_id()
        async with self.work() as work:
            number = await work.session.scalar(select(CASE_NUMBERS.next_value()))
            work.session.add(
                CaseRow(
                    id=case_id,
                    number=number,
                    customer_id=customer_id,
                    creditor_id=self.creditor_id,
                    test_clock_id=self.clock_id,
                    strategy_id=self.strategy_id,
                    currency="USD",
                    status="open",
                    stage="early",
                    anchor_on=date(2028, 2, 28),
                    opened_on=date(2028, 2, 29),
                    opened_at=NOON,
                )
            )
            await work.session.flush()
            for loan_id in loan_ids:
                work.session.add(
                    CaseLoanRow(case_id=case_id, loan_id=loan_id, joined_on=date(2028, 2, 29))
                )
                await work.session.execute(
                    update(LoanRow).where(LoanRow.id == loan_id).values(case_id=case_id)
                )
        return case_id

    async def overdue(self, **fields: object) -> tuple[UUID, UUID, UUID]:
        """A customer with an overdue loan in an open case: their three ids."""
        customer_id = await self.customer(**fields)
        loan_id = await self.loan(customer_id, due_on=date(2028, 2, 28))
        return customer_id, loan_id, await self.case(customer_id, loan_id)

    async def queue(self, customer_id: UUID, **fields: object) -> UUID:
        """A reminder that is due now; answers its id."""
        async with self.work() as work:
            clock = await clock_for(work, self.clock_id)
            values: dict[str, object] = {
                "customer_id": customer_id,
                "channel": "sms",
                "purpose": "collection",
                "template": "overdue_gentle",
                "due_at": clock.now,
                "not_after": clock.now + timedelta(days=2),
                "validity": "always",
                "dedupe_key": uuid4().hex,
            } | fields
            made = await queue(work, clock, NewMessage(**values))  # type: ignore[arg-type]
        assert made is not None
        return made

    async def remind(self, **fields: object) -> UUID:
        """A reminder to a new customer about his overdue loan, valid while his case is open."""
        customer_id, loan_id, case_id = await self.overdue(**fields)
        return await self.queue(customer_id, loan_id=loan_id, case_id=case_id, validity="case_open")

    async def hold(self, customer_id: UUID, case_id: UUID, kind: str = "dispute") -> None:
        """A hold from yesterday on."""
        async with self.work() as work:
            work.session.add(
                HoldRow(
                    case_id=case_id,
                    customer_id=customer_id,
                    kind=kind,
                    starts_on=date(2028, 2, 29),
                    created_at=NOON,
                )
            )

    async def promise(self, case_id: UUID) -> None:
        """An open promise, made now."""
        async with self.work() as work:
            clock = await clock_for(work, self.clock_id)
            work.session.add(
                PromiseRow(
                    case_id=case_id,
                    amount=Decimal(50),
                    currency="USD",
                    due_on=date(2028, 3, 10),
                    status="open",
                    source="agent",
                    made_on=clock.now.date(),
                    made_at=clock.now,
                )
            )

    async def meet(self, loan_id: UUID) -> None:
        """Pay all instalments of a loan."""
        async with self.work() as work:
            await work.session.execute(
                update(InstalmentRow)
                .where(InstalmentRow.loan_id == loan_id)
                .values(
                    principal_paid=InstalmentRow.principal,
                    interest_paid=InstalmentRow.interest,
                    met_on=date(2028, 3, 1),
                )
            )

    async def let_lapse(self) -> None:
        """Let every lease end."""
        async with self.work() as work:
            await work.session.execute(
                update(MessageRow)
                .where(MessageRow.lease_until.is_not(None))
                .values(lease_until=work.now - timedelta(seconds=1))
            )

    # -- the worker's calls ----------------------------------------------------------------------

    @property
    def shard(self) -> str:
        """The shard of the clock."""
        return delivery_shard(self.clock_id)

    async def lease(self, channel: str = "sms", limit: int = 50, *, apart: bool = False) -> Lease:
        """Lease what is due."""
        request = LeaseMessages(channel=channel, shard=self.shard, limit=limit, apart=apart)
        return Lease.model_validate(await self._post("lease", request.model_dump(mode="json")))

    async def dispatch(self, lease: Lease) -> Dispatched:
        """Take the last look at a whole lease."""
        request = DispatchMessages(
            group=lease.group, message_ids=[message.id for message in lease.messages]
        )
        return Dispatched.model_validate(
            await self._post("dispatch", request.model_dump(mode="json"))
        )

    async def report(self, lease: Lease, outcome: str, **fields: object) -> None:
        """Report the same outcome for a whole lease."""
        request = SendOutcomes(
            group=lease.group,
            outcomes=[
                SendOutcome.model_validate({"message_id": message.id, "outcome": outcome} | fields)
                for message in lease.messages
            ],
        )
        answer = await self.api.client.post(
            "/api/v1/deliveries/results",
            json=request.model_dump(mode="json"),
            headers=self.worker,
        )
        assert answer.status_code == 200, answer.text

    async def sent(self, channel: str = "sms", provider_id: str = "SM1") -> Lease:
        """Lease, dispatch and have accepted what is due."""
        lease = await self.lease(channel)
        await self.dispatch(lease)
        await self.report(lease, "accepted", provider_id=provider_id)
        return lease

    async def _post(self, call: str, body: object) -> dict[str, object]:
        return ok(
            await self.api.client.post(f"/api/v1/deliveries/{call}", json=body, headers=self.worker)
        )

    async def somebody_waits(self) -> None:
        """Wait until a transaction waits for a lock."""
        waiting = text(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
            "and datname = current_database()"
        )
        async with asyncio.timeout(20):
            while True:
                async with self.work() as work:
                    if await work.session.scalar(waiting):
                        return
                await asyncio.sleep(0.01)

    # -- looking -------------------------------------------------------------------------------

    async def message(self, message_id: UUID) -> MessageRow:
        """A message as it stands."""
        async with self.work() as work:
            found = await work.session.get(MessageRow, message_id)
        assert found is not None
        return found

    async def decisions(self, message_id: UUID) -> list[ContactDecisionRow]:
        """The decisions on a message."""
        async with self.work() as work:
            rows = await work.session.scalars(
                select(ContactDecisionRow)
                .where(ContactDecisionRow.message_id == message_id)
                .order_by(ContactDecisionRow.id)
            )
            return list(rows)

    async def slots(self) -> list[ContactSlotRow]:
        """All reserved slots."""
        async with self.work() as work:
            return list(await work.session.scalars(select(ContactSlotRow)))

    async def tasks(self) -> list[TaskRow]:
        """All tasks."""
        async with self.work() as work:
            return list(await work.session.scalars(select(TaskRow)))

    async def messages(self, **equal: object) -> list[MessageRow]:
        """Messages by columns, oldest first."""
        async with self.work() as work:
            rows = await work.session.scalars(
                select(MessageRow).filter_by(**equal).order_by(MessageRow.sequence)
            )
            return list(rows)

    async def wake(self, workflow_id: str) -> WakeRow | None:
        """A wake as it stands."""
        async with self.work() as work:
            found: WakeRow | None = await work.session.get(WakeRow, workflow_id)
            return found

    async def phone(self, customer_id: UUID) -> str:
        """The number of a customer."""
        async with self.work() as work:
            card = await customers.contact_card(work, customer_id)
        assert card.phone is not None
        return card.phone

    async def number(self, customer_id: UUID) -> int:
        """The human number of a customer."""
        async with self.work() as work:
            found = await work.session.get(CustomerRow, customer_id)
            assert found is not None
            return found.number


def capped_at(most: int) -> RulePack:
    """A pack that is always open and allows some contacts in seven days."""
    every_hour = HourRules((Window(NOON.time().min, NOON.time().max),))
    return RulePack(
        id="test",
        version=3,
        name="Test",
        effective_on=date(2000, 1, 1),
        citation="none",
        verified=False,
        area=Area(frozenset()),
        hours=(HourRule("test.hours", "none", every_hour),),
        caps=(CapRule("test.cap", "none", Cap(most, 7)),),
    )


async def make_desk(api: Api, work: WorkFactory, now: datetime = NOON) -> Desk:
    """Set up a clock, a creditor, a product and a worker's token."""
    clock_id, creditor_id, product_id = new_id(), new_id(), new_id()
    async with work() as unit:
        unit.session.add(
            TestClockRow(id=clock_id, name="desk", now_at=now, target_at=None, created_at=now)
        )
        unit.session.add(
            CreditorRow(
                id=creditor_id,
                code=f"lender-{uuid4().hex[:8]}",
                name="Harbor Credit",
                country="US",
                zone="America/New_York",
                licence_kind="creditor",
                correspondence=CORRESPONDENCE,
                created_at=now,
            )
        )
        await unit.session.flush()
        unit.session.add(
            ProductRow(
                id=product_id,
                code=f"personal-{uuid4().hex[:8]}",
                version=1,
                name="Personal loan",
                creditor_id=creditor_id,
                currency="USD",
                annual_rate_percent=Decimal(12),
                interest_method="declining_balance",
                frequency="monthly",
                day_count="30/360",
                min_principal=Decimal(1),
                max_principal=Decimal(100000),
                min_instalments=1,
                max_instalments=120,
                waterfall="penalty_fee_interest_principal",
                origination_fee=Decimal(0),
                penalty_kind="none",
                penalty_amount=Decimal(0),
                penalty_grace_days=0,
                arrears_grace_days=0,
                arrears_ladder="standard",
                strategy="default",
                created_at=now,
            )
        )
        strategy_id = await unit.session.scalar(select(StrategyRow.id).limit(1))
    assert strategy_id is not None
    return Desk(
        api,
        work,
        clock_id,
        creditor_id,
        product_id,
        strategy_id,
        await Actors(api).service("delivery"),
    )
