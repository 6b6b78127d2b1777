"""Removes a stopped stack with its data, and data whose stack is gone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tenor.stack.errors import StackError
from tenor.stack.places import ORIGIN_FILE, ROOT_HOMES, place_postgres
from tenor.stack.postgres import PostgresServer
from tenor.stack.secrets import load_or_create
from tenor.stack.state import StateFolder


def remove_stack(folder: StateFolder) -> None:
    """Delete the state folder and the database of a stack.

    Raises:
        StackError: when it is running, or the folder is not a stack's.
    """
    if not folder.lock.exists():
        raise StackError(f"There is no stack in {folder.path}.")
    with folder.held():
        if folder.secrets.exists():
            secrets = load_or_create(folder.secrets)
            place = place_postgres(folder.path, secrets.stack_id)
            PostgresServer(place, secrets, durable=True).stop_leftover()
            place.remove()
        shutil.rmtree(folder.path)


def remove_stray_data() -> Iterator[Path]:
    """Delete root's databases whose state folder no longer exists, telling each.

    A state folder on a disk that is not mounted looks the same, so this is never done unasked.
    """
    for home in ROOT_HOMES:
        if not home.is_dir() or home.stat().st_uid != os.geteuid():
            continue
        for origin in sorted(home.glob(f"*/{ORIGIN_FILE}")):
            data = origin.parent
            running = (data / "data" / "postmaster.pid").exists()
            if not running and not Path(origin.read_text()).exists():
                shutil.rmtree(data)
                yield data
