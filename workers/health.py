"""The health of a worker process, for whoever supervises it, and its measures, over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from workers.metrics import CONTENT_TYPE, WorkerMetrics

_TIME_LIMIT: Final = 10.0
_LONGEST_LINE: Final = 4096
_BELIEVED_SECONDS: Final = 3.0
"""How long an answer of a check is believed: probes may come often."""

STARTING: Final = "starting"

Check = Callable[[], Awaitable[str | None]]
"""Says in a few words why something is not as it should be, or None when it is."""


class Readiness:
    """Whether a process does its work at this moment, and what keeps it from it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Begin as starting."""
        self._clock = clock
        self._checks: dict[str, Check] = {}
        self._believed: dict[str, tuple[float, str | None]] = {}
        self._started = False

    def started(self) -> None:
        """The process has come up; from now on the checks alone decide."""
        self._started = True

    def add(self, name: str, check: Check) -> None:
        """Ask `check` too."""
        self._checks[name] = check

    async def reasons(self) -> dict[str, str]:
        """What stands in the way, by name; empty when the process is ready."""
        if not self._started:
            return {"process": STARTING}
        found = {name: await self._ask(name, check) for name, check in self._checks.items()}
        return {name: reason for name, reason in found.items() if reason is not None}

    async def _ask(self, name: str, check: Check) -> str | None:
        until, reason = self._believed.get(name, (0.0, None))
        if self._clock() >= until:
            reason = await check()
            self._believed[name] = self._clock() + _BELIEVED_SECONDS, reason
        return reason


@asynccontextmanager
async def serve_health(
    host: str, port: int | None, readiness: Readiness, metrics: WorkerMetrics
) -> AsyncIterator[int | None]:
    """Answer `GET /health/live`, `/health/ready` and `/metrics` while the block runs.

    Yields the port. Without a port nothing is served; port 0 takes a free one.
    """
    if port is None:
        yield None
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                request = await reader.readline()
                while (await reader.readline()).strip():
                    pass
                writer.write(await _answer(request, readiness, metrics))
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass  # a caller who sends no request, or too much of one, gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port, limit=_LONGEST_LINE)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _answer(request: bytes, readiness: Readiness, metrics: WorkerMetrics) -> bytes:
    kind = "application/json"
    match request.split():
        case [b"GET", b"/health/live", _]:
            status, body = "200 OK", _json("live")
        case [b"GET", b"/health/ready", _]:
            reasons = await readiness.reasons()
            status = "503 Service Unavailable" if reasons else "200 OK"
            body = _json("not ready" if reasons else "ready", reasons)
        case [b"GET", b"/metrics", _]:
            status, body, kind = "200 OK", await metrics.text(), CONTENT_TYPE
        case _:
            status, body = "404 Not Found", _json("not found")
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nCache-Control: no-store\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _json(status: str, checks: dict[str, str] | None = None) -> bytes:
    return json.dumps({"status": status, "checks": checks or {}}).encode()
