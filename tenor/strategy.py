"""`tenor strategy`: work on strategies as files, without a server."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from contracts.strategy_file import (
    StrategyFile,
    StrategyFormat,
    UnreadableStrategyError,
    read_strategy_file,
)
from domain.recovery.strategy_lint import Letters, Texts, texts_of
from domain.recovery.strategy_text import read_strategy

strategy = typer.Typer(
    name="strategy",
    help="Looks at recovery strategies, before they are used.",
    no_args_is_help=True,
)

SHIPPED_TEXTS: Final = Path(__file__).parents[1] / "api" / "packs" / "templates"
"""The texts every installation has."""

SHIPPED_LETTERS: Final = Path(__file__).parents[1] / "api" / "packs" / "letters"
"""The letters every installation has."""

EXIT_MISTAKES: Final = 1
EXIT_UNREADABLE: Final = 2

_FORMATS: Final = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}


@dataclass(frozen=True, slots=True)
class _Told:
    """One mistake of a file; the line is null where it cannot be told."""

    file: str
    line: int | None
    path: str
    text: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.text}"


@strategy.callback()
def root() -> None:
    """Hold the commands together."""


@strategy.command("lint")
def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="TOML, YAML or JSON, by their ending.")
    ],
    texts: Annotated[
        Path, typer.Option(help="Folder of the message texts (LANGUAGE.toml).", file_okay=False)
    ] = SHIPPED_TEXTS,
    letters: Annotated[
        Path, typer.Option(help="Folder of the letters (LANGUAGE.toml).", file_okay=False)
    ] = SHIPPED_LETTERS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Name every mistake of strategies: exit code 1 with mistakes, 2 for what cannot be read."""
    there, written_letters = _texts(texts), _letters(letters)
    told: list[_Told] = []
    unreadable = False
    for file in files:
        try:
            written = _read(file)
        except UnreadableStrategyError as error:
            unreadable = True
            told.append(_Told(str(file), None, "", str(error)))
            continue
        told += [
            _Told(str(file), written.line_of(finding.path), finding.path, finding.text)
            for finding in read_strategy(written.data, there, written_letters).findings
        ]
    if as_json:
        found = [
            {"file": one.file, "line": one.line, "path": one.path, "text": one.text} for one in told
        ]
        typer.echo(json.dumps({"ok": not told, "findings": found}))
    else:
        for one in told:
            typer.echo(str(one))
        if not told:
            typer.echo("No mistake found.")
    if told:
        raise typer.Exit(EXIT_UNREADABLE if unreadable else EXIT_MISTAKES)


def _read(file: Path) -> StrategyFile:
    notation = _FORMATS.get(file.suffix.lower())
    if notation is None:
        raise UnreadableStrategyError("its name ends neither in .toml nor in .yaml or .json")
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UnreadableStrategyError("it cannot be read as text") from None
    return read_strategy_file(text, StrategyFormat(notation))


def _texts(folder: Path) -> Texts:
    return texts_of(
        {
            file.stem: tomllib.loads(file.read_text("utf-8"))
            for file in sorted(folder.glob("*.toml"))
        }
    )


def _letters(folder: Path) -> Letters:
    return {
        file.stem: frozenset(tomllib.loads(file.read_text("utf-8")))
        for file in sorted(folder.glob("*.toml"))
    }
