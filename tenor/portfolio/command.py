"""The command `tenor import`: enters a CSV file of loans into a running Tenor."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from contracts.clocks import NewTestClock, TestClock
from tenor.client import LogInData, RestClient, RestError
from tenor.login import ApiOption, EmailOption, PasswordOption, StackFolderOption, where
from tenor.portfolio.books import enter_books, read_books
from tenor.portfolio.display import ROWS_PER_LINE, Steps, problems_table
from tenor.portfolio.importing import ImportReport, Outcome, import_portfolio
from tenor.portfolio.reading import PortfolioError, read_portfolio
from tenor.stack import DEFAULT_STATE_DIR, StackError


def _instant(text: str) -> datetime:
    """An instant with its offset; a time without one means no moment."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("An instant is written 2028-02-01T12:00Z.") from error
    if instant.utcoffset() is None:
        raise typer.BadParameter("An instant needs its offset, such as Z at the end.")
    return instant


def import_file(
    *,
    file: Annotated[
        Path, typer.Argument(help="CSV with a row per loan; examples/portfolio.csv shows how.")
    ],
    books: Annotated[
        Path | None,
        typer.Option(help="TOML of creditors and products to make first, where missing."),
    ] = None,
    test_clock: Annotated[
        UUID | None, typer.Option(help="Sandbox clock on which the customers live.")
    ] = None,
    new_test_clock: Annotated[
        datetime | None,
        typer.Option(
            help="Make a sandbox clock that begins at this instant, and put them on it.",
            parser=_instant,
            metavar="2028-02-01T12:00Z",
        ),
    ] = None,
    api: ApiOption = None,
    email: EmailOption = None,
    password: PasswordOption = None,
    state_dir: StackFolderOption = DEFAULT_STATE_DIR,
) -> None:
    """Enter the customers and loans of a CSV file, row by row.

    Rows with mistakes are listed and do not stop the others; a second import of the same file
    changes nothing. Exit code 1 if no row is in the books afterwards.
    """
    console = Console(highlight=False)
    try:
        url, who = where(state_dir, api, email, password)
        report = asyncio.run(
            _import(
                url, who, file, books=books, clock=new_test_clock or test_clock, console=console
            )
        )
    except (PortfolioError, RestError) as error:
        raise StackError(f"Nothing more was entered. {error}") from error
    console.print(_table(report))
    if not report.loans:
        raise typer.Exit(1)


async def _import(
    url: str,
    who: LogInData,
    file: Path,
    *,
    books: Path | None,
    clock: datetime | UUID | None,
    console: Console,
) -> ImportReport:
    portfolio = read_portfolio(file)
    made = None if books is None else read_books(books)
    async with RestClient(url, who) as client:
        if made is not None:
            await enter_books(client, made)
        clock_id = await _clock(client, clock, portfolio.fingerprint, console)
        with Steps(console, "Rows", len(portfolio.rows), ROWS_PER_LINE) as rows:
            report = await import_portfolio(
                client, portfolio, test_clock_id=clock_id, on_row=rows.done
            )
    if report.problems:
        console.print(problems_table(report.problems))
    return report


async def _clock(
    client: RestClient, asked: datetime | UUID | None, fingerprint: str, console: Console
) -> UUID | None:
    """The clock asked for; one that is to be made is made once for the same file and instant."""
    if not isinstance(asked, datetime):
        return asked
    made = await client.post(
        "/test-clocks",
        TestClock,
        NewTestClock(name="portfolio import", starts_at=asked),
        f"import:{fingerprint}:clock:{asked.astimezone(UTC).isoformat()}",
    )
    console.print(f"Test clock {made.id}")
    return made.id


def _table(report: ImportReport) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("rows")
    table.add_column("how many", justify="right")
    table.add_row("entered", str(report.count(Outcome.ENTERED)))
    table.add_row("already there", str(report.count(Outcome.ALREADY_THERE)))
    table.add_row("refused", str(report.rows_refused))
    return table
