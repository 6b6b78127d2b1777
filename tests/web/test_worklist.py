"""The worklist: tabs, columns, filter, pages, and what it says when there is nothing."""

import re

import pytest

from api.web.console import worklist as pages
from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import Browser, hire, log_in, text_of


async def late(floor: Floor, *names: str) -> list[str]:
    """Cases of people a day late, in their order."""
    loans = [await floor.late_loan(name=name, external_ref=None) for name in names]
    await floor.move(at(3, 2, 16))
    return [await floor.case_id(loan) for loan in loans]


def listed(text: str) -> list[str]:
    return re.findall(r"RC-\d+ · CU-\d+", text)


async def test_nothing_yet(staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    said = text_of(await browser.get("/console"))
    assert "Nothing waits here" in said
    assert "No case is open" in said


async def test_a_row_says_who_is_late_how_much_and_what_comes_next(
    floor: Floor, staff: LogIn
) -> None:
    (case_id,) = await late(floor, "Maria Keller")
    await floor.plan(case_id)
    browser = await staff(Role.AGENT)
    said = text_of(await browser.get("/console?tab=team"))
    assert "Maria Keller" in said
    assert "106.62 USD" in said
    assert "Remind by SMS (day 1) 2 Mar 2028, 10:00" in said
    assert "nobody" in said
    await floor.promise(case_id, "50.00", "2028-03-10")
    await floor.plan(case_id)
    said = text_of(await browser.get("/console?tab=team"))
    assert "10 Mar 2028 50.00 USD" in said
    assert "waits for the promised payment" in said


async def test_tabs_hold_what_they_say(floor: Floor, api_user: tuple[Browser, str]) -> None:
    browser, user_id = api_user
    mine, free, held = await late(floor, "Maria Keller", "Ana Free", "Hal Held")
    await floor.act(floor.manager, mine, "assign", {"user_id": user_id})
    hold = {"kind": "hardship", "review_on": "2028-03-20"}
    await floor.act(floor.agent, held, "holds", hold, 201)
    for case_id in (mine, free, held):
        await floor.plan(case_id)
    expected = {
        "mine": ["Maria Keller"],
        "team": ["Maria Keller", "Ana Free", "Hal Held"],
        "broken": [],
        "calls": [],
        "replies": [],
        "disputes": [],
        "hardship": ["Hal Held"],
        "unassigned": ["Ana Free", "Hal Held"],
        "holds": ["Hal Held"],
    }
    for tab, names in expected.items():
        page = await browser.get(f"/console?tab={tab}")
        said = text_of(page)
        assert [name for name in expected["team"] if name in said] == names, tab
        assert len(listed(said)) == len(names)
    counts = text_of(await browser.get("/console/counts?tab=team"))
    assert re.findall(r"\d+", counts) == ["1", "3", "0", "0", "0", "0", "1", "2", "1"]
    own = text_of(await browser.get("/console"))
    assert "Yours: 1 case , 0 call-backs due , 0 replies waiting" in own
    # Whoever has cases sees them first.
    assert len(listed(text_of(await browser.get("/console")))) == 1


async def test_a_broken_promise_waits_for_a_new_one(floor: Floor, staff: LogIn) -> None:
    (case_id,) = await late(floor, "Maria Keller")
    await floor.promise(case_id, "50.00", "2028-03-04")
    browser = await staff(Role.AGENT)
    assert listed(text_of(await browser.get("/console?tab=broken"))) == []
    await floor.move(at(3, 8))
    await floor.plan(case_id)
    assert len(listed(text_of(await browser.get("/console?tab=broken")))) == 1
    await floor.promise(case_id, "50.00", "2028-03-12")
    assert listed(text_of(await browser.get("/console?tab=broken"))) == []


async def test_pages_and_filters(
    floor: Floor, staff: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS", 2)
    ids = await late(floor, "Ana One", "Bea Two", "Cai Three")
    browser = await staff(Role.AGENT)
    first = await browser.get("/console?tab=team")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = await browser.get(following[1].replace("&amp;", "&"))
    seen = listed(text_of(first)) + listed(text_of(second))
    assert len(seen) == len(set(seen)) == len(ids)
    number = seen[1].partition(" ")[0]
    narrowed = await browser.get(f"/console?tab=team&number={number.lower()}")
    assert listed(text_of(narrowed)) == [seen[1]]
    customer = seen[2].rpartition(" ")[2]
    narrowed = await browser.get(f"/console?tab=team&number={customer}")
    assert listed(text_of(narrowed)) == [seen[2]]
    nothing = text_of(await browser.get("/console?tab=team&stage=late"))
    assert "Nothing matches" in nothing
    assert "Clear the filter" in nothing
    failed = await browser.get("/console?tab=team&number=Maria", 422)
    assert "That could not be looked up" in text_of(failed)
    await browser.get("/console?tab=team&cursor=bm9uc2Vuc2U", 422)


@pytest.fixture
async def api_user(floor: Floor, stranger: Browser) -> tuple[Browser, str]:
    """An agent's browser and his key."""
    who = await hire(floor.api, Role.AGENT)
    await log_in(stranger, who)
    return stranger, str(who.id)


async def test_a_view_is_kept_opened_and_deleted(floor: Floor, staff: LogIn) -> None:
    await late(floor, "Maria Keller", "Ana Free")
    browser = await staff(Role.AGENT)
    page = await browser.get("/console?tab=unassigned&stage=early")
    kept = await browser.submit(page, "/console/views", name="Early and free")
    where = kept.headers["location"]
    page = await browser.get(where)
    said = text_of(page)
    assert "Early and free 2" in said
    assert len(listed(said)) == 2
    assert "Early and free 2" in text_of(await browser.get(where.replace("?", "/counts?")))
    # Nobody else sees it, and the name is asked for.
    other = await staff(Role.AGENT)
    assert "Early and free" not in text_of(await other.get("/console?tab=team"))
    await other.get(where, 404)
    refused = await browser.submit(page, "/console/views", 422, name="")
    assert "Fill this in." in text_of(refused)
    view_id = where.partition("view=")[2]
    await browser.submit(page, f"/console/views/{view_id}/delete")
    assert "Early and free" not in text_of(await browser.get("/console?tab=team"))
