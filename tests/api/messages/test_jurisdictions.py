"""Which rules a message is judged by: where the person lives, who the creditor is, which debt."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api.creditors.tables import CreditorRow
from api.letters.tables import LetterRow
from tests.api.messages.arrange import NOON, Desk

BOSTON = {"region": "US-MA", "city": "Boston", "postcode": "02108"}
PAST = date(2028, 2, 28)
LATER = NOON + timedelta(days=20)


async def outcome(desk: Desk, message_id: UUID) -> tuple[str, list[str]]:
    """The last decision about a message."""
    *_, decision = await desk.decisions(message_id)
    return decision.outcome, list(decision.packs)


async def test_a_cap_per_debt_leaves_another_debt_alone(desk: Desk) -> None:
    customer_id = await desk.customer(**BOSTON)
    one, other = [await desk.loan(customer_id, due_on=PAST) for _ in range(2)]
    about_one = [await desk.queue(customer_id, loan_id=one, not_after=LATER) for _ in range(3)]
    about_other = await desk.queue(customer_id, loan_id=other)
    await desk.lease()
    found = [(await outcome(desk, one))[0] for one in (*about_one, about_other)]
    assert found == ["allow", "allow", "defer", "allow"]
    assert (await outcome(desk, about_other))[1] == ["us@1", "us-ma@1"]


async def test_a_message_about_a_case_counts_for_each_of_its_debts(desk: Desk) -> None:
    customer_id = await desk.customer(**BOSTON)
    loans = [await desk.loan(customer_id, due_on=PAST) for _ in range(2)]
    case_id = await desk.case(customer_id, *loans)
    for _ in range(2):
        await desk.queue(customer_id, case_id=case_id)
    await desk.lease()
    assert [sorted(slot.loan_ids) for slot in await desk.slots()] == [sorted(loans)] * 2
    third = await desk.queue(customer_id, loan_id=loans[0], not_after=LATER)
    await desk.lease()
    assert (await outcome(desk, third))[0] == "defer"


async def test_while_the_region_is_unknown_the_rules_of_each_may_bind(desk: Desk) -> None:
    customer_id = await desk.customer(region=None, city=None)
    message_id = await desk.queue(customer_id)
    await desk.lease()
    assert await outcome(desk, message_id) == (
        "allow",
        ["us@1", "us-ma@1", "us-nyc@1", "us-reg-f@2"],
    )


async def test_who_the_creditor_is_decides(desk: Desk) -> None:
    customer_id, loan_id, _ = await desk.overdue()
    async with desk.work() as work:
        await work.session.execute(update(CreditorRow).values(licence_kind="collector"))
    message_id = await desk.queue(customer_id, loan_id=loan_id)
    await desk.lease()
    assert await outcome(desk, message_id) == ("allow", ["us@1", "us-reg-f@2"])
    # With the first contact goes the notice that validates the debt, once.
    await desk.queue(customer_id, loan_id=loan_id)
    await desk.lease()
    async with desk.work() as work:
        [letter] = (await work.session.scalars(select(LetterRow))).all()
    assert (letter.code, letter.loan_id) == ("validation_notice", loan_id)
    assert letter.dispute_until == date(2028, 4, 7)
    [task] = [task for task in await desk.tasks() if task.kind == "letter"]
    assert task.payload == {"letter_id": str(letter.id)}


async def test_the_hours_a_customer_named_are_kept(desk: Desk) -> None:
    evening = {"days": ["wed", "thu"], "opens": "18:00:00", "closes": "20:00:00"}
    message_id = await desk.queue(await desk.customer(contact_hours=[evening]))
    await desk.lease()
    assert (await outcome(desk, message_id))[0] == "defer"
    assert (await desk.message(message_id)).due_at == NOON + timedelta(hours=6)


@pytest.mark.parametrize("given", [False, True])
async def test_in_ontario_an_agency_waits_for_its_notice(desk: Desk, *, given: bool) -> None:
    async with desk.work() as work:
        await work.session.execute(update(CreditorRow).values(licence_kind="collector"))
    customer_id, loan_id, case_id = await desk.overdue(
        country="CA", region="CA-ON", city="Toronto", phone="+14165550123", zone="America/Toronto"
    )
    if given:
        await desk.queue(
            customer_id, case_id=case_id, channel="email", template="overdue_email",
            purpose="statutory",
        )  # fmt: skip
        await desk.sent("email", "X1")
    message_id = await desk.queue(customer_id, loan_id=loan_id, not_after=LATER)
    await desk.lease()
    word, packs = await outcome(desk, message_id)
    assert packs == ["ca-on@1", "ca-on-collectors@1"]
    assert word == ("defer" if given else "deny")
    if given:
        # Six days are the notice's own: sent on 1 March, the first day after them is the 8th.
        assert (await desk.message(message_id)).due_at == NOON + timedelta(days=7, hours=-5)
