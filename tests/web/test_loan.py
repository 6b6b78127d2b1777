"""The page of a loan: what is owed and why, payments shown before they happen, taken back."""

import pytest
from sqlalchemy import func, select

from api.payments.tables import TransactionRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.recovery.floor import INSTALMENT, Floor, Json, at, make_floor
from tests.api.support import Api
from tests.web.conftest import LogIn
from tests.web.support import fields, text_of


@pytest.fixture
async def loan(floor: Floor) -> Json:
    """A loan a day late."""
    made = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    return made


async def payments(floor: Floor) -> int:
    async with floor.work() as work:
        return int(
            await work.session.scalar(
                select(func.count())
                .select_from(TransactionRow)
                .where(TransactionRow.kind == "repayment")
            )
            or 0
        )


async def test_every_balance_says_what_it_is_made_of(
    floor: Floor, loan: Json, staff: LogIn
) -> None:
    browser = await staff(Role.AGENT)
    said = text_of(await browser.get(f"/console/loans/{loan['id']}"))
    assert "Principal 94.62 USD 1,200.00 USD 12 instalments" in said
    assert "Interest 12.00 USD" in said
    assert "Penalty 0.00 USD 0.00 USD nothing" in said
    assert "1 day past due" in said
    assert "disbursement principal receivable 1,200.00 1,200.00" in said
    assert "interest due" in said
    assert "1,200.00 USD was paid out; 79.42 USD of interest is planned on it. +1,279.42" in said


async def test_a_payment_is_shown_before_it_happens(floor: Floor, loan: Json, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/loans/{loan['id']}"
    preview = await browser.submit(
        await browser.get(path), f"{path}/payment", 200, amount=INSTALMENT, step="preview"
    )
    said = text_of(preview)
    assert "Nothing has happened yet. It would pay:" in said
    assert "interest of instalment 1: 12.00 USD" in said
    assert "principal of instalment 1: 94.62 USD" in said
    assert await payments(floor) == 0
    posted = await browser.submit(preview, f"{path}/payment", step="post")
    assert posted.headers["location"] == f"{path}?done=payment#payments"
    assert await payments(floor) == 1
    await browser.submit(preview, f"{path}/payment", step="post")
    assert await payments(floor) == 1
    assert "The payment is posted." in text_of(await browser.get(f"{path}?done=payment"))


async def test_what_was_not_shown_is_not_posted(floor: Floor, loan: Json, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/loans/{loan['id']}"
    page = await browser.get(path)
    await browser.submit(page, f"{path}/payment", 200, amount="50.00", step="post")
    preview = await browser.submit(page, f"{path}/payment", 200, amount="50.00", step="preview")
    changed = await browser.submit(preview, f"{path}/payment", 200, amount="60.00", step="post")
    assert "Nothing has happened yet" in text_of(changed)
    assert await payments(floor) == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "10.001"}, "USD has 2 decimals"),
        ({"amount": "0"}, "must be above zero"),
        ({"amount": "10", "value_on": "2029-01-01"}, "The value date lies between"),
        ({"amount": "ten"}, "decimal text"),
    ],
)
async def test_a_payment_that_will_not_do(
    floor: Floor, loan: Json, staff: LogIn, typed: dict[str, str], said: str
) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/loans/{loan['id']}"
    refused = await browser.submit(
        await browser.get(path), f"{path}/payment", 422, step="preview", **typed
    )
    assert said in text_of(refused)
    assert fields(refused, f"{path}/payment")["amount"] == typed["amount"]


async def test_taking_a_payment_back(floor: Floor, loan: Json, staff: LogIn) -> None:
    await floor.pay(loan, INSTALMENT)
    browser = await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}"
    preview = await browser.submit(
        await browser.get(path), f"{path}/reverse", 200, reason="bounced", step="preview"
    )
    assert "It would be owed again: 106.62 USD" in text_of(preview)
    await browser.submit(preview, f"{path}/reverse", step="post")
    said = text_of(await browser.get(path))
    assert "returned" in said
    assert "reversal" in said


