"""Debt advice: assessed, versioned, read by advisors and the customer alone, asked for."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import func, select, text, update

from api.advice.tables import AssessmentVersionRow
from api.audit.tables import AuditRow
from api.customers.tables import CustomerRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok

Json = dict[str, Any]

MEANS: Json = {
    "currency": "USD",
    "income": [{"kind": "wages", "amount": "2000.00"}],
    "expenses": [
        {"kind": "housing", "amount": "900.00"},
        {"kind": "food", "amount": "75.00", "per": "week"},
        {"kind": "leisure", "amount": "50.00"},
    ],
    "debts": [
        {
            "name": "Visa at First Bank",
            "balance": "2000.00",
            "annual_rate_percent": "24.9",
            "minimum_payment": "60.00",
        },
        {
            "name": "Car",
            "balance": "6000.00",
            "annual_rate_percent": "9",
            "minimum_payment": "200.00",
        },
    ],
}


@dataclass(slots=True)
class Room:
    """An advisor, a customer with a log-in of her own, and everybody else."""

    scene: Scene
    customer_id: str
    advisor: Headers
    customer: Headers
    actors: Actors

    async def post(self, who: Headers, path: str, body: object) -> Response:
        return await self.scene.api.client.post(f"/api/v1{path}", json=body, headers=who | key())

    async def get(self, who: Headers, path: str) -> Response:
        return await self.scene.api.client.get(f"/api/v1{path}", headers=who)

    async def put(self, who: Headers, path: str, body: object, etag: str) -> Response:
        return await self.scene.api.client.put(
            f"/api/v1{path}", json=body, headers=who | {"If-Match": etag}
        )

    async def assess(self, who: Headers | None = None, **changes: object) -> Json:
        body = MEANS | {"customer_id": self.customer_id} | changes
        return cast(Json, ok(await self.post(who or self.customer, "/debt-assessments", body), 201))


@pytest.fixture
async def room(api: Api, actors: Actors) -> Room:
    scene = await make_scene(api)
    customer_id = await scene.customer()
    return Room(
        scene,
        customer_id,
        await actors.user(Role.ADVISOR),
        await actors.user(Role.CUSTOMER, UUID(customer_id)),
        actors,
    )


# -- assessments -------------------------------------------------------------------------------


async def test_a_customer_assesses_her_means_and_sees_what_follows(room: Room) -> None:
    made = await room.assess()
    assert (made["income"], made["expenses"]) == ("2000.00", "1275.00")
    assert (made["debt_payments"], made["disposable"], made["left_over"]) == (
        *("260.00", "725.00", "465.00"),
    )
    assert (made["dti_percent"], made["recommended_payment"]) == ("13.0", "652.00")
    assert made["risk"]["score"] == sum(c["points"] for c in made["risk"]["components"])
    assert made["risk"]["band"] == "low"
    assert made["suggestion"]["code"] == "avalanche"
    assert (made["has_plan"], made["version"]) == (True, 1)
    assert made["means"] == MEANS | {
        "monthly_budget": None,
        "income": [{"kind": "wages", "amount": "2000.00", "per": "month"}],
        "expenses": [
            {"kind": "housing", "amount": "900.00", "per": "month", "essential": None},
            {"kind": "food", "amount": "75.00", "per": "week", "essential": None},
            {"kind": "leisure", "amount": "50.00", "per": "month", "essential": None},
        ],
    }
    shown = await room.get(room.advisor, f"/debt-assessments/{made['id']}")
    assert shown.json() == made
    assert shown.headers["ETag"] == '"1"'


async def test_the_plan_compares_both_ways(room: Room) -> None:
    made = await room.assess()
    plan = cast(Json, ok(await room.get(room.customer, f"/customers/{room.customer_id}/debt-plan")))
    assert (plan["assessment_id"], plan["version"]) == (made["id"], 1)
    avalanche, snowball = plan["plans"]["avalanche"], plan["plans"]["snowball"]
    assert plan["plans"]["monthly_payment"] == "652.00"
    assert avalanche["order"] == ["Visa at First Bank", "Car"]
    assert len(avalanche["table"]) == avalanche["months"]
    assert avalanche["table"][-1]["balance"] == "0.00"
    assert float(avalanche["total_interest"]) <= float(snowball["total_interest"])


async def test_a_change_is_a_new_version_and_the_old_one_is_kept(room: Room) -> None:
    made = await room.assess()
    path = f"/debt-assessments/{made['id']}"
    without = await room.scene.api.client.put(f"/api/v1{path}", json=MEANS, headers=room.customer)
    assert without.status_code == 428
    less = MEANS | {"income": [{"kind": "benefits", "amount": "1400.00"}]}
    changed = await room.put(room.customer, path, less, '"1"')
    assert ok(changed)["version"] == 2
    assert changed.headers["ETag"] == '"2"'
    stale = await room.put(room.advisor, path, MEANS, '"1"')
    assert stale.json()["code"] == "precondition-failed"
    assert ok(await room.get(room.advisor, path))["income"] == "1400.00"
    assert ok(await room.get(room.advisor, f"{path}?version=1"))["income"] == "2000.00"
    assert (await room.get(room.advisor, f"{path}?version=3")).status_code == 404
    plan = ok(await room.get(room.customer, f"/customers/{room.customer_id}/debt-plan"))
    assert (plan["version"], plan["plans"], plan["no_plan"]["code"]) == (  # type: ignore[index]
        *(2, None, "budget-below-minimums"),
    )


async def test_of_two_changes_at_once_one_is_refused(room: Room) -> None:
    made = await room.assess()
    path = f"/debt-assessments/{made['id']}"
    answers = await asyncio.gather(*(room.put(room.advisor, path, MEANS, '"1"') for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


async def test_the_same_key_is_one_assessment(room: Room, work: WorkFactory) -> None:
    body, headers = MEANS | {"customer_id": room.customer_id}, room.customer | key()
    path = "/api/v1/debt-assessments"
    first = await room.scene.api.client.post(path, json=body, headers=headers)
    second = await room.scene.api.client.post(path, json=body, headers=headers)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    async with work() as unit:
        saved = await unit.session.scalars(text("select body from idempotency_keys"))
        assert not any(b"wages" in bytes(each or b"") for each in saved)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "XXX"}, "unknown-currency"),
        ({"income": [{"kind": "wages", "amount": "-1"}]}, "invalid-request"),
        ({"income": [{"kind": "wages", "amount": "1.005"}]}, "amount-precision"),
        ({"income": [{"kind": "lottery", "amount": "1"}]}, "invalid-request"),
        ({"debts": [MEANS["debts"][0], MEANS["debts"][0]]}, "invalid-request"),
        ({"debts": [MEANS["debts"][0] | {"balance": "0"}]}, "invalid-request"),
        ({"debts": [MEANS["debts"][0] | {"annual_rate_percent": "10001"}]}, "invalid-request"),
        ({"monthly_budget": "-1"}, "invalid-request"),
        ({"income": [{"kind": "wages", "amount": 2000}]}, "invalid-request"),
    ],
)
async def test_what_cannot_be_assessed(room: Room, changes: Json, code: str) -> None:
    body = MEANS | {"customer_id": room.customer_id} | changes
    answer = await room.post(room.customer, "/debt-assessments", body)
    assert answer.json()["code"] == code


async def test_no_debts_and_no_income_are_assessed_too(room: Room) -> None:
    made = await room.assess(income=[], expenses=[], debts=[])
    assert (made["dti_percent"], made["suggestion"]["code"]) == (None, "keep_going")
    plan = ok(await room.get(room.customer, f"/customers/{room.customer_id}/debt-plan"))
    assert plan["no_plan"]["code"] == "no-debts"  # type: ignore[index]


# -- who may see it ----------------------------------------------------------------------------


async def test_collections_and_administration_read_nothing_of_it(room: Room) -> None:
    made = await room.assess()
    paths = (
        "/debt-assessments",
        f"/debt-assessments/{made['id']}",
        f"/customers/{room.customer_id}/debt-plan",
    )
    for role in (Role.AGENT, Role.MANAGER, Role.ADMIN):
        who = await room.actors.user(role)
        for path in paths:
            assert (await room.get(who, path)).status_code == 403, (role, path)
    machine = await room.actors.service("cases")
    assert (await room.get(machine, paths[1])).status_code == 403


async def test_anothers_assessment_is_as_if_it_were_not(room: Room) -> None:
    made = await room.assess()
    other_id = await room.scene.customer(name="Eve Foreign", phone="+12125550199")
    eve = await room.actors.user(Role.CUSTOMER, UUID(other_id))
    theirs = await room.get(eve, f"/debt-assessments/{made['id']}")
    nothing = await room.get(eve, f"/debt-assessments/{uuid4()}")
    assert (theirs.status_code, theirs.content) == (404, nothing.content)
    change = await room.put(eve, f"/debt-assessments/{made['id']}", MEANS, '"1"')
    assert change.status_code == 404
    for_her = await room.post(eve, "/debt-assessments", MEANS | {"customer_id": room.customer_id})
    for_none = await room.post(eve, "/debt-assessments", MEANS | {"customer_id": str(uuid4())})
    assert (for_her.status_code, for_her.content) == (404, for_none.content)
    assert ok(await room.get(eve, "/debt-assessments"))["items"] == []
    mine = ok(await room.get(room.customer, "/debt-assessments"))
    assert [each["id"] for each in mine["items"]] == [made["id"]]  # type: ignore[attr-defined]


async def test_no_figure_stands_in_the_database_or_the_audit(room: Room, work: WorkFactory) -> None:
    made = await room.assess()
    async with work() as unit:
        row = await unit.session.get_one(
            AssessmentVersionRow, {"assessment_id": UUID(made["id"]), "version": 1}
        )
        for data in (row.assessment_ct, row.plan_ct):
            assert b"2000" not in data
            assert b"Visa" not in data
        facts = await unit.session.scalars(
            select(AuditRow.facts).where(AuditRow.subject_kind == "assessment")
        )
        assert [set(each) for each in facts] == [{"customer_id", "version", "rules"}]


async def test_an_erased_customers_assessment_cannot_be_read_any_more(
    room: Room, work: WorkFactory
) -> None:
    made = await room.assess()
    async with work() as unit:
        await unit.session.execute(
            update(CustomerRow)
            .where(CustomerRow.id == UUID(room.customer_id))
            .values(wrapped_key=None)
        )
    gone = await room.get(room.advisor, f"/debt-assessments/{made['id']}")
    assert gone.status_code == 404


# -- asking for an advisor ---------------------------------------------------------------------


async def test_asking_for_advice_is_a_task_for_an_advisor(room: Room) -> None:
    path = f"/customers/{room.customer_id}/request-advice"
    asked = cast(Json, ok(await room.post(room.customer, path, {"note": "I lost my job."}), 201))
    assert asked["status"] == "open"
    # Asked on Tuesday 1 February 2028: two working days later at five in New York.
    assert asked["answer_by"] == "2028-02-03T22:00:00Z"
    task = cast(Json, ok(await room.get(room.advisor, f"/tasks/{asked['id']}")))
    assert (task["kind"], task["role"], task["note"]) == ("advice", "advisor", "I lost my job.")
    assert task["follow_up"] == {
        "remind_before_minutes": [1440, 120],
        "escalate_after_minutes": 1440,
    }
    agent = await room.actors.user(Role.AGENT)
    seen = cast(Json, ok(await room.get(agent, f"/tasks/{asked['id']}")))
    assert (seen["kind"], seen["note"]) == ("advice", None)
    refused = await room.post(agent, f"/tasks/{asked['id']}/complete", {})
    assert refused.json()["code"] == "forbidden"
    given = await room.post(
        room.advisor, f"/tasks/{asked['id']}/complete", {"note": "Called; plan agreed."}
    )
    assert ok(given)["status"] == "done"
    listed = ok(await room.get(room.customer, f"/customers/{room.customer_id}/advice-requests"))
    (request,) = cast(list[Json], listed["items"])
    assert (request["id"], request["status"]) == (asked["id"], "done")
    assert request["answered_at"] is not None


async def test_asking_twice_is_one_request_until_it_is_answered(
    room: Room, work: WorkFactory
) -> None:
    path = f"/customers/{room.customer_id}/request-advice"
    answers = await asyncio.gather(*(room.post(room.customer, path, {}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    (one,) = {answer.json()["id"] for answer in answers}
    ok(await room.post(room.advisor, f"/tasks/{one}/complete", {}))
    again = ok(await room.post(room.customer, path, None), 201)
    assert again["id"] != one
    async with work() as unit:
        count = await unit.session.scalar(
            select(func.count()).select_from(AuditRow).where(AuditRow.action == "task.scheduled")
        )
        assert count == 2


async def test_a_weekend_is_no_time_to_answer_in(api: Api, actors: Actors) -> None:
    scene = await make_scene(api, starts_at=datetime(2028, 2, 4, 15, tzinfo=UTC))  # a Friday
    customer_id = await scene.customer()
    asked = await scene.post(f"/customers/{customer_id}/request-advice", {})
    assert asked["answer_by"] == "2028-02-08T22:00:00Z"
