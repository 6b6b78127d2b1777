"""Complaints: clocks that nag, collection that rests, redress in the journal, an answer."""

import asyncio
from datetime import datetime
from typing import cast
from uuid import UUID

import pypdfium2

from api.complaints.tables import ComplaintRow
from contracts.names import Role
from domain.evidence.verify import check
from tests.api.recovery.floor import Floor, Json, at
from tests.api.support import Actors, Headers, key, ok


async def send(  # noqa: PLR0913 - what a request is made of
    floor: Floor,
    who: Headers,
    path: str,
    body: object = None,
    status: int = 200,
    *,
    seen: object = None,
    method: str = "POST",
) -> Json:
    headers = who | key() | ({} if seen is None else {"If-Match": f'"{seen}"'})
    answer = await floor.api.client.request(method, f"/api/v1{path}", json=body, headers=headers)
    return cast(Json, ok(answer, status))


async def get(floor: Floor, who: Headers, path: str, status: int = 200) -> Json:
    return cast(Json, ok(await floor.api.client.get(f"/api/v1{path}", headers=who), status))


async def complain(
    floor: Floor, who: Headers, loan: Json, status: int = 201, **more: object
) -> Json:
    body = {
        "customer_id": loan["customer_id"],
        "loan_id": loan["id"],
        "text": "Ten calls a day, and the fee is wrong.",
        "causes": ["contact_frequency", "fees_or_interest"],
        "channel": "phone",
    } | more
    return await send(floor, who, "/complaints", body, status)


async def tasks_of(floor: Floor, complaint: Json) -> dict[str, Json]:
    found = await floor.scene.get(f"/tasks?customer_id={complaint['customer_id']}&kind=complaint")
    items = cast(list[Json], found["items"])
    return {each["payload"]["clock"]: each for each in items}