async def test_a_reported_payment_is_cleared_and_a_pending_one_comes_back(
    floor: Floor, loan: Json, staff: LogIn
) -> None:
    browser = await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}"
    typed = fields(await browser.get(path), f"{path}/payment") | {"status": "reported"}
    preview = await browser.post(f"{path}/payment", typed | {"step": "preview"}, 200)
    await browser.submit(preview, f"{path}/payment", step="post")
    page = await browser.get(path)
    assert "reported, awaited until" in text_of(page)
    assert "Announced, not here yet 106.62 USD" in text_of(page)
    await browser.submit(page, f"{path}/awaited", step="clear")
    assert await payments(floor) == 1
    await floor.pay(loan, "50.00", status="pending")
    page = await browser.get(path)
    stale = fields(page, f"{path}/awaited") | {"step": "return", "reason": "account_closed"}
    refused = await browser.post(f"{path}/awaited", stale | {"version": "9", "key": "a"}, 422)
    assert "read it again" in text_of(refused)
    await browser.submit(page, f"{path}/awaited", step="return", reason="account_closed")
    assert "returned: account closed" in text_of(await browser.get(path))


async def test_a_report_is_taken_back_on_the_page(floor: Floor, loan: Json, staff: LogIn) -> None:
    await floor.pay(loan, "50.00", status="reported")
    browser = await staff(Role.AGENT)
    path = f"/console/loans/{loan['id']}"
    page = await browser.get(path)
    assert "It came back" not in page.text
    await browser.submit(page, f"{path}/awaited", step="withdraw")
    assert "report withdrawn" in text_of(await browser.get(path))


async def test_what_else_would_move_is_shown_before_it_happens(
    floor: Floor, loan: Json, staff: LogIn
) -> None:
    await floor.pay(loan, INSTALMENT)
    browser = await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}"
    preview = await browser.submit(
        await browser.get(path),
        f"{path}/payment",
        200,
        amount="50.00",
        value_on="2028-03-01",
        step="preview",
    )
    said = text_of(preview)
    assert "It changes the past from 1 Mar 2028 on:" in said
    assert "106.62 USD , pays principal of no. 1: 56.62 USD" in said
    assert await payments(floor) == 1
    await browser.submit(preview, f"{path}/payment", step="post")
    assert await payments(floor) == 2
    page = await browser.get(path)
    assert "split anew" in text_of(page)
    preview = await browser.submit(page, f"{path}/reverse", 200, reason="other", step="preview")
    assert "It changes the past from 1 Mar 2028 on:" in text_of(preview)


async def test_many_daily_fees_are_told_by_their_sum(
    api: Api, work: WorkFactory, staff: LogIn
) -> None:
    daily = {"kind": "flat_per_day", "amount": "0.50", "grace_days": 0}
    floor = await make_floor(api, work, penalty=daily)
    loan = await floor.late_loan()
    await floor.move(at(3, 20, 16))
    browser = await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}"
    preview = await browser.submit(
        await browser.get(path),
        f"{path}/payment",
        200,
        amount=INSTALMENT,
        value_on="2028-03-01",
        step="preview",
    )
    # 2 to 20 March.
    assert "19 late fees, 9.50 USD together, are withdrawn" in text_of(preview)


async def test_who_may_not_post_or_take_back(floor: Floor, loan: Json, staff: LogIn) -> None:
    await floor.pay(loan, "10.00")
    path = f"/console/loans/{loan['id']}"
    advisor = await staff(Role.ADVISOR)
    page = await advisor.get(path)
    assert "Post a payment" not in page.text
    own = fields(page, "/console/log-out") | {"amount": "1", "currency": "USD", "key": "a"}
    await advisor.post(f"{path}/payment", own, 403)
    agent = await staff(Role.AGENT)
    page = await agent.get(path)
    assert "Take it back" not in page.text
    await agent.post(f"{path}/reverse", fields(page, "/console/log-out"), 403)


async def test_the_page_names_the_parties_and_what_each_owes(floor: Floor, staff: LogIn) -> None:
    scene = floor.scene
    maria, jo = await scene.customer(), await scene.customer(name="Jo Keller")
    made = await scene.loan(maria, parties=[{"customer_id": jo, "role": "guarantor"}])
    browser = await staff(Role.AGENT)
    said = text_of(await browser.get(f"/console/loans/{made['id']}"))
    assert "Maria Keller primary owes all of it, since 1 Feb 2028" in said
    assert "Jo Keller guarantor not called yet guarantees it, since 1 Feb 2028" in said
