"""Reminders of which nothing became known go as permitted; all others are decided anew."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.customers.tables import ConsentRow, CustomerRow
from api.loans.tables import LoanPartyRow, LoanRow
from api.messages import news_queries, permits
from api.parties.tables import BereavementRow
from api.recovery.tables import CaseRow, HoldRow
from domain.contact.channel import Channel
from tests.api.messages.arrange import NOON, Desk
from tests.api.messages.test_awaited_payments import announce, reminder


async def stop(desk: Desk, customer_id: UUID, _loan_id: UUID) -> None:
    async with desk.work() as work:
        card = await customers.contact_card(work, customer_id)
        assert card.phone_index is not None
        await customers.suppress(work, Channel.SMS, card.phone_index, SuppressionReason.STOP)


async def take_back(desk: Desk, customer_id: UUID, _loan_id: UUID) -> None:
    async with desk.work() as work:
        work.session.add(
            ConsentRow(
                customer_id=customer_id,
                medium="sms",
                purpose="any",
                granted=False,
                source="agent",
                given_at=NOON,
            )
        )


async def move(desk: Desk, customer_id: UUID, _loan_id: UUID) -> None:
    async with desk.work() as work:
        await work.session.execute(
            update(CustomerRow).where(CustomerRow.id == customer_id).values(zone="Asia/Tokyo")
        )


async def hold(desk: Desk, customer_id: UUID, _loan_id: UUID) -> None:
    async with desk.work() as work:
        case_id = await work.session.scalar(
            select(CaseRow.id).where(CaseRow.customer_id == customer_id)
        )
    assert case_id is not None
    await desk.hold(customer_id, case_id, "fraud")


async def die(desk: Desk, customer_id: UUID, _loan_id: UUID) -> None:
    async with desk.work() as work:
        work.session.add(
            BereavementRow(
                customer_id=customer_id,
                status="notified",
                source="agent",
                notified_on=NOON.date(),
                notified_at=NOON,
                notified_by="user:somebody",
            )
        )


async def leave(desk: Desk, _customer_id: UUID, loan_id: UUID) -> None:
    async with desk.work() as work:
        await work.session.execute(
            update(LoanPartyRow)
            .where(LoanPartyRow.loan_id == loan_id)
            .values(liability="none", role="authorised_third_party")
        )


async def close(desk: Desk, _customer_id: UUID, loan_id: UUID) -> None:
    async with desk.work() as work:
        await work.session.execute(
            update(LoanRow).where(LoanRow.id == loan_id).values(lifecycle="closed")
        )


async def pay(desk: Desk, _customer_id: UUID, loan_id: UUID) -> None:
    await desk.meet(loan_id)


async def report(desk: Desk, _customer_id: UUID, loan_id: UUID) -> None:
    await announce(desk, loan_id)


Fact = Callable[[Desk, UUID, UUID], Awaitable[None]]

FACTS: dict[Fact, str] = {
    stop: "opted-out",
    take_back: "consent-revoked",
    move: "outside-hours",
    hold: "hold.fraud",
    die: "hold.deceased",
    leave: "not-liable",
    close: "loan-not-active",
    pay: "instalment-paid",
    report: "payment-awaited",
}
"""What may become known between a permit and its last look, and why the reminder then stays."""


async def test_every_fact_that_decides_is_seen_at_the_last_look(desk: Desk) -> None:
    queued: dict[Fact, tuple[UUID, UUID, UUID]] = {}
    for fact in FACTS:
        customer_id = await desk.customer()
        loan_id = await desk.loan(customer_id)
        queued[fact] = customer_id, loan_id, await reminder(desk, loan_id, customer_id)
        await desk.case(customer_id, loan_id)
    customer_id = await desk.customer()
    undisturbed = await reminder(desk, await desk.loan(customer_id), customer_id)
    lease = await desk.lease()
    assert len(lease.messages) == len(FACTS) + 1
    for fact, (customer_id, loan_id, _) in queued.items():
        await fact(desk, customer_id, loan_id)
    gone = await desk.dispatch(lease)
    assert (gone.message_ids, gone.withdrawn) == ([undisturbed], len(FACTS))
    reasons = {fact: (await desk.message(key)).reasons for fact, (_, _, key) in queued.items()}
    assert reasons == {fact: [reason] for fact, reason in FACTS.items()}
    assert [slot.message_id for slot in await desk.slots()] == [undisturbed]


async def test_a_fact_that_was_under_way_before_the_permit_is_news(desk: Desk) -> None:
    """Its transaction is older than the permit's, and was not seen by it all the same."""
    customer_id = await desk.customer()
    loan_id = await desk.loan(customer_id)
    await reminder(desk, loan_id, customer_id)
    case_id = await desk.case(customer_id, loan_id)
    async with desk.work() as work:
        work.session.add(
            HoldRow(
                case_id=case_id,
                customer_id=customer_id,
                kind="fraud",
                starts_on=date(2028, 2, 29),
                created_at=NOON,
            )
        )
        await work.session.flush()
        lease = await desk.lease()
        assert len(lease.messages) == 1
    assert (await desk.dispatch(lease)).message_ids == []


async def all_is_read(desk: Desk) -> None:
    """Wait until no transaction is under way that is older than what was written so far.

    Those of other databases on the server count, too: what is younger than they are is news.
    """
    async with desk.work() as work:
        written = await work.session.scalar(text("select pg_current_xact_id()::text::bigint"))
    async with asyncio.timeout(60):
        while True:
            async with desk.work() as work:
                if await news_queries.horizon(work) > written:
                    return
            await asyncio.sleep(0.01)


async def test_without_news_nothing_is_decided_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        raise AssertionError("decided again")

    monkeypatch.setattr(permits, "confirm", never)
    customer_id = await desk.customer()
    message_id = await reminder(desk, await desk.loan(customer_id), customer_id)
    await all_is_read(desk)
    lease = await desk.lease()
    first = await desk.dispatch(lease)
    assert first.message_ids == [message_id]
    assert await desk.dispatch(lease) == first
    row = await desk.message(message_id)
    assert (row.status, row.attempts, row.dispatched_at) == ("dispatched", 1, first.dispatched_at)


@pytest.mark.parametrize(
    ("later", "status", "reason"),
    [
        (timedelta(hours=12), "queued", "outside-hours"),
        (timedelta(days=1), "queued", "permit-over"),
        (timedelta(days=8), "expired", "past-not-after"),
    ],
)
async def test_a_permit_ends_with_its_hours_even_without_news(
    desk: Desk, later: timedelta, status: str, reason: str
) -> None:
    customer_id = await desk.customer()
    message_id = await reminder(desk, await desk.loan(customer_id), customer_id)
    lease = await desk.lease()
    await desk.set_clock(NOON + later)
    assert (await desk.dispatch(lease)).message_ids == []
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == (status, [reason])
