"""The desk, ready to work."""

import pytest

from tests.api.support import Api
from tests.api.tasks.desk import Desk, WorkFactory, make_desk


@pytest.fixture
async def desk(api: Api, work: WorkFactory) -> Desk:
    return await make_desk(api, work)
