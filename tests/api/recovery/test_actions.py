"""What steps do beyond reminding: pass over, fall back, post letters, propose, close."""

import asyncio
from typing import Any

import pytest

from tests.api.recovery.floor import INSTALMENT, Floor, at
from tests.api.recovery.trial import follow, send, step
from tests.api.support import key, ok


async def late_case(floor: Floor, day: int, **fields: object) -> tuple[Any, str]:
    """A loan that is late on a day of March, and its case."""
    loan = await floor.late_loan(**fields)
    await floor.move(at(3, day, 20))
    return loan, await floor.case_id(loan)


async def proposals(floor: Floor, case_id: str) -> Any:
    return ok(
        await floor.api.client.get(
            f"/api/v1/recovery-cases/{case_id}/proposals", headers=floor.agent
        )
    )


async def decide(
    floor: Floor, case_id: str, what: str, status: int = 200, body: object = None
) -> Any:
    (one,) = await proposals(floor, case_id)
    path = f"/recovery-cases/{case_id}/proposals/{one['id']}/{what}"
    return await send(floor, path, body, floor.manager, status)


MESSAGE = 'channel = "sms"\ntemplate = "overdue_firm"'


async def test_a_step_whose_condition_does_not_hold_is_passed_over_and_said_so(
    floor: Floor,
) -> None:
    await follow(
        floor,
        step("much", 1, "remind", f"{MESSAGE}\nwhen = {{ min_overdue = 1000 }}"),
        step("call", 2, "call_task", "when = { max_unpaid = 1 }"),
    )
    _, case_id = await late_case(floor, 2)
    plan, done = await floor.run(case_id)
    assert done == []
    assert plan["next_step"]["key"] == "call"
    assert await floor.messages(case_id) == []
    assert await floor.steps(case_id) == [("2028-03-01", "much", "passed_over")]
    story = await floor.story(case_id)
    assert "Remind by SMS (day 1): passed over, the overdue amount is below 1000" in story
    await floor.move(at(3, 3, 20))
    assert (await floor.run(case_id))[1] == ["call"]


async def test_a_message_falls_back_to_a_channel_that_reaches(floor: Floor) -> None:
    fallback = 'fallback = [{ channel = "email", template = "overdue_help" }]'
    await follow(floor, step("first", 1, "pay_link", f"{MESSAGE}\n{fallback}"))
    _, case_id = await late_case(floor, 2, phone=None)
    assert (await floor.run(case_id))[1] == ["first"]
    (message,) = await floor.messages(case_id)
    assert (message.channel, message.template) == ("email", "overdue_help")


async def test_without_any_channel_a_letter_is_posted(floor: Floor) -> None:
    fallback = (
        'fallback = [{ channel = "email", template = "overdue_help" }, '
        '{ channel = "letter", template = "overdue_late" }]'
    )
    await follow(floor, step("first", 1, "remind", f"{MESSAGE}\n{fallback}"))
    _, case_id = await late_case(floor, 2, phone=None, email=None)
    assert (await floor.run(case_id))[1] == ["first"]
    assert await floor.messages(case_id) == []
    (task,) = (await floor.case(case_id))["tasks"]
    assert (task["kind"], task["payload"]) == ("letter", {"template": "overdue_late"})
    path = f"/recovery-cases/{case_id}/tasks/{task['id']}/letter"
    letter: Any = await floor.scene.get(path)
    assert "Hello Maria" in letter["body"]
    assert INSTALMENT in letter["body"]
    assert "/portal" in letter["body"]
    assert await floor.messages(case_id) == []


