"""Settlements: offered, accepted, paid, and exactly the rest forgiven; or broken, or lapsed."""

from decimal import Decimal

import pytest

from tests.api.recovery.floor import Floor, Json, at
from tests.api.support import ok


@pytest.fixture
async def late(floor: Floor) -> tuple[Floor, Json, str]:
    """A loan a week late, its case worked up to that day, on 9 March at noon in New York."""
    loan = await floor.late_loan()
    await floor.move(at(3, 9, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    return floor, loan, case_id


OFFER = {"percent": "60", "valid_until": "2028-03-20", "pay_by": "2028-04-15"}


async def test_what_is_paid_in_parts_settles_the_whole(late: tuple[Floor, Json, str]) -> None:
    floor, loan, case_id = late
    # Nobody may give up money alone without a limit: an agent proposes, a manager agrees.
    made = await floor.act(floor.agent, case_id, "settlements", OFFER, 201)
    assert (made["status"], made["needs_approval"]) == ("proposed", True)
    amount, owed = Decimal(made["amount"]), Decimal(made["owed"])
    assert Decimal(made["forgives"]) == owed - amount
    made = await floor.act(floor.manager, case_id, f"settlements/{made['id']}/approve", None)
    assert made["status"] == "offered"
    assert (await floor.plan(case_id))["next_step"] is not None, "an offer alone suspends nothing"
    made = await floor.act(floor.agent, case_id, f"settlements/{made['id']}/accept", {})
    assert made["status"] == "accepted"
    plan = await floor.plan(case_id)
    assert plan["waiting_for"] == "the settlement to be paid by 17 Apr 2028"

    # The first part clears the arrears, and the case goes on: it settles the whole debt.
    await floor.pay(loan, "300.00")
    assert await floor.live(case_id, at(3, 9, 18), at(4, 10, 16)) == []
    case = await floor.case(case_id)
    assert (case["status"], case["suspended_by"]) == ("open", "settlement")
    assert case["loan_ids"] == [loan["id"]]
    rest = amount - Decimal("300.00")
    unpaid = await floor.scene.get(f"/loans/{loan['id']}/outstanding")
    last = await floor.pay(loan, f"{rest:.2f}")
    before = await floor.scene.get(f"/loans/{loan['id']}/outstanding")
    assert (await floor.plan(case_id))["open"] is False
    case = await floor.case(case_id)
    assert case["closed_reason"] == "settled"
    (done,) = case["settlements"]
    assert (done["status"], done["received"]) == ("completed", made["amount"])
    assert done["forgives"] == before["owed"]
    closed = await floor.scene.get(f"/loans/{loan['id']}")
    assert (closed["lifecycle"], closed["closed_reason"]) == ("closed", "settled")
    story = await floor.story(case_id)
    assert any(f"was completed: {done['forgives']} USD was forgiven" in line for line in story)
    await floor.scene.trial_balance()

    # Its last money is taken back, and the debt stands again: nobody has to undo it before.
    path = f"/loans/{loan['id']}/payments/{last['id']}/reverse"
    preview = ok(
        await floor.api.client.post(
            f"/api/v1{path}?dry_run=true",
            json={"reason": "chargeback"},
            headers=floor.manager,
        )
    )
    assert Decimal(str(preview["amount"])) == rest
    closed = await floor.scene.get(f"/loans/{loan['id']}")
    assert closed["lifecycle"] == "closed", "a preview writes nothing"
    await floor.scene.post(path, {"reason": "chargeback"})
    again = await floor.scene.get(f"/loans/{loan['id']}")
    assert (again["lifecycle"], again["closed_reason"]) == ("active", None)
    (broken,) = (await floor.case(case_id))["settlements"]
    assert (broken["status"], broken["received"]) == ("broken", "300.00")
    story = await floor.story(case_id)
    assert any("was broken after all: what was forgiven is owed again" in line for line in story)
    owed = await floor.scene.get(f"/loans/{loan['id']}/outstanding")
    assert (owed["owed"], owed["outstanding"]) == (unpaid["owed"], unpaid["outstanding"])
    await floor.scene.trial_balance()

    # It is late by what it lacks, and a new case opens when the next day is closed.
    await floor.move(at(5, 3, 16))
    reopened = await floor.case_id(loan)
    assert reopened != case_id
    assert (await floor.case(reopened))["status"] == "open"
    await floor.scene.trial_balance()


async def test_a_settlement_that_is_not_paid_in_time_is_broken(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    made = await floor.act(floor.agent, case_id, "settlements", OFFER, 201)
    refused = await floor.act(floor.manager, case_id, "settlements", OFFER, 409)
    assert refused["code"] == "plan-stands"
    path = f"settlements/{made['id']}"
    await floor.act(floor.manager, case_id, f"{path}/approve", None)
    await floor.act(floor.agent, case_id, f"{path}/accept", {"pay_by": "2028-03-15"})
    await floor.pay(loan, "100.00")
    # Two days of grace, as for promises; the day after, the old debt stands.
    await floor.live(case_id, at(3, 9, 18), at(3, 18, 3))
    assert (await floor.case(case_id))["settlements"][0]["status"] == "accepted"
    await floor.live(case_id, at(3, 18, 4), at(3, 18, 5))
    case = await floor.case(case_id)
    (broken,) = case["settlements"]
    assert (broken["status"], broken["received"]) == ("broken", "100.00")
    assert (case["suspended_by"], case["overdue"]) == (None, "6.62")


async def test_an_offer_lapses_and_the_policy_has_bounds(late: tuple[Floor, Json, str]) -> None:
    floor, _, case_id = late
    for change, bound in (
        ({"percent": "39"}, "min_percent"),
        ({"percent": "100"}, "owed"),
        ({"valid_until": "2028-03-08", "pay_by": "2028-03-08"}, "valid_until_past"),
        ({"pay_by": "2028-03-19"}, "pay_by_before_valid_until"),
        ({"pay_by": "2029-03-19"}, "max_pay_days"),
    ):
        refused = await floor.act(floor.agent, case_id, "settlements", OFFER | change, 422)
        assert refused["facts"]["bound"] == bound
    answer = await floor.api.client.post(
        f"/api/v1/recovery-cases/{case_id}/settlements?dry_run=true",
        json={"amount": "700.00", "valid_until": "2028-03-20"},
        headers=floor.agent,
    )
    assert ok(answer, 201)["status"] == "preview"
    made = await floor.act(floor.agent, case_id, "settlements", OFFER, 201)
    own = await floor.act(floor.agent, case_id, f"settlements/{made['id']}/approve", None, 403)
    assert own["code"] == "forbidden"
    await floor.act(floor.manager, case_id, f"settlements/{made['id']}/approve", None)
    await floor.plan(case_id)
    await floor.live(case_id, at(3, 9, 18), at(3, 21, 5))
    assert (await floor.case(case_id))["settlements"][0]["status"] == "lapsed"


async def test_paying_accepts_and_a_loan_that_joined_later_is_not_settled(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    offer = OFFER | {"valid_until": "2028-04-20", "pay_by": "2028-04-20"}
    made = await floor.act(floor.agent, case_id, "settlements", offer, 201)
    await floor.act(floor.manager, case_id, f"settlements/{made['id']}/approve", None)
    other = await floor.scene.loan(
        loan["customer_id"], disbursed_on="2028-03-09", first_due_on="2028-04-01"
    )
    await floor.live(case_id, at(3, 9, 18), at(4, 10, 16))
    assert (await floor.case(case_id))["loan_ids"] == [loan["id"], other["id"]]
    await floor.pay(other, "20.00")
    await floor.pay(loan, made["amount"])
    plan = await floor.plan(case_id)
    assert plan["open"] is True
    case = await floor.case(case_id)
    (done,) = case["settlements"]
    assert (done["status"], done["received"]) == ("completed", made["amount"])
    kept = await floor.scene.get(f"/loans/{other['id']}")
    assert (kept["lifecycle"], case["loan_ids"]) == ("active", [other["id"]])
