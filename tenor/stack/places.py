"""Where the database files and the socket of a stack lie, so that the server's user may enter."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tenor.stack.errors import StackError
from tenor.stack.identity import Identity, can_run, postgres_identity
from tenor.stack.programs import PostgresPrograms, postgres_programs

ROOT_HOMES = (Path("/var/lib/tenor"), Path("/var/tmp/tenor"), Path("/tmp/tenor"))  # noqa: S108
"""Folders tried for root, which must lie where an unprivileged user may enter; ownership is
checked, so a folder prepared by somebody else is refused."""

LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"
ORIGIN_FILE = "state-folder"
"""Names, beside root's data, the state folder they belong to."""


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """The files of one server: `folder` holds data and, if its path is short enough, the socket."""

    programs: PostgresPrograms
    identity: Identity
    folder: Path
    socket_dir: Path
    state_dir: Path

    @property
    def data_dir(self) -> Path:
        """The cluster's data folder."""
        return self.folder / "data"

    def create(self) -> None:
        """Make the folders, 0700 and owned by the user of the server."""
        for path in (self.folder, self.socket_dir):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.stat().st_uid not in {os.geteuid(), self.identity.uid}:
                raise StackError(f"The folder {path} belongs to another user.", "Remove it.")
            self.give(path)
        if self.identity.is_another_user:
            (self.folder / ORIGIN_FILE).write_text(str(self.state_dir))

    def give(self, path: Path) -> None:
        """Hand a file or folder to the user of the server."""
        if self.identity.uid is not None and self.identity.gid is not None:
            os.chown(path, self.identity.uid, self.identity.gid)

    def remove(self) -> None:
        """Delete the data and the socket folder. The server must have stopped."""
        for path in (self.folder, self.socket_dir):
            if path.exists():
                shutil.rmtree(path)


def place_postgres(state_dir: Path, stack_id: str) -> PostgresPlace:
    """Decide where the database of a stack lives; the answer is the same at every start.

    An ordinary user's data lie in the state folder. Root's lie under `/var/lib/tenor/<stack id>`
    (or the next folder of `ROOT_HOMES` that works), owned by an unprivileged user, because the
    state folder may be in a tree that only root may enter.

    Raises:
        StackError: when no folder will do or there is no Postgres.
    """
    identity = postgres_identity()
    if identity.is_another_user:
        home = _home_for(identity, stack_id)
        folder = home / stack_id
    else:
        home = state_dir
        folder = state_dir / "postgres"
    socket_dir = folder / "socket"
    if len(str(socket_dir / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        socket_dir = Path(tempfile.gettempdir()) / f"tenor-{os.geteuid()}-{stack_id}"
    programs = postgres_programs(home, identity)
    return PostgresPlace(programs, identity, folder, socket_dir, state_dir)


def _home_for(identity: Identity, stack_id: str) -> Path:
    """Pick root's folder: the one that has this stack already, or the first that works."""
    with_data = [home for home in ROOT_HOMES if (home / stack_id).is_dir()]
    for home in (*with_data, *ROOT_HOMES):
        try:
            home.mkdir(mode=0o755, parents=True, exist_ok=True)
            if home.is_symlink() or home.stat().st_uid != 0:
                continue
            home.chmod(0o755)
        except OSError:
            continue
        if can_run(["/bin/sh", "-c", ":"], identity, cwd=home):
            return home
    raise StackError(
        "No folder was found that the unprivileged user of Postgres may enter.",
        f"Make one of these enterable: {', '.join(str(home) for home in ROOT_HOMES)}.",
    )
