"""Moratoria: how long they bind, what they take back, their reviews, and how they end."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest

from api.work import Work
from tests.api.recovery.floor import Floor, Json, at, make_floor
from tests.api.support import Api

LONDONER = {"country": "GB", "region": "GB-ENG", "zone": "Europe/London", "phone": "+447700900123"}


@pytest.fixture
async def late(
    api: Api, work: Callable[..., AbstractAsyncContextManager[Work]]
) -> tuple[Floor, Json, str]:
    """An English customer a week late, charged a late fee on the sixth day, on 9 March."""
    floor = await make_floor(
        api, work, penalty={"kind": "flat", "amount": "10.00", "grace_days": 5}
    )
    loan = await floor.late_loan(**LONDONER)
    await floor.move(at(3, 9, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    return floor, loan, case_id


async def test_a_backdated_one_takes_back_what_arose_inside_it(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    before = await floor.scene.get(f"/loans/{loan['id']}/outstanding")
    assert before["outstanding"]["penalty"] == "10.00"
    made = await floor.act(
        floor.agent,
        case_id,
        "moratoria",
        {"scheme": "standard", "starts_on": "2028-03-03", "reference": "BS-4711"},
        201,
    )
    assert (made["starts_on"], made["ends_on"], made["active"]) == (
        "2028-03-03",
        "2028-05-02",
        True,
    )
    assert (made["review_opens_on"], made["review_closes_on"]) == ("2028-03-27", "2028-04-06")
    assert made["paused"] == [
        {"loan_id": loan["id"], "from_on": "2028-03-03", "to_on": "2028-05-01", "done": True}
    ]
    after = await floor.scene.get(f"/loans/{loan['id']}/outstanding")
    assert after["outstanding"]["penalty"] == "0.00"
    story = await floor.story(case_id)
    assert "Moratorium (standard) from 3 Mar 2028 until 2 May 2028" in story
    assert "Charged in the moratorium and taken back: 10.00 USD" in story
    refused = await floor.act(floor.agent, case_id, "moratoria", {"scheme": "standard"}, 409)
    assert refused["code"] == "moratorium-stands"

    # The review is asked for by itself, in time, and no fee arises meanwhile.
    assert await floor.live(case_id, at(3, 9, 18), at(3, 27, 12)) == []
    case = await floor.case(case_id)
    (task,) = [task for task in case["tasks"] if task["kind"] == "moratorium_review"]
    assert (task["status"], task["due_at"]) == ("open", "2028-04-07T04:00:00Z")
    path = f"moratoria/{made['id']}/review"
    reviewed = await floor.act(
        floor.advisor, case_id, path, {"outcome": "continue", "reason": "still advised"}
    )
    assert (reviewed["reviews"], reviewed["review_opens_on"]) == (1, None)
    case = await floor.case(case_id)
    assert [t["status"] for t in case["tasks"] if t["kind"] == "moratorium_review"] == ["done"]
    assert (await floor.scene.get(f"/loans/{loan['id']}/outstanding"))["outstanding"][
        "penalty"
    ] == "0.00"

    # It ends by itself, and the case goes on in active days; the year goes on, too.
    await floor.live(case_id, at(3, 27, 13), at(5, 2, 5))
    case = await floor.case(case_id)
    assert (case["suspended_by"], case["stage"]) == (None, "early")
    refused = await floor.act(floor.agent, case_id, "moratoria", {"scheme": "standard"}, 409)
    assert (refused["code"], refused["facts"]["from_on"]) == ("moratorium-too-soon", "2029-05-02")
    await floor.scene.trial_balance()


async def test_a_crisis_lasts_with_its_treatment_and_ends_early_with_a_review(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    refused = await floor.act(floor.agent, case_id, "moratoria", {"scheme": "scotland"}, 422)
    assert refused["code"] == "moratorium-not-available"
    made = await floor.act(
        floor.agent, case_id, "moratoria", {"scheme": "mental_health_crisis"}, 201
    )
    assert (made["ends_on"], made["review_opens_on"]) == (None, "2028-04-02")
    assert [pause["to_on"] for pause in made["paused"]] == ["2028-06-12"]
    told = await floor.act(
        floor.agent,
        case_id,
        f"moratoria/{made['id']}/treatment-end",
        {"treatment_ended_on": "2028-03-20"},
    )
    assert told["ends_on"] == "2028-04-20"
    await floor.plan(case_id)
    (told,) = (await floor.case(case_id))["moratoria"]
    assert [pause["to_on"] for pause in told["paused"]] == ["2028-04-19"]
    await floor.live(case_id, at(3, 9, 18), at(4, 2, 12))
    path = f"moratoria/{made['id']}/review"
    await floor.act(floor.advisor, case_id, path, {"outcome": "end", "reason": "no contact"})
    await floor.plan(case_id)
    case = await floor.case(case_id)
    (ended,) = case["moratoria"]
    assert (ended["active"], ended["ends_on"]) == (False, "2028-04-02")
    assert [pause["to_on"] for pause in ended["paused"]] == ["2028-04-01"]
    assert case["suspended_by"] is None
    await floor.scene.trial_balance()


async def test_nothing_is_charged_by_hand_while_one_binds(late: tuple[Floor, Json, str]) -> None:
    floor, loan, case_id = late
    refused = await floor.act(
        floor.agent, case_id, "holds", {"kind": "moratorium", "ends_on": "2028-05-01"}, 422
    )
    assert (refused["code"], refused["facts"]["operation"]) == (
        "moratorium-by-scheme",
        "place_moratorium",
    )
    made = await floor.act(floor.agent, case_id, "moratoria", {"scheme": "standard"}, 201)
    fee = {"kind": "charge", "component": "fee", "amount": "5.00"}
    for suffix in ("?dry_run=true", ""):
        refused = await floor.change(loan, fee, suffix, 409)
        assert (refused["code"], refused["facts"]) == (
            "charge-in-moratorium",
            {"moratorium_id": made["id"], "scheme": "standard", "ends_on": "2028-05-08"},
        )
    # What helps him is still possible, and what the law took away is not asked for again.
    await floor.change(loan, {"kind": "goodwill_credit", "amount": "1.00"})
    (taken,) = [
        each
        for each in (await floor.scene.get(f"/loans/{loan['id']}/changes"))["items"]
        if each["kind"] == "interest_pause"
    ]
    refused = await floor.change(loan, {"kind": "undo", "change_id": taken["id"]}, "", 409)
    assert refused["code"] == "not-reversible"

    await floor.live(case_id, at(3, 9, 18), at(5, 8, 5))
    assert (await floor.change(loan, fee))["status"] == "pending", "a second person's word as ever"


async def test_another_party_is_protected_by_his_own(late: tuple[Floor, Json, str]) -> None:
    floor, loan, case_id = late
    jo = await floor.scene.customer(
        **LONDONER | {"phone": "+447700900999", "email": "jo@x.example"}
    )
    refused = await floor.act(
        floor.agent, case_id, "moratoria", {"scheme": "standard", "customer_id": jo}, 422
    )
    assert refused["code"] == "invalid-party"
    await floor.join(loan, jo)
    made = await floor.act(
        floor.agent, case_id, "moratoria", {"scheme": "standard", "customer_id": jo}, 201
    )
    assert (made["customer_id"], made["active"], made["paused"]) == (jo, True, [])
    case = await floor.case(case_id)
    assert case["suspended_by"] is None, "the case's customer is not protected by it"
    assert any("of another party (standard)" in line["text"] for line in case["timeline"])
    # The loan is his, and goes on costing; the review of the other's is asked for in this case.
    await floor.change(loan, {"kind": "charge", "component": "fee", "amount": "5.00"})
    await floor.live(case_id, at(3, 9, 18), at(4, 2, 12))
    tasks = (await floor.case(case_id))["tasks"]
    assert [task["kind"] for task in tasks if task["kind"] == "moratorium_review"]
    path = f"moratoria/{made['id']}/review"
    ended = await floor.act(floor.advisor, case_id, path, {"outcome": "end", "reason": "settled"})
    assert ended["active"] is False


async def test_what_was_agreed_waits_and_a_break_inside_it_is_undone(
    late: tuple[Floor, Json, str],
) -> None:
    floor, _, case_id = late
    agreed = {
        "parts": [
            {"due_on": "2028-03-15", "amount": "60.00"},
            {"due_on": "2028-04-14", "amount": "40.00"},
        ]
    }
    await floor.act(floor.agent, case_id, "arrangements", agreed, 201)
    await floor.live(case_id, at(3, 9, 18), at(3, 18, 5))
    (broken,) = (await floor.case(case_id))["arrangements"]
    assert [part["status"] for part in broken["parts"]] == ["missed", "due"]

    # The adviser's notice comes late: it bound already when the first date passed.
    space = {"scheme": "standard", "starts_on": "2028-03-14"}
    await floor.act(floor.agent, case_id, "moratoria", space, 201)
    await floor.plan(case_id)
    (found,) = (await floor.case(case_id))["arrangements"]
    assert (found["status"], found["next_due_on"]) == ("open", "2028-05-14")
    assert [(part["due_on"], part["moved_to"]) for part in found["parts"]] == [
        ("2028-03-15", "2028-05-14"),
        ("2028-04-14", "2028-06-13"),
    ]
    explained = await floor.scene.get(f"/recovery-cases/{case_id}/explanation")
    assert "on 14 May 2028 (moved on from 15 Mar 2028 by the days of the hold)" in str(
        explained["coming"]
    )
    # Nothing is missed while it binds, and the days of grace are there again when it is over.
    await floor.live(case_id, at(3, 18, 6), at(5, 17, 3))
    (found,) = (await floor.case(case_id))["arrangements"]
    assert found["status"] == "open"
    await floor.live(case_id, at(5, 17, 4), at(5, 17, 5))
    (found,) = (await floor.case(case_id))["arrangements"]
    assert found["status"] == "broken"


async def test_a_joint_debtor_has_a_case_of_his_own_while_one_binds(
    late: tuple[Floor, Json, str],
) -> None:
    floor, loan, case_id = late
    jo = await floor.scene.customer(**LONDONER | {"phone": "+447700900999", "name": "Jo"})
    half = await floor.scene.customer(**LONDONER | {"phone": "+447700900998", "name": "Sam"})
    wanted, _, _ = await floor.wake(case_id)
    await floor.join(loan, jo)
    assert (await floor.wake(case_id))[0] > wanted, "whom it is asked of may be another"
    await floor.join(loan, half, liability="several", share_percent="50")
    await floor.plan(case_id)
    assert await floor.cases_of(jo) == [], "who is not protected is asked in his own case alone"

    made = await floor.act(floor.agent, case_id, "moratoria", {"scheme": "standard"}, 201)
    await floor.plan(case_id)
    await floor.plan(case_id)
    (his,) = await floor.cases_of(jo)
    assert await floor.cases_of(half) == [], "only who owes all of it is asked for all of it"
    own, asked = await floor.case(case_id), await floor.case(his["id"])
    assert (asked["loan_ids"], asked["overdue"]) == ([loan["id"]], own["overdue"])
    _, done = await floor.run(his["id"])
    assert done, "he is asked"
    assert {message.customer_id for message in await floor.messages(his["id"])} == {UUID(jo)}
    explained = await floor.scene.get(f"/recovery-cases/{his['id']}/explanation")
    assert "another debtor is protected by a moratorium" in str(explained["why"])
    assert (own["suspended_by"], own["loan_ids"]) == ("moratorium", [loan["id"]])
    told = await floor.scene.get(f"/recovery-cases/{case_id}/explanation")
    assert f"a joint debtor is asked meanwhile in {his['number']}" in str(told["coming"])
    found = await floor.scene.get(f"/loans/{loan['id']}/delinquent")
    assert found["case_id"] == case_id, "the loan is the borrower's as before"

    # What is about the debt itself stops all of it; money is told to both.
    disputed = await floor.act(
        floor.agent, case_id, "holds", {"kind": "dispute", "review_on": "2028-03-20"}, 201
    )
    await floor.plan(case_id)
    assert "dispute" in (await floor.plan(his["id"]))["line"]
    await floor.act(
        floor.advisor, case_id, f"holds/{disputed['id']}/end", {"reason": "it is owed"}, 200
    )
    wanted, _, _ = await floor.wake(his["id"])
    await floor.pay(loan, "20.00")
    await floor.plan(case_id)
    assert (await floor.wake(his["id"]))[0] > wanted
    assert (await floor.case(his["id"]))["overdue"] != asked["overdue"]

    # It ends with the moratorium, and the borrower's case goes on.
    await floor.live(case_id, at(3, 9, 18), at(4, 2, 12))
    path = f"moratoria/{made['id']}/review"
    await floor.act(floor.advisor, case_id, path, {"outcome": "end", "reason": "no contact"})
    await floor.plan(case_id)
    assert (await floor.plan(his["id"]))["open"] is False
    ended = await floor.case(his["id"])
    assert (ended["status"], ended["closed_reason"]) == ("closed", "protection_ended")
    assert (await floor.case(case_id))["suspended_by"] is None
    assert any("is asked of its borrower again" in line for line in await floor.story(his["id"]))
