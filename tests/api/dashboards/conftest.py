"""The collections floor, ready to work."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from api.work import Work
from tests.api.recovery.floor import Floor, make_floor
from tests.api.support import Api


@pytest.fixture
async def floor(api: Api, work: Callable[..., AbstractAsyncContextManager[Work]]) -> Floor:
    return await make_floor(api, work)
