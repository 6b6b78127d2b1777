"""The Temporal development server of the tests."""

import pytest

from tests.support.shared import shared_server


def start_test_temporal(factory: pytest.TempPathFactory) -> str:
    """Address of a server with our search attributes; started once per session."""
    return str(shared_server(factory, "temporal")["address"])
