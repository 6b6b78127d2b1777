"""JSON Lines for calculators: a case a line in, the same case with its figures filled in out.

A line that cannot be answered becomes `{"id": …, "error": {"code", "message", "path"}}` in its
place, and the exit status is 1 in the end; the others are answered all the same.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TextIO

import typer
from pydantic import ValidationError

from domain.errors import DomainError, ErrorCode

Figures = Mapping[str, object]
"""A JSON object."""

Answer = Callable[[Figures], Figures]
"""Fills in the figures that a case asks for."""

EXIT_ERRORS: Final = 1
_LONGEST_LINE: Final = 1_000_000
_UNSUPPORTED: Final = "unsupported"


class UnsupportedError(Exception):
    """A case asks for what no product of Tenor offers; `path` says where."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class _LineError(Exception):
    """What is wrong with a line."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.told = {"code": code, "message": message, "path": path}


def answer_lines(
    answer: Answer, show: Callable[[Figures], str] | None = None, source: TextIO | None = None
) -> None:
    """Answer the cases on standard input, in their order; with `show`, as text for people."""
    failed = False
    for line in source or sys.stdin:
        if not line.strip():
            continue
        asked: Figures = {}
        try:
            asked = _read(line)
            filled = _answered(answer, asked)
        except _LineError as error:
            failed = True
            typer.echo(json.dumps({"id": asked.get("id"), "error": error.told}))
            continue
        typer.echo(json.dumps(filled, ensure_ascii=False) if show is None else show(filled))
    if failed:
        raise typer.Exit(EXIT_ERRORS)


def one_object(text: str) -> Figures | None:
    """The JSON object that a whole text is, over as many lines as it likes; None: it is not one."""
    if len(text) > _LONGEST_LINE:
        return None
    try:
        told = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def is_case(told: Figures) -> bool:
    """Whether an object is a case: it names its inputs, its id, or what is expected."""
    return not told.keys().isdisjoint({"inputs", "id", "expected"})


def _read(line: str) -> Figures:
    if len(line) > _LONGEST_LINE:
        raise _LineError(ErrorCode.INVALID_REQUEST.value, "The line is too long.")
    try:
        asked = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _LineError(ErrorCode.INVALID_REQUEST.value, "The line is not JSON.") from None
    if not isinstance(asked, dict):
        raise _LineError(ErrorCode.INVALID_REQUEST.value, "A case is a JSON object.")
    return asked


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")


def _answered(answer: Answer, asked: Figures) -> Figures:
    try:
        return answer(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise _LineError(ErrorCode.INVALID_REQUEST.value, first["msg"], path) from None
    except UnsupportedError as error:
        raise _LineError(_UNSUPPORTED, error.message, error.path) from None
    except DomainError as error:
        field = (error.facts or {}).get("field")
        path = f"inputs.{field}" if field else "inputs"
        if isinstance(field, str) and field.startswith(("inputs.", "events.", "checks.")):
            path = field
        raise _LineError(error.code.value, error.detail, path) from None


def fill(asked: Figures, found: Figures) -> dict[str, object]:
    """The object asked about, its nulls replaced by what was found; the rest as it was."""
    return {
        key: found[key] if value is None and key in found else value for key, value in asked.items()
    }


def objects(value: object) -> Sequence[Figures]:
    """The members of a JSON array that are objects."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]
