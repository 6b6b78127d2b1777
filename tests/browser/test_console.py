"""A case is worked to its end: by mouse and by keyboard, with scripts and without."""

import re
from typing import cast

import pytest
from playwright.async_api import Page, expect

from contracts.names import Role
from tests.api.recovery.floor import INSTALMENT, Floor, at
from tests.browser.conftest import AXE, OpenPage

pytestmark = pytest.mark.timeout(300)


async def a_case(floor: Floor, **fields: object) -> str:
    """The case of a loan a day late, planned once."""
    loan = await floor.late_loan(**fields)
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.plan(case_id)
    return case_id


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_a_case_is_worked_to_its_end_by_mouse(
    floor: Floor, open_page: OpenPage, scripts: bool
) -> None:
    case_id = await a_case(floor)
    page = await open_page(Role.MANAGER, scripts=scripts)
    await page.get_by_role("link", name="Worklist").click()
    await page.get_by_role("link", name=re.compile("^Team")).click()
    await page.get_by_role("link", name="Maria Keller").click()

    acts = page.get_by_role("complementary", name="What you can do")
    await acts.locator("#act-promise > summary").click()
    await acts.get_by_label("Amount in USD").fill("5000")
    await acts.get_by_role("button", name="Record the promise").click()
    await expect(acts.get_by_text("More is promised than is overdue.")).to_be_visible()
    await expect(acts.get_by_label("Amount in USD")).to_have_value("5000")
    await acts.get_by_label("Amount in USD").fill("60.00")
    await acts.get_by_role("button", name="Record the promise").click()
    await expect(page.get_by_text("The promise is recorded.")).to_be_visible()
    await expect(page.get_by_text("Promise to pay 60.00 USD by 9 Mar 2028")).to_be_visible()

    await acts.locator("#act-assign > summary").click()
    await acts.get_by_label("Owner").select_option(label="Mira Manager, manager")
    await acts.get_by_role("button", name="Change the owner").click()
    await expect(page.get_by_text("owned by Mira Manager")).to_be_visible()

    # What is owed is paid on the page of the loan, seen before it happens.
    await page.get_by_role("link", name=re.compile("^LN-")).first.click()
    await page.get_by_label("Amount in USD").fill(INSTALMENT)
    await page.get_by_role("button", name="Show what it would do").click()
    await expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
    await page.get_by_role("button", name="Post it").click()
    await expect(page.get_by_text("The payment is posted.")).to_be_visible()
    await floor.plan(case_id)
    await page.goto(f"/console/cases/{case_id}")
    await expect(page.get_by_text("closed: cured", exact=True)).to_be_visible()
    await expect(page.get_by_text("The case is closed: cured.")).to_be_visible()


async def test_a_case_is_worked_to_its_end_by_keyboard(floor: Floor, open_page: OpenPage) -> None:
    await a_case(floor, name="Ana First")
    case_id = await a_case(floor, name="Bea Second")
    page = await open_page(Role.MANAGER)
    await page.goto("/console?tab=team")
    keys = page.keyboard
    for key in ("j", "j", "k", "j"):
        await keys.press(key)
    await keys.press("Enter")
    await page.wait_for_url(f"**/cases/{case_id}")

    await keys.press("n")
    await keys.type("She pays on Fridays; j and k are only letters here")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.get_by_text("The note is kept.")).to_be_visible()
    await expect(page.get_by_text("She pays on Fridays")).to_be_visible()

    await keys.press("p")
    await keys.type("60.00")
    await keys.press("Enter")
    await expect(page.get_by_text("The promise is recorded.")).to_be_visible()

    await keys.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await keys.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()

    await keys.press("h")
    await keys.press("Escape")
    await expect(page.locator("#act-hold")).not_to_have_attribute("open", "")

    # To the end without a mouse: the fold that has no key of its own is reached by Tab.
    await page.locator("#act-close > summary").focus()
    await keys.press("Enter")
    await keys.press("Tab")
    await keys.press("ArrowDown")
    for _ in range(2):
        await keys.press("Tab")
    await keys.press("Space")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.get_by_text("The case is closed.", exact=True)).to_be_visible()
    await expect(page.get_by_text("The case is closed: arrangement completed.")).to_be_visible()
    await keys.press("u")
    await page.wait_for_url("**/console")


async def test_single_keys_can_be_switched_off(floor: Floor, open_page: OpenPage) -> None:
    case_id = await a_case(floor)
    page = await open_page(Role.AGENT)
    await page.goto(f"/console/cases/{case_id}")
    await page.get_by_role("button", name="Switch them off").click()
    await expect(page.get_by_text("Single keys are switched off.")).to_be_visible()
    await page.keyboard.press("p")
    await expect(page.locator("#act-promise")).not_to_have_attribute("open", "")
    await page.get_by_role("button", name="Switch them on").click()
    await expect(page.get_by_text("Single keys work:")).to_be_visible()
    await page.keyboard.press("p")
    await expect(page.locator("#act-promise")).to_have_attribute("open", "")


async def test_what_happens_elsewhere_shows_up_by_itself(floor: Floor, open_page: OpenPage) -> None:
    case_id = await a_case(floor)
    page = await open_page(Role.AGENT)
    await page.goto(f"/console/cases/{case_id}")
    await page.keyboard.press("n")
    await page.keyboard.type("half a thought")
    await floor.promise(case_id, "60.00", "2028-03-09")
    await expect(page.get_by_text("Promise to pay 60.00 USD")).to_be_visible(timeout=20_000)
    # What was being typed is still there.
    await expect(page.locator("#note-text")).to_have_value("half a thought")
    await expect(page.locator("#note-text")).to_be_focused()