async def test_a_step_writes_the_letter_it_names_about_each_overdue_loan(floor: Floor) -> None:
    fallback = f'{MESSAGE}\nfallback = [{{ channel = "letter", letter = "arrears_notice" }}]'
    await follow(
        floor,
        step("first", 1, "remind", fallback),
        step("notice", 2, "letter", 'letter = "default_notice"'),
    )
    loan, case_id = await late_case(floor, 2, phone=None, language="hi")
    second: Any = await floor.scene.loan(loan["customer_id"])
    assert (await floor.run(case_id))[1] == ["first"]
    task, other = (await floor.case(case_id))["tasks"]
    assert task["title"].startswith("Print and post the letter LT-")
    assert {task["loan_id"], other["loan_id"]} == {loan["id"], second["id"]}
    letter: Any = await floor.scene.get(f"/letters/{task['payload']['letter_id']}")
    assert (letter["code"], letter["loan_id"], letter["language"]) == (
        "arrears_notice",
        loan["id"],
        "hi",
    )
    text: Any = await floor.scene.get(f"/recovery-cases/{case_id}/tasks/{task['id']}/letter")
    assert "106.62" in text["body"]
    # Without its creditor's address a notice of default is not written: somebody is told.
    creditor = f"/api/v1/creditors/{floor.scene.creditor_id}/correspondence"
    seen = {"If-Match": '"1"'}
    answer = await floor.api.client.put(
        creditor, json={"correspondence": None}, headers=floor.scene.admin | seen
    )
    assert answer.json()["version"] == 2
    await floor.move(at(3, 3, 20))
    assert (await floor.run(case_id))[1] == ["notice"]
    tasks = (await floor.case(case_id))["tasks"]
    asked = [each for each in tasks if each["payload"].get("letter") == "default_notice"]
    assert {each["payload"]["reason"] for each in asked} == {"letter-lacks-sender"}
    assert {each["loan_id"] for each in asked} == {loan["id"], second["id"]}
    path = f"/recovery-cases/{case_id}/tasks/{asked[0]['id']}/letter"
    assert (await send(floor, path, None, floor.agent, 409))["code"] == "letter-lacks-sender"
    again = await floor.api.client.put(
        creditor,
        json={"correspondence": {"address": ["1 Harbor Street"]}},
        headers=floor.scene.admin | {"If-Match": answer.headers["etag"]},
    )
    assert again.json()["correspondence"]["address"] == ["1 Harbor Street"]
    written = await send(floor, path, None, floor.agent, 201)
    assert (written["code"], written["language"]) == ("default_notice", "hi")
    assert (await send(floor, path, None, floor.agent, 201))["id"] == written["id"]
    story = await floor.story(case_id)
    assert story.count("Letter written: default notice") == 1
    assert any(line.startswith("Post the default notice (day 2)") for line in story)
    told: Any = await floor.scene.get(f"/recovery-cases/{case_id}/explanation")
    assert "Letter written: arrears notice" in [each["text"] for each in told["done"]]


async def test_a_condition_looks_at_what_came_of_the_last_step(floor: Floor) -> None:
    await follow(
        floor,
        step("call", 1, "call_task"),
        step("again", 2, "call_task", 'when = { last_outcomes = ["no_answer"] }'),
        step("write", 3, "letter", 'template = "overdue_late"\nwhen = { flags = ["escalated"] }'),
    )
    _, case_id = await late_case(floor, 2)
    assert (await floor.run(case_id))[1] == ["call"]
    (task,) = (await floor.case(case_id))["tasks"]
    await send(floor, f"/tasks/{task['id']}/complete", {"outcome": "no_answer"}, floor.agent, 200)
    await floor.move(at(3, 3, 20))
    assert (await floor.run(case_id))[1] == ["again"]
    await floor.act(floor.agent, case_id, "escalate", {"reason": "He is never there."})
    await floor.move(at(3, 4, 20))
    assert (await floor.run(case_id))[1] == ["write"]


async def test_an_offer_is_sent_once_a_manager_agrees(floor: Floor) -> None:
    await follow(floor, step("offer", 1, "offer_settlement", "percent = 50\nvalid_days = 10"))
    loan, case_id = await late_case(floor, 2)
    assert (await floor.run(case_id))[1] == ["offer"]
    assert await floor.messages(case_id) == []
    (task,) = (await floor.case(case_id))["tasks"]
    assert (task["kind"], task["role"]) == ("proposal", "manager")
    refused = await send(
        floor, f"/tasks/{task['id']}/complete", {"outcome": "done"}, floor.manager, 409
    )
    assert refused["code"] == "illegal-transition"
    quote: Any = await floor.scene.get(f"/loans/{loan['id']}/payoff")
    approved = await decide(floor, case_id, "approve")
    assert approved["status"] == "approved"
    assert approved["valid_until"] == "2028-03-11"
    half = float(quote["payoff"]["total"]) / 2
    assert half <= float(approved["amount"]) < half + 0.01
    (message,) = await floor.messages(case_id)
    assert message.template == "settlement_offer"
    assert message.facts["amount"] == approved["amount"]
    (task,) = (await floor.case(case_id))["tasks"]
    assert task["status"] == "done"
    again = await decide(floor, case_id, "approve", 409)
    assert again["code"] == "illegal-transition"
    story = " ".join(await floor.story(case_id))
    assert "The proposal (offer settlement) was approved" in story


