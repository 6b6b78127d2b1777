"""A desk on a test clock, at noon in New York."""

import pytest

from tests.api.messages.arrange import Desk, WorkFactory, make_desk
from tests.api.support import Api


@pytest.fixture
async def desk(api: Api, work: WorkFactory) -> Desk:
    """People, loans and messages are arranged here."""
    return await make_desk(api, work)