async def faults(page: Page) -> list[str]:
    """What axe finds wrong with a page, and whether it must be scrolled sideways."""
    await page.evaluate(AXE)
    found = await page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', "
        "'best-practice']})"
    )
    said = [
        f"{item['id']}: {item['help']} {[node['html'][:150] for node in item['nodes'][:3]]}"
        for item in cast(list[dict[str, list[dict[str, str]]]], found["violations"])
    ]
    wide = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*said, "it scrolls sideways"] if wide else said


@pytest.mark.parametrize(("dark", "width"), [(True, 320), (False, 1440)], ids=["dark", "light"])
async def test_every_page_is_accessible(
    floor: Floor, open_page: OpenPage, dark: bool, width: int
) -> None:
    case_id = await a_case(floor, name="Maximiliana von Hohenlohe-Langenburg-Schillingsfürst")
    await floor.live(case_id, at(3, 2, 16), at(3, 17))
    hold = {"kind": "hardship", "review_on": "2028-03-20"}
    await floor.act(floor.agent, case_id, "holds", hold, 201)
    await floor.promise(case_id, "60.00", "2028-03-20")
    await floor.act(floor.agent, case_id, "escalate", {"reason": "Needs a plan"})
    await floor.plan(case_id)
    case = await floor.case(case_id)
    (loan_id,) = case["loan_ids"]
    await floor.scene.pay(loan_id, "20.00")
    (message, *_) = await floor.messages(case_id)
    page = await open_page(Role.MANAGER, dark=dark, width=width)
    found: dict[str, list[str]] = {}
    for path in (
        "/console?tab=team",
        "/console?tab=broken",
        "/console?tab=team&stage=late",
        "/console?tab=team&number=x",
        f"/console/cases/{case_id}",
        f"/console/cases/{case_id}?show=messages&done=promise",
        f"/console/messages/{message.id}/why",
        f"/console/loans/{loan_id}",
        "/console/customers",
        "/console/documents",
        "/console/documents?status=in_review",
        f"/console/customers/{case['customer_id']}",
        "/console/tasks?whose=all",
        "/console/tasks?whose=mine&state=done",
    ):
        await page.goto(path)
        found[path] = await faults(page)
    await page.goto(f"/console/cases/{case_id}")
    for fold in await page.locator("details.act").all():
        await fold.evaluate("fold => { fold.removeAttribute('name'); fold.open = true; }")
    found["every act"] = await faults(page)
    await page.locator("#promise-amount").fill("9999")
    await page.locator("#act-promise button").click()
    found["a refused form"] = await faults(page)
    await page.goto(f"/console/loans/{loan_id}")
    await page.get_by_role("button", name="Show what it would do").first.click()
    found["a preview"] = await faults(page)
    await page.get_by_role("button", name="Log out").click()
    found["log-in"] = await faults(page)
    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize(("dark", "width"), [(False, 320), (True, 1440)], ids=["light", "dark"])
async def test_complaints_strategies_and_rules_are_accessible(
    floor: Floor, open_page: OpenPage, dark: bool, width: int
) -> None:
    case_id = await a_case(floor)
    case = await floor.case(case_id)
    body = {"customer_id": case["customer_id"], "text": "Ten calls a day", "channel": "phone"}
    complaint = await floor.scene.post("/complaints", body)
    (loan_id,) = case["loan_ids"]
    await floor.scene.customer(name="Gustav Garant", phone="+12125550177", email="g@c.example")
    widow = await floor.scene.customer(name="Erna Erbin", phone="+12125550178", email="e@c.example")
    death = await floor.scene.post(f"/customers/{widow}/bereavements", {"source": "call"})
    await floor.scene.post(f"/loans/{loan_id}/letters", {"code": "statement"})
    await floor.act(floor.agent, case_id, "calls", {}, 201)
    page = await open_page(Role.MANAGER, dark=dark, width=width)
    found: dict[str, list[str]] = {}
    for path in (
        f"/console/loans/{loan_id}/parties",
        f"/console/loans/{loan_id}/letters",
        "/console/deaths",
        f"/console/deaths/{death['id']}",
        "/console/texts?medium=sms&language=en",
        "/console/texts/overdue_gentle/sms/en",
        "/console/complaints",
        f"/console/complaints/new?customer_id={case['customer_id']}",
        f"/console/complaints/{complaint['id']}",
        f"/console/cases/{case_id}/call-permit",
        "/console/strategies",
        "/console/strategies/draft",
        "/console/strategies/default/2",
        "/console/strategies/default/2/migrate",
        "/console/packs",
        "/console/board",
        "/console/contacts",
        "/console/audit",
        f"/console/board/rolling_7?currency=USD&clock={floor.scene.clock_id}",
    ):
        await page.goto(path)
        for fold in await page.locator("details.act").all():
            await fold.evaluate("fold => { fold.removeAttribute('name'); fold.open = true; }")
        found[path] = await faults(page)
    await page.goto("/console/strategies/draft")
    await page.get_by_label("Text").fill("code = 1")
    await page.get_by_role("button", name="Check it").click()
    found["the linter's findings"] = await faults(page)
    await page.goto("/console/texts/overdue_gentle/sms/en/draft")
    await page.get_by_label("Text").fill("{{ first_name }} {{ amount }} STOP to opt out.")
    await page.get_by_role("button", name="Check it").click()
    found["a draft that was tried"] = await faults(page)
    await page.goto(f"/console/loans/{loan_id}/parties")
    await page.get_by_label("Name").fill("Garant")
    await page.get_by_role("button", name="Look for him").click()
    await page.locator("details.menu > summary").first.click()
    found["somebody found, and a menu open"] = await faults(page)
    assert {path: said for path, said in found.items() if said} == {}
