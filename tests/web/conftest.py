"""Pages on a real Postgres, in process, through the same application as the REST API."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest

from api.settings import Settings
from api.work import Work
from contracts.names import Role
from tests.api.conftest import (  # noqa: F401 - fixtures of the API, used here by name
    actors,
    api,
    fresh_settings,
    served,
    superuser,
    work,
)
from tests.api.recovery.floor import Floor, make_floor
from tests.api.support import Api
from tests.support.postgres import TestPostgres
from tests.web.support import Browser, hire, log_in, open_browser


@pytest.fixture(scope="session")
def settings(postgres_server: TestPostgres) -> Settings:
    """Settings for a database of the pages' own: those of the API are emptied by its tests."""
    return fresh_settings(postgres_server, "web")


LogIn = Callable[[Role], Awaitable[Browser]]


@pytest.fixture
async def stranger(api: Api) -> AsyncIterator[Browser]:  # noqa: F811 - the fixture above
    """A browser nobody has logged in with."""
    async with open_browser(api.app) as client:
        yield Browser(client)


@pytest.fixture
async def staff(api: Api) -> AsyncIterator[LogIn]:  # noqa: F811 - the fixture above
    """Opens a browser and logs somebody of a role in."""
    async with AsyncExitStack() as opened:

        async def enter(role: Role) -> Browser:
            browser = Browser(await opened.enter_async_context(open_browser(api.app)))
            await log_in(browser, await hire(api, role))
            return browser

        yield enter


@pytest.fixture
async def floor(
    api: Api,  # noqa: F811 - the fixture above
    work: Callable[..., AbstractAsyncContextManager[Work]],  # noqa: F811 - the fixture above
) -> Floor:
    """The collections floor, ready to work."""
    return await make_floor(api, work)
