"""The rules in force are listed with their sources; no text may lack the way out they demand."""

import tomllib

import pytest

from api.messages.packs import TEMPLATE_FILES, contact_packs
from api.messages.ways_out import check_ways_out, lacking_way_out
from contracts.names import Role
from tests.api.messages.arrange import Desk
from tests.api.support import Actors, ok


async def test_the_rules_are_listed_page_by_page(desk: Desk) -> None:
    agent = await Actors(desk.api).user(Role.AGENT)
    found: dict[str, dict[str, object]] = {}
    cursor: str | None = None
    while True:
        query = {"limit": "5"} | ({} if cursor is None else {"cursor": cursor})
        answer = await desk.api.client.get("/api/v1/contact-packs", params=query, headers=agent)
        body = ok(answer)
        items, following = body["items"], body["next_cursor"]
        assert isinstance(items, list)
        found |= {item["id"]: item for item in items}
        if following is None:
            break
        cursor = str(following)
    assert list(found) == sorted(pack.id for pack in contact_packs())
    regulation = found["us-reg-f"]
    assert (regulation["verified"], regulation["binds"]) == (False, ["collector", "debt_buyer"])
    rules = regulation["rules"]
    assert isinstance(rules, list)
    assert {rule["id"]: rule["text"] for rule in rules} == {
        "us-reg-f.hours": "every day 08:00–21:00",
        "us-reg-f.calls-7-in-7": (
            "at most 7 in any 7 days, per debt, unless agreed to in the last 7 days (call)"
        ),
        "us-reg-f.wait-7-after-talk": (
            "none for 7 days after a talk about the debt, its day the first, "
            "unless agreed to in the last 7 days (call)"
        ),
        "us-reg-f.opt-out": "every message says how to end them (email, sms)",
        "us-reg-f.validation": "a validation notice within 5 days of the first contact",
    }
    assert found["us-nyc"]["effective_on"] == "2026-09-01"
    assert found["us-nyc"]["narrower"] is True
    (notice,) = found["ca-on-collectors"]["rules"]  # type: ignore[misc]
    assert notice["text"] == "no collection until 6 days after a written notice"  # type: ignore[index]
    texts = [rule["text"] for pack in found.values() for rule in pack["rules"]]  # type: ignore[attr-defined]
    assert "Mon–Sat 07:00–21:00; Sun 13:00–17:00; none on public holidays" in texts
    assert "at most 10 in a calendar month, per debt" in texts
    assert "at most 3 in any 7 days, per person, calls that nobody took left out" in texts


def test_every_shipped_text_tells_the_way_out() -> None:
    check_ways_out()


@pytest.mark.parametrize("name", ["upcoming.sms", "overdue_email.email"])
def test_a_text_without_it_is_refused_by_name(name: str) -> None:
    texts = tomllib.loads(TEMPLATE_FILES["en"].read_text("utf-8"))
    key, medium = name.split(".")
    texts[key][medium]["body"] = texts[key][medium]["body"].replace("STOP", "STOPPING")
    assert (lacking_way_out(texts) or "").startswith(f"{name} must tell the reader")
