"""A payment that is announced and covers what is overdue holds a case still while it may come."""

from typing import Any

import pytest

from api.loans.service import advance_loan
from tests.api.recovery.floor import INSTALMENT, Floor, at, make_floor
from tests.api.support import key


async def chased(floor: Floor) -> tuple[Any, str]:
    """A loan two days late, whose case has taken its first step."""
    loan = await floor.late_loan()
    await floor.move(at(3, 3, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    return loan, case_id


async def step(floor: Floor, payment: Any, name: str, body: object = None) -> Any:
    answer = await floor.api.client.post(
        f"/api/v1/payments/{payment['id']}/{name}",
        json=body,
        headers=floor.manager | key() | {"If-Match": f'"{payment["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_report_suspends_the_case_for_its_days_and_loses_no_step(floor: Floor) -> None:
    loan, case_id = await chased(floor)
    told = await floor.pay(loan, INSTALMENT, status="reported")
    assert told["life"]["pauses_reminders"] is True
    plan = await floor.plan(case_id)
    assert plan["next_step"] is None
    assert plan["waiting_for"] == "the payment that was announced"
    assert "a payment is awaited until 2028-03-08" in plan["why"]
    assert plan["line"].endswith("payment awaited")
    assert (await floor.case(case_id))["suspended_by"] == "payment"
    # Day 4 was to come on 5 March; five days of waiting later it comes on the 10th.
    assert await floor.live(case_id, at(3, 3, 18), at(3, 10, 13)) == []
    assert (await floor.case(case_id))["next_step"] == "details_email"
    assert await floor.live(case_id, at(3, 10, 14), at(3, 10, 16)) == ["details_email"]


@pytest.mark.parametrize("name", ["withdraw", "return"])
async def test_what_comes_to_nothing_lets_the_case_go_on(floor: Floor, name: str) -> None:
    loan, case_id = await chased(floor)
    status = "pending" if name == "return" else "reported"
    told = await floor.pay(loan, INSTALMENT, status=status)
    await floor.live(case_id, at(3, 3, 18), at(3, 4, 18))
    wanted, _, _ = await floor.wake(case_id)
    body = {"reason": "insufficient_funds"} if name == "return" else None
    await step(floor, told, name, body)
    assert (await floor.wake(case_id))[0] > wanted
    plan = await floor.plan(case_id)
    # One day was lost to waiting: day 4 comes on the 6th.
    assert plan["next_step"]["key"] == "details_email"
    assert plan["next_step"]["at"] == "2028-03-06T15:00:00Z"


async def test_less_than_what_is_overdue_suspends_nothing(floor: Floor) -> None:
    loan, case_id = await chased(floor)
    told = await floor.pay(loan, "100.00", status="reported")
    assert told["life"]["pauses_reminders"] is False
    assert (await floor.plan(case_id))["next_step"]["key"] == "details_email"
    rest = await floor.pay(loan, INSTALMENT, status="pending")
    assert rest["life"]["pauses_reminders"] is True


async def test_a_product_may_chase_while_a_payment_is_pending(api: Any, work: Any) -> None:
    floor = await make_floor(api, work, payment_life={"pending_pauses": False})
    loan, case_id = await chased(floor)
    await floor.pay(loan, INSTALMENT, status="pending")
    assert (await floor.plan(case_id))["next_step"]["key"] == "details_email"


async def test_reports_that_come_to_nothing_hold_back_twice_at_most(floor: Floor) -> None:
    loan, _ = await chased(floor)
    paused = []
    for day in (3, 10, 17):
        await floor.move(at(3, day, 17))
        told = await floor.pay(loan, INSTALMENT, status="reported")
        paused.append(told["life"]["pauses_reminders"])
        await floor.move(at(3, day + 6, 17))
        async with floor.work() as unit:
            await advance_loan(unit, loan["id"])
    assert paused == [True, True, False]
    await floor.pay(loan, "10.00")
    told = await floor.pay(loan, INSTALMENT, status="reported")
    assert told["life"]["pauses_reminders"] is True


async def test_only_money_that_cleared_keeps_a_promise(api: Any, work: Any) -> None:
    floor = await make_floor(api, work, payment_life={"pending_counts": "provisionally"})
    loan, case_id = await chased(floor)
    await floor.promise(case_id, "60.00", "2028-03-06")
    told = await floor.pay(loan, "60.00", status="pending")
    await floor.plan(case_id)
    assert (await floor.case(case_id))["promises"][0]["status"] == "open"
    await step(floor, told, "clear", {})
    await floor.plan(case_id)
    assert (await floor.case(case_id))["promises"][0]["status"] == "kept"
