"""The command `tenor extract`: reads a bank statement on this machine, without any server."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from activities.documents.limits import MEBIBYTE
from activities.documents.pool import ReaderKilledError, ReaderPool
from contracts.documents import ReadResult
from domain.documents.rejection import MESSAGES, RejectionCode

_LARGEST: Final = 200 * MEBIBYTE


def extract(
    file: Annotated[
        Path,
        typer.Argument(
            help="A bank statement: PDF with a ruled table, CSV of any dialect, Excel workbook.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
) -> None:
    """Read a bank statement and print what stands in it as JSON.

    The same reader as behind POST /documents, in a child process with the same limits. `reasons`
    says why a person would have to look; it is empty when the statement adds up and every value is
    sure. Exit code 1 when the file is refused; `rejection` and `message` then say why.
    """
    if file.stat().st_size > _LARGEST:
        typer.echo(f"Error: a file may hold {_LARGEST} bytes.", err=True)
        raise typer.Exit(1)
    try:
        result = asyncio.run(_read(file.read_bytes()))
    except ReaderKilledError:
        typer.echo("Error: the reading process was killed. Try again.", err=True)
        raise typer.Exit(1) from None
    told: dict[str, object] = result.model_dump(mode="json", exclude_none=True)
    if result.rejection is not None:
        told["message"] = MESSAGES[RejectionCode(result.rejection)]
    typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    if result.rejection is not None:
        raise typer.Exit(1)


async def _read(content: bytes) -> ReadResult:
    async with ReaderPool(at_once=1) as readers:
        return await readers.read(content)
