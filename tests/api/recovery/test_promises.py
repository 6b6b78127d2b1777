"""Promises: within policy, one at a time, suspending chasing, judged from the ledger."""

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from api.clock import clock_for
from api.recovery import service as recovery
from api.recovery.tables import PromiseRow
from tests.api.recovery.floor import INSTALMENT, Floor, Json, at
from tests.api.support import key, ok


@pytest.fixture
async def late(floor: Floor) -> tuple[Floor, Json, str]:
    """A loan a week late, its case worked up to that day, on 9 March at noon in New York."""
    loan = await floor.late_loan()
    await floor.move(at(3, 9, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    return floor, loan, case_id


async def test_a_promise_suspends_chasing_until_its_grace_is_over(
    late: tuple[Floor, Json, str],
) -> None:
    floor, _, case_id = late
    made = await floor.promise(case_id, "60.00", "2028-03-14")
    assert (made["status"], made["source"], made["received"]) == ("open", "agent", "0.00")
    plan = await floor.plan(case_id)
    assert plan["next_step"] is None
    assert plan["line"].endswith("past due since 1 Mar · promise until 14 Mar")
    assert plan["waiting_for"] == (
        "the promised payment, due 14 Mar 2028 (counted until 16 Mar 2028)"
    )
    case = await floor.case(case_id)
    assert case["suspended_by"] == "promise"
    done = await floor.live(case_id, at(3, 9, 18), at(3, 16, 23))
    assert done == []
    assert (await floor.case(case_id))["promises"][0]["status"] == "open"
    await floor.live(case_id, at(3, 17, 4), at(3, 17, 5))
    case = await floor.case(case_id)
    assert (case["promises"][0]["status"], case["suspended_by"]) == ("broken", None)
    assert case["promises"][0]["resolved_at"] is not None
    story = [line["text"] for line in case["timeline"]]
    assert "Promise to pay 60.00 USD by 14 Mar 2028 (by agent)" in story
    assert "The promise of 60.00 USD for 14 Mar 2028 was broken: 0.00 USD arrived" in story
    assert "Chasing goes on" in story


@pytest.mark.parametrize(
    ("paid", "status"),
    [("60.00", "kept"), ("54.00", "kept"), ("53.99", "partial"), ("0.01", "partial")],
)
async def test_the_ledger_says_what_became_of_a_promise(
    late: tuple[Floor, Json, str], paid: str, status: str
) -> None:
    floor, loan, case_id = late
    await floor.promise(case_id, "60.00", "2028-03-14")
    await floor.move(at(3, 16, 20))
    await floor.pay(loan, paid)
    await floor.plan(case_id)
    await floor.live(case_id, at(3, 17, 5), at(3, 17, 6))
    (promise,) = (await floor.case(case_id))["promises"]
    assert (promise["status"], promise["received"]) == (status, paid)


async def test_a_promise_is_kept_as_soon_as_the_money_is_there(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    await floor.promise(case_id, "60.00", "2028-03-14")
    await floor.pay(loan, "60.00")
    plan = await floor.plan(case_id)
    assert plan["open"] is True
    assert plan["next_step"] is not None
    (promise,) = (await floor.case(case_id))["promises"]
    assert (promise["status"], promise["received"]) == ("kept", "60.00")


async def test_money_before_a_promise_or_reversed_does_not_count(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    await floor.pay(loan, "30.00")
    await floor.promise(case_id, "30.00", "2028-03-14")
    await floor.plan(case_id)
    assert (await floor.case(case_id))["promises"][0]["status"] == "open"
    paid = await floor.pay(loan, "30.00")
    await floor.scene.post(
        f"/loans/{loan['id']}/payments/{paid['id']}/reverse", {"reason": "bounced"}
    )
    await floor.live(case_id, at(3, 17, 5), at(3, 17, 6))
    assert (await floor.case(case_id))["promises"][0]["status"] == "broken"


async def test_paying_all_that_is_overdue_keeps_the_promise_and_cures(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    await floor.promise(case_id, INSTALMENT, "2028-03-14")
    await floor.pay(loan, INSTALMENT)
    assert (await floor.plan(case_id))["closed_reason"] == "cured"
    case = await floor.case(case_id)
    assert [promise["status"] for promise in case["promises"]] == ["kept"]


async def test_curing_otherwise_leaves_a_promise_neither_kept_nor_broken(floor: Floor) -> None:
    customer = await floor.scene.customer()
    first = await floor.scene.loan(customer)
    await floor.move(at(3, 9, 17))
    case_id = await floor.case_id(first)
    await floor.pay(first, "100.00")
    await floor.promise(case_id, "6.62", "2028-03-14")
    # Closed by decision: nothing is promised to anybody any more.
    await floor.act(floor.manager, case_id, "close", {"reason": "settled"})
    (promise,) = (await floor.case(case_id))["promises"]
    assert promise["status"] == "replaced"


async def test_a_new_promise_replaces_the_open_one(late: tuple[Floor, Json, str]) -> None:
    floor, _, case_id = late
    await floor.promise(case_id, "60.00", "2028-03-14")
    await floor.promise(case_id, "70.00", "2028-03-18")
    case = await floor.case(case_id)
    assert [(p["amount"], p["status"]) for p in case["promises"]] == [
        ("60.00", "replaced"),
        ("70.00", "open"),
    ]
    await floor.live(case_id, at(3, 17, 5), at(3, 18))
    assert (await floor.case(case_id))["promises"][1]["status"] == "open"


async def test_racing_promises_leave_one_open(late: tuple[Floor, Json, str]) -> None:
    floor, _, case_id = late
    await asyncio.gather(
        *(floor.promise(case_id, f"{amount}.00", "2028-03-14") for amount in range(50, 58))
    )
    statuses = [p["status"] for p in (await floor.case(case_id))["promises"]]
    assert sorted(statuses) == ["open"] + ["replaced"] * 7


@pytest.mark.parametrize(
    ("amount", "due_on", "code", "bound"),
    [
        ("60.00", "2028-03-08", "promise-out-of-policy", "due_on_past"),
        ("60.00", "2028-06-01", "promise-out-of-policy", "max_days_ahead"),
        ("106.63", "2028-03-14", "promise-out-of-policy", "overdue_amount"),
        ("1.00", "2028-03-14", "promise-out-of-policy", "min_percent_of_overdue"),
        ("-5.00", "2028-03-14", "amount-not-positive", None),
        ("60.001", "2028-03-14", "amount-precision", None),
    ],
)
async def test_a_promise_outside_the_policy_is_refused(
    late: tuple[Floor, Json, str], amount: str, due_on: str, code: str, bound: str | None
) -> None:
    floor, _, case_id = late
    before = await floor.case(case_id)
    problem = await floor.promise(case_id, amount, due_on, status=422)
    assert problem["code"] == code
    assert problem.get("facts", {}).get("bound") == bound
    assert await floor.case(case_id) == before


async def test_the_same_key_promises_once(late: tuple[Floor, Json, str]) -> None:
    floor, _, case_id = late
    headers = floor.agent | key()
    path = f"/api/v1/recovery-cases/{case_id}/promises"
    body = {"amount": "60.00", "due_on": "2028-03-14"}
    answers = [await floor.api.client.post(path, json=body, headers=headers) for _ in range(2)]
    first, second = (ok(answer, 201) for answer in answers)
    assert first == second
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len((await floor.case(case_id))["promises"]) == 1


async def promise_by_sms(
    floor: Floor, customer_id: str, amount: str | None, on: date
) -> PromiseRow | None:
    async with floor.work() as work:
        clock = await clock_for(work, UUID(floor.scene.clock_id))
        return await recovery.promise_from_reply(
            work,
            clock,
            UUID(customer_id),
            None if amount is None else Decimal(amount),
            on,
            "sms",
        )


async def test_a_reply_becomes_a_promise_of_all_that_is_overdue(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    made = await promise_by_sms(floor, loan["customer_id"], None, date(2028, 3, 14))
    assert made is not None
    assert (made.amount, made.source, str(made.case_id)) == (Decimal(INSTALMENT), "sms", case_id)
    assert await promise_by_sms(floor, loan["customer_id"], "500", date(2028, 3, 14)) is None
    assert await promise_by_sms(floor, loan["customer_id"], "50", date(2028, 3, 1)) is None
    assert [p["status"] for p in (await floor.case(case_id))["promises"]] == ["open"]


async def test_a_reply_of_somebody_without_a_case_is_left_to_a_person(floor: Floor) -> None:
    customer = await floor.scene.customer()
    assert await promise_by_sms(floor, customer, "50", date(2028, 2, 14)) is None


async def test_after_two_broken_promises_a_third_suspends_nothing(
    late: tuple[Floor, Json, str],
) -> None:
    floor, _, case_id = late
    for made_on, due_on, over in ((9, 10, 13), (13, 14, 17)):
        await floor.set_clock(at(3, made_on, 18))
        await floor.promise(case_id, "60.00", f"2028-03-{due_on}")
        await floor.live(case_id, at(3, over, 5), at(3, over, 6))
    await floor.move(at(3, 17, 7))
    await floor.promise(case_id, "60.00", "2028-03-20")
    plan = await floor.plan(case_id)
    assert [p["status"] for p in (await floor.case(case_id))["promises"]] == [
        "broken",
        "broken",
        "open",
    ]
    assert plan["next_step"] is not None
    assert (await floor.case(case_id))["suspended_by"] is None


async def test_a_payment_that_is_taken_back_opens_the_promise_it_had_kept(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 9, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    await floor.promise(case_id, "60.00", "2028-03-20")
    paid = await floor.pay(loan, "60.00")
    await floor.plan(case_id)
    (kept,) = (await floor.case(case_id))["promises"]
    assert (kept["status"], kept["received"]) == ("kept", "60.00")
    await floor.scene.post(
        f"/loans/{loan['id']}/payments/{paid['id']}/reverse", {"reason": "bounced"}
    )
    plan = await floor.plan(case_id)
    assert plan["waiting_for"].startswith("the promised payment, due 20 Mar 2028")
    case = await floor.case(case_id)
    assert (case["promises"][0]["status"], case["suspended_by"]) == ("open", "promise")
    assert (
        "The promise of 60.00 USD for 20 Mar 2028 is open again: 0.00 USD arrived"
        in await floor.story(case_id)
    )
    await floor.live(case_id, at(3, 9, 18), at(3, 23, 12))
    assert (await floor.case(case_id))["promises"][0]["status"] == "broken"
