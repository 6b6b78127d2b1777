"""How calculators refuse: a JSON object on standard error, and exit code 2."""

import json
from typing import NoReturn

import typer
from pydantic import ValidationError

from domain.errors import ErrorCode

EXIT_REFUSED = 2


def refuse(code: ErrorCode, detail: str) -> NoReturn:
    """End with a code and the reason."""
    typer.echo(json.dumps({"code": code.value, "detail": detail}), err=True)
    raise typer.Exit(EXIT_REFUSED)


def refuse_input(error: ValidationError) -> NoReturn:
    """End with the first thing that is wrong about the input, without repeating the input."""
    first = error.errors(include_url=False, include_input=False)[0]
    at = ".".join(str(part) for part in first["loc"])
    refuse(ErrorCode.INVALID_REQUEST, f"{at}: {first['msg']}" if at else first["msg"])
