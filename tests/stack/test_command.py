"""The command line as a person types it."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tenor import cli
from tenor.stack import StackError, free_ports

runner = CliRunner()


@pytest.mark.parametrize("command", ["up", "status", "clean"])
def test_every_command_explains_itself(command: str) -> None:
    shown = runner.invoke(cli.app, [command, "--help"])
    assert shown.exit_code == 0
    assert "--state-dir" in shown.output


def test_status_of_nothing(tmp_path: Path) -> None:
    told = runner.invoke(cli.app, ["status", "--state-dir", str(tmp_path / "s"), "--json"])
    assert told.exit_code == 1
    assert json.loads(told.output) == {"running": False}


def test_clean_of_nothing(tmp_path: Path) -> None:
    told = runner.invoke(cli.app, ["clean", "--yes", "--state-dir", str(tmp_path / "s")])
    assert told.exit_code == 0
    assert "no stack" in told.output


def test_up_refuses_a_taken_port_and_names_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = free_ports()
    arguments = [
        *("tenor", "up", "--state-dir", str(tmp_path / "s"), "--api-port", str(ports.api)),
        *("--temporal-port", str(ports.temporal), "--temporal-ui-port", str(ports.temporal_ui)),
        *("--sandbox-port", str(ports.sandbox)),
    ]
    monkeypatch.setattr("sys.argv", arguments)
    with socket.create_server(("127.0.0.1", ports.api)), pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert f"Port {ports.api} is already taken; choose another with --api-port." in told
    assert "Traceback" not in told


def test_refusals_are_plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    told = runner.invoke(cli.app, ["clean", "--yes", "--state-dir", str(blocked / "s")])
    assert not isinstance(told.exception, OSError)
    assert told.exit_code == 0 or isinstance(told.exception, StackError)