async def test_collection_rests_until_the_answer_and_the_redress_is_in_the_journal(
    floor: Floor,
) -> None:
    loan = await floor.late_loan(email=None, address="1 Elm Street", language="es")
    await floor.move(at(3, 3, 17))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    made = await complain(floor, floor.agent, loan, received_on="2028-03-02")
    assert made["number"].startswith("CP-")
    assert (made["state"], made["rulebook"]) == ("received", "us@1")
    assert (made["acknowledge_by"], made["respond_by"]) == ("2028-03-09", "2028-03-17")
    case = await floor.case(case_id)
    [hold] = case["holds"]
    assert (hold["kind"], hold["starts_on"], hold["active"]) == ("complaint", "2028-03-02", True)
    plan = await floor.plan(case_id)
    assert plan["next_step"] is None
    # It ends with the complaint, and with nothing else.
    refusal = await floor.act(
        floor.agent, case_id, f"holds/{hold['id']}/end", {"reason": "no"}, 409
    )
    assert refusal["code"] == "illegal-transition"
    tasks = await tasks_of(floor, made)
    assert set(tasks) == {"acknowledge", "final_response"}
    assert tasks["acknowledge"]["due_at"] == "2028-03-09T22:00:00Z"
    path = f"/complaints/{made['id']}"
    early = await send(
        floor, floor.manager, f"/tasks/{tasks['acknowledge']['id']}/complete", {}, 409
    )
    assert early["code"] == "illegal-transition"
    early = await send(floor, floor.manager, f"/tasks/{tasks['acknowledge']['id']}/cancel", {}, 409)
    assert early["code"] == "illegal-transition"

    # Who is complained of does not judge it; nobody edits blindly.
    answer = {"outcome": "upheld", "root_cause": "people", "answer": "You were right: sorry."}
    refused = await send(floor, floor.agent, f"{path}/resolve", answer, 403, seen=1)
    assert refused["code"] == "forbidden"
    assert (await send(floor, floor.advisor, f"{path}/acknowledge", {}, 428))["code"] == (
        "precondition-required"
    )
    stale = await send(floor, floor.advisor, f"{path}/acknowledge", {}, 412, seen=9)
    assert stale["code"] == "precondition-failed"
    known = await send(floor, floor.advisor, f"{path}/acknowledge", {"note": "called"}, seen=1)
    assert (known["state"], known["next_day"]) == ("acknowledged", "2028-03-17")
    assert known["owner_id"] is not None
    assert (await tasks_of(floor, made))["acknowledge"]["status"] == "done"
    looked = await send(floor, floor.advisor, f"{path}/investigate", {}, seen=known["version"])

    # Redress is a change to the loan like any other, and is linked.
    before = await floor.scene.get(f"/loans/{loan['id']}")
    redress = {
        "loan_id": loan["id"],
        "loan_version": before["version"],
        "change": {"kind": "goodwill_credit", "amount": "25.00"},
    }
    change = await send(
        floor, floor.manager, f"{path}/redress", redress, 201, seen=looked["version"]
    )
    assert (change["reason"], change["amount"]) == ("complaint", "25.00")
    if change["status"] == "pending":
        other = await Actors(floor.api).user(Role.MANAGER)
        approve = f"/loans/{loan['id']}/changes/{change['id']}/approve"
        assert (await send(floor, other, approve, None, 201))["status"] == "applied"
    assert ("USD", "goodwill_expense") in await floor.scene.trial_balance()

    seen = (await get(floor, floor.advisor, path))["version"]
    ended = await send(floor, floor.advisor, f"{path}/resolve", answer, seen=seen)
    assert (ended["state"], ended["outcome"], ended["late"]) == ("resolved", "upheld", False)
    assert ended["refer_by"] == "2029-03-03"
    assert {task["status"] for task in (await tasks_of(floor, made)).values()} == {"done"}
    case = await floor.case(case_id)
    assert [hold["active"] for hold in case["holds"]] == [False]
    assert (await floor.plan(case_id))["next_step"] is not None
    story = await floor.story(case_id)
    assert (
        f"Complaint {made['number']} received on 2 Mar 2028, to be answered by 17 Mar 2028" in story
    )
    assert f"Complaint {made['number']} resolved: upheld" in story

    shown = await get(floor, floor.agent, path)
    assert shown["text"] == "Ten calls a day, and the fee is wrong."
    assert [each["id"] for each in shown["redress"]] == [change["id"]]
    assert [line["kind"] for line in shown["timeline"]] == [
        "received", "letter", "acknowledged", "investigating", "redress", "resolved", "letter",
    ]  # fmt: skip
    # Without an e-mail address he is told by letters, which a person posts.
    letters = cast(list[Json], (await get(floor, floor.agent, "/letters"))["items"])
    assert [(each["code"], each["language"], each["deliver"]) for each in letters] == [
        ("complaint_received", "es", "post"),
        ("complaint_answered", "es", "post"),
    ]
    posting = await get(floor, floor.agent, f"/tasks?customer_id={loan['customer_id']}&kind=letter")
    asked = {each["payload"]["letter_id"] for each in cast(list[Json], posting["items"])}
    assert {each["id"] for each in letters} <= asked
    file = await floor.api.client.get(
        f"/api/v1/letters/{letters[1]['id']}/content", headers=floor.agent
    )
    said = " ".join(pypdfium2.PdfDocument(file.content)[0].get_textpage().get_text_range().split())
    for part in (made["number"], "Usted tenía razón.", "You were right: sorry.", "3 mar 2029"):
        assert part in said
    assert "855-411-2372" in said
    again = await send(floor, floor.advisor, f"{path}/resolve", answer, 409, seen=ended["version"])
    assert again["code"] == "illegal-transition"
    referred = await send(
        floor, floor.advisor, f"{path}/refer", {"to": "CFPB"}, seen=ended["version"]
    )
    assert (referred["state"], referred["referred_to"]) == ("referred", "CFPB")
    explained = await floor.scene.get(f"/recovery-cases/{case_id}/explanation")
    told = [line["text"] for line in cast(list[Json], explained["done"])]
    assert f"Complaint {made['number']} resolved: upheld" in told
    pack = await floor.api.client.get(
        f"/api/v1/recovery-cases/{case_id}/evidence", headers=floor.manager
    )
    assert check(pack.content).findings == ()
    assert made["number"].encode() in pack.content
    async with floor.work() as work:
        row = await work.session.get_one(ComplaintRow, UUID(made["id"]))
        assert row.text_ct is not None
        assert b"Ten calls" not in row.text_ct


