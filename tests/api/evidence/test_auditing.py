"""Past contacts under other rules: what would not have been sent, and which rule says so."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.names import Role
from tests.api.messages.arrange import NOON, Desk
from tests.api.support import Actors, ok

pytestmark = pytest.mark.usefixtures("api")

Json = dict[str, Any]

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _stricter(**fields: object) -> Json:
    """A pack for the United States that closes at noon, and allows one contact in seven days."""
    return {
        "id": "us",
        "version": 9,
        "name": "United States, on trial",
        "effective_on": "2030-01-01",
        "citation": "none",
        "verified": False,
        "countries": ["US"],
        "hours": [
            {
                "rule": "us.hours",
                "citation": "none",
                "windows": [{"days": EVERY_DAY, "opens": "08:00", "closes": "12:00"}],
            }
        ],
    } | fields


async def _audit(desk: Desk, status: int = 200, query: str = "", **body: object) -> Json:
    who = await Actors(desk.api).user(Role.MANAGER)
    answer = await desk.api.client.post(f"/api/v1/contact-audits{query}", json=body, headers=who)
    return ok(answer, status)


async def _contacts(desk: Desk) -> tuple[UUID, UUID]:
    """One contact at noon and one at eleven the next day, and one that was withheld; the ids."""
    customer_id = await desk.customer()
    first = await desk.queue(customer_id, template="help")
    await desk.sent(provider_id="SM1")
    await desk.set_clock(NOON + timedelta(hours=23))
    second = await desk.queue(customer_id, template="help")
    await desk.sent(provider_id="SM2")
    await desk.queue(await desk.customer(zone=None, phone=None), template="help")
    await desk.lease()
    return first, second


async def test_the_rules_of_then_would_have_done_the_same(desk: Desk) -> None:
    await _contacts(desk)
    assert await _audit(desk) == {"items": [], "examined": 2, "next_cursor": None}


async def test_a_contact_outside_the_hours_on_trial_is_named(desk: Desk) -> None:
    first, _ = await _contacts(desk)
    found = await _audit(desk, pack=_stricter())
    assert found["examined"] == 2
    (item,) = found["items"]
    assert item["message_id"] == str(first)
    assert (item["outcome"], item["rules"]) == ("defer", ["us.hours: outside-hours"])
    assert "us@1" in item["packs_then"]
    assert "us@9" in item["packs_now"]
    assert item["local_time"] == "Wed 12:00 America/New_York"
    assert item["missing_inputs"] == []


async def test_contacts_and_wishes_are_remembered(desk: Desk) -> None:
    first, second = await _contacts(desk)
    capped = _stricter(
        hours=[
            {
                "rule": "us.hours",
                "citation": "none",
                "windows": [{"days": EVERY_DAY, "opens": "08:00", "closes": "21:00"}],
            }
        ],
        caps=[{"rule": "us.one-in-seven", "citation": "none", "max": 1, "days": 7}],
        consent={"rule": "us.consent", "citation": "none", "channels": ["sms"]},
    )
    (item,) = (await _audit(desk, pack=capped))["items"]
    assert item["message_id"] == str(second)
    assert "us.one-in-seven: cap-reached" in item["rules"]
    assert "us.consent: consent-missing" not in item["rules"]
    assert first != second


async def test_the_town_is_known_by_the_packs_that_were_asked(desk: Desk) -> None:
    """New York City allows three contacts in seven days; Albany is in the same state."""
    customer_id = await desk.customer(region="US-NY", city="Albany", postcode="12207")
    for day in range(4):
        await desk.set_clock(NOON + timedelta(days=day))
        await desk.queue(customer_id, template="help")
        await desk.sent(provider_id=f"SM{day}")
    assert await _audit(desk) == {"items": [], "examined": 4, "next_cursor": None}


async def test_a_pack_that_was_not_in_force_says_nothing(desk: Desk) -> None:
    await _contacts(desk)
    found = await _audit(desk, pack=_stricter(), rules_on="2029-12-31")
    assert all("us@9" not in item["packs_now"] for item in found["items"])


async def test_a_period_and_a_customer_narrow_it(desk: Desk) -> None:
    await _contacts(desk)
    assert (await _audit(desk, to_on="2028-03-01"))["examined"] == 1
    assert (await _audit(desk, from_on="2028-03-02", to_on="2028-03-02"))["examined"] == 1
    assert (await _audit(desk, from_on="2028-03-03", to_on="9999-12-31"))["examined"] == 0
    assert (await _audit(desk, customer_id=str(uuid4())))["examined"] == 0
    assert (await _audit(desk, case_id=str(uuid4())))["examined"] == 0


async def test_pages_go_on_where_they_ended(desk: Desk) -> None:
    await _contacts(desk)
    first = await _audit(desk, query="?limit=1", pack=_stricter())
    assert (len(first["items"]), first["examined"]) == (1, 1)
    second = await _audit(desk, query=f"?limit=1&cursor={first['next_cursor']}", pack=_stricter())
    assert second == {"items": [], "examined": 1, "next_cursor": None}


async def test_what_old_decisions_did_not_keep_is_said(desk: Desk, superuser: AsyncEngine) -> None:
    await _contacts(desk)
    async with superuser.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.execute(
            text(
                "update contact_decisions set inputs = inputs - '{consents,counted,reply}'::text[]"
            )
        )
    assert (await _audit(desk))["items"] == []
    (item,) = (await _audit(desk, pack=_stricter()))["items"]
    assert item["missing_inputs"] == ["consents", "counted"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"pack": {"id": "us"}}, "invalid-contact"),
        (
            {"pack": _stricter(caps=[{"rule": "r", "citation": "c", "max": 1, "days": 10**12}])},
            "invalid-contact",
        ),
        ({"from_on": "2028-03-02", "to_on": "2028-03-01"}, "invalid-date"),
    ],
    ids=["pack", "figure", "period"],
)
async def test_mistakes_are_named(desk: Desk, body: Json, code: str) -> None:
    await _contacts(desk)
    assert (await _audit(desk, 422, **body))["code"] == code


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADVISOR, Role.CUSTOMER])
async def test_others_may_not(desk: Desk, role: Role) -> None:
    who = await Actors(desk.api).user(role)
    answer = await desk.api.client.post("/api/v1/contact-audits", json={}, headers=who)
    assert answer.status_code == 403
