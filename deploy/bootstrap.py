"""Makes the project's own Python environment in `.venv`, from the lock files and nothing else.

    python3 deploy/bootstrap.py          what is needed to run
    python3 deploy/bootstrap.py --dev    with the tools for tests and checks

Needs Python 3.11 or newer, its standard library, and a package index. Every package is checked
against its hash. A second call with unchanged locks returns at once, and a development environment
stays one.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
TOOLS_LOCK = ROOT / "requirements-bootstrap.lock"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
OLDEST_PYTHON = (3, 11)


class BootstrapError(Exception):
    """The environment cannot be made; the text says why and what to do."""


def say(text: str) -> None:
    """Write one line for the person who waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def stamp_of(kind: str) -> Path:
    """Name the file that says which locks an environment was made from."""
    return VENV / f".stamp-{kind}"


def fingerprint(kind: str) -> str:
    """Digest everything the environment depends on: locks, project file, place."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (LOCKS[kind], TOOLS_LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_made(kind: str) -> bool:
    """Whether the environment of that kind is there and up to date."""
    stamp = stamp_of(kind)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == fingerprint(kind)


def run(command: list[str], *, quiet: bool = False, extra: dict[str, str] | None = None) -> bool:
    """Run a command in the project; whether it succeeded."""
    done = subprocess.run(  # noqa: S603 - installers with arguments made here
        command,
        cwd=ROOT,
        env=os.environ | (extra or {}),
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
    )
    return done.returncode == 0


def make_venv() -> None:
    """Make `.venv`, with pip where this Python brings it along."""
    if PYTHON.exists() and run([str(PYTHON), "-c", "import sys"], quiet=True):
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    if run([sys.executable, "-m", "venv", str(VENV)], quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)  # this Python lacks ensurepip
    if not run([sys.executable, "-m", "venv", "--without-pip", str(VENV)]):
        raise BootstrapError("This Python cannot make virtual environments (module venv).")


def installer() -> list[str]:
    """Return a pip that installs into `.venv`: its own or the system's."""
    own = [str(PYTHON), "-m", "pip"]
    if run([*own, "--version"], quiet=True):
        return own
    system = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if run([*system, "--version"], quiet=True):
        return system
    raise BootstrapError(
        "This Python has neither ensurepip nor pip; install one of them "
        "(on Debian: apt install python3-venv)."
    )


def index_settings(pip: list[str]) -> dict[str, str]:
    """Tell uv the index that pip is configured for, unless it has its own."""
    if "UV_DEFAULT_INDEX" in os.environ or "UV_INDEX_URL" in os.environ:
        return {}
    asked = subprocess.run(  # noqa: S603 - pip, as found above
        [*pip, "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    configured = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": configured} if configured else {}


def install(kind: str, pip: list[str]) -> None:
    """Install exactly what the lock names, then the project itself without dependencies."""
    lock = str(LOCKS[kind])
    hashed = ["--require-hashes", "--quiet"]
    project = ["--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    if not UV.exists():
        run([*pip, "install", *hashed, "--only-binary", ":all:", "-r", str(TOOLS_LOCK)])
    target = ["--python", str(PYTHON)]
    settings = index_settings(pip) | {"VIRTUAL_ENV": str(VENV)}
    if UV.exists():
        uv = [str(UV), "pip"]
        if run([*uv, "sync", *hashed, *target, lock], extra=settings) and run(
            [*uv, "install", *target, *project], extra=settings
        ):
            return
        say("uv did not succeed; pip goes on.")
    if not run([*pip, "install", *hashed, "--only-binary", ":all:", "-r", lock]):
        raise BootstrapError("The packages could not be installed; the message is above.")
    if not run([*pip, "install", *project]):
        raise BootstrapError("The project itself could not be installed; the message is above.")


def main() -> None:
    """Make the environment, or find that it is made."""
    parser = argparse.ArgumentParser(description="Make the project's Python environment.")
    parser.add_argument("--dev", action="store_true", help="with the tools for tests and checks")
    wants_dev: bool = parser.parse_args().dev
    if sys.version_info < OLDEST_PYTHON:
        raise BootstrapError(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. "
            "Name another: make PYTHON3=python3.12 …"
        )
    if is_made("dev") or (not wants_dev and is_made("run")):
        return
    kind = "dev" if wants_dev or stamp_of("dev").exists() else "run"
    began = time.monotonic()
    say(f"Installing the pinned packages of {LOCKS[kind].name} into .venv …")
    make_venv()
    stamp_of(kind).unlink(missing_ok=True)
    install(kind, installer())
    stamp_of(kind).write_text(fingerprint(kind))
    say(f"Installed in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    try:
        main()
    except BootstrapError as error:
        sys.exit(f"Error: {error}")
