"""The collections floor, and a desk of messages."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from api.work import Work
from tests.api.messages.arrange import Desk, WorkFactory, make_desk
from tests.api.recovery.floor import Floor, make_floor
from tests.api.support import Api


@pytest.fixture
async def floor(api: Api, work: Callable[..., AbstractAsyncContextManager[Work]]) -> Floor:
    """Loans fall late here."""
    return await make_floor(api, work)


@pytest.fixture
async def desk(api: Api, work: WorkFactory) -> Desk:
    """People are written to and called here."""
    return await make_desk(api, work)
