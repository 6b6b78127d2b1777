"""The command line of an import, and of the demo: what is refused before anything is started."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tenor.demo.command import demo
from tenor.portfolio.command import import_file
from tenor.stack import StackError

APP = typer.Typer()
APP.command("import")(import_file)
APP.command("demo")(demo)


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(APP, arguments)
    return result.exit_code, result.output, result.exception


def refusal(*arguments: str) -> str:
    _, _, error = run(*arguments)
    assert isinstance(error, StackError)
    return f"{error.problem} {error.remedy}"


def test_without_a_stack_or_an_address_an_import_says_what_to_do(tmp_path: Path) -> None:
    assert "--api" in refusal("import", "x.csv", "--state-dir", str(tmp_path))


def test_an_api_that_is_named_never_gets_the_password_of_the_stack_here(tmp_path: Path) -> None:
    said = refusal("import", "x.csv", "--api", "http://127.0.0.1:1", "--state-dir", str(tmp_path))
    assert "needs a log-in" in said


@pytest.mark.parametrize("instant", ["yesterday", "2028-02-01T12:00"])
def test_an_instant_has_its_offset(instant: str) -> None:
    code, output, _ = run("import", "x.csv", "--new-test-clock", instant)
    assert code == 2
    assert "instant" in output


def test_the_demo_takes_no_folder_that_holds_something(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    assert "not empty" in refusal("demo", "--state-dir", str(tmp_path))
    assert precious.read_text() == "kept"


@pytest.mark.parametrize("option", [("--loans", "19"), ("--loans", "201"), ("--days", "0")])
def test_the_demo_has_bounds(option: tuple[str, str]) -> None:
    assert run("demo", *option)[0] == 2
