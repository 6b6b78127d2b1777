"""Arrangements: within policy, judged from the ledger, with a clock of their own."""

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


def parts(*pairs: tuple[str, str]) -> Json:
    return {"parts": [{"due_on": due_on, "amount": amount} for due_on, amount in pairs]}


THREE = parts(("2028-03-15", "40.00"), ("2028-03-22", "40.00"), ("2028-03-29", "26.62"))


async def test_it_is_kept_part_by_part_and_closes_the_case(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    shown = ok(
        await floor.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/arrangements?dry_run=true",
            json=THREE,
            headers=floor.agent,
        ),
        201,
    )
    assert (shown["id"], shown["status"], shown["needs_approval"]) == (None, "preview", False)
    made = await floor.act(floor.agent, case_id, "arrangements", THREE, 201)
    assert (made["status"], made["total"], made["forbearance"]) == ("open", "106.62", True)
    plan = await floor.plan(case_id)
    assert plan["next_step"] is None
    assert plan["waiting_for"] == "the arranged payment, due 15 Mar 2028"
    refused = await floor.promise(case_id, "60.00", "2028-03-14", 409)
    assert (refused["code"], refused["facts"]["what"]) == ("plan-stands", "arrangement")

    await floor.pay(loan, "50.00")
    await floor.plan(case_id)
    assert await floor.live(case_id, at(3, 9, 18), at(3, 21, 20)) == []
    case = await floor.case(case_id)
    assert case["suspended_by"] == "arrangement"
    assert case["past_due_days"] == 20
    (found,) = case["arrangements"]
    assert (found["past_due_days"], found["next_due_on"]) == (20, "2028-03-22")
    assert [part["status"] for part in found["parts"]] == ["kept", "due", "due"]
    assert [part["received"] for part in found["parts"]] == ["40.00", "10.00", "0.00"]

    paid = await floor.pay(loan, "30.00")
    await floor.plan(case_id)
    await floor.scene.post(
        f"/loans/{loan['id']}/payments/{paid['id']}/reverse", {"reason": "bounced"}
    )
    await floor.plan(case_id)
    (found,) = (await floor.case(case_id))["arrangements"]
    assert [part["status"] for part in found["parts"]] == ["kept", "due", "due"]
    story = await floor.story(case_id)
    assert "40.00 USD arranged for 22 Mar 2028 was kept: 40.00 USD arrived" in story
    assert "40.00 USD arranged for 22 Mar 2028 is due again: 10.00 USD arrived" in story

    await floor.pay(loan, "56.62")
    assert (await floor.plan(case_id))["open"] is False
    case = await floor.case(case_id)
    assert case["closed_reason"] == "arrangement_completed"
    assert case["arrangements"][0]["status"] == "completed"


async def test_a_long_one_waits_for_a_second_person_and_a_missed_part_breaks_it(
    late: tuple[Floor, Json, str],
) -> None:
    floor, _, case_id = late
    await floor.promise(case_id, "60.00", "2028-03-14")
    long = parts(("2028-03-15", "60.00"), ("2028-06-30", "60.00"))
    made = await floor.act(floor.manager, case_id, "arrangements", long, 201)
    assert (made["status"], made["needs_approval"], made["forbearance"]) == (
        "proposed",
        True,
        False,
    )
    case = await floor.case(case_id)
    (task,) = [task for task in case["tasks"] if task["kind"] == "arrangement"]
    assert (await floor.plan(case_id))["why"].startswith("payment promised"), "it suspends nothing"
    path = f"arrangements/{made['id']}/approve"
    own = await floor.act(floor.manager, case_id, path, None, 403)
    assert own["code"] == "own-request"
    await floor.act(floor.scene.admin, case_id, path, None)
    await floor.act(floor.scene.admin, case_id, path, None, 409)
    case = await floor.case(case_id)
    assert [each["status"] for each in case["promises"]] == ["replaced"]
    assert [each["status"] for each in case["tasks"] if each["id"] == task["id"]] == ["done"]
    await floor.plan(case_id)
    explained = await floor.scene.get(f"/recovery-cases/{case_id}/explanation")
    assert "while the arrangement is kept: 60.00 USD is next, on 15 Mar 2028" in str(
        explained["coming"]
    )

    # Two days before its date the customer is reminded, once.
    await floor.live(case_id, at(3, 9, 18), at(3, 17, 23))
    reminders = [m for m in await floor.messages(case_id) if m.template == "arrangement_reminder"]
    assert [(m.due_at, m.purpose) for m in reminders] == [(at(3, 13, 14), "servicing")]
    assert reminders[0].facts == {"amount": "60.00", "currency": "USD", "due_on": "2028-03-15"}
    assert (await floor.case(case_id))["suspended_by"] == "arrangement"
    # Its last day, grace included, is over: chasing goes on where it stood.
    await floor.live(case_id, at(3, 18, 4), at(3, 18, 5))
    case = await floor.case(case_id)
    assert (case["arrangements"][0]["status"], case["suspended_by"]) == ("broken", None)
    assert case["next_step"] is not None


async def test_it_is_bounded_and_may_be_cancelled(late: tuple[Floor, Json, str]) -> None:
    floor, _, case_id = late
    for wanted, bound in (
        (parts(("2028-03-08", "60.00")), "due_on_past"),
        (parts(("2028-03-15", "53.30")), "min_percent_of_overdue"),
        (parts(("2028-03-31", "106.63")), "most"),
        (parts(("2028-03-15", "30.00"), ("2028-03-15", "30.00")), "order"),
    ):
        refused = await floor.act(floor.agent, case_id, "arrangements", wanted, 422)
        assert (refused["code"], refused["facts"]["bound"]) == ("arrangement-out-of-policy", bound)
    # What falls due until its end may be arranged, too.
    two = parts(("2028-03-15", "106.62"), ("2028-04-01", "106.62"))
    made = await floor.act(floor.agent, case_id, "arrangements", two, 201)
    again = await floor.act(floor.agent, case_id, "arrangements", THREE, 201)
    assert [each["status"] for each in (await floor.case(case_id))["arrangements"]] == [
        "replaced",
        "open",
    ]
    gone = {"reason": "they asked us to"}
    await floor.act(floor.agent, case_id, f"arrangements/{made['id']}/cancel", gone, 409)
    await floor.act(floor.agent, case_id, f"arrangements/{again['id']}/cancel", gone)
    assert (await floor.plan(case_id))["next_step"] is not None
    assert "106.62 USD was cancelled" in " ".join(await floor.story(case_id))
