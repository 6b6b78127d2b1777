"""Doors without a memory: what one test guessed wrong is not held against the next."""

from collections.abc import Iterator

import pytest

from tests.api.support import Api


@pytest.fixture(autouse=True)
def fresh_guards(api: Api) -> Iterator[None]:
    """Let the process forget its failed attempts before and after a test."""

    def forget() -> None:
        if hasattr(api.app.state, "guards"):
            del api.app.state.guards

    forget()
    yield
    forget()
