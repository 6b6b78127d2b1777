"""Casework on real rows: rules give cases out, leases keep two from one, clocks stand still."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select

from api.customers import service as customers
from api.messages.inbound import Inbound, receive
from api.notifications.tables import NotificationRow
from api.recovery.tables import CaseRow
from contracts.names import Role
from domain.contact.channel import Channel
from tests.api.recovery.floor import Floor, Json, at
from tests.api.support import Actors, Headers, key, ok

NOBODY = "00000000-0000-4000-8000-000000000000"
"""The key of nothing."""

HOURS: Json = {
    "week": [{"opens": "09:00:00", "closes": "17:00:00"}] * 5 + [None, None],
    "closed_on": ["2028-03-06"],
}


async def call(  # noqa: PLR0917 - who asks what of whom, as one reads it
    floor: Floor, who: Headers, method: str, path: str, body: object = None, status: int = 200
) -> Json:
    answer = await floor.api.client.request(
        method, f"/api/v1{path}", json=body, headers=who | key()
    )
    return ok(answer, status)


async def me(floor: Floor, who: Headers) -> str:
    return str((await call(floor, who, "GET", "/auth/me"))["id"])


async def hire(floor: Floor, who: Headers, team: str, capacity: int, *skills: str) -> str:
    user_id = await me(floor, who)
    body = {"team": team, "capacity": capacity, "skills": list(skills)}
    await call(floor, floor.manager, "PUT", f"/caseworkers/{user_id}", body)
    return user_id


async def team(floor: Floor, code: str, **fields: object) -> Json:
    body = {"code": code, "name": code.title()} | fields
    return await call(floor, floor.manager, "POST", "/teams", body, 201)


async def late(floor: Floor, *people: Json) -> list[str]:
    """Cases of these people, a day late, in their order."""
    loans = [await floor.late_loan(**person) for person in people]
    await floor.move(at(3, 2, 16))
    return [await floor.case_id(loan) for loan in loans]


async def owners(floor: Floor, case_ids: Sequence[str]) -> list[tuple[str | None, str | None]]:
    found = [await floor.case(case_id) for case_id in case_ids]
    return [(case["assignee_id"], case["assigned_because"]) for case in found]


async def test_a_night_gives_its_cases_out_and_a_book_is_handed_over(floor: Floor) -> None:
    assert (await floor.api.client.get("/api/v1/teams", headers=floor.agent)).status_code == 200
    await team(floor, "desk")
    second = await Actors(floor.api).user(Role.AGENT)
    ana = await hire(floor, floor.agent, "desk", 2, "language:en")
    bob = await hire(floor, second, "desk", 1, "language:en", "language:es")
    in_portfolio = await floor.scene.customer(name="Pia Portfolio")
    size = await call(
        floor, floor.manager, "POST", f"/caseworkers/{ana}/portfolio", {"add": [in_portfolio]}
    )
    assert size["added"] == 1
    loan = await floor.scene.loan(in_portfolio)
    others = await late(
        floor, {"name": "Es One", "language": "es"}, {"name": "En Two"}, {"name": "En Three"}
    )
    cases = [await floor.case_id(loan), *others]
    assert await owners(floor, cases) == [
        (ana, "portfolio"),
        (bob, "least_loaded"),
        (ana, "least_loaded"),
        (None, "full"),
    ]
    story = await floor.story(cases[0])
    assert "A new owner was named: the customer is in his portfolio" in story
    desk = await call(floor, floor.agent, "GET", "/teams/desk")
    assert desk["waiting"] == [{"because": "full", "cases": 1}]
    loads = (await call(floor, floor.manager, "GET", "/workloads?team=desk"))["items"]
    assert {each["user_id"]: each["cases"] for each in loads} == {ana: 2, bob: 1}

    # Ana is away: what is hers is shared out by rule, first shown, then done.
    body = {"from_user_id": ana, "reason": "absence", "away_until": "2028-03-20"}
    seen = await call(floor, floor.manager, "POST", "/hand-overs?dry_run=true", body)
    assert (seen["applied"], len(seen["cases"])) == (False, 2)
    assert (await owners(floor, cases[:1]))[0] == (ana, "portfolio")
    done = await call(floor, floor.manager, "POST", "/hand-overs", body)
    assert done["cases"] == seen["cases"]
    assert [each["because"] for each in done["cases"]] == ["full", "full"]
    load = await call(floor, floor.manager, "GET", f"/workloads/{ana}")
    assert (load["cases"], load["away_until"]) == (0, "2028-03-20")
    # And what waits in the queue is given to somebody by name.
    body = {"from_user_id": None, "to_user_id": bob, "reason": "other", "case_ids": cases[:1]}
    await call(floor, floor.manager, "POST", "/hand-overs", body)
    assert (await owners(floor, cases[:1]))[0] == (bob, "handed_over")
    # A case that turns out to need a specialist goes to one who is there, or stays.
    vulnerable = {"kind": "vulnerable", "review_on": "2028-06-01"}
    await floor.act(floor.agent, cases[0], "holds", vulnerable, 201)
    assert (await owners(floor, cases[:1]))[0] == (bob, "handed_over")
    third = await Actors(floor.api).user(Role.AGENT)
    eve = await hire(floor, third, "desk", 5, "vulnerable", "language:en")
    hold_id = (await floor.case(cases[0]))["holds"][0]["id"]
    await floor.act(floor.agent, cases[0], f"holds/{hold_id}/end", {"reason": "again"})
    await floor.act(floor.agent, cases[0], "holds", vulnerable, 201)
    assert (await owners(floor, cases[:1]))[0] == (eve, "least_loaded")
    for wrong in (
        {"from_user_id": bob, "to_user_id": bob, "reason": "other"},
        {"from_user_id": bob, "to_user_id": str(uuid4()), "reason": "other"},
        {"from_user_id": ana, "reason": "other", "case_ids": cases[:1]},
        {"from_user_id": bob, "reason": "other", "away_until": "2028-03-20"},
    ):
        refused = await call(floor, floor.manager, "POST", "/hand-overs", wrong, 422)
        assert refused["code"] == "invalid-request"
    refused = await call(floor, floor.agent, "POST", "/hand-overs", body, 403)
    assert refused["code"] == "forbidden"


async def test_next_gives_everybody_another_case_and_the_most_urgent_first(floor: Floor) -> None:
    second = await Actors(floor.api).user(Role.AGENT)
    cases = await late(floor, {"name": "A"}, {"name": "B"}, {"name": "C"})
    for case_id in cases:
        await floor.run(case_id)
    # Whoever is vulnerable comes first; whoever promised stands still and last.
    hold = {"kind": "vulnerable", "review_on": "2028-06-01"}
    await floor.act(floor.agent, cases[1], "holds", hold, 201)
    await floor.promise(cases[0], "60.00", "2028-03-10")
    for case_id in cases:
        await floor.run(case_id)
    listed = (await call(floor, floor.agent, "GET", "/worklist"))["items"]
    assert [row["case"]["id"] for row in listed] == [cases[1], cases[2], cases[0]]
    first, last = listed[0], listed[-1]
    assert (
        sum(part["points"] for part in first["case"]["priority_parts"])
        == (first["case"]["priority"])
    )
    assert "the customer is vulnerable" in [
        part["text"] for part in first["case"]["priority_parts"]
    ]
    assert (last["suggestion"]["advice"], last["promised"]) == ("wait", "60.000")
    page = await call(floor, floor.agent, "GET", "/worklist?limit=2")
    rest = await call(floor, floor.agent, "GET", f"/worklist?cursor={page['next_cursor']}")
    assert [row["case"]["id"] for row in page["items"] + rest["items"]] == [
        row["case"]["id"] for row in listed
    ]

    taken = await asyncio.gather(
        *(call(floor, who, "POST", "/worklist/next") for who in (floor.agent, second))
    )
    ids = {each["case"]["id"] for each in taken if each["case"] is not None}
    assert ids == {cases[1], cases[2]}
    theirs = taken[0]["case"]["id"]
    refused = await call(floor, second, "POST", f"/recovery-cases/{theirs}/lease", None, 409)
    assert refused["code"] == "case-leased"
    again = await call(floor, floor.agent, "POST", f"/recovery-cases/{theirs}/lease")
    assert again["leased_by"] == await me(floor, floor.agent)
    # What was worked rests, and what stands still is given to nobody.
    assert (await call(floor, floor.agent, "POST", "/worklist/next"))["case"] is None
    # News about it end its rest.
    await floor.act(floor.agent, theirs, "escalate", {"reason": "needs a plan"})
    await floor.run(theirs)
    assert (await call(floor, floor.agent, "POST", "/worklist/next"))["case"]["id"] == theirs
    await call(floor, floor.agent, "POST", f"/recovery-cases/{theirs}/release")
    async with floor.work() as work:
        row = await work.session.get_one(CaseRow, UUID(theirs))
        assert (row.leased_by, row.leased_until) == (None, None)


async def test_an_escalation_counts_business_hours_and_stands_still_while_others_are_awaited(
    floor: Floor,
) -> None:
    path = f"/creditors/{floor.scene.creditor_id}"
    body = {"business_hours": HOURS}
    put = await floor.api.client.put(
        f"/api/v1{path}/business-hours", json=body, headers=floor.scene.admin | {"If-Match": '"1"'}
    )
    assert ok(put)["business_hours"]["closed_on"] == ["2028-03-06"]
    (case_id,) = await late(floor, {})
    await floor.run(case_id)
    # Thursday 2 March, 11:00 in New York. 48 business hours are six days of eight, Monday closed.
    await floor.act(floor.agent, case_id, "escalate", {"reason": "needs a plan"})
    sla = await call(floor, floor.agent, "GET", f"/recovery-cases/{case_id}/sla")
    assert (sla["asked"], sla["due_at"]) == ("advisor", "2028-03-13T15:00:00Z")
    assert sla["left_minutes"] == 48 * 60

    await floor.live(case_id, at(3, 2, 17), at(3, 3, 16))
    # Other hours concern a clock that runs: its case plans again.
    await floor.plan(case_id)
    put = await floor.api.client.put(
        f"/api/v1{path}/business-hours", json=body, headers=floor.scene.admin | {"If-Match": '"2"'}
    )
    assert put.status_code == 200
    wanted, done, _ = await floor.wake(case_id)
    assert wanted > done
    asked = {"waiting_on": "customer"}
    sla = await call(floor, floor.advisor, "POST", f"/recovery-cases/{case_id}/sla/pause", asked)
    assert (sla["due_at"], sla["paused_for"], sla["left_minutes"]) == (None, "customer", 40 * 60)
    await floor.live(case_id, at(3, 3, 17), at(3, 20, 12))
    assert (await floor.case(case_id))["escalation"] == "asked"
    await floor.move(at(3, 20, 15))
    # She writes: whoever waited for her has his clock again, and the case comes first.
    async with floor.work() as work:
        customer_id = UUID((await floor.case(case_id))["customer_id"])
        phone = (await customers.contact_card(work, customer_id)).phone
        assert phone is not None
        await receive(work, Inbound(Channel.SMS, "SM1", phone, "what about the blue one"))
    await floor.run(case_id)
    sla = await call(floor, floor.advisor, "POST", f"/recovery-cases/{case_id}/sla/resume")
    parts = (await floor.case(case_id))["priority_parts"]
    assert parts[0]["text"] == "the customer wrote and waits for an answer"
    # Monday 20 March, 11:00 summer time: 40 hours are five days of eight.
    assert (sla["due_at"], sla["left_minutes"]) == ("2028-03-27T15:00:00Z", 40 * 60)
    await floor.live(case_id, at(3, 20, 15), at(3, 27, 14))
    case = await floor.case(case_id)
    assert case["escalation"] == "asked"
    (task,) = [each for each in case["tasks"] if each["kind"] == "escalation"]
    assert task["due_at"] == "2028-03-27T15:00:00Z"
    await floor.live(case_id, at(3, 27, 15), at(3, 27, 16))
    assert (await floor.case(case_id))["escalation"] == "re_escalated"
    story = await floor.story(case_id)
    assert "The clock of the escalation stands still: the customer is awaited" in story
    await floor.act(floor.manager, case_id, "acknowledge", {})
    refused = await call(
        floor, floor.manager, "POST", f"/recovery-cases/{case_id}/sla/pause", asked, 409
    )
    assert refused["code"] == "not-escalated"


async def test_risk_grows_with_arrears_and_tells_the_advisor_once(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    case = await floor.case(case_id)
    assert (case["risk_score"], case["risk_level"]) == (5 + 15, "low")
    await floor.promise(case_id, "106.62", "2028-03-05")
    await floor.live(case_id, at(3, 3, 12), at(3, 10, 12))
    await floor.promise(case_id, "106.62", "2028-03-12")
    await floor.live(case_id, at(3, 10, 13), at(5, 2, 12))
    case = await floor.case(case_id)
    # 60 days, three instalments, all of a year unpaid, two promises broken.
    risk = await call(floor, floor.agent, "GET", f"/customers/{case['customer_id']}/risk")
    assert (risk["level"], risk["card"]) == ("high", "standard 1")
    assert risk["score"] == sum(part["points"] for part in risk["parts"])
    assert "2 promises were broken in the last year" in risk["reasons"]
    assert [each["number"] for each in risk["loans"]] == [loan["number"]]
    assert case["risk_level"] == "high"
    scores = [each["score"] for each in risk["history"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == case["risk_score"]
    async with floor.work() as work:
        told = (
            await work.session.scalars(
                select(NotificationRow).where(NotificationRow.kind == "risk_high")
            )
        ).all()
        advisor = UUID(await me(floor, floor.advisor))
        assert [each.case_id for each in told if each.user_id == advisor] == [UUID(case_id)]
    advice = await call(floor, floor.agent, "GET", f"/recovery-cases/{case_id}/suggestion")
    assert advice["advice"] in {"answer_escalation", "call"}
    assert advice["why"]


async def test_what_makes_no_sense_is_refused(floor: Floor) -> None:
    refusals: list[tuple[str, str, object, int]] = [
        ("POST", "/teams", {"code": "x", "name": "X", "skills": ["Not A Skill"]}, 422),
        ("POST", "/teams", {"code": "x", "name": "X", "creditor_ids": [NOBODY]}, 404),
        ("GET", "/teams/none", None, 404),
        ("GET", "/workloads?team=none", None, 404),
        ("GET", f"/workloads/{NOBODY}", None, 404),
        ("PUT", f"/caseworkers/{NOBODY}", {"team": "desk", "capacity": 1}, 422),
        ("GET", f"/recovery-cases/{NOBODY}/sla", None, 404),
        ("GET", f"/recovery-cases/{NOBODY}/suggestion", None, 404),
        ("GET", "/worklist?number=Maria", None, 422),
        ("GET", "/worklist?cursor=bm9uc2Vuc2U", None, 422),
    ]
    for method, path, body, status in refusals:
        await call(floor, floor.manager, method, path, body, status)
