"""Lists and pages of cases and tasks; messages sent and withheld in a case's story."""

from typing import Any

from sqlalchemy import update

from api.messages.tables import MessageRow
from contracts.names import Role
from tests.api.recovery.floor import INSTALMENT, Floor, at, make_floor
from tests.api.support import Actors, Headers, ok


async def fetch(floor: Floor, path: str, headers: Headers | None = None, status: int = 200) -> Any:
    answer = await floor.api.client.get(f"/api/v1{path}", headers=headers or floor.agent)
    return ok(answer, status)


async def test_cases_are_paged_by_number_and_filtered(floor: Floor) -> None:
    loans = [await floor.late_loan(phone=None, email=None) for _ in range(5)]
    await floor.move(at(3, 2, 16))
    ids = [await floor.case_id(loan) for loan in loans]
    await floor.plan(ids[0])
    await floor.act(floor.manager, ids[4], "close", {"reason": "settled"})

    seen: list[str] = []
    cursor = ""
    while True:
        page = await fetch(floor, f"/recovery-cases?limit=2{cursor}")
        assert len(page["items"]) <= 2
        seen += [case["id"] for case in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ids  # loans were late in their order, and cases are numbered in it

    async def ids_of(query: str) -> list[str]:
        return [case["id"] for case in (await fetch(floor, f"/recovery-cases?{query}"))["items"]]

    assert await ids_of("status=open") == ids[:4]
    assert await ids_of("status=closed") == ids[4:]
    assert await ids_of(f"customer_id={loans[1]['customer_id']}") == [ids[1]]
    assert await ids_of("stage=firm") == []
    await floor.act(floor.manager, ids[2], "assign", {"user_id": await owner(floor)})
    assert await ids_of(f"assignee_id={await owner(floor)}") == [ids[2]]
    wrong = await fetch(floor, "/recovery-cases?cursor=%25", status=422)
    assert wrong["code"] == "invalid-request"


async def owner(floor: Floor) -> str:
    return str((await fetch(floor, "/auth/me"))["id"])


async def test_each_case_is_shown_on_its_own_clock(floor: Floor, work: Any) -> None:
    other = await make_floor(floor.api, work)
    early, late = await floor.late_loan(), await other.late_loan()
    await floor.move(at(3, 2, 16))
    await other.move(at(4, 11, 16))
    shown = {
        case["id"]: (case["overdue"], case["past_due_days"], case["bucket"])
        for case in (await fetch(floor, "/recovery-cases"))["items"]
    }
    assert shown == {
        await floor.case_id(early): (INSTALMENT, 1, "1-29"),
        await other.case_id(late): ("213.24", 41, "30-59"),
    }
    mine = await fetch(floor, f"/recovery-cases?test_clock_id={other.scene.clock_id}")
    assert [case["id"] for case in mine["items"]] == [await other.case_id(late)]


async def test_a_case_has_an_etag_and_is_for_staff(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    answer = await floor.api.client.get(f"/api/v1/recovery-cases/{case_id}", headers=floor.agent)
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    customer = await Actors(floor.api).user(Role.CUSTOMER)
    for path in (f"/recovery-cases/{case_id}", "/recovery-cases", "/tasks", "/strategies"):
        assert (await fetch(floor, path, customer, 403))["code"] == "forbidden"
    missing = await fetch(floor, "/recovery-cases/01890000-0000-7000-8000-000000000000", status=404)
    assert missing["code"] == "not-found"


async def test_the_story_tells_what_was_withheld_and_why(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    assert "SMS “overdue gentle” waits to be sent" in await floor.story(case_id)
    async with floor.work() as work:
        await work.session.execute(
            update(MessageRow).values(status="withheld", reasons=["opted-out"])
        )
    assert "SMS “overdue gentle” withheld: opted out" in await floor.story(case_id)
    async with floor.work() as work:
        await work.session.execute(
            update(MessageRow).values(status="delivered", reasons=[], sent_at=at(3, 2, 17))
        )
    line = next(
        line for line in (await floor.case(case_id))["timeline"] if line["kind"] == "message"
    )
    assert (line["text"], line["at"]) == (
        "SMS “overdue gentle” delivered",
        "2028-03-02T17:00:00Z",
    )


async def test_tasks_are_paged_and_filtered(floor: Floor) -> None:
    loans = [await floor.late_loan(phone=None, email=None) for _ in range(3)]
    await floor.move(at(3, 16, 15))
    ids = [await floor.case_id(loan) for loan in loans]
    for case_id in ids:
        await floor.run(case_id)
    await floor.act(floor.agent, ids[0], "escalate", {"reason": "plan"})
    first = await fetch(floor, "/tasks?limit=3")
    second = await fetch(floor, f"/tasks?limit=3&cursor={first['next_cursor']}")
    assert [task["case_id"] for task in first["items"]] == ids
    assert [task["kind"] for task in second["items"]] == ["escalation"]
    assert second["next_cursor"] is None
    advisor = await fetch(floor, "/tasks?role=advisor&status=open")
    assert [task["case_id"] for task in advisor["items"]] == [ids[0]]
    mine = await fetch(floor, f"/tasks?case_id={ids[1]}")
    assert [task["title"].startswith("Call the customer of RC-") for task in mine["items"]] == [
        True
    ]
    wrong = await fetch(floor, "/tasks?cursor=bm90LWEta2V5", status=422)
    assert wrong["code"] == "invalid-request"
