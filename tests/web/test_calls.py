"""Calls at the console: asked for with the law in view, made, and kept with what became of them."""

import pytest

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import fields, text_of


@pytest.fixture
async def case_id(floor: Floor) -> str:
    """The case of a loan a day late, planned once."""
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    found = await floor.case_id(loan)
    await floor.plan(found)
    return found


async def test_a_call_is_asked_for_made_and_kept(case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    assert "+12125550123" not in page.text.partition("How to reach")[0]
    looked = text_of(await browser.get(f"{path}/call-permit"))
    assert "May Maria Keller be called now? yes" in looked
    sent = await browser.post(f"{path}/calls", fields(page, f"{path}/calls"))
    page = await browser.get(sent.headers["location"])
    assert 'href="tel:+12125550123"' in page.text
    assert "by his clocks" in text_of(page)
    action = page.text.partition(f'action="{path}/calls/')[2].partition('"')[0]
    result = f"{path}/calls/{action}"
    sent = await browser.submit(page, result, outcome="conversation", note="Pays on Friday")
    page = await browser.get(sent.headers["location"])
    assert "tel:" not in page.text
    assert "Call: conversation" in text_of(page)
    # Somebody else's case is no way to it, and it is over.
    csrf = fields(page, "/console/log-out")["csrf"]
    typed = {"csrf": csrf, "key": "k1", "outcome": "busy"}
    assert "nothing is to be reported" in text_of(await browser.post(result, typed, 422)).lower()
    await browser.post(f"/console/cases/{action}/calls/{action}", typed | {"key": "k2"}, 404)


async def test_a_call_at_night_is_refused_with_its_reason_and_logged_as_a_breach(
    floor: Floor, case_id: str, staff: LogIn
) -> None:
    await floor.set_clock(at(3, 3, 4))
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    looked = text_of(await browser.get(f"{path}/call-permit"))
    assert "not now" in looked
    refused = await browser.post(f"{path}/calls", fields(page, f"{path}/calls") | {"by": ""}, 422)
    said = text_of(refused)
    assert "He may not be called now, because" in said
    assert "Ask again from 3 Mar 2028" in said
    csrf = fields(page, "/console/log-out")["csrf"]
    log = {"csrf": csrf, "key": "k1", "by": "customer", "outcome": "busy"}
    wrong = await browser.post(f"{path}/calls", log, 422)
    assert "a conversation or a voicemail" in text_of(wrong)
    await browser.post(f"{path}/calls", log | {"key": "k2", "by": "agent"})
    assert "Call: busy: without permit" in text_of(await browser.get(path))


async def test_a_debt_is_spoken_of_with_whom_it_was_confirmed(
    floor: Floor, case_id: str, staff: LogIn
) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    assert "Nobody was asked today." in text_of(page)
    csrf = fields(page, "/console/log-out")["csrf"]
    log = {"csrf": csrf, "by": "customer", "outcome": "conversation", "disclosed": "yes"}
    refused = await browser.post(f"{path}/calls", log | {"key": "k1"}, 422)
    assert "before it is confirmed who he is" in text_of(refused)
    odd = await browser.post(f"{path}/calls", log | {"key": "k2", "outcome": "voicemail"}, 422)
    assert "Only whoever was spoken with" in text_of(odd)
    check = f"{path}/right-party"
    none = await browser.submit(page, check, 422, outcome="confirmed")
    assert "Tick what was asked." in text_of(none)
    few = await browser.submit(
        page, check, 422, outcome="confirmed", **{"fact-postcode": "yes", "fact-email": "yes"}
    )
    assert "known to himself alone" in text_of(few)
    asked = {"fact-birth_date": "yes", "fact-postcode": "yes"}
    await browser.submit(page, check, outcome="not_confirmed", **asked)
    await browser.post(f"{path}/calls", log | {"key": "k3"}, 422)
    await browser.submit(await browser.get(path), check, outcome="confirmed", **asked)
    await browser.post(f"{path}/calls", log | {"key": "k4"})
    said = text_of(await browser.get(path))
    assert "confirmed that the customer is spoken with; asked: birth date, postcode" in said
    assert "; used" in said
    # It was for that conversation: the next begins anew.
    await browser.post(f"{path}/calls", log | {"key": "k5"}, 422)
    scene = floor.scene
    listed = await scene.get(f"/recovery-cases/{case_id}/right-party-checks")
    assert [each["outcome"] for each in listed["items"]] == [  # type: ignore[attr-defined]
        "not_confirmed",
        "confirmed",
    ]
    stranger = await scene.customer(name="Nina Nobody", phone="+12125550199", email="n@c.example")
    wrong = {"customer_id": stranger, "facts": ["full_name"], "outcome": "refused"}
    await scene.post(f"/recovery-cases/{case_id}/right-party-checks", wrong, 422)
