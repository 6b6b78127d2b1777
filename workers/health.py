"""The health of a worker process, for whoever supervises it: two answers over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

_TIME_LIMIT: Final = 5.0
_LONGEST_LINE: Final = 4096


@asynccontextmanager
async def serve_health(
    host: str, port: int | None, is_ready: Callable[[], bool]
) -> AsyncIterator[int | None]:
    """Answer `GET /health/live` and `/health/ready` while the block runs; yields the port.

    Without a port nothing is served; port 0 takes a free one.
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
                writer.write(_answer(request, is_ready))
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass  # a caller who sends no request, or too much of one, gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port, limit=_LONGEST_LINE)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _answer(request: bytes, is_ready: Callable[[], bool]) -> bytes:
    match request.split():
        case [b"GET", b"/health/live", _]:
            status, body = "200 OK", b'{"status":"live"}'
        case [b"GET", b"/health/ready", _] if is_ready():
            status, body = "200 OK", b'{"status":"ready"}'
        case [b"GET", b"/health/ready", _]:
            status, body = "503 Service Unavailable", b'{"status":"starting"}'
        case _:
            status, body = "404 Not Found", b'{"status":"not found"}'
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
