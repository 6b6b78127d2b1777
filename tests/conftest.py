"""Fixtures every test may use: a Postgres server and a Temporal server shared by the session."""

import gc
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from tests.support.postgres import TestPostgres, start_test_server
from tests.support.temporal import start_test_temporal

GARBAGE_AFTER = 20_000
"""New objects between two looks for garbage. Python's 700 is for programs with little memory; here
it took a tenth of the time."""

gc.disable()  # Thousands of tests are collected, and none of what that makes is garbage.

WAITING = ("end_to_end", "stack", "browser", "workflows", "temporal", "workers", "sandbox")
"""Folders whose tests wait for other processes more than they compute; the longest come first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits, folder by folder, in the random order within each.

    The processes of a run each begin with a stretch of this order, and who is done takes from the
    end of another's. So one process waits while others compute, no long test is left for the end,
    and the tests of one folder, which share an application or a whole stack, seldom are in two.
    """
    places = {name: place for place, name in enumerate(WAITING)}
    here = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[int, str]:
        folder = item.path.relative_to(here).parts[0]
        return places.get(folder, len(places)), folder

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Look for garbage again, but never among the tests and the modules they are in."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> TestPostgres:
    """A fast server with the roles of production; shared by all test processes."""
    return start_test_server(tmp_path_factory)


@pytest.fixture
def scratch_database(postgres_server: TestPostgres) -> Iterator[str]:
    """The name of an empty database, dropped afterwards."""
    name = f"scratch_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield name
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a development server with our search attributes; shared by all processes."""
    return start_test_temporal(tmp_path_factory)


@pytest.fixture
async def temporal_client(temporal_address: str) -> Client:
    """A client of the shared server. Workflow ids must be unique to the test."""
    return await Client.connect(temporal_address, data_converter=pydantic_data_converter)


@pytest.fixture
def task_queue() -> str:
    """A task queue nobody else polls."""
    return f"test-{uuid.uuid4().hex}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run that the browser tests were left out, and how to get a browser."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "no Chromium on this machine" in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("browser tests")
        terminalreporter.line(
            f"{len(skipped)} browser tests were skipped: there is no Chromium on this machine. "
            "Install the system's package (chromium-headless-shell, chromium), or name one in "
            "TENOR_TEST_CHROMIUM."
        )
