"""The command line `tenor`: the one-machine stack and whatever is built on it."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tenor.bench.command import bench
from tenor.calculators.apr import apr
from tenor.calculators.plan import plan
from tenor.calculators.quote import quote
from tenor.calculators.replay import replay
from tenor.demo.command import demo
from tenor.evidence.audit import audit_contacts
from tenor.evidence.command import evidence, verify
from tenor.extract import extract
from tenor.portfolio.command import import_file
from tenor.stack import (
    DEFAULT_STATE_DIR,
    Ports,
    Stack,
    StackError,
    StackOptions,
    free_ports,
    progress_for,
    until_stopped,
)
from tenor.stack.cleaning import remove_stack, remove_stray_data
from tenor.stack.probes import listens
from tenor.stack.state import StackStatus, StateFolder
from tenor.strategy import strategy

app = typer.Typer(
    name="tenor",
    help="Runs loans from application to last payment, and brings them back when they go wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StateDir = Annotated[
    Path,
    typer.Option(
        "--state-dir",
        envvar="TENOR_STATE_DIR",
        help="Folder of logs, secrets, process files and the sandbox's memory.",
        file_okay=False,
        show_default=".tenor in the project",
    ),
]


def _default(name: str) -> int:
    return int(getattr(Ports(), name))


@app.callback()
def root() -> None:
    """Hold the commands together."""


@app.command()
def up(
    *,
    state_dir: StateDir = DEFAULT_STATE_DIR,
    api_port: Annotated[int, typer.Option(help="Port of the API.")] = _default("api"),
    temporal_port: Annotated[int, typer.Option(help="Port of Temporal.")] = _default("temporal"),
    temporal_ui_port: Annotated[int, typer.Option(help="Port of Temporal's web pages.")] = _default(
        "temporal_ui"
    ),
    sandbox_port: Annotated[
        int, typer.Option(help="Port of the sandbox providers and their inbox.")
    ] = _default("sandbox"),
    port_offset: Annotated[
        int, typer.Option(help="Added to every port, to run beside another stack.")
    ] = 0,
    auto_ports: Annotated[
        bool, typer.Option("--auto-ports", help="Choose free ports instead.")
    ] = False,
    worker: Annotated[
        list[str] | None,
        typer.Option(help="A worker role in a process of its own; repeat it. [default: all]"),
    ] = None,
) -> None:
    """Start everything on this machine, durable, and keep it running until Ctrl-C.

    The data survive a restart and are migrated at the start. A process that dies is started
    again. Credentials of real providers in the environment (TENOR_TWILIO_ACCOUNT_SID,
    TENOR_SENDGRID_API_KEY and their companions) replace the sandbox's.
    """
    asked = Ports(api_port, temporal_port, temporal_ui_port, sandbox_port).shifted(port_offset)
    options = StackOptions(
        state_dir=state_dir,
        ports=free_ports() if auto_ports else asked,
        workers=tuple(worker) if worker else ("all",),
    )
    asyncio.run(until_stopped(Stack(options, progress_for()), _stay))


async def _stay(stack: Stack) -> None:
    """Tell where everything is, and wait."""
    table = Table.grid(padding=(0, 2))
    for what, where in addresses(stack).items():
        table.add_row(f"[bold]{what}[/]", where)
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    console.print()
    console.print(table)
    console.print(f"\nLogs are in {stack.state.logs}. Ctrl-C stops everything.")
    await asyncio.Event().wait()


def addresses(stack: Stack) -> dict[str, str]:
    """Return what a person may open in a browser or call, and how to log in, by plain name."""
    return {
        "API": f"{stack.api_url}/api/v1",
        "Console": f"{stack.api_url}/console",
        "API documentation": f"{stack.api_url}/docs",
        "Temporal UI": stack.ui_url,
        "Sandbox inbox": f"{stack.sandbox_url}/sandbox",
        "Log-in": f"{stack.admin_email}  {stack.admin_password}",
    }


@app.command()
def status(
    state_dir: StateDir = DEFAULT_STATE_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what runs here, and whether it answers. Exit code 1 when not all of it does."""
    told = StateFolder(state_dir).read_status()
    if as_json:
        typer.echo(
            json.dumps({"running": told is not None} | ({} if told is None else asdict(told)))
        )
    elif told is None:
        typer.echo(f"Nothing runs on {state_dir}.")
    else:
        _print_status(told)
    if told is None or not all(process.is_ready for process in told.processes):
        raise typer.Exit(1)


def _print_status(told: StackStatus) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("process", "pid", "state", "restarts"):
        table.add_column(column)
    for process in told.processes:
        state = "ready" if process.is_ready else "starting" if process.pid else "down"
        table.add_row(process.name, str(process.pid or "-"), state, str(process.restarts))
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for name, url in (("API", told.api_url), ("Temporal UI", told.ui_url)):
        answers = "answers" if listens(int(url.rpartition(":")[2])) else "does not answer"
        console.print(f"{name} {url} {answers}")
    console.print(f"supervisor {told.supervisor_pid}")


@app.command()
def clean(
    state_dir: StateDir = DEFAULT_STATE_DIR,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    strays: Annotated[
        bool,
        typer.Option("--strays", help="Also remove databases whose state folder has been deleted."),
    ] = False,
) -> None:
    """Remove the stack of this folder with all its data. It must have been stopped."""
    folder = StateFolder(state_dir)
    if folder.lock.exists():
        if not yes:
            typer.confirm(f"Delete all data of the stack in {folder.path}?", abort=True)
        remove_stack(folder)
        typer.echo(f"Removed {folder.path} and its database.")
    else:
        typer.echo(f"There is no stack in {folder.path}.")
    if strays:
        for removed in remove_stray_data():
            typer.echo(f"Removed {removed}.")


app.command("demo")(demo)
app.add_typer(bench)
app.add_typer(strategy)
app.command("import")(import_file)
app.command("extract")(extract)
app.command("plan")(plan)
app.command("apr")(apr)
app.command("quote")(quote)
app.command("replay")(replay)
app.command("evidence")(evidence)
app.command("verify")(verify)
app.command("audit-contacts")(audit_contacts)


def main() -> None:
    """Run the command line; a refusal is told in words, without a traceback."""
    try:
        app()
    except StackError as error:
        typer.secho(f"Error: {error.problem}", err=True, fg=typer.colors.RED)
        if error.remedy is not None:
            typer.echo(error.remedy, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
