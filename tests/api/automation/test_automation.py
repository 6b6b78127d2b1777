"""The automation API as a program of an integrator uses it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from api.clock import clock_for
from api.messages.tables import ContactDecisionRow, ContactSlotRow, MessageRow
from api.recovery.service import open_task
from api.wakes.tables import WakeRow
from contracts.names import INTEGRATOR_SCOPES, Role, Scope
from tests.api.automation.machines import Json, get, machine, post
from tests.api.conftest import WorkFactory
from tests.api.recovery.floor import Floor, at, make_floor
from tests.api.support import START, Api, key, ok

DUE = (START + timedelta(days=3)).isoformat()


@pytest.fixture
async def floor(api: Api, work: WorkFactory) -> Floor:
    return await make_floor(api, work)


# -- tasks -------------------------------------------------------------------------------------


async def test_a_program_schedules_reads_and_completes_a_task(floor: Floor) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    body = {
        "kind": "check_statement",
        "customer_id": customer_id,
        "due_at": DUE,
        "role": "agent",
        "payload": {"statement": "ST-2028-02", "document_id": str(uuid4())},
        "remind_before_minutes": [60],
        "note": "Compare the balance.",
    }
    made = ok(await post(floor, who, "/tasks/schedule", body), 201)
    shown = await get(floor, who, f"/tasks/{made['id']}")
    assert (shown["payload"], shown["note"]) == (body["payload"], "Compare the balance.")
    assert shown["timeline"][0]["actor"].startswith("service:")
    listed = await get(floor, who, "/tasks?kind=check_statement&status=open")
    assert [task["id"] for task in listed["items"]] == [made["id"]]
    result = {"outcome": "differs", "result": {"difference": "EUR-12"}, "note": "by 12 euro"}
    done = ok(await post(floor, who, f"/tasks/{made['id']}/complete", result))
    assert (done["status"], done["outcome"]) == ("done", "differs")
    again = await post(floor, who, f"/tasks/{made['id']}/complete", {})
    assert again.json()["code"] == "illegal-transition"
    shown = await get(floor, who, f"/tasks/{made['id']}")
    assert (shown["result"], shown["result_note"]) == (result["result"], "by 12 euro")


async def test_a_program_reassigns_and_cancels(floor: Floor) -> None:
    who = await machine(floor)
    body = {"kind": "check", "due_at": DUE, "role": "agent"}
    made = ok(await post(floor, who, "/tasks/schedule", body), 201)
    given = ok(await post(floor, who, f"/tasks/{made['id']}/reassign", {"role": "manager"}))
    assert given["role"] == "manager"
    gone = ok(await post(floor, who, f"/tasks/{made['id']}/cancel", {"reason": "duplicate"}))
    assert (gone["status"], gone["outcome"]) == ("cancelled", "duplicate")


async def test_people_give_advice_and_answer_escalations(floor: Floor) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    asked = await floor.scene.post(
        f"/customers/{customer_id}/request-advice", {"note": "My health is poor."}
    )
    shown = await get(floor, who, f"/tasks/{asked['id']}")
    assert (shown["kind"], shown["note"]) == ("advice", None)
    refused = await post(floor, who, f"/tasks/{asked['id']}/complete", {})
    assert refused.json()["code"] == "forbidden"
    await floor.move(at(3, 2, 16))
    loan = await floor.late_loan(phone="+12125550177")
    await floor.move(at(4, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.act(floor.agent, case_id, "escalate", {"reason": "no answer"})
    (task,) = [t for t in (await floor.case(case_id))["tasks"] if t["kind"] == "escalation"]
    refused = await post(floor, who, f"/tasks/{task['id']}/complete", {})
    assert refused.json()["code"] == "forbidden"


async def test_a_scheduled_task_ends_with_its_case(floor: Floor) -> None:
    who = await machine(floor)
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    body = {"kind": "check", "case_id": case_id, "due_at": at(4, 1).isoformat(), "role": "agent"}
    made = ok(await post(floor, who, "/tasks/schedule", body), 201)
    await floor.act(floor.manager, case_id, "close", {"reason": "forgiven"})
    shown = await get(floor, who, f"/tasks/{made['id']}")
    assert (shown["status"], shown["outcome"]) == ("cancelled", "case_closed")
    async with floor.work() as work:
        row = await work.session.get_one(WakeRow, f"task:{made['id']}")
        assert row.wanted == 2


@pytest.mark.parametrize("scope", INTEGRATOR_SCOPES)
async def test_a_scope_opens_what_it_names(floor: Floor, scope: Scope) -> None:
    who = await machine(floor, [scope])
    reads = (await floor.api.client.get("/api/v1/automation/tasks", headers=who)).status_code
    tasks = (await post(floor, who, "/tasks/schedule", {})).status_code
    reminds = (await post(floor, who, "/reminders", {})).status_code
    assert (reads, tasks, reminds) == {
        Scope.AUTOMATION_READ: (200, 403, 403),
        Scope.AUTOMATION_TASKS: (403, 422, 403),
        Scope.AUTOMATION_REMIND: (403, 403, 422),
        Scope.AUTOMATION_NOTIFY: (403, 403, 403),
        Scope.AUTOMATION_DOCUMENTS: (403, 403, 403),
    }[scope]


async def test_a_rules_task_may_be_done_by_a_program(floor: Floor) -> None:
    who = await machine(floor)
    async with floor.work() as work:
        made = await open_task(
            work,
            await clock_for(work, UUID(floor.scene.clock_id)),
            natural_key=f"test:{uuid4()}",
            kind="data",
            title="Find something out",
            role=Role.AGENT,
            due_at=work.now,
        )
    ok(await post(floor, who, f"/tasks/{made}/complete", {"outcome": "found_out"}))


# -- reminders ---------------------------------------------------------------------------------


async def count(floor: Floor, table: type) -> int:
    async with floor.work() as work:
        return int(await work.session.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_reminder_speaks_of_what_comes_is_due_or_overdue(floor: Floor) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    loan = await floor.scene.loan(customer_id)
    coming = ok(await post(floor, who, "/reminders", {"loan_id": loan["id"]}), 201)
    assert (coming["template"], coming["purpose"], coming["instalment"]) == (
        *("upcoming", "servicing", 1),
    )
    today = {"customer_id": customer_id, "send_at": "2028-03-01T15:00:00Z"}
    assert ok(await post(floor, who, "/reminders", today), 201)["template"] == "due_today"
    await floor.move(at(3, 3, 16))
    late = ok(await post(floor, who, "/reminders", {"loan_id": loan["id"]}), 201)
    assert (late["template"], late["purpose"]) == ("overdue_gentle", "collection")
    assert late["case_id"] == await floor.case_id(loan)
    async with floor.work() as work:
        row = await work.session.get_one(MessageRow, UUID(str(late["message_id"])))
        assert (row.validity, row.status, row.channel) == ("case_open", "queued", "sms")
    status = await get(floor, who, f"/reminders/{late['message_id']}")
    assert (status["status"], status["sent_at"]) == ("queued", None)


async def test_the_same_reminder_is_queued_once_a_day(floor: Floor) -> None:
    who = await machine(floor)
    loan = await floor.late_loan()
    body = {"loan_id": loan["id"]}
    headers = who | key()
    path = "/api/v1/automation/reminders"
    first = await floor.api.client.post(path, json=body, headers=headers)
    again = await floor.api.client.post(path, json=body, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    other_key = await post(floor, who, "/reminders", body)
    assert other_key.json()["code"] == "conflict"
    ok(await post(floor, who, "/reminders", body | {"channel": "email"}), 201)
    assert await count(floor, MessageRow) == 2
    no_key = await floor.api.client.post(path, json=body, headers=who)
    assert no_key.json()["code"] == "idempotency-key-required"


async def test_a_dry_run_says_what_the_rules_would_and_leaves_no_trace(floor: Floor) -> None:
    who = await machine(floor)
    loan = await floor.late_loan()
    before = [await count(floor, t) for t in (MessageRow, ContactDecisionRow, ContactSlotRow)]
    noon = ok(await post(floor, who, "/reminders?dry_run=true", {"loan_id": loan["id"]}))
    assert (noon["message_id"], noon["dry_run"]) == (None, True)
    # Noon in Greenwich is seven in New York: too early.
    assert noon["decision"]["outcome"] == "defer"  # type: ignore[index]
    assert noon["decision"]["defer_until"] is not None  # type: ignore[index]
    await floor.set_clock(at(2, 1, 17))
    later = ok(await post(floor, who, "/reminders?dry_run=true", {"loan_id": loan["id"]}))
    assert later["decision"] == {"outcome": "allow", "reasons": [], "defer_until": None}
    after = [await count(floor, t) for t in (MessageRow, ContactDecisionRow, ContactSlotRow)]
    assert after == before
    async with floor.work() as work:
        wake = await work.session.get(WakeRow, f"delivery:sms:{floor.scene.clock_id}")
        assert wake is None


async def test_a_dry_run_says_who_may_not_be_reminded(floor: Floor) -> None:
    who = await machine(floor)
    loan = await floor.late_loan(consents=[{"medium": "sms", "granted": False}])
    await floor.set_clock(at(2, 1, 17))
    shown = ok(await post(floor, who, "/reminders?dry_run=true", {"loan_id": loan["id"]}))
    assert shown["decision"]["outcome"] == "deny"  # type: ignore[index]
    assert shown["decision"]["reasons"]  # type: ignore[index]


async def test_a_promise_holds_a_reminder_of_arrears_back(floor: Floor) -> None:
    who = await machine(floor)
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 17))
    case_id = await floor.case_id(loan)
    await floor.promise(case_id, "50.00", "2028-03-06")
    await floor.plan(case_id)
    shown = ok(await post(floor, who, "/reminders?dry_run=true", {"loan_id": loan["id"]}))
    assert shown["decision"] == {
        "outcome": "deny",
        "reasons": ["case-suspended-promise"],
        "defer_until": None,
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-request"),
        ({"loan_id": str(UUID(int=1)), "customer_id": str(UUID(int=1))}, "invalid-request"),
        ({"loan_id": str(UUID(int=1))}, "not-found"),
        ({"customer_id": str(UUID(int=1))}, "not-found"),
        ({"loan_id": str(UUID(int=1)), "channel": "fax"}, "invalid-request"),
    ],
)
async def test_what_cannot_be_reminded_of(floor: Floor, body: Json, code: str) -> None:
    who = await machine(floor)
    assert (await post(floor, who, "/reminders", body)).json()["code"] == code
    assert (await post(floor, who, "/reminders?dry_run=true", body)).json()["code"] == code


async def test_who_owes_nothing_is_not_reminded(floor: Floor) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    answer = await post(floor, who, "/reminders", {"customer_id": customer_id})
    assert answer.json()["code"] == "nothing-to-remind"
    loan = await floor.scene.loan(customer_id)
    past = {"loan_id": loan["id"], "send_at": "2028-01-01T00:00:00Z"}
    assert (await post(floor, who, "/reminders", past)).json()["code"] == "invalid-date"


async def test_other_messages_are_no_reminders_of_ours(floor: Floor) -> None:
    who = await machine(floor)
    answer = await floor.api.client.get(f"/api/v1/automation/reminders/{uuid4()}", headers=who)
    assert answer.status_code == 404


# -- recovery ----------------------------------------------------------------------------------


async def test_pending_cases_are_those_that_nothing_suspends(floor: Floor) -> None:
    who = await machine(floor)
    one = await floor.late_loan()
    other = await floor.late_loan(phone="+12125550188")
    await floor.move(at(3, 2, 16))
    going, held = await floor.case_id(one), await floor.case_id(other)
    for case_id in (going, held):
        await floor.plan(case_id)
    await floor.promise(held, "50.00", "2028-03-06")
    await floor.plan(held)
    found = await get(floor, who, "/recovery-cases/pending")
    assert [case["id"] for case in found["items"]] == [going]
    assert found["items"][0]["next_step"] is not None
    mine = await get(floor, who, f"/recovery-cases/pending?creditor_id={floor.scene.creditor_id}")
    assert mine["items"] == found["items"]
    nobodys = await get(floor, who, f"/recovery-cases/pending?creditor_id={uuid4()}")
    assert nobodys["items"] == []


# -- notifications -----------------------------------------------------------------------------


async def test_whoever_is_asked_is_told_once_a_mark(floor: Floor) -> None:
    who = await machine(floor)
    body = {"kind": "check", "due_at": DUE, "role": "agent"}
    made = ok(await post(floor, who, "/tasks/schedule", body), 201)
    for mark in ("urgent", "urgent", "second_call"):
        ok(await post(floor, who, "/notifications", {"task_id": made["id"], "mark": mark}), 201)
    listed = ok(await floor.api.client.get("/api/v1/notifications", headers=floor.agent))
    assert [line["kind"] for line in listed["items"]] == ["task_notice"] * 2  # type: ignore[attr-defined]
    missing = await post(floor, who, "/notifications", {"task_id": str(uuid4())})
    assert missing.status_code == 404
    customer_id = await floor.scene.customer()
    assert (await get(floor, who, f"/notifications?customer_id={customer_id}"))["items"] == []
