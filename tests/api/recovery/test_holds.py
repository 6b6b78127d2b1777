"""Holds suspend a case and stop its clock; they end by hand or by date."""

from uuid import UUID

import pytest

from api.clock import clock_for
from api.recovery import service as recovery
from api.recovery.tables import HoldRow
from domain.recovery.holds import HoldKind
from tests.api.recovery.floor import INSTALMENT, Floor, at
from tests.api.support import make_scene


async def place(floor: Floor, case_id: str, status: int = 201, **hold: object) -> dict[str, object]:
    return await floor.act(floor.agent, case_id, "holds", hold, status)


async def test_a_hold_suspends_and_the_clock_goes_on_where_it_stood(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 3, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    made = await place(floor, case_id, kind="dispute", review_on="2028-03-20", reason="not mine")
    assert made["active"] is True
    plan = await floor.plan(case_id)
    assert plan["next_step"] is None
    assert plan["waiting_for"] == "the end of the hold (dispute)"
    assert "suspended: dispute" in plan["why"]
    assert plan["line"].endswith("on hold: dispute")
    assert await floor.live(case_id, at(3, 3, 18), at(3, 13, 15)) == []

    ended = await floor.act(
        floor.agent, case_id, f"holds/{made['id']}/end", {"reason": "verified with the lender"}
    )
    assert (ended["active"], ended["ends_on"]) == (False, "2028-03-13")
    # Day 4 was to come on 5 March; ten days of dispute later it comes on the 15th.
    plan = await floor.plan(case_id)
    assert plan["next_step"]["key"] == "details_email"
    assert plan["next_step"]["at"] == "2028-03-15T14:00:00Z"
    story = await floor.story(case_id)
    assert "Hold placed (dispute) from 3 Mar 2028, to be reviewed on 20 Mar 2028" in story
    assert "Hold ended (dispute): verified with the lender" in story
    again = await floor.act(
        floor.agent, case_id, f"holds/{made['id']}/end", {"reason": "again"}, 409
    )
    assert again["code"] == "hold-not-active"
    async with floor.work() as work:
        row = await work.session.get_one(HoldRow, UUID(str(made["id"])))
        assert row.reason_ct is not None
        assert b"not mine" not in row.reason_ct


async def test_a_hold_with_an_end_lapses_by_date(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 3, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    await place(floor, case_id, kind="hardship", ends_on="2028-03-08")
    assert await floor.live(case_id, at(3, 3, 18), at(3, 10, 13)) == []
    case = await floor.case(case_id)
    assert (case["suspended_by"], case["holds"][0]["active"]) == (None, False)
    assert case["next_step"] == "details_email"


async def test_a_hold_about_the_person_binds_his_other_case(floor: Floor) -> None:
    customer = await floor.scene.customer()
    other = await make_scene(floor.api, on_clock=False)
    other.clock_id = floor.scene.clock_id
    first = await floor.scene.loan(customer)
    second = await other.loan(customer)
    await floor.move(at(3, 2, 16))
    one, two = await floor.case_id(first), await floor.case_id(second)
    await floor.run(two)
    wanted, done, _ = await floor.wake(two)
    assert wanted == done
    await place(floor, one, kind="dispute", review_on="2028-04-01")
    assert (await floor.plan(two))["next_step"] is not None
    await place(floor, one, kind="bankruptcy", review_on="2028-04-01")
    wanted, done, _ = await floor.wake(two)
    assert wanted > done
    assert (await floor.plan(two))["next_step"] is None
    assert (await floor.case(two))["suspended_by"] == "bankruptcy"
    assert (await floor.case(one))["suspended_by"] is None  # it has not planned yet
    await floor.plan(one)
    assert (await floor.case(one))["suspended_by"] == "bankruptcy,dispute"


async def test_a_hold_on_a_debt_binds_its_next_case_and_is_ended_there(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    first = await floor.case_id(loan)
    made = await place(floor, first, kind="dispute", review_on="2028-05-01")
    await floor.pay(loan, INSTALMENT)
    assert (await floor.plan(first))["open"] is False
    await floor.move(at(4, 2, 16))
    second = await floor.case_id(loan)
    assert second != first
    assert (await floor.run(second))[1] == []
    case = await floor.case(second)
    assert case["suspended_by"] == "dispute"
    assert [(hold["id"], hold["case_id"]) for hold in case["holds"]] == [(made["id"], first)]
    await floor.act(floor.agent, second, f"holds/{made['id']}/end", {"reason": "settled"})
    assert (await floor.plan(second))["next_step"] is not None
    assert (await floor.case(second))["suspended_by"] is None


async def test_others_ask_which_holds_bind_a_person(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await place(floor, case_id, kind="cease", review_on="2028-04-01")
    await place(floor, case_id, kind="manual", starts_on="2028-03-05", ends_on="2028-03-07")
    customer = UUID(loan["customer_id"])

    async def kinds() -> frozenset[HoldKind]:
        async with floor.work() as work:
            clock = await clock_for(work, UUID(floor.scene.clock_id))
            return (await recovery.holds_on(work, clock, [customer])).get(customer, frozenset())

    assert await kinds() == {HoldKind.CEASE}
    await floor.set_clock(at(3, 6, 16))
    assert await kinds() == {HoldKind.CEASE, HoldKind.MANUAL}
    # A hold outlives its case.
    await floor.act(floor.manager, case_id, "close", {"reason": "forgiven"})
    await floor.set_clock(at(3, 7, 16))
    assert await kinds() == {HoldKind.CEASE}


@pytest.mark.parametrize(
    ("hold", "code"),
    [
        ({"kind": "manual"}, "invalid-request"),
        ({"kind": "deceased", "ends_on": "2028-04-01"}, "invalid-request"),
        ({"kind": "manual", "ends_on": "2028-03-02"}, "invalid-date"),
        ({"kind": "manual", "review_on": "2028-03-01"}, "invalid-date"),
        ({"kind": "boredom", "review_on": "2028-04-01"}, "invalid-request"),
        ({"kind": "manual", "review_on": "2028-02-30"}, "invalid-request"),
    ],
)
async def test_a_hold_that_cannot_be_is_refused(
    floor: Floor, hold: dict[str, object], code: str
) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    problem = await place(floor, case_id, 422, **hold)
    assert problem["code"] == code
    assert (await floor.case(case_id))["holds"] == []


async def test_a_hold_of_another_case_is_not_found(floor: Floor) -> None:
    first, second = await floor.late_loan(), await floor.late_loan(phone=None, email=None)
    await floor.move(at(3, 2, 16))
    one, two = await floor.case_id(first), await floor.case_id(second)
    made = await place(floor, one, kind="manual", review_on="2028-04-01")
    path = f"holds/{made['id']}/end"
    assert (await floor.act(floor.agent, two, path, {"reason": "x"}, 404))["code"] == "not-found"
