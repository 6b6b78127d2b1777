"""Runs a command with a scratch database: `python -m tenor.stack.scratch_database -- COMMAND`.

The database is new, fast, migrated to the newest schema (unless `--empty`), and gone afterwards.
The command finds the API's settings in its environment, TENOR_DATABASE_URL and
TENOR_MIGRATION_DATABASE_URL among them, and its exit code becomes that of this program.
"""

import argparse
import subprocess
import sys

from tenor.stack.environment import Addresses, Environments, system_environment
from tenor.stack.errors import StackError
from tenor.stack.options import PROJECT_ROOT
from tenor.stack.postgres import temporary_postgres


def main() -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tenor.stack.scratch_database")
    parser.add_argument("--empty", action="store_true", help="do not migrate first")
    parser.add_argument("command", nargs="+", help="what to run, after `--`")
    arguments = parser.parse_args()
    command: list[str] = arguments.command
    nowhere = "http://127.0.0.1:9"
    with temporary_postgres() as server:
        server.ensure_database()
        environments = Environments(
            secrets=server.secrets,
            addresses=Addresses(nowhere, nowhere, nowhere, nowhere),
            postgres=server,
            documents=server.place.folder / "documents",
            test_clocks=True,
            caller=system_environment(),
            extra={},
        )
        environment = environments.migration()
        if not arguments.empty:
            migrate = [sys.executable, "-m", "api", "migrate"]
            done = subprocess.run(  # noqa: S603 - our own API
                migrate, env=environment, cwd=PROJECT_ROOT, check=False
            )
            if done.returncode != 0:
                return done.returncode
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - asked


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(str(error))
