"""`python -m workers ROLE [ROLE …]`: a worker process; `all` plays every role."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from workers import log
from workers.process import MissingClientError, run
from workers.roles import WorkerRole, chosen
from workers.settings import WorkerSettings

EXIT_CONFIGURATION = 78
"""EX_CONFIG of sysexits.h: starting again will not help before the settings are mended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker process; the exit code says how it ended (0 after an orderly stop)."""
    parser = argparse.ArgumentParser(prog="python -m workers", description=main.__doc__)
    parser.add_argument(
        "roles",
        nargs="+",
        metavar="ROLE",
        choices=[*(role.value for role in WorkerRole), "all"],
        help="relay, loans, cases, delivery, closing, documents, or all",
    )
    roles = chosen(parser.parse_args(arguments).roles)
    try:
        settings = WorkerSettings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            field = "_".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"setting TENOR_{field}: {problem['msg']}\n")
        return EXIT_CONFIGURATION
    log.configure(settings.log_level)
    try:
        asyncio.run(run(roles, settings))
    except MissingClientError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIGURATION
    return 0


if __name__ == "__main__":
    code = main()
    # Everything of ours has ended in order. The SDK's native threads may not have, and an
    # interpreter that is taken down under them aborts; so it is left without being taken down.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
