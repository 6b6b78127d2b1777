"""A scene with the worker that collects."""

import pytest

from api.collecting import door
from tests.api.collecting.gateway import Till
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, make_scene


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No workflow makes a page here, so nobody waits for one."""
    monkeypatch.setattr(door, "_WAIT_SECONDS", 0.0)


@pytest.fixture
async def till(api: Api, actors: Actors, work: WorkFactory) -> Till:
    return Till(await make_scene(api), await actors.service("payments"), work)
