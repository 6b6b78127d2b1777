"""Plans: which step comes when, each performed once; cures, part payments, stale steps."""

import asyncio
from datetime import datetime

from sqlalchemy import func, select

from api.audit.tables import AuditRow
from tests.api.recovery.floor import INSTALMENT, Floor, at


async def test_the_first_plan_names_the_step_that_is_due(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 14, 59))
    case_id = await floor.case_id(loan)
    plan = await floor.plan(case_id)
    assert plan["next_step"]["key"] == "gentle_sms"
    assert plan["next_step"]["title"] == "Remind by SMS (day 1)"
    assert plan["next_step"]["due"] is False
    assert plan["waiting_for"] == "Remind by SMS (day 1) on 2 Mar 2028, 10:00"
    assert plan["line"] == f"{plan['number']} · early · past due since 1 Mar"
    assert "106.62 USD overdue on 1 loan" in plan["why"]
    assert plan["wait_until"] == plan["next_step"]["at"] == "2028-03-02T15:00:00Z"
    wanted, done, due_at = await floor.wake(case_id)
    assert (wanted, due_at) == (done, at(3, 2, 15))

    await floor.move(at(3, 2, 15))
    plan, done_steps = await floor.run(case_id)
    assert done_steps == ["gentle_sms"]
    assert plan["next_step"]["key"] == "details_email"
    (message,) = await floor.messages(case_id)
    assert (message.channel, message.template, message.purpose, message.validity) == (
        "sms",
        "overdue_gentle",
        "collection",
        "case_open",
    )
    assert message.due_at == at(3, 2, 15)
    assert "Remind by SMS (day 1): the message is queued" in await floor.story(case_id)


async def test_a_case_with_a_step_in_hand_is_not_settled(floor: Floor) -> None:
    """Else a test clock would find its instant due, and wake it a second time for the same step."""
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 15))
    case_id = await floor.case_id(loan)
    plan = await floor.plan(case_id)
    assert plan["next_step"]["due"] is True
    wanted, done, _ = await floor.wake(case_id)
    assert wanted > done
    await floor.perform(case_id, plan["next_step"]["key"], plan["next_step"]["anchor_on"])
    wanted, done, due_at = await floor.wake(case_id)
    assert wanted == done
    assert due_at is not None
    assert due_at > at(3, 2, 15)


async def test_planning_twice_changes_nothing(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 14))
    case_id = await floor.case_id(loan)
    first = await floor.plan(case_id)

    async def audited() -> int:
        async with floor.work() as work:
            return int(await work.session.scalar(select(func.count()).select_from(AuditRow)) or 0)

    before = (await floor.case(case_id))["version"], await audited()
    assert await floor.plan(case_id) == first
    assert ((await floor.case(case_id))["version"], await audited()) == before


async def test_a_whole_recovery_takes_every_step_once(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 10))
    case_id = await floor.case_id(loan)
    done = await floor.live(case_id, at(3, 2, 10), at(6, 1))
    assert done == [
        "gentle_sms",
        "details_email",
        "second_sms",
        "first_call",
        "firm_sms",
        "to_advisor",
        "advice_email",
        "advisor_sms",
        "second_call",
        "late_email",
        "third_call",
    ]
    case = await floor.case(case_id)
    assert case["stage"] == "late"
    assert case["escalation"] == "re_escalated"
    assert case["bucket"] == "90+"
    stages = [line for line in await floor.story(case_id) if line.startswith("Stage")]
    assert [line.partition(":")[0] for line in stages] == [
        "Stage early → firm",
        "Stage firm → advisor",
        "Stage advisor → late",
    ]
    assert [task["kind"] for task in case["tasks"]] == [
        "call",
        "escalation",
        "escalation",
        "call",
        "call",
    ]


async def test_part_payments_neither_skip_nor_repeat(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 10))
    case_id = await floor.case_id(loan)
    done = await floor.live(case_id, at(3, 2, 10), at(3, 6, 12))
    for day in (6, 7, 10, 17):
        await floor.pay(loan, "5.00")
        done += await floor.live(case_id, at(3, day, 13), at(3, day + 1, 12))
    done += await floor.live(case_id, at(3, 18, 13), at(3, 24))
    assert done == ["gentle_sms", "details_email", "second_sms", "first_call", "firm_sms"]
    assert len({key for _, key, _ in await floor.steps(case_id)}) == len(done)


