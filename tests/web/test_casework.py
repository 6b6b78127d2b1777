"""Casework in the console: taking the next case, handing it over, the clock of an escalation."""

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.api.support import key, ok
from tests.web.conftest import LogIn
from tests.web.support import text_of


async def test_the_next_case_is_leased_and_says_what_to_do(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    browser = await staff(Role.AGENT)
    listed = await browser.get("/console?tab=team")
    said = text_of(listed)
    assert "an instalment is overdue" in said
    assert "risk low 20" in said
    assert "Leave it to the strategy next: Remind by e-mail (day 4)" in said
    taken = await browser.submit(listed, "/console/next")
    assert taken.headers["location"] == f"/console/cases/{case_id}"
    said = text_of(await browser.get(f"/console/cases/{case_id}"))
    assert "yours until" in said
    assert "low: 20 of 100 of the customer, by card standard 1" in said
    assert "1 day past due +5" in said
    page = await browser.get(f"/console/cases/{case_id}")
    typed = {"text": "Speaks softly: turn it up", "pinned": "yes"}
    await browser.submit(page, f"/console/cases/{case_id}/note", **typed)
    said = text_of(await browser.get(f"/console/cases/{case_id}"))
    assert "Pinned Speaks softly: turn it up" in said
    await floor.act(floor.agent, case_id, "pin", {"note_id": None})
    assert (await floor.case(case_id))["pinned_note"] is None
    await floor.act(floor.agent, case_id, "pin", {"note_id": case_id}, 404)
    assert "being worked" in text_of(await browser.get("/console?tab=team"))
    # The same form sent again takes nothing more; a new one finds nothing left.
    again = await browser.submit(listed, "/console/next")
    assert again.headers["location"] == taken.headers["location"]
    nothing = await browser.submit(await browser.get("/console?tab=team"), "/console/next")
    assert nothing.headers["location"] == "/console?none=true"
    assert "Nothing waits for you now" in text_of(await browser.get("/console?none=true"))


async def test_a_manager_hands_over_and_stops_the_clock(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    agent, advisor = [
        str(ok(await floor.api.client.get("/api/v1/auth/me", headers=who))["id"])
        for who in (floor.agent, floor.advisor)
    ]
    await floor.act(floor.manager, case_id, "assign", {"user_id": agent})
    await floor.act(floor.agent, case_id, "escalate", {"reason": "needs a plan"})
    browser = await staff(Role.MANAGER)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    assert "48 h 0 min of business hours left to the advisor" in text_of(page)
    refused = await browser.submit(page, f"{path}/hand-over", 422, reason="skill", to_user_id="")
    assert "No team was set up" in text_of(refused)
    await browser.submit(refused, f"{path}/hand-over", to_user_id=advisor)
    case = await floor.case(case_id)
    assert (case["assignee_id"], case["assigned_because"]) == (advisor, "handed_over")
    page = await browser.get(path)
    assert "A new owner was named by hand-over (skill)" in text_of(page)
    await browser.submit(page, f"{path}/pause-clock", waiting_on="third_party")
    page = await browser.get(path)
    assert "The clock stands still: the third party is awaited" in text_of(page)
    await browser.submit(page, f"{path}/resume-clock")
    assert "By 4 Mar 2028, 11:00" in text_of(await browser.get(path))
    sla = await floor.api.client.get(
        f"/api/v1/recovery-cases/{case_id}/sla", headers=floor.agent | key()
    )
    (pause,) = ok(sla)["pauses"]  # type: ignore[misc]
    assert pause["ended_at"] is not None
