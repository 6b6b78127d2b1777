"""The bench of quotes: both sides are really measured."""

import importlib
from types import ModuleType

import pytest
from typer.testing import CliRunner

from tenor import cli
from tenor.bench import quote


def test_both_sides_are_measured() -> None:
    report = quote.measure(rounds=1, seconds=0.05)
    (only,) = report.measures
    assert only.value > 0
    assert only.yardstick > 0
    assert (only.bar, only.stretch) == (2.0, 8.0)


def test_a_missing_yardstick_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    said = CliRunner().invoke(cli.app, ["bench", "quote"])
    assert said.exit_code == 2
    assert "pip install numpy-financial" in said.stderr
