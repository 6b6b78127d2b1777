"""The collections floor, where parties of late loans are dealt with."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from api.work import Work
from tests.api.recovery.floor import Floor, make_floor
from tests.api.support import Api


@pytest.fixture
async def floor(api: Api, work: Callable[..., AbstractAsyncContextManager[Work]]) -> Floor:
    """A creditor with a product, late loans and people who work their cases."""
    return await make_floor(api, work)
