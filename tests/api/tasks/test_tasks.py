"""Tasks that people and programs schedule: asked, reminded of, escalated, done once."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.audit.tables import AuditRow
from api.clock import clock_for
from api.recovery import service as recovery
from api.tasks.tables import TaskRow
from contracts.names import Role
from tests.api.support import START, Actors, Headers, key, ok
from tests.api.tasks.desk import Desk, user_id

DUE = START + timedelta(days=3)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TERMS = {"remind_before_minutes": [1440, 120], "escalate_after_minutes": 1440}


# -- scheduling --------------------------------------------------------------------------------


async def test_a_task_is_about_a_loan_and_so_about_its_customer_on_his_clock(desk: Desk) -> None:
    customer_id = await desk.scene.customer()
    loan = await desk.scene.loan(customer_id)
    made = await desk.schedule(loan_id=loan["id"], payload={"document_id": str(uuid4())}, **TERMS)
    assert made["title"] == f"Review documents · {loan['number']}"
    assert (made["customer_id"], made["creditor_id"]) == (customer_id, desk.scene.creditor_id)
    assert made["workflow_id"] == f"task:{made['id']}"
    assert made["created_at"] == "2028-02-01T12:00:00Z"
    assert await desk.wake(made["id"]) == (1, 0, None)
    shown = await desk.read(made["id"])
    assert [line["text"] for line in shown["timeline"]] == ["Asked of the agent"]


async def test_a_business_day_ends_at_five_by_the_creditors_clocks(desk: Desk) -> None:
    made = await desk.schedule(due_at=None, due_on="2028-02-04", creditor_id=desk.scene.creditor_id)
    assert made["due_at"] == "2028-02-04T22:00:00Z"  # New York


async def test_the_words_are_encrypted_and_read_again(desk: Desk) -> None:
    customer_id = await desk.scene.customer()
    made = await desk.schedule(customer_id=customer_id, note="Ask for the June payslip.")
    assert (await desk.read(made["id"]))["note"] == "Ask for the June payslip."
    async with desk.work() as work:
        row = await work.session.get_one(TaskRow, UUID(made["id"]))
        assert row.note_ct is not None
        assert b"payslip" not in row.note_ct


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"due_at": None}, "invalid-request"),
        ({"due_on": "2028-02-04"}, "invalid-request"),
        ({"due_at": None, "due_on": "2028-02-04"}, "invalid-request"),
        ({"due_at": "2020-01-31T12:00:00Z"}, "invalid-date"),
        ({"role": None}, "invalid-request"),
        ({"role": "customer"}, "invalid-request"),
        ({"assignee_id": str(uuid4())}, "invalid-request"),
        ({"customer_id": str(uuid4())}, "not-found"),
        ({"loan_id": str(uuid4())}, "not-found"),
        ({"case_id": str(uuid4())}, "not-found"),
        ({"creditor_id": str(uuid4())}, "not-found"),
        ({"note": "about nobody"}, "invalid-request"),
        ({"kind": "escalation"}, "invalid-request"),
        ({"kind": "Not A Code"}, "invalid-request"),
        ({"payload": {"name": "Maria Keller"}}, "invalid-request"),
        ({"payload": {"phone": "+12125550123"}}, "invalid-request"),
        ({"payload": {f"k{n}": "x" for n in range(21)}}, "invalid-request"),
        ({"remind_before_minutes": [0]}, "invalid-request"),
        ({"escalate_after_minutes": 5}, "invalid-request"),
    ],
)
async def test_what_cannot_be_scheduled(desk: Desk, fields: dict, code: str) -> None:  # type: ignore[type-arg]
    body = {"kind": "check", "due_at": DUE.isoformat(), "role": "agent"} | fields
    answer = await desk.post(desk.manager, "/tasks", body)
    assert answer.json()["code"] == code
    assert "Maria" not in answer.text
    assert "5550123" not in answer.text


async def test_things_of_different_people_do_not_go_together(desk: Desk) -> None:
    one, other = await desk.scene.customer(), await desk.scene.customer(phone="+12125550199")
    loan = await desk.scene.loan(one)
    body = {"kind": "check", "due_at": DUE.isoformat(), "role": "agent", "loan_id": loan["id"]}
    answer = await desk.post(desk.manager, "/tasks", body | {"customer_id": other})
    assert answer.status_code == 422
    ok(await desk.post(desk.manager, "/tasks", body | {"customer_id": one}), 201)


async def test_an_assignee_gives_the_role(desk: Desk) -> None:
    made = await desk.schedule(role=None, assignee_id=await user_id(desk, desk.advisor))
    assert made["role"] == "advisor"
    body = {"kind": "check", "due_at": DUE.isoformat(), "role": "agent"}
    mismatch = await desk.post(
        desk.manager, "/tasks", body | {"assignee_id": await user_id(desk, desk.advisor)}
    )
    assert mismatch.status_code == 422


# -- following up ------------------------------------------------------------------------------


async def test_reminders_the_due_time_and_escalations_come_each_once(desk: Desk) -> None:
    customer_id = await desk.scene.customer()
    made = await desk.schedule(customer_id=customer_id, **TERMS)
    task_id = made["id"]
    first = await desk.advance(task_id)
    assert (first["next_action"], first["next_title"]) == ("remind", "Remind the agent")
    assert datetime.fromisoformat(first["next_at"]) == DUE - DAY
    assert await desk.wake(task_id) == (1, 1, DUE - DAY)
    for now in (DUE - DAY, DUE - 2 * HOUR, DUE, DUE + DAY, DUE + 2 * DAY):
        again = await desk.advance(task_id, now)
        assert again == await desk.advance(task_id)
    assert (again["next_action"], again["open"]) == (None, True)
    assert (await desk.wake(task_id))[2] is None
    shown = await desk.read(task_id)
    assert [line["kind"] for line in shown["timeline"]] == [
        *("scheduled", "reminded", "reminded", "fell_due", "escalated", "escalated"),
    ]
    assert (shown["role"], shown["escalations"], shown["overdue"]) == ("admin", 2, True)
    assert shown["version"] == 6


async def test_whoever_is_asked_is_told_in_the_application(desk: Desk) -> None:
    him = await user_id(desk, desk.agent)
    other = await Actors(desk.api).user(Role.AGENT)
    made = await desk.schedule(
        customer_id=await desk.scene.customer(), role=None, assignee_id=him, **TERMS
    )
    for now in (DUE - DAY, DUE - 2 * HOUR, DUE, DUE + DAY):
        await desk.advance(made["id"], now)
        await desk.advance(made["id"])

    async def told(who: Headers) -> list[str]:
        listed = ok(await desk.get(who, "/notifications"))
        return [line["kind"] for line in listed["items"]]  # type: ignore[attr-defined]

    assert await told(desk.agent) == ["task_due", "task_reminder", "task_reminder"]
    assert await told(other) == []
    assert await told(desk.manager) == ["task_escalated"]


async def test_looking_at_once_many_times_does_each_step_once(desk: Desk) -> None:
    made = await desk.schedule(customer_id=await desk.scene.customer(), **TERMS)
    await desk.set_clock(DUE + DAY)
    await asyncio.gather(*(desk.advance(made["id"]) for _ in range(8)))
    kinds = Counter(line["kind"] for line in (await desk.read(made["id"]))["timeline"])
    assert kinds == {"scheduled": 1, "passed_over": 2, "fell_due": 1, "escalated": 1}


async def test_an_unknown_task_cannot_be_followed_up(desk: Desk) -> None:
    path = f"/api/v1/tasks/{uuid4()}/advance"
    assert (await desk.api.client.post(path, headers=desk.worker)).status_code == 404


# -- ending ------------------------------------------------------------------------------------


async def test_of_many_who_complete_a_task_one_does(desk: Desk) -> None:
    made = await desk.schedule(customer_id=await desk.scene.customer(), **TERMS)
    await desk.advance(made["id"])
    answers = await asyncio.gather(
        *(desk.post(desk.agent, f"/tasks/{made['id']}/complete", {}) for _ in range(12))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 11}
    async with desk.work() as work:
        rows = await work.session.scalars(
            select(AuditRow).where(AuditRow.action == "task.completed")
        )
        assert len(rows.all()) == 1
    assert await desk.wake(made["id"]) == (2, 1, DUE - DAY)
    ended = await desk.advance(made["id"])
    assert (ended["open"], ended["status"]) == (False, "done")
    assert await desk.wake(made["id"]) == (2, 2, None)


async def test_the_same_key_is_one_completion(desk: Desk) -> None:
    made = await desk.schedule()
    path, again = f"/api/v1/tasks/{made['id']}/complete", desk.agent | key()
    first = await desk.api.client.post(path, json={}, headers=again)
    second = await desk.api.client.post(path, json={}, headers=again)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()


async def test_whoever_cares_says_which_version_he_saw(desk: Desk) -> None:
    made = await desk.schedule()
    path = f"/api/v1/tasks/{made['id']}/complete"
    stale = await desk.api.client.post(
        path, json={}, headers=desk.agent | key() | {"If-Match": '"7"'}
    )
    assert stale.json()["code"] == "precondition-failed"
    seen = await desk.get(desk.agent, f"/tasks/{made['id']}")
    etag = {"If-Match": seen.headers["ETag"]}
    ok(await desk.api.client.post(path, json={}, headers=desk.agent | key() | etag))


async def test_only_whom_it_is_for_may_complete_it(desk: Desk) -> None:
    made = await desk.schedule(role="advisor")
    path = f"/tasks/{made['id']}/complete"
    assert (await desk.post(desk.agent, path, {})).json()["code"] == "forbidden"
    done = ok(await desk.post(desk.advisor, path, {"outcome": "done"}))
    assert (done["status"], done["outcome"]) == ("done", "done")


async def test_a_note_on_what_came_of_it_needs_a_customer(desk: Desk) -> None:
    plain, about = (
        await desk.schedule(),
        await desk.schedule(customer_id=await desk.scene.customer()),
    )
    refused = await desk.post(desk.agent, f"/tasks/{plain['id']}/complete", {"note": "all well"})
    assert refused.json()["code"] == "invalid-request"
    ok(await desk.post(desk.agent, f"/tasks/{about['id']}/complete", {"note": "all well"}))
    assert (await desk.read(about["id"]))["result_note"] == "all well"


async def test_a_cancelled_task_stays_so(desk: Desk) -> None:
    made = await desk.schedule(customer_id=await desk.scene.customer(), **TERMS)
    path = f"/tasks/{made['id']}"
    gone = ok(await desk.post(desk.agent, f"{path}/cancel", {"reason": "arrived_by_mail"}))
    assert (gone["status"], gone["outcome"]) == ("cancelled", "arrived_by_mail")
    for what in ("cancel", "complete", "reassign"):
        body = {"role": "agent"} if what == "reassign" else {}
        again = await desk.post(desk.manager, f"{path}/{what}", body)
        assert again.json()["code"] == "illegal-transition", what
    await desk.advance(made["id"], DUE + 9 * DAY)
    assert [line["kind"] for line in (await desk.read(made["id"]))["timeline"]] == [
        "scheduled",
        "cancelled",
    ]


async def test_a_task_is_given_to_another(desk: Desk) -> None:
    made = await desk.schedule(customer_id=await desk.scene.customer())
    path, him = f"/tasks/{made['id']}/reassign", await user_id(desk, desk.advisor)
    given = ok(await desk.post(desk.manager, path, {"assignee_id": him}))
    assert (given["role"], given["assignee_id"]) == ("advisor", him)
    assert (await desk.wake(made["id"]))[0] == 2
    refused = await desk.post(desk.agent, path, {"role": "agent"})
    assert refused.json()["code"] == "forbidden"
    nobody = await desk.post(desk.manager, path, {})
    assert nobody.json()["code"] == "invalid-request"
    customer = await Actors(desk.api).user(Role.CUSTOMER)
    stranger = {"assignee_id": await user_id(desk, customer)}
    assert (await desk.post(desk.manager, path, stranger)).status_code == 422


# -- beside cases ------------------------------------------------------------------------------


async def test_a_rules_task_is_taken_back_by_its_rule_alone(desk: Desk) -> None:
    async with desk.work() as work:
        made = await recovery.open_task(
            work,
            await clock_for(work, None),
            natural_key=f"test:{uuid4()}",
            kind="data",
            title="Find something out",
            role=Role.AGENT,
            due_at=work.now + DAY,
        )
    refused = await desk.post(desk.manager, f"/tasks/{made}/cancel", {})
    assert refused.json()["code"] == "illegal-transition"
    shown = await desk.read(str(made))
    assert (shown["follow_up"], shown["workflow_id"]) == (None, None)
    assert [line["text"] for line in shown["timeline"]] == ["Asked of the agent"]
    ok(await desk.post(desk.agent, f"/tasks/{made}/complete", {}))
    assert [line["kind"] for line in (await desk.read(str(made)))["timeline"]] == [
        "opened",
        "done",
    ]


# -- lists -------------------------------------------------------------------------------------


async def test_tasks_are_found_by_what_one_looks_for(desk: Desk) -> None:
    him = await user_id(desk, desk.agent)
    customer_id = await desk.scene.customer()
    late = await desk.schedule(customer_id=customer_id, kind="call_back", assignee_id=him)
    early = await desk.schedule()
    other = await desk.schedule(role="advisor", due_at=(DUE + 30 * DAY).isoformat())

    async def found(query: str) -> list[str]:
        body = ok(await desk.get(desk.agent, f"/tasks?{query}"))
        return [task["id"] for task in body["items"]]  # type: ignore[attr-defined]

    assert await found("status=open") == [late["id"], early["id"], other["id"]]
    assert await found("kind=call_back") == [late["id"]]
    assert await found(f"assignee_id={him}") == [late["id"]]
    assert await found(f"customer_id={customer_id}") == [late["id"]]
    assert await found("role=advisor") == [other["id"]]
    assert await found("due_before=2028-02-10T00:00:00Z") == [late["id"], early["id"]]
    assert await found("escalated=true") == []
    first = ok(await desk.get(desk.agent, "/tasks?limit=2"))
    rest = ok(await desk.get(desk.agent, f"/tasks?limit=2&cursor={first['next_cursor']}"))
    assert [task["id"] for task in rest["items"]] == [other["id"]]  # type: ignore[attr-defined]
