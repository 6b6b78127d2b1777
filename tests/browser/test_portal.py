"""A customer on a phone: from the link to the gateway's door, by taps; readable by everybody."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.api.recovery.floor import Floor, Json, at
from tests.api.support import key, ok
from tests.browser.conftest import AXE

pytestmark = pytest.mark.timeout(300)

BORN = "1988-04-05"
SHOTS = os.environ.get("TENOR_TEST_SHOTS")
"""A folder for pictures of the pages, for who wants to look at them."""


async def link(floor: Floor, loan: Json) -> str:
    answer = await floor.api.client.post(
        f"/api/v1/customers/{loan['customer_id']}/portal-links", headers=floor.agent | key()
    )
    return "/portal" + str(ok(answer, 201)["url"]).partition("/portal")[2]


@pytest.fixture
async def late(floor: Floor) -> Json:
    """A loan of somebody a month behind."""
    loan = await floor.late_loan(born_on=BORN)
    await floor.move(at(3, 2, 16))
    return loan


@pytest.fixture
async def contexts(chrome: Browser) -> AsyncIterator[list[BrowserContext]]:
    """What is opened, closed at the end."""
    opened: list[BrowserContext] = []
    yield opened
    for each in opened:
        await each.close()


async def problems(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in cast(list[Json], found)]


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_can_be_read_by_everybody(  # noqa: PLR0917 - fixtures come by name
    floor: Floor,
    late: Json,
    chrome: Browser,
    address: str,
    contexts: list[BrowserContext],
    width: int,
    dark: bool,
) -> None:
    context = await chrome.new_context(
        base_url=address,
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 720},
        bypass_csp=True,  # for axe alone; the journey below keeps the policy
    )
    contexts.append(context)
    page = await context.new_page()
    wrong: dict[str, object] = {}

    async def look(name: str) -> None:
        said = await problems(page)
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if said or wide:
            wrong[name] = (said, wide)
        if SHOTS is not None:
            theme = "dark" if dark else "light"
            await page.screenshot(path=Path(SHOTS) / f"{name}-{theme}-{width}.png", full_page=True)

    await page.goto("/portal/in/nothing")
    await look("gone")
    await page.goto(await link(floor, late))
    await look("enter")
    await page.get_by_label("Your date of birth").fill(BORN)
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/portal")
    await look("home")
    case_id = await floor.case_id(late)
    for name, path in {
        "loan": f"/portal/loans/{late['id']}",
        "pay": f"/portal/loans/{late['id']}/pay",
        "help": "/portal/help",
        "promise": f"/portal/promise/{case_id}",
        "plan": f"/portal/plan/{case_id}?amount=40.00&first_on=2028-03-09&every=fortnight",
        "preferences": "/portal/preferences",
    }.items():
        await page.goto(path)
        await look(name)
    assert wrong == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_from_the_link_to_the_gateway_in_three_taps(  # noqa: PLR0917 - fixtures come by name
    floor: Floor,
    late: Json,
    chrome: Browser,
    address: str,
    contexts: list[BrowserContext],
    scripts: bool,
) -> None:
    context = await chrome.new_context(
        base_url=address,
        java_script_enabled=scripts,
        viewport={"width": 320, "height": 720},
    )
    contexts.append(context)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(await link(floor, late))
    await page.get_by_label("Your date of birth").fill(BORN)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name="What I owe")).to_be_visible()
    await page.get_by_role("link", name="Pay", exact=True).click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.get_by_role("button", name="Go to payment").click(no_wait_after=True)
    async with asyncio.timeout(15):
        while not any("/pay/" in url for url in asked):  # noqa: ASYNC110 - the browser's own list
            await asyncio.sleep(0.02)
    assert complaints == []
