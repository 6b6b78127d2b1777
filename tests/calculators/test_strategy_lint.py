"""`tenor strategy lint`: findings with lines, for people and programs, in three notations."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from contracts.strategy_file import (
    StrategyFormat,
    UnreadableStrategyError,
    read_strategy_file,
)
from tenor import cli

runner = CliRunner()
SHIPPED = sorted((Path(__file__).parents[2] / "api" / "packs" / "strategies").glob("*.toml"))
WEEKLY = next(file for file in SHIPPED if file.stem == "microfinance_weekly")


def test_shipped_strategies_are_good() -> None:
    told = runner.invoke(cli.app, ["strategy", "lint", *map(str, SHIPPED)])
    assert (told.exit_code, told.stdout) == (0, "No mistake found.\n")


def test_the_example_of_the_guide_is_good(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "strategies.md"
    file = tmp_path / "cards.toml"
    file.write_text(guide.read_text("utf-8").partition("```toml\n")[2].partition("```")[0])
    told = runner.invoke(cli.app, ["strategy", "lint", str(file)])
    assert (told.exit_code, told.stdout) == (0, "No mistake found.\n")


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(WEEKLY.read_text().replace('template = "overdue_firm"', 'template = "gone"'))
    line = file.read_text().splitlines().index('key = "second_week_sms"')
    told = runner.invoke(cli.app, ["strategy", "lint", str(file)])
    assert told.exit_code == 1
    assert told.stdout == f"{file}:{line}: step second_week_sms: there is no sms template gone\n"
    as_json = json.loads(runner.invoke(cli.app, ["strategy", "lint", "--json", str(file)]).stdout)
    assert as_json == {
        "ok": False,
        "findings": [
            {
                "file": str(file),
                "line": line,
                "path": "steps[2]",
                "text": "step second_week_sms: there is no sms template gone",
            }
        ],
    }


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_other_notations_say_the_same(tmp_path: Path, ending: str) -> None:
    plain = read_strategy_file(WEEKLY.read_text(), StrategyFormat.TOML).data
    write = yaml.safe_dump if ending == "yaml" else json.dumps
    text = write(plain, indent=2)
    assert read_strategy_file(text, StrategyFormat(ending)).data == plain
    file = tmp_path / f"own.{ending}"
    file.write_text(text.replace("second_week_sms", "Second"))
    told = runner.invoke(cli.app, ["strategy", "lint", str(file)])
    line = next(at for at, each in enumerate(file.read_text().splitlines(), 1) if "Second" in each)
    assert told.exit_code == 1
    assert told.stdout.startswith(f"{file}:{line}: steps[2].key must be a name")


def test_yaml_is_read_plainly() -> None:
    text = 'languages: [no, en]\nat: 10:00:00\nquoted: "1"\nwhole: 1\nyes_and_no: true\n'
    assert read_strategy_file(text, StrategyFormat.YAML).data == {
        "languages": ["no", "en"],
        "at": "10:00:00",
        "quoted": "1",
        "whole": 1,
        "yes_and_no": True,
    }


@pytest.mark.parametrize(
    ("notation", "text", "why"),
    [
        ("toml", "code = ", "it is not TOML"),
        ("json", '{"code": }', "it is not JSON"),
        ("json", "[]", "it is not a table"),
        ("yaml", "a: [", "it is not YAML: its form is broken (at line 1"),
        ("yaml", "a: &x 1\nb: *x", "it has an alias"),
        ("yaml", "a: 1\na: 2", "a name occurs twice in one table (at line 2)"),
        ("yaml", "- 1", "it is not a table"),
        ("yaml", "", "it is not a table"),
        ("yaml", "a: \x00", "it is not YAML"),
        ("toml", "#" * 200_001, "more than 200000 letters"),
    ],
)
def test_what_cannot_be_read(notation: str, text: str, why: str) -> None:
    with pytest.raises(UnreadableStrategyError) as refusal:
        read_strategy_file(text, StrategyFormat(notation))
    assert why in str(refusal.value)


@pytest.mark.parametrize("name", ["own.toml", "own.txt"])
def test_unreadable_files_are_told_apart(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("not = = toml")
    told = runner.invoke(cli.app, ["strategy", "lint", str(file)])
    assert told.exit_code == 2
    assert told.stdout.startswith(f"{file}: it")


def test_every_line_of_toml_is_found() -> None:
    text = WEEKLY.read_text()
    lines = text.splitlines()
    written = read_strategy_file(text, StrategyFormat.TOML)
    for at, step in enumerate(tomllib.loads(text)["steps"]):
        found = written.line_of(f"steps[{at}].key")
        assert found is not None
        assert lines[found - 1] == f'key = "{step["key"]}"'
