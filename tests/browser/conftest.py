"""A real browser at a real server: Chromium of the system, and the application on a free port.

Each test process starts one browser, and only when a test asks for it. Where there is none, these
tests are skipped, and the run says so at its end (`tests/conftest.py`).
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from api.settings import Settings
from api.work import Work
from contracts.names import Role
from tests.api.conftest import (  # noqa: F401 - fixtures of the API, used here by name
    api,
    fresh_settings,
    served,
    superuser,
    work,
)
from tests.api.recovery.floor import Floor, make_floor
from tests.api.support import Api
from tests.support.postgres import TestPostgres
from tests.web.support import PASSWORD, hire

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Where the system's browser is."""
    return os.environ.get("TENOR_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), None
    )


@pytest.fixture(scope="session")
def settings(postgres_server: TestPostgres) -> Settings:
    """Settings for a database of the browser's own."""
    return fresh_settings(postgres_server, "browser")


@pytest.fixture(scope="session")
async def address(served: Api) -> AsyncIterator[str]:  # noqa: F811 - the fixture above
    """Where the application is served over HTTP."""
    server = uvicorn.Server(
        uvicorn.Config(served.app, port=0, lifespan="off", log_config=None, access_log=False)
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


@pytest.fixture(scope="session")
async def chrome() -> AsyncIterator[Browser]:
    """The browser of this test process."""
    found = chromium()
    if found is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def floor(
    api: Api,  # noqa: F811 - the fixture above
    work: Callable[..., AbstractAsyncContextManager[Work]],  # noqa: F811 - the fixture above
) -> Floor:
    """The collections floor, ready to work."""
    return await make_floor(api, work)


OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def open_page(chrome: Browser, address: str, api: Api) -> AsyncIterator[OpenPage]:  # noqa: F811
    """Opens a page of somebody logged in; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def hear(message: ConsoleMessage) -> None:
        # A refused form is answered 422, which the browser notes as it does a missing file.
        if message.type in {"error", "warning"} and "status of 422" not in message.text:
            complaints.append(message.text)

    async def open_(
        role: Role = Role.MANAGER,
        *,
        scripts: bool = True,
        dark: bool = False,
        width: int = 1440,
    ) -> Page:
        context = await chrome.new_context(
            base_url=address,
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = await context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        who = await hire(api, role, name="Mira Manager")
        await page.goto("/console/log-in")
        await page.get_by_label("E-mail address").fill(who.email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_url(re.compile(r"/console(/board)?$"))
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert complaints == []
