from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.running import Listener, RunningSandbox, run_both


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[RunningSandbox, Listener]]:
    with run_both(tmp_path) as running:
        yield running


@pytest.fixture
def sandbox(both: tuple[RunningSandbox, Listener]) -> RunningSandbox:
    return both[0]


@pytest.fixture
def api(both: tuple[RunningSandbox, Listener]) -> Listener:
    return both[1]
