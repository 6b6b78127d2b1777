"""Cases are opened once, joined by further loans, and left by loans that are up to date."""

import asyncio
from uuid import UUID

from sqlalchemy import select

from api.clock import clock_for
from api.loans.tables import LoanRow
from api.recovery import service as recovery
from api.recovery.tables import CaseLoanRow, CaseRow
from tests.api.recovery.floor import INSTALMENT, Floor, at
from tests.api.support import make_scene


async def test_a_late_loan_opens_a_case_that_tells_why(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 14))
    case = await floor.case(await floor.case_id(loan))
    assert (case["status"], case["stage"], case["bucket"]) == ("open", "early", "1-29")
    assert (case["overdue"], case["past_due_days"]) == (INSTALMENT, 1)
    assert case["past_due_since"] == "2028-03-01"
    assert case["number"].startswith("RC-")
    assert case["loan_ids"] == [loan["id"]]
    assert [line["text"] for line in case["timeline"]] == [
        "Case opened in stage early: past due since 1 Mar 2028",
        f"{loan['number']} joined the case: past due since 1 Mar 2028 (1 day, bucket 1-29)",
    ]
    wanted, done, _ = await floor.wake(case["id"])
    assert wanted > done


async def test_a_second_late_loan_joins_and_leaves_again(floor: Floor) -> None:
    customer = await floor.scene.customer()
    first = await floor.scene.loan(customer)
    second = await floor.scene.loan(customer, disbursed_on="2028-01-10")
    await floor.move(at(3, 12, 14))
    case_id = await floor.case_id(second)
    assert await floor.case_id(first) == case_id
    assert await floor.count_cases() == 1
    case = await floor.case(case_id)
    # The second fell due on 10 February and 10 March: it leads.
    assert (case["overdue"], case["past_due_since"]) == ("319.86", "2028-02-10")
    assert case["loan_ids"] == [first["id"], second["id"]]

    await floor.pay(second, "213.24")
    plan = await floor.plan(case_id)
    assert plan["open"] is True
    assert plan["past_due_since"] == "2028-03-01"
    case = await floor.case(case_id)
    assert case["loan_ids"] == [first["id"]]
    assert case["overdue"] == INSTALMENT
    assert f"{second['number']} is up to date and left the case" in await floor.story(case_id)
    found = await floor.scene.get(f"/loans/{second['id']}/delinquent")
    assert found["case_id"] is None


async def test_different_creditors_make_different_cases(floor: Floor) -> None:
    customer = await floor.scene.customer()
    other = await make_scene(floor.api, on_clock=False)
    other.clock_id = floor.scene.clock_id
    first = await floor.scene.loan(customer)
    second = await other.loan(customer)
    await floor.move(at(3, 2, 14))
    assert await floor.case_id(first) != await floor.case_id(second)


async def test_many_at_once_open_one_case_per_customer(floor: Floor) -> None:
    customers = [await floor.scene.customer(phone=None, email=None) for _ in range(3)]
    loans = [
        UUID(str((await floor.scene.loan(customer))["id"]))
        for _ in range(4)
        for customer in customers
    ]
    await floor.set_clock(at(3, 2, 14))

    async def open_for(loan_ids: list[UUID]) -> None:
        async with floor.work() as work:
            clock = await clock_for(work, UUID(floor.scene.clock_id))
            rows = await work.session.scalars(
                select(LoanRow)
                .where(LoanRow.id.in_(loan_ids))
                .order_by(LoanRow.number)
                .with_for_update()
            )
            today = clock.today("America/New_York")
            late = [
                recovery.OverdueLoan(row, row.next_unmet_due_on or today, "1-29", 1) for row in rows
            ]
            await recovery.open_or_join(work, clock, late, today)

    # Every call holds one loan of each customer, in another order of customers.
    groups = [loans[0:3], loans[3:6][::-1], loans[6:9], loans[9:12][::-1]]
    await asyncio.gather(*(open_for(group) for group in groups))

    async with floor.work() as work:
        cases = (await work.session.scalars(select(CaseRow))).all()
        members = (await work.session.scalars(select(CaseLoanRow))).all()
        tied = set(await work.session.scalars(select(LoanRow.case_id)))
    assert sorted(str(case.customer_id) for case in cases) == sorted(customers)
    assert len(members) == len(loans)
    assert tied == {case.id for case in cases}


async def test_opening_again_changes_nothing(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 14))
    case_id = await floor.case_id(loan)
    before = await floor.count_events(case_id)
    await floor.move(at(3, 9, 14))
    assert await floor.count_events(case_id) == before
    assert await floor.count_cases() == 1


async def test_a_case_ended_by_decision_is_not_opened_for_the_same_debt(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 14))
    case_id = await floor.case_id(loan)
    await floor.act(floor.manager, case_id, "close", {"reason": "wrong_party"})
    await floor.move(at(3, 20, 14))
    assert await floor.count_cases() == 1
    # Paid up, and late again with a later instalment: that is a new matter.
    await floor.pay(loan, INSTALMENT)
    await floor.move(at(4, 3, 14))
    assert await floor.count_cases() == 2
    assert await floor.case_id(loan) != case_id