async def test_a_clock_that_runs_out_is_told_to_the_owner_and_then_to_a_manager(
    floor: Floor,
) -> None:
    loan = await floor.late_loan(email=None)
    await floor.set_clock(at(3, 1, 17))
    me = await get(floor, floor.advisor, "/auth/me")
    made = await complain(floor, floor.manager, loan, owner_id=me["id"])
    tasks = await tasks_of(floor, made)
    task = tasks["acknowledge"]
    assert (task["role"], task["assignee_id"]) == ("advisor", me["id"])
    cases = await Actors(floor.api).service("cases")

    async def follow(now: datetime) -> Json:
        await floor.set_clock(now)
        await send(floor, cases, f"/tasks/{task['id']}/advance")
        return cast(Json, await floor.scene.get(f"/tasks/{task['id']}"))

    assert (await follow(at(3, 7, 23)))["reminded_at"] is not None
    overdue = await follow(at(3, 8, 23))
    assert (overdue["overdue"], overdue["role"]) == (True, "advisor")
    escalated = await follow(at(3, 9, 3))
    assert (escalated["role"], escalated["escalations"]) == ("manager", 1)
    await floor.set_clock(at(3, 9, 18))
    late = await get(floor, floor.manager, f"/complaints/{made['id']}")
    assert late["late"] is True
    owed = await get(floor, floor.manager, "/complaints?open=true&due_by=2028-03-08")
    assert [each["id"] for each in owed["items"]] == [made["id"]]
    none = await get(floor, floor.manager, "/complaints?open=true&due_by=2028-03-07")
    assert none["items"] == []
    by_cause = await get(floor, floor.manager, "/complaints?cause=contact_frequency&limit=1")
    assert len(by_cause["items"]) == 1

    # A new owner gets the tasks that are left.
    body = {"owner_id": (await get(floor, floor.agent, "/auth/me"))["id"], "causes": ["service"]}
    edited = await send(
        floor, floor.manager, f"/complaints/{made['id']}", body, seen=1, method="PATCH"
    )
    assert (edited["owner_id"], edited["causes"]) == (body["owner_id"], ["service"])
    assert {each["assignee_id"] for each in (await tasks_of(floor, made)).values()} == {
        body["owner_id"]
    }


async def test_a_loan_that_falls_late_finds_the_complaint_about_it(floor: Floor) -> None:
    loan = await floor.late_loan()
    other = await floor.late_loan()
    made = await complain(floor, floor.agent, loan)
    await floor.move(at(3, 3, 17))
    held = await floor.case(await floor.case_id(loan))
    assert [hold["kind"] for hold in held["holds"]] == ["complaint"]
    assert (await floor.plan(await floor.case_id(loan)))["next_step"] is None
    assert (await floor.case(await floor.case_id(other)))["holds"] == []
    taken_back = {"outcome": "withdrawn", "root_cause": "none_found", "answer": "As you wish."}
    path = f"/complaints/{made['id']}/resolve"
    await send(floor, floor.advisor, path, taken_back, seen=1)
    assert (await floor.plan(await floor.case_id(loan)))["next_step"] is not None


async def test_a_customer_files_and_reads_his_own_and_nobody_elses(floor: Floor) -> None:
    loan = await floor.late_loan()
    his = await Actors(floor.api).user(Role.CUSTOMER, UUID(loan["customer_id"]))
    strange = await Actors(floor.api).user(
        Role.CUSTOMER, UUID((await floor.late_loan())["customer_id"])
    )
    assert (await complain(floor, strange, loan, 404))["code"] == "not-found"
    made = await complain(floor, his, loan, channel="letter", received_on="2028-01-01")
    assert (made["channel"], made["received_on"]) == ("portal", "2028-02-01")
    path = f"/complaints/{made['id']}"
    # An e-mail acknowledges it by itself: the clock of the law need not run.
    assert (made["state"], made["acknowledged_on"]) == ("acknowledged", "2028-02-01")
    assert set(await tasks_of(floor, made)) == {"final_response"}
    found = await get(floor, floor.manager, f"/messages?customer_id={loan['customer_id']}")
    (mail,) = cast(list[Json], found["items"])
    assert (mail["template"], mail["purpose"]) == ("complaint_received", "statutory")
    looked = await send(
        floor, floor.manager, f"{path}/investigate", {"note": "he is angry"}, seen=1
    )
    answer = {"outcome": "rejected", "root_cause": "none_found", "answer": "No.\n\nNever."}
    await send(floor, floor.manager, f"{path}/resolve", answer, seen=looked["version"])
    found = await get(floor, floor.manager, f"/messages?customer_id={loan['customer_id']}")
    assert [each["template"] for each in cast(list[Json], found["items"])] == [
        "complaint_received",
        "complaint_answered",
    ]
    (letter,) = cast(
        list[Json], (await get(floor, his, f"/customers/{loan['customer_id']}/letters"))["items"]
    )
    assert (letter["code"], letter["deliver"], letter["loan_id"]) == (
        "complaint_answered",
        "portal",
        None,
    )
    shown = await get(floor, his, path)
    assert (shown["text"], shown["owner_id"]) == ("Ten calls a day, and the fee is wrong.", None)
    assert "angry" not in str(shown["timeline"])
    assert (await get(floor, strange, path, 404))["code"] == "not-found"
    assert (await get(floor, strange, "/complaints"))["items"] == []
    assert len((await get(floor, his, "/complaints"))["items"]) == 1
    assert (await send(floor, his, f"{path}/acknowledge", {}, 403, seen=2))["code"] == "forbidden"


