"""Which API a command calls, and as whom: said by options, or by the stack on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from tenor.client import LogInData
from tenor.stack import StackError
from tenor.stack.secrets import load_or_create
from tenor.stack.state import StateFolder

ApiOption = Annotated[str | None, typer.Option("--api", help="Origin of the API.")]
EmailOption = Annotated[
    str | None, typer.Option("--email", help="Log-in of an administrator or manager.")
]
PasswordOption = Annotated[
    str | None,
    typer.Option(
        "--password", envvar="TENOR_PASSWORD", help="Its password; better in the environment."
    ),
]
StackFolderOption = Annotated[
    Path,
    typer.Option(
        "--state-dir",
        envvar="TENOR_STATE_DIR",
        help="Folder of a stack on this machine, which says where the API is and how to log "
        "in unless the options do.",
        show_default=".tenor in the project",
    ),
]


def where(
    state_dir: Path, api: str | None, email: str | None, password: str | None
) -> tuple[str, LogInData]:
    """The API and the log-in: as the options say, otherwise those of the stack on this machine.

    The password of the stack goes to that stack alone, never to an API named by an option. Raises
    `StackError` where the options do not suffice.
    """
    if api is not None:
        if email is None or password is None:
            raise StackError(
                "An API that is named with --api needs a log-in.",
                "Give --email, and the password in TENOR_PASSWORD.",
            )
        return api, LogInData(email, password)
    folder = StateFolder(state_dir)
    running = folder.read_status()
    if running is None:
        raise StackError(
            f"Nothing runs on {state_dir}.", "Start it with `tenor up`, or name an API with --api."
        )
    if email is not None and password is not None:
        return running.api_url, LogInData(email, password)
    if email is not None or password is not None:
        raise StackError("A log-in is an e-mail address and a password.", "Give both or neither.")
    secrets = load_or_create(folder.secrets)
    return running.api_url, LogInData(secrets.admin_email, secrets.admin_password)
