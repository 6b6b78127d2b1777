"""Checks the lock files: they name no host, pin every package by hash, and match pyproject.toml."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = re.compile(r"[a-z]+://|index-url|find-links|\bfile:", re.IGNORECASE)
GROUPS = {
    "requirements.lock": [],
    "requirements-dev.lock": [
        "--all-extras",
        "--group",
        "test",
        "--group",
        "lint",
        "--group",
        "bench",
    ],
}
BOOTSTRAP = "requirements-bootstrap.lock"


def hosts_in(text: str) -> list[str]:
    """Return the lines that name a host or an index."""
    return [line for line in text.splitlines() if HOST.search(line)]


def unhashed_in(text: str) -> list[str]:
    """Return the requirements that no hash follows."""
    joined = text.replace("\\\n", " ").splitlines()
    wanted = [line for line in joined if line and not line.lstrip().startswith("#")]
    return [line.split()[0] for line in wanted if "--hash=sha256:" not in line]


def resolved_again(name: str, options: list[str]) -> str:
    """Resolve pyproject.toml once more, keeping the versions the lock has."""
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / name
        shutil.copyfile(ROOT / name, again)
        subprocess.run(  # noqa: S603 - uv of this environment, arguments made here
            [
                str(Path(sys.executable).parent / "uv"),
                *("pip", "compile", "pyproject.toml", "--quiet", "--universal"),
                *("--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"),
                *("--no-emit-find-links", "--no-header", *options, "--output-file", str(again)),
            ],
            cwd=ROOT,
            check=True,
        )
        return again.read_text()


def main() -> int:
    """Check all locks; the exit code is the number of complaints, at most 1."""
    complaints: list[str] = []
    for name in (*GROUPS, BOOTSTRAP):
        text = (ROOT / name).read_text()
        complaints += [f"{name} names a host: {line.strip()}" for line in hosts_in(text)]
        complaints += [f"{name} has no hash for {line}" for line in unhashed_in(text)]
    for name, options in GROUPS.items():
        if resolved_again(name, options) != (ROOT / name).read_text():
            complaints.append(f"{name} does not match pyproject.toml; run `make lock`")
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    return min(1, len(complaints))


if __name__ == "__main__":
    sys.exit(main())
