"""The page of a case: what it says, what it lets people do, and what it does not."""

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from api.audit.tables import AuditRow
from api.customers import service as customers
from api.messages.inbound import Inbound, receive
from api.recovery.tables import PromiseRow
from contracts.names import Role
from domain.contact.channel import Channel
from domain.evidence.verify import check
from domain.ids import delivery_shard
from tests.api.recovery.floor import Floor, at
from tests.api.recovery.trial import follow, step
from tests.api.support import Actors, ok
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


async def test_it_says_why_what_next_and_what_ends_it(
    floor: Floor, case_id: str, staff: LogIn
) -> None:
    browser = await staff(Role.AGENT)
    said = text_of(await browser.get(f"/console/cases/{case_id}"))
    assert "Maria Keller owes 106.62 USD overdue on a loan, since 1 Mar 2028 (1 day)" in said
    assert "If nobody acts: remind by SMS (day 1) on 2 Mar 2028 at 10:00." in said
    assert "106.62 USD today clears the arrears and ends the case" in said
    assert "the clock stands at 2 Mar 2028, 11:00" in said
    assert f"case:{case_id}" in said
    assert "Case opened in stage early" in said


@pytest.mark.parametrize(
    ("name", "typed", "line"),
    [
        ("promise", {"amount": "60.00", "due_on": "2028-03-09"}, "Promise to pay 60.00 USD"),
        (
            "arrangement",
            {"total": "100.00", "count": "3", "first_on": "2028-03-09", "every": "14"},
            "Arrangement of 100.00 USD in 3 parts from 9 Mar 2028 to 6 Apr 2028",
        ),
        (
            "settlement",
            {"percent": "60", "valid_until": "2028-03-16", "pay_by": "2028-03-16"},
            "a second person is asked",
        ),
        ("note", {"text": "She works nights"}, "She works nights"),
        ("hold", {"kind": "dispute", "review_on": "2028-03-16"}, "Hold placed (dispute)"),
        ("escalate", {"reason": "Needs a plan"}, "An advisor was asked to take over"),
    ],
)
async def test_an_act_is_seen_in_the_story(
    case_id: str, staff: LogIn, name: str, typed: dict[str, str], line: str
) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    sent = await browser.submit(await browser.get(path), f"{path}/{name}", **typed)
    assert sent.headers["location"] == f"{path}?done={name}"
    assert line in text_of(await browser.get(sent.headers["location"]))


async def test_a_manager_assigns_and_closes(floor: Floor, case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.MANAGER)
    path = f"/console/cases/{case_id}"
    me = (await floor.scene.get("/users"))["items"]
    assert isinstance(me, list)
    owner = next(user["id"] for user in me if user["role"] == "manager")
    await browser.submit(await browser.get(path), f"{path}/assign", user_id=owner)
    assert (await floor.case(case_id))["assignee_id"] == owner
    page = await browser.get(path)
    again = await browser.submit(page, f"{path}/close", 422, reason="forgiven", note="Mercy")
    assert "Tick this" in text_of(again)
    assert fields(again, f"{path}/close")["note"] == "Mercy"
    assert (await floor.case(case_id))["status"] == "open"
    await browser.submit(again, f"{path}/close", sure="yes")
    assert (await floor.case(case_id))["closed_reason"] == "forgiven"
    said = text_of(await browser.get(path))
    assert "closed: forgiven" in said
    assert "Mercy" in said


async def test_an_advisor_takes_an_escalation(floor: Floor, case_id: str, staff: LogIn) -> None:
    await floor.act(floor.agent, case_id, "escalate", {"reason": "Needs a plan"})
    browser = await staff(Role.ADVISOR)
    path = f"/console/cases/{case_id}"
    await browser.submit(await browser.get(path), f"{path}/acknowledge", note="On it")
    assert (await floor.case(case_id))["escalation"] == "acknowledged"


@pytest.mark.parametrize(
    ("name", "typed", "line"),
    [
        ("approve-proposal", {}, "The proposal (place) was approved"),
        ("reject-proposal", {"reason": "Not yet"}, "The proposal (place) was rejected: Not yet"),
    ],
)
async def test_a_manager_decides_on_a_proposal(
    floor: Floor, staff: LogIn, name: str, typed: dict[str, str], line: str
) -> None:
    await follow(floor, step("hand_over", 1, "place"))
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    path = f"/console/cases/{case_id}"
    agent = await staff(Role.AGENT)
    assert "A manager decides on it." in text_of(await agent.get(path))
    browser = await staff(Role.MANAGER)
    sent = await browser.submit(await browser.get(path), f"{path}/{name}", **typed)
    assert sent.headers["location"] == f"{path}?done={name}"
    assert line in text_of(await browser.get(path))


async def test_a_hold_is_ended_with_a_reason(floor: Floor, case_id: str, staff: LogIn) -> None:
    hold = {"kind": "hardship", "review_on": "2028-03-20"}
    placed = await floor.act(floor.agent, case_id, "holds", hold, 201)
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    refused = await browser.submit(page, f"{path}/end-hold", 422, reason="")
    assert "Fill this in" in text_of(refused)
    await browser.submit(
        refused, f"{path}/end-hold", reason="Back at work", hold_id=str(placed["id"])
    )
    assert (await floor.case(case_id))["holds"][0]["active"] is False


