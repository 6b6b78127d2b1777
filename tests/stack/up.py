"""Runs a stack of stand-ins until a signal, as `tenor up` does: `up.py STATE_DIR`."""

import asyncio
import sys
from pathlib import Path

from tenor.stack import Stack, StackError, progress_for, until_stopped
from tests.stack.support import options


async def stay(stack: Stack) -> None:
    sys.stdout.write(f"up {stack.api_url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> int:
    stack = Stack(options(Path(sys.argv[1])), progress_for())
    try:
        asyncio.run(until_stopped(stack, stay))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
