"""The command `tenor demo`: starts a stack of its own, plays the demo on it, shows the result."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tenor.client import RestError
from tenor.demo.display import Display, guide_table, totals_table
from tenor.demo.driver import DemoError
from tenor.demo.phones import SandboxError
from tenor.demo.show import Shown, Size, show
from tenor.demo.totals import JsonValue, Totals, as_json
from tenor.portfolio.generate import LOANS
from tenor.portfolio.reading import PortfolioError
from tenor.stack import (
    Ports,
    Stack,
    StackError,
    StackOptions,
    free_ports,
    progress_for,
    until_stopped,
)
from tenor.stack.environment import PREFIX, PROVIDER_SETTINGS, STORE_SETTINGS

_FEWEST_LOANS = 20
_MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the caller asked for."""

    size: Size
    is_json: bool
    ends: bool


def demo(
    *,
    exit_: Annotated[
        bool, typer.Option("--exit", help="End after the table instead of staying up.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the result as one JSON object on the last line of standard output; all "
            "else goes to standard error.",
        ),
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="Days to pass.")] = 120,
    loans: Annotated[
        int,
        typer.Option(
            min=_FEWEST_LOANS, max=LOANS, help="Loans to enter, the first of the portfolio."
        ),
    ] = LOANS,
    seed: Annotated[int, typer.Option(min=0, help="Of the people's behaviour.")] = 1,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            help="An empty or new folder for logs and process files, removed at the end.",
            show_default="a temporary one",
            file_okay=False,
        ),
    ] = None,
    api_port: Annotated[int, typer.Option(help="Port of the API.")] = Ports().api,
    temporal_port: Annotated[int, typer.Option(help="Port of Temporal.")] = Ports().temporal,
    temporal_ui_port: Annotated[
        int, typer.Option(help="Port of Temporal's web pages.")
    ] = Ports().temporal_ui,
    sandbox_port: Annotated[
        int, typer.Option(help="Port of the sandbox providers and their inbox.")
    ] = Ports().sandbox,
    port_offset: Annotated[
        int, typer.Option(help="Added to every port, to run beside another stack.")
    ] = 0,
    auto_ports: Annotated[
        bool, typer.Option("--auto-ports", help="Choose free ports instead.")
    ] = False,
) -> None:
    """Lend a portfolio, let its people behave, and pass months through the real workflows.

    Everything runs on a stack of its own that is removed at the end: what `tenor up` keeps is not
    touched. Messages go to the sandbox, never to a real provider.
    """
    folder = _fresh_folder(state_dir)
    asked = Ports(api_port, temporal_port, temporal_ui_port, sandbox_port).shifted(port_offset)
    options = StackOptions(
        state_dir=folder,
        ports=free_ports() if auto_ports else asked,
        durable=False,  # it ends with the command, so there is no power cut to survive
        ephemeral=True,
    )
    _forget_real_providers()
    wishes = _Wishes(Size(loans=loans, days=days, seed=seed), as_json, exit_)
    stopped = asyncio.run(
        until_stopped(Stack(options, progress_for()), lambda stack: _play_and_tell(stack, wishes))
    )
    if stopped and exit_:
        raise typer.Exit(130)


async def _play_and_tell(stack: Stack, wishes: _Wishes) -> None:
    console = Console(file=sys.stderr if wishes.is_json else sys.stdout, highlight=False)
    began, started_at = monotonic(), datetime.now(UTC)
    try:
        shown = await show(stack, wishes.size, Display(console))
    except (DemoError, SandboxError, PortfolioError, RestError) as error:
        # The state folder goes with the stack; what went wrong stands in its logs.
        kept = tempfile.mkdtemp(prefix="tenor-demo-logs-")
        shutil.copytree(stack.state.logs, kept, dirs_exist_ok=True)
        raise StackError(
            f"The demo could not go on. {error}", f"The logs of its processes are kept in {kept}."
        ) from error
    seconds = monotonic() - began
    console.print()
    console.print(totals_table(shown.totals))
    console.print()
    console.print(guide_table(shown.totals.guide))
    console.print(f"It took {seconds:.0f} seconds.")
    if not wishes.ends:
        console.print()
        console.print(_addresses(stack, shown))
        console.print("\nCtrl-C stops everything and removes it.")
    if wishes.is_json:
        # Flushed, for a reader who waits for it while the stack stays up.
        result = _result(stack, shown.totals, started_at, seconds)
        sys.stdout.write(f"{json.dumps(result)}\n")
        sys.stdout.flush()
    if not wishes.ends:
        await asyncio.Event().wait()


def _result(
    stack: Stack, totals: Totals, started_at: datetime, seconds: float
) -> dict[str, JsonValue]:
    """The result as one JSON object; only these four keys differ between runs of one seed."""
    result = as_json(totals)
    if not isinstance(result, dict):
        raise TypeError("the totals are an object")
    urls: dict[str, JsonValue] = {
        "api": f"{stack.api_url}/api/v1",
        "console": f"{stack.api_url}/console",
        "api_documentation": f"{stack.api_url}/docs",
        "temporal_ui": stack.ui_url,
        "sandbox_inbox": f"{stack.sandbox_url}/sandbox",
    }
    return result | {
        "urls": urls,
        "seconds": round(seconds, 1),
        "started_at": started_at.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _addresses(stack: Stack, shown: Shown) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]Console[/]", f"{stack.api_url}/console")
    table.add_row("[bold]API documentation[/]", f"{stack.api_url}/docs")
    table.add_row("[bold]Temporal UI[/]", stack.ui_url)
    table.add_row("[bold]Sandbox inbox[/]", f"{stack.sandbox_url}/sandbox")
    for name, who in shown.log_ins.items():
        table.add_row(f"[bold]Log-in, {name}[/]", f"{who.email}  {who.password}")
    return table


def _fresh_folder(asked: Path | None) -> Path:
    """A folder with nothing in it: the demo removes it at the end, so it takes no other."""
    if asked is None:
        return Path(tempfile.mkdtemp(prefix="tenor-demo-"))
    if asked.exists() and any(asked.iterdir()):
        raise StackError(
            f"{asked} is not empty, and the demo would remove it.", "Name a new folder."
        )
    return asked


def _forget_real_providers() -> None:
    """Keep credentials of real providers from the stack: the demo's people are invented."""
    for name in (*PROVIDER_SETTINGS, *STORE_SETTINGS):
        os.environ.pop(PREFIX + name, None)