async def test_a_refused_form_keeps_what_was_typed_and_says_why(case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    for typed, said in (
        ({"amount": "9999.00", "due_on": "2028-03-09"}, "More is promised than is overdue."),
        ({"amount": "60", "due_on": "2028-02-01"}, "The promised date is past."),
        ({"amount": "sixty", "due_on": "2028-03-09"}, "decimal text"),
        ({"amount": "60", "due_on": "soon"}, "Give a date"),
        ({"amount": "", "due_on": "2028-03-09"}, "Fill this in."),
    ):
        refused = await browser.submit(page, f"{path}/promise", 422, **typed)
        assert said in text_of(refused), typed
        kept = fields(refused, f"{path}/promise")
        assert kept["amount"] == (typed["amount"] or "")
        assert kept["due_on"] == typed["due_on"]
        assert kept["key"] != fields(page, f"{path}/promise")["key"]


async def test_a_form_sent_twice_takes_effect_once(
    floor: Floor, case_id: str, staff: LogIn
) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    typed = {"amount": "60.00", "due_on": "2028-03-09"}
    await browser.submit(page, f"{path}/promise", **typed)
    await browser.submit(page, f"{path}/promise", **typed)
    changed = await browser.submit(page, f"{path}/promise", 422, **(typed | {"amount": "70.00"}))
    assert "sent before with something else in it" in text_of(changed)
    async with floor.work() as work:
        count = await work.session.scalar(select(func.count()).select_from(PromiseRow))
    assert count == 1


async def test_who_did_it_is_in_the_audit(floor: Floor, case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    await browser.submit(await browser.get(path), f"{path}/note", text="hello")
    async with floor.work() as work:
        actor = await work.session.scalar(
            select(AuditRow.actor).where(AuditRow.action == "case.note_added")
        )
    assert actor is not None
    assert actor.startswith("user:")


async def test_what_a_role_may_not_do_is_not_offered_and_is_refused(
    case_id: str, staff: LogIn
) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    page = await browser.get(path)
    assert f'action="{path}/close"' not in page.text
    assert "Closing a case is not for the role agent." in text_of(page)
    stolen = fields(page, f"{path}/note") | {"reason": "forgiven", "sure": "yes"}
    refused = await browser.post(f"{path}/close", stolen, 403)
    assert "The role agent may not do this." in text_of(refused)


async def test_names_and_notes_cannot_run_as_markup(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan(name="<b>Eve</b> <script>x()</script>")
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    await browser.submit(await browser.get(path), f"{path}/note", text="<img src=x onerror=y>")
    page = await browser.get(path)
    assert "<b>Eve" not in page.text
    assert "&lt;b&gt;Eve" in page.text
    assert "<img src=x" not in page.text


async def test_a_withheld_message_is_shown_with_its_reason(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    # He takes his word back while the message waits.
    ok(
        await floor.api.client.patch(
            f"/api/v1/customers/{loan['customer_id']}",
            json={"consents": [{"medium": "sms", "granted": False}]},
            headers=floor.scene.admin | {"If-Match": '"1"'},
        )
    )
    lease = {"channel": "sms", "shard": delivery_shard(UUID(floor.scene.clock_id)), "limit": 10}
    ok(
        await floor.api.client.post(
            "/api/v1/deliveries/lease",
            json=lease,
            headers=await Actors(floor.api).service("delivery"),
        )
    )
    browser = await staff(Role.AGENT)
    page = await browser.get(f"/console/cases/{case_id}?show=messages")
    said = text_of(page)
    assert "SMS “overdue gentle” withheld" in said
    assert "1 message withheld so far (consent revoked)" in said
    assert "Case opened" not in said
    link = re.search(r"/console/messages/[0-9a-f-]+/why", page.text)
    assert link is not None
    why = text_of(await browser.get(link[0]))
    assert "consent-revoked" in why
    assert "Rule packs" in why


async def test_the_live_part_is_a_part(case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    part = await browser.get(f"/console/cases/{case_id}/live?show=all")
    assert "<html" not in part.text
    assert 'id="live"' in part.text
    assert 'id="rest"' in part.text
    assert "<form" not in part.text


async def test_a_case_that_does_not_exist(staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    await browser.get(f"/console/cases/{uuid4()}", 404)
    page = await browser.get("/console")
    sent = fields(page, "/console/log-out") | {"key": "a", "text": "x"}
    await browser.post(f"/console/cases/{uuid4()}/note", sent, 404)
    await browser.post(f"/console/cases/{uuid4()}/nothing", sent, 404)


async def test_a_reply_is_told_once_with_what_it_was_taken_for(
    floor: Floor, case_id: str, staff: LogIn
) -> None:
    customer_id = UUID((await floor.case(case_id))["customer_id"])
    async with floor.work() as work:
        phone = (await customers.contact_card(work, customer_id)).phone
        assert phone is not None
        await receive(work, Inbound(Channel.SMS, "SM1", phone, "No reconozco esta deuda"))
    browser = await staff(Role.AGENT)
    said = text_of(await browser.get(f"/console/cases/{case_id}"))
    assert "SMS from the customer, taken for “dispute”" in said
    assert said.count("No reconozco esta deuda") == 1
    assert "Hold placed (dispute)" in said


async def test_it_leads_to_the_whole_explanation(floor: Floor, case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    path = f"/console/cases/{case_id}"
    shown = await browser.get(path)
    assert f"{path}/explanation" in shown.text
    assert f"{path}/evidence" not in shown.text
    await browser.get(f"{path}/evidence", 403)
    said = text_of(await browser.get(f"{path}/explanation"))
    assert "Maria Keller owes 106.62 USD overdue" in said
    assert "A payment of 106.62 USD today ends it." in said


async def test_a_manager_takes_the_evidence_away(case_id: str, staff: LogIn) -> None:
    browser = await staff(Role.MANAGER)
    path = f"/console/cases/{case_id}"
    assert f"{path}/evidence" in (await browser.get(path)).text
    pack = await browser.get(f"{path}/evidence")
    assert re.search(r'filename="RC-\d+-evidence.jsonl"', pack.headers["content-disposition"])
    assert check(pack.content).findings == ()