async def test_a_rejected_proposal_changes_nothing(floor: Floor) -> None:
    await follow(floor, step("hand_over", 1, "place"), step("call", 2, "call_task"))
    _, case_id = await late_case(floor, 2)
    await floor.run(case_id)
    rejected = await decide(floor, case_id, "reject", body={"reason": "Not yet."})
    assert rejected["status"] == "rejected"
    await floor.move(at(3, 3, 20))
    assert (await floor.run(case_id))[1] == ["call"]


async def test_an_approved_placement_asks_for_the_hand_over(floor: Floor) -> None:
    await follow(floor, step("hand_over", 1, "place"))
    _, case_id = await late_case(floor, 2)
    await floor.run(case_id)
    await decide(floor, case_id, "approve")
    tasks = {task["kind"]: task["status"] for task in (await floor.case(case_id))["tasks"]}
    assert tasks == {"proposal": "done", "place": "open"}


async def test_an_approved_charge_off_waits_for_a_second_person(floor: Floor) -> None:
    await follow(floor, step("expense", 1, "charge_off"))
    loan, case_id = await late_case(floor, 2)
    await floor.run(case_id)
    await decide(floor, case_id, "approve")
    changes: Any = await floor.scene.get(f"/loans/{loan['id']}/changes")
    (change,) = changes["items"]
    assert (change["change"]["kind"], change["status"]) == ("charge_off", "pending")
    assert (await floor.case(case_id))["status"] == "open"


async def test_two_managers_decide_once(floor: Floor) -> None:
    await follow(floor, step("expense", 1, "charge_off"))
    loan, case_id = await late_case(floor, 2)
    await floor.run(case_id)
    (one,) = await proposals(floor, case_id)
    path = f"/api/v1/recovery-cases/{case_id}/proposals/{one['id']}/approve"
    answers = await asyncio.gather(
        *(
            floor.api.client.post(path, headers=who | key())
            for who in (floor.manager, floor.scene.admin)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    changes: Any = await floor.scene.get(f"/loans/{loan['id']}/changes")
    assert len(changes["items"]) == 1


@pytest.mark.parametrize("who", ["agent", "advisor"])
async def test_only_managers_decide(floor: Floor, who: str) -> None:
    await follow(floor, step("hand_over", 1, "place"))
    _, case_id = await late_case(floor, 2)
    await floor.run(case_id)
    (one,) = await proposals(floor, case_id)
    path = f"/recovery-cases/{case_id}/proposals/{one['id']}/approve"
    await send(floor, path, None, getattr(floor, who), 403)


async def test_payment_withdraws_a_proposal(floor: Floor) -> None:
    await follow(floor, step("hand_over", 1, "place"))
    loan, case_id = await late_case(floor, 2)
    await floor.run(case_id)
    await floor.pay(loan, INSTALMENT)
    assert not (await floor.plan(case_id))["open"]
    (one,) = await proposals(floor, case_id)
    assert one["status"] == "withdrawn"
    refused = await decide(floor, case_id, "approve", 409)
    assert refused["code"] == "case-not-open"


async def test_a_strategy_closes_what_it_does_not_chase(floor: Floor) -> None:
    await follow(floor, step("enough", 1, "close", "when = { max_overdue = 500 }"))
    _, case_id = await late_case(floor, 2)
    plan, done = await floor.run(case_id)
    assert done == ["enough"]
    assert (plan["open"], plan["closed_reason"]) == (False, "strategy_ended")
    await floor.move(at(3, 5, 20))
    assert await floor.count_cases() == 1
