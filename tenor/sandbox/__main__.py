"""`python -m tenor.sandbox`: run the stand-ins on one address."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from pydantic import ValidationError

from tenor.sandbox.app import create_app
from tenor.sandbox.memory import UnreadableMemory
from tenor.sandbox.settings import SandboxSettings

_KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep idle connections, so that none sends into a closing one."""
_SHUTDOWN_SECONDS = 3


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 if the settings or the memory cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m tenor.sandbox",
        description="Local stand-ins for Twilio, SendGrid, Stripe and a bank. "
        "Secrets come from TENOR_SANDBOX_….",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8025, help="port to listen on")
    parser.add_argument("--state-dir", type=Path, required=True, help="folder of the memory")
    options = parser.parse_args(arguments)
    try:
        settings = SandboxSettings(state_dir=options.state_dir)
        app = create_app(settings, lambda: datetime.now(UTC))
    except ValidationError as problem:
        for error in problem.errors(include_input=False, include_context=False, include_url=False):
            name = "_".join(str(part) for part in error["loc"]).upper() or "SETTINGS"
            sys.stderr.write(f"TENOR_SANDBOX_{name}: {error['msg']}\n")
        return 2
    except UnreadableMemory as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
