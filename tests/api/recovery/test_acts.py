"""What people do in a case: notes, owners, escalations with their time, tasks, closing."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.clock import clock_for
from api.customers.tables import CustomerRow
from api.recovery import service as recovery
from api.recovery.tables import CaseEventRow
from api.tasks.tables import TaskRow
from contracts.names import Role
from tests.api.recovery.floor import Floor, Json, at
from tests.api.support import Actors, Headers, key, ok


@pytest.fixture
async def case_id(floor: Floor) -> str:
    """The case of a loan a day late."""
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    return await floor.case_id(loan)


async def me(floor: Floor, who: Headers) -> str:
    answer = await floor.api.client.get("/api/v1/auth/me", headers=who)
    body: Json = ok(answer)
    return str(body["id"])


async def complete(
    floor: Floor, who: Headers, task_id: str, body: object, status: int = 200
) -> Any:
    answer = await floor.api.client.post(
        f"/api/v1/tasks/{task_id}/complete", json=body, headers=who | key()
    )
    return ok(answer, status)


async def test_a_note_is_read_in_the_story_and_kept_encrypted(floor: Floor, case_id: str) -> None:
    await floor.act(floor.agent, case_id, "notes", {"text": "Called her sister by mistake"}, 201)
    assert "Called her sister by mistake" in await floor.story(case_id)
    async with floor.work() as work:
        rows = (
            await work.session.scalars(select(CaseEventRow).where(CaseEventRow.kind == "note"))
        ).all()
        assert len(rows) == 1
        assert rows[0].note_ct is not None
        assert b"sister" not in rows[0].note_ct
        assert rows[0].facts == {}
        # Once the customer's key is destroyed nobody reads it any more.
        customer = await work.session.get_one(
            CustomerRow, UUID((await floor.case(case_id))["customer_id"])
        )
        customer.wrapped_key = None
    assert "(erased)" in await floor.story(case_id)
    refused = await floor.act(floor.agent, case_id, "notes", {"text": "more"}, 404)
    assert refused["code"] == "not-found"


async def test_a_case_is_given_to_staff_only(floor: Floor, case_id: str) -> None:
    agent = await me(floor, floor.agent)
    case = await floor.act(floor.manager, case_id, "assign", {"user_id": agent})
    assert case["assignee_id"] == agent
    assert (await floor.plan(case_id))["owner"] == agent
    version = case["version"]
    same = await floor.act(floor.manager, case_id, "assign", {"user_id": agent})
    assert same["version"] >= version
    customer = await Actors(floor.api).user(Role.CUSTOMER)
    for nobody in (str(uuid4()), await me(floor, customer)):
        refused = await floor.act(floor.manager, case_id, "assign", {"user_id": nobody}, 422)
        assert refused["code"] == "invalid-request"
    case = await floor.act(floor.manager, case_id, "assign", {"user_id": None})
    assert case["assignee_id"] is None
    story = await floor.story(case_id)
    assert {"A new owner was named", "The case has no owner now"} <= set(story)


async def test_an_escalation_not_acknowledged_in_time_goes_to_the_manager(
    floor: Floor, case_id: str
) -> None:
    await floor.run(case_id)
    case = await floor.act(floor.agent, case_id, "escalate", {"reason": "needs a plan"})
    assert case["escalation"] == "asked"
    plan = await floor.plan(case_id)
    assert plan["line"].endswith("advisor asked")
    again = await floor.act(floor.agent, case_id, "escalate", {"reason": "hello?"})
    assert len([t for t in (await floor.case(case_id))["tasks"] if t["status"] == "open"]) == 1
    assert again["escalation"] == "asked"

    await floor.live(case_id, at(3, 2, 17), at(3, 4, 15))
    assert (await floor.case(case_id))["escalation"] == "asked"
    await floor.live(case_id, at(3, 4, 16), at(3, 4, 17))
    case = await floor.case(case_id)
    assert case["escalation"] == "re_escalated"
    assert [(t["role"], t["status"]) for t in case["tasks"]] == [
        ("advisor", "cancelled"),
        ("manager", "open"),
    ]
    # Asked once: the manager's time runs out without another escalation.
    await floor.live(case_id, at(3, 4, 18), at(3, 8, 13))
    assert len((await floor.case(case_id))["tasks"]) == 2

    case = await floor.act(floor.manager, case_id, "acknowledge", {"note": "I take it"})
    assert case["escalation"] == "acknowledged"
    assert case["assignee_id"] == await me(floor, floor.manager)
    case = await floor.case(case_id)
    assert [t["status"] for t in case["tasks"]] == ["cancelled", "done"]
    assert "The escalation was acknowledged: I take it" in await floor.story(case_id)
    refused = await floor.act(floor.manager, case_id, "acknowledge", {}, 409)
    assert refused["code"] == "not-escalated"


async def test_an_acknowledged_escalation_is_left_with_the_advisor(
    floor: Floor, case_id: str
) -> None:
    await floor.run(case_id)
    await floor.act(floor.agent, case_id, "escalate", {"reason": "needs a plan"})
    await floor.act(floor.advisor, case_id, "acknowledge", {})
    await floor.live(case_id, at(3, 2, 17), at(3, 8, 13))
    case = await floor.case(case_id)
    assert (case["escalation"], len(case["tasks"])) == ("acknowledged", 1)


async def test_completing_an_escalation_acknowledges_it_but_not_by_an_agent(
    floor: Floor, case_id: str
) -> None:
    await floor.act(floor.agent, case_id, "escalate", {"reason": "needs a plan"})
    task = (await floor.case(case_id))["tasks"][0]
    refused = await complete(floor, floor.agent, task["id"], {}, 403)
    assert refused["code"] == "forbidden"
    done = await complete(floor, floor.advisor, task["id"], {"note": "on it"})
    assert done["status"] == "done"
    assert (await floor.case(case_id))["escalation"] == "acknowledged"


async def test_a_call_task_is_done_once_with_its_outcome(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 16, 15))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    (task,) = (await floor.case(case_id))["tasks"]
    assert (task["kind"], task["role"], task["status"]) == ("call", "agent", "open")
    done = await complete(
        floor, floor.agent, task["id"], {"outcome": "no_answer", "note": "rang out"}
    )
    assert (done["status"], done["done_at"]) == ("done", "2028-03-16T15:00:00Z")
    assert "Task done (call): no answer: rang out" in await floor.story(case_id)
    again = await complete(floor, floor.agent, task["id"], {}, 409)
    assert again["code"] == "illegal-transition"
    missing = await complete(floor, floor.agent, str(uuid4()), {}, 404)
    assert missing["code"] == "not-found"
    wanted, seen, _ = await floor.wake(case_id)
    assert wanted > seen


async def test_a_task_is_opened_once_per_natural_key(floor: Floor, case_id: str) -> None:
    made = []
    for _ in range(2):
        async with floor.work() as work:
            clock = await clock_for(work, UUID(floor.scene.clock_id))
            made.append(
                await recovery.open_task(
                    work,
                    clock,
                    natural_key="find_zone:somebody",
                    kind="data",
                    title="Find out the zone",
                    role=Role.AGENT,
                    due_at=at(3, 3),
                )
            )
    assert made[0] is not None
    assert made[1] is None
    async with floor.work() as work:
        row = await work.session.get_one(TaskRow, made[0])
        assert str(row.test_clock_id) == floor.scene.clock_id
    refused = await complete(floor, floor.agent, str(made[0]), {"note": "x"}, 422)
    assert refused["code"] == "invalid-request"
    assert (await complete(floor, floor.agent, str(made[0]), {}))["status"] == "done"


async def test_a_closed_case_refuses_everything_but_notes(floor: Floor, case_id: str) -> None:
    body = {"reason": "settled", "note": "agreed by phone"}
    case = await floor.act(floor.manager, case_id, "close", body)
    assert (case["status"], case["closed_reason"]) == ("closed", "settled")
    for what, command in (
        ("close", {"reason": "settled"}),
        ("promises", {"amount": "60.00", "due_on": "2028-03-10"}),
        ("holds", {"kind": "manual", "review_on": "2028-04-01"}),
        ("assign", {"user_id": None}),
        ("escalate", {"reason": "why"}),
        ("acknowledge", {}),
    ):
        refused = await floor.act(floor.scene.admin, case_id, what, command, 409)
        assert refused["code"] == "case-not-open", what
    await floor.act(floor.agent, case_id, "notes", {"text": "she sent flowers"}, 201)
    assert (await floor.plan(case_id))["open"] is False
    story = await floor.story(case_id)
    assert {"agreed by phone", "Case closed: settled", "she sent flowers"} <= set(story)


async def test_a_stop_is_told_to_the_open_cases(floor: Floor, case_id: str) -> None:
    await floor.plan(case_id)
    customer = UUID((await floor.case(case_id))["customer_id"])
    async with floor.work() as work:
        await recovery.customer_stopped(work, customer)
    wanted, seen, _ = await floor.wake(case_id)
    assert wanted > seen
    assert "The customer withdrew from a way of contact" in await floor.story(case_id)


@pytest.mark.parametrize(
    ("what", "command", "allowed"),
    [
        ("close", {"reason": "settled"}, {"manager", "admin"}),
        ("assign", {"user_id": None}, {"manager", "admin"}),
        ("escalate", {"reason": "why"}, {"agent", "manager", "admin"}),
        ("notes", {"text": "hello"}, {"agent", "advisor", "manager", "admin"}),
    ],
)
async def test_only_the_right_roles_act(
    floor: Floor, case_id: str, what: str, command: object, allowed: set[str]
) -> None:
    everybody = {
        "agent": floor.agent,
        "advisor": floor.advisor,
        "customer": await Actors(floor.api).user(Role.CUSTOMER),
        "service": floor.worker,
    }
    for role, headers in everybody.items():
        if role in allowed:
            continue
        answer = await floor.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/{what}", json=command, headers=headers | key()
        )
        assert answer.status_code == 403, role
    assert await floor.act(
        floor.scene.admin, case_id, what, command, 201 if what == "notes" else 200
    )


async def test_a_case_may_be_escalated_again_after_it_was_taken(floor: Floor, case_id: str) -> None:
    for _ in range(2):
        await floor.act(floor.agent, case_id, "escalate", {"reason": "needs a plan"})
        await floor.act(floor.advisor, case_id, "acknowledge", {})
    tasks = (await floor.case(case_id))["tasks"]
    assert [task["status"] for task in tasks] == ["done", "done"]