async def test_what_cannot_be_a_complaint(floor: Floor) -> None:
    loan, foreign = await floor.late_loan(), await floor.late_loan()
    for more, code in (
        ({"loan_id": foreign["id"]}, "not-found"),
        ({"received_on": "2028-02-02"}, "invalid-date"),
        ({"received_on": "2026-01-01"}, "invalid-date"),
        ({"owner_id": loan["id"]}, "invalid-request"),
        ({"causes": []}, "invalid-request"),
    ):
        status = {"not-found": 404}.get(code, 422)
        assert (await complain(floor, floor.agent, loan, status, **more))["code"] == code
    # Without a point it is about all he has with his only creditor; somebody without one names it.
    general = await complain(floor, floor.agent, loan, loan_id=None)
    assert general["creditor_id"] == floor.scene.creditor_id
    nobody = {"customer_id": await floor.scene.customer()}
    refused = await complain(floor, floor.agent, nobody | {"id": None}, 422)
    assert (refused["code"], refused["facts"]["field"]) == ("invalid-request", "creditor_id")
    rules = await get(floor, floor.agent, "/complaint-rules")
    assert [each["code"] for each in rules["items"]] == ["au", "ca", "eu", "gb", "in", "us"]


async def test_a_co_borrower_complains_of_the_loan_that_another_is_chased_for(
    floor: Floor,
) -> None:
    partner = await floor.scene.customer(name="Paul Partner", phone="+12125550188")
    loan = await floor.late_loan()
    shared = cast(
        Json,
        await floor.scene.loan(
            loan["customer_id"], parties=[{"customer_id": partner, "role": "co_borrower"}]
        ),
    )
    await floor.move(at(3, 2, 17))
    case_id = await floor.case_id(shared)
    body = {"customer_id": partner, "text": "I never signed that", "loan_id": shared["id"]}
    made = await send(floor, floor.agent, "/complaints", body, 201)
    assert [hold["kind"] for hold in (await floor.case(case_id))["holds"]] == ["complaint"]
    taken = {"outcome": "withdrawn", "root_cause": "none_found", "answer": "As you wish."}
    await send(floor, floor.advisor, f"/complaints/{made['id']}/resolve", taken, seen=1)
    assert [hold["active"] for hold in (await floor.case(case_id))["holds"]] == [False]


async def test_whichever_comes_first_the_complaint_or_the_case_the_case_rests(
    floor: Floor,
) -> None:
    loan = await floor.late_loan()
    await floor.set_clock(at(3, 1, 17))
    made, _ = await asyncio.gather(complain(floor, floor.agent, loan), floor.move(at(3, 2, 17)))
    case_id = await floor.case_id(loan)
    assert [hold["kind"] for hold in (await floor.case(case_id))["holds"]] == ["complaint"]
    # Of several answers at once one counts, and the hold ends once.
    body = {"outcome": "withdrawn", "root_cause": "none_found", "answer": "As you wish."}
    answers = await asyncio.gather(
        *(
            floor.api.client.post(
                f"/api/v1/complaints/{made['id']}/resolve",
                json=body,
                headers=floor.advisor | {"If-Match": '"1"'},
            )
            for _ in range(3)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    story = await floor.story(case_id)
    assert [line for line in story if line.startswith("Hold ended")] == ["Hold ended (complaint)"]
