"""Doors without a memory: what one test guessed wrong is not held against the next."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.identity.guards import make_guards
from tests.api.support import Api


@pytest.fixture(autouse=True)
def fresh_guards(api: Api) -> Iterator[None]:
    """Let the process forget its failed attempts before a test, and after it."""
    before = api.services
    api.app.state.services = replace(before, guards=make_guards("test"))
    yield
    api.app.state.services = before
