"""Complaints at the console and in the portal: written down, made good, answered, read."""

import pytest

from contracts.names import Role
from tests.api.recovery.floor import Floor, Json, at
from tests.web.conftest import LogIn
from tests.web.support import Browser, text_of
from tests.web.test_portal import BORN, enter


@pytest.fixture
async def loan(floor: Floor) -> Json:
    """A loan a day late."""
    # Without an e-mail address a person acknowledges the complaint.
    made = await floor.late_loan(born_on=BORN, email=None)
    await floor.move(at(3, 2, 16))
    return made


async def test_it_is_written_down_made_good_and_answered(
    floor: Floor, loan: Json, staff: LogIn
) -> None:
    case_id = await floor.case_id(loan)
    agent, manager = await staff(Role.AGENT), await staff(Role.MANAGER)
    case = await agent.get(f"/console/cases/{case_id}")
    new = f"/console/complaints/new?customer_id={loan['customer_id']}&case_id={case_id}"
    assert new.replace("&", "&amp;") in case.text
    form = await agent.get(new)
    again = await agent.submit(form, "/console/complaints/new", 422, text="Too many calls")
    assert "Tick at least one." in text_of(again)
    sent = await agent.submit(
        again, "/console/complaints/new", **{"cause-contact_frequency": "yes"}
    )
    path = sent.headers["location"].partition("?")[0]
    page = await agent.get(sent.headers["location"])
    assert "Its clocks run" in text_of(page)
    assert "Too many calls" in text_of(page)
    assert f"{path}/acknowledge" in page.text
    assert f"{path}/resolve" not in page.text
    assert "not by the role agent" in text_of(page)
    held = text_of(await agent.get(f"/console/cases/{case_id}"))
    assert "It ends when the complaint is answered." in held
    await agent.submit(page, f"{path}/acknowledge", note="Told on the phone")
    stale = await manager.post(
        f"{path}/acknowledge",
        {"csrf": "", "version": "1"},
        403,
    )
    assert "made by another page" in text_of(stale)

    page = await manager.get(path)
    shown = await manager.submit(
        page, f"{path}/redress", 200, kind="goodwill_credit", amount="12.50"
    )
    assert "Nothing has happened yet" in text_of(shown)
    assert "Nothing was asked for" in text_of(await manager.get(path))
    await manager.submit(shown, f"{path}/redress")
    page = await manager.get(path)
    assert "goodwill credit 12.50 USD" in text_of(page)
    old = await manager.submit(page, f"{path}/investigate", 422, note="Looked into it", version="²")
    assert "You saw version 0" in text_of(old)
    wrong = await manager.submit(
        page, f"{path}/resolve", 422, outcome="upheld", root_cause="none_found", answer="Sorry."
    )
    assert "name it" in text_of(wrong)
    await manager.submit(wrong, f"{path}/resolve", root_cause="people")
    ended = text_of(await manager.get(path))
    assert "resolved: upheld" in ended
    assert "He went to" not in ended
    assert "None of these" in text_of(await manager.get("/console/complaints"))
    listed = text_of(await manager.get("/console/complaints?show=answered"))
    assert "Maria Keller" in listed
    about = text_of(await agent.get(f"/console/customers/{loan['customer_id']}"))
    assert "resolved: upheld" in about
    tasks = text_of(await manager.get("/console/tasks?whose=all&state=open"))
    assert "final response" not in tasks


async def test_a_customer_complains_and_reads_the_answer(
    floor: Floor, loan: Json, stranger: Browser, staff: LogIn
) -> None:
    await enter(floor, stranger, loan)
    page = await stranger.get("/portal/complaints")
    empty = await stranger.submit(page, "/portal/complaints", 422, cause="service", text="")
    assert "Fill this in" in text_of(empty)
    sent = await stranger.submit(
        empty, "/portal/complaints", cause="contact_manner", text="You <b>shouted</b> at me"
    )
    said = await stranger.get(sent.headers["location"])
    assert "You &lt;b&gt;shouted&lt;/b&gt; at me" in said.text
    assert "we answer by 17 Mar 2028" in text_of(said)
    advisor = await staff(Role.ADVISOR)
    tasks = await advisor.get("/console/tasks")
    path = tasks.text.partition('class="row-link" href="')[2].partition('"')[0]
    assert path.startswith("/console/complaints/")
    page = await advisor.get(path)
    await advisor.submit(page, f"{path}/acknowledge", note="She was rude")
    page = await advisor.get(path)
    assert f"{path}/redress" not in page.text
    await advisor.submit(
        page, f"{path}/resolve", outcome="rejected", root_cause="none_found", answer="We did not."
    )
    read = text_of(await stranger.get("/portal/complaints"))
    assert "We did not." in read
    assert "Consumer Financial Protection Bureau" in read
    assert "rude" not in read
