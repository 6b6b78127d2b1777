"""Reminders wait for money that is announced, and say so among their decisions."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.clock import clock_for
from api.db.base import new_id
from api.messages import releasing
from api.payments.tables import TRANSACTION_NUMBERS, PaymentLifeRow
from tests.api.messages.arrange import NOON, Desk

UNTIL = datetime(2028, 3, 3, 13, tzinfo=UTC)
"""When calls are allowed again on the first day on which nothing is awaited: 08:00 in New York."""


async def announce(desk: Desk, loan_id: UUID, amount: str = "106.62", **fields: object) -> UUID:
    """A payment that was reported today and is awaited until 3 March."""
    payment_id = new_id()
    values: dict[str, Any] = {
        "id": payment_id,
        "loan_id": loan_id,
        "state": "reported",
        "source": "customer",
        "amount": Decimal(amount),
        "currency": "USD",
        "value_on": NOON.date(),
        "method": "bank_transfer",
        "payoff": False,
        "pauses": True,
        "announced_on": NOON.date(),
        "announced_at": NOON,
        "awaited_until": date(2028, 3, 3),
        "asked": False,
        "version": 1,
    } | fields
    async with desk.work() as work:
        values["number"] = await work.session.scalar(TRANSACTION_NUMBERS.next_value())
        work.session.add(PaymentLifeRow(**values))
    return payment_id


async def reminder(desk: Desk, loan_id: UUID, customer_id: UUID, **fields: object) -> UUID:
    """A reminder of the first instalment, good for a week."""
    return await desk.queue(
        customer_id,
        loan_id=loan_id,
        instalment=1,
        purpose="servicing",
        validity="instalment_unpaid",
        template="upcoming",
        not_after=NOON + timedelta(days=7),
        **fields,
    )


async def test_a_reminder_waits_and_its_decision_names_why(desk: Desk) -> None:
    customer_id = await desk.customer()
    loan_id = await desk.loan(customer_id)
    await announce(desk, loan_id)
    message_id = await reminder(desk, loan_id, customer_id)
    assert (await desk.lease()).messages == []
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("queued", ["payment-awaited"])
    (decision,) = await desk.decisions(message_id)
    assert (decision.outcome, decision.defer_until) == ("defer", row.due_at)
    assert "tenor.payment-awaited: payment-awaited" in decision.reasons
    assert decision.inputs["payment_awaited_until"] == "2028-03-03T05:00:00+00:00"
    assert row.due_at == UNTIL
    await desk.set_clock(UNTIL)
    assert [one.id for one in (await desk.lease()).messages] == [message_id]


async def test_a_reminder_that_loses_its_point_meanwhile_is_withheld(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    await announce(desk, loan_id)
    message_id = await desk.queue(
        customer_id,
        loan_id=loan_id,
        case_id=case_id,
        validity="case_open",
        not_after=NOON + timedelta(days=1),
    )
    await desk.lease()
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("withheld", ["too-late-to-defer"])


async def test_money_for_less_than_the_message_asks_for_holds_nothing_back(desk: Desk) -> None:
    customer_id = await desk.customer()
    loan_id = await desk.loan(customer_id)
    await announce(desk, loan_id, "106.61")
    message_id = await reminder(desk, loan_id, customer_id)
    assert [one.id for one in (await desk.lease()).messages] == [message_id]


async def test_notices_and_other_loans_do_not_wait(desk: Desk) -> None:
    customer_id = await desk.customer()
    loan_id, other = await desk.loan(customer_id), await desk.loan(customer_id)
    await announce(desk, loan_id)
    notice = await desk.queue(customer_id, purpose="statutory", template="help", loan_id=loan_id)
    about_other = await reminder(desk, other, customer_id)
    assert {one.id for one in (await desk.lease()).messages} == {notice, about_other}


async def test_money_announced_after_the_permit_stops_the_last_look(desk: Desk) -> None:
    customer_id = await desk.customer()
    loan_id = await desk.loan(customer_id)
    message_id = await reminder(desk, loan_id, customer_id)
    lease = await desk.lease()
    await announce(desk, loan_id)
    assert (await desk.dispatch(lease)).message_ids == []
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("queued", ["payment-awaited"])


async def test_what_waited_is_decided_about_again_once_nothing_is_awaited(desk: Desk) -> None:
    customer_id = await desk.customer()
    loan_id = await desk.loan(customer_id)
    payment_id = await announce(desk, loan_id)
    message_id = await reminder(desk, loan_id, customer_id)
    await desk.lease()
    async with desk.work() as work:
        row = await work.session.get_one(PaymentLifeRow, payment_id)
        row.state, row.ended_at = "withdrawn", NOON
        clock = await clock_for(work, desk.clock_id)
        await releasing.payment_not_awaited(work, clock, loan_id, None)
    assert [one.id for one in (await desk.lease()).messages] == [message_id]
