"""The Temporal development server of the stack: its command line and its readiness."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from contracts.names import Attribute
from tenor.stack.programs import temporal_program

NAMESPACE = "default"

SEARCH_ATTRIBUTES = {
    Attribute.STATE: "Keyword",
    Attribute.STAGE: "Keyword",
    Attribute.BUCKET: "Keyword",
    Attribute.PAST_DUE_SINCE: "Datetime",
    Attribute.NEXT_ACTION: "Keyword",
    Attribute.NEXT_AT: "Datetime",
    Attribute.OWNER: "Keyword",
    Attribute.CLOCK: "Keyword",
}
"""Every search attribute our workflows set, with its type; none holds personal data."""

_PROMPT_QUEUES = ("transfer", "timer", "visibility")
_POLLS_PER_SECOND = 2000
"""The development server looks at its queues at most 20 times a second; with a higher limit an
update with start, two activities and the end take a third of the time, at no cost when idle."""


@dataclass(frozen=True, slots=True)
class TemporalServer:
    """A development server on one port.

    Attributes:
        port: of the gRPC front end.
        ui_port: of the web pages, or None for none.
        database: SQLite file that keeps the histories, or None to keep them in memory.
        durable: wait for the disk at every checkpoint of that file.
    """

    port: int
    ui_port: int | None
    database: Path | None
    durable: bool = True

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.port}"

    def command(self) -> tuple[str, ...]:
        """Return the command line; it stays in the foreground.

        Raises:
            StackError: when the program is missing.
        """
        arguments = [
            temporal_program(),
            *("server", "start-dev"),
            *("--ip", "127.0.0.1", "--port", str(self.port)),
            *("--log-level", "warn", "--log-format", "json"),
        ]
        for queue in _PROMPT_QUEUES:
            limit = f"history.{queue}ProcessorMaxPollRPS={_POLLS_PER_SECOND}"
            arguments += ["--dynamic-config-value", limit]
        if self.ui_port is None:
            arguments.append("--headless")
        else:
            arguments += ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
        if self.database is not None:
            synchronous = "normal" if self.durable else "off"
            arguments += ["--db-filename", str(self.database)]
            arguments += ["--sqlite-pragma", "journal_mode=wal"]
            arguments += ["--sqlite-pragma", f"synchronous={synchronous}"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            arguments += ["--search-attribute", f"{name.value}={kind}"]
        return tuple(arguments)

    async def is_ready(self) -> bool:
        """Whether the server answers and knows all search attributes."""
        process = await asyncio.create_subprocess_exec(
            temporal_program(),
            *("operator", "search-attribute", "list", "--output", "json"),
            *("--address", self.address, "--namespace", NAMESPACE, "--command-timeout", "5s"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        answer, _ = await process.communicate()
        if process.returncode != 0:
            return False
        try:
            known = json.dumps(json.loads(answer))
        except ValueError:
            return False
        return all(f'"{name.value}"' in known for name in SEARCH_ATTRIBUTES)