async def test_full_payment_cures_and_closes(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 16, 15))
    case_id = await floor.case_id(loan)
    _, done = await floor.run(case_id)
    # A case that comes late sends only the latest reminder, and asks for the call.
    assert done == ["second_sms", "first_call"]
    assert [outcome for _, _, outcome in await floor.steps(case_id)].count("superseded") == 2
    await floor.pay(loan, INSTALMENT)
    wanted, seen, _ = await floor.wake(case_id)
    assert wanted > seen

    plan = await floor.plan(case_id)
    assert (plan["open"], plan["closed_reason"], plan["wait_until"]) == (False, "cured", None)
    case = await floor.case(case_id)
    assert (case["status"], case["closed_reason"], case["overdue"]) == ("closed", "cured", "0.00")
    assert case["next_step"] is None
    assert case["loan_ids"] == [loan["id"]]
    assert [task["status"] for task in case["tasks"]] == ["cancelled"]
    assert (await floor.story(case_id))[-1] == "Case closed: cured"
    found = await floor.scene.get(f"/loans/{loan['id']}/delinquent")
    assert found["case_id"] is None
    wanted, seen, due_at = await floor.wake(case_id)
    assert (wanted, due_at) == (seen, None)
    assert (await floor.plan(case_id))["open"] is False


async def test_fifty_callers_perform_a_step_once(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    plans = await asyncio.gather(
        *(floor.perform(case_id, "gentle_sms", "2028-03-01") for _ in range(50))
    )
    assert {plan["next_step"]["key"] for plan in plans} == {"details_email"}
    assert len(await floor.messages(case_id)) == 1
    assert await floor.steps(case_id) == [("2028-03-01", "gentle_sms", "message")]
    story = await floor.story(case_id)
    assert story.count("Remind by SMS (day 1): the message is queued") == 1


async def test_a_stale_step_is_left_alone(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 14))
    case_id = await floor.case_id(loan)
    for key, anchor in (
        ("gentle_sms", "2028-03-01"),  # not yet: ten o'clock is in an hour
        ("details_email", "2028-03-01"),  # another step comes first
        ("gentle_sms", "2028-02-01"),  # another obligation
        ("no_such_step", "2028-03-01"),
    ):
        plan = await floor.perform(case_id, key, anchor)
        assert plan["next_step"]["key"] == "gentle_sms"
    assert await floor.messages(case_id) == []
    assert await floor.steps(case_id) == []


async def test_payment_between_plan_and_step_wins(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    step = (await floor.plan(case_id))["next_step"]
    assert step["due"] is True
    await floor.pay(loan, INSTALMENT)
    plan = await floor.perform(case_id, step["key"], step["anchor_on"])
    assert plan["open"] is False
    assert await floor.messages(case_id) == []
    again = await floor.perform(case_id, step["key"], step["anchor_on"])
    assert again["open"] is False


async def test_payments_racing_plans_and_steps_end_consistently(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await asyncio.gather(
        *(floor.pay(loan, "21.32") for _ in range(5)),
        *(floor.plan(case_id) for _ in range(10)),
        *(floor.perform(case_id, "gentle_sms", "2028-03-01") for _ in range(10)),
    )
    plan = await floor.plan(case_id)
    assert plan["open"] is True  # 106.60 arrived: two cents are missing
    await floor.pay(loan, "0.02")
    assert (await floor.plan(case_id))["closed_reason"] == "cured"
    assert len(await floor.messages(case_id)) <= 1


async def test_a_later_obligation_does_not_lower_the_stage(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(4, 3, 16))
    case_id = await floor.case_id(loan)
    plan, _ = await floor.run(case_id)
    assert plan["stage"] == "advisor"
    await floor.pay(loan, INSTALMENT)
    plan = await floor.plan(case_id)
    assert (plan["open"], plan["stage"]) == (True, "advisor")
    assert plan["past_due_since"] == "2028-04-01"
    assert (await floor.case(case_id))["stage"] == "advisor"


async def test_every_open_plan_has_a_deadline_ahead(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(5, 25, 12))
    case_id = await floor.case_id(loan)
    plan, _ = await floor.run(case_id)
    assert plan["next_step"] is None
    assert datetime.fromisoformat(plan["wait_until"]) > at(5, 25, 12)
    assert plan["waiting_for"] == "an advisor to take over"


async def test_a_missing_case_is_not_found(floor: Floor) -> None:
    nobody = "01890000-0000-7000-8000-000000000000"
    answer = await floor.api.client.post(
        f"/api/v1/recovery-cases/{nobody}/plan", headers=floor.worker
    )
    assert answer.status_code == 404
    other = await floor.api.client.post(
        f"/api/v1/recovery-cases/{nobody}/steps",
        json={"case_id": nobody[:-1] + "1", "step_key": "x", "anchor_on": "2028-03-01"},
        headers=floor.worker,
    )
    assert other.status_code == 422
