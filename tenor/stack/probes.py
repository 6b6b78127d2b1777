"""How the supervisor finds out whether a process is ready."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

Probe = Callable[[], Awaitable[bool]]
"""Answers whether a process is ready now; never raises for "not yet"."""

HTTP_OK = b"200"
PATIENCE_SECONDS = 5.0


def answers_http(port: int, path: str, host: str = "127.0.0.1") -> Probe:
    """Make a probe that is content when `GET path` is answered with 200."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                    writer.write(f"{request}Connection: close\r\n\r\n".encode())
                    await writer.drain()
                    status_line = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False
        return status_line.split(b" ")[1:2] == [HTTP_OK]

    return probe


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody accepts connections on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.settimeout(1)
        return caller.connect_ex((host, port)) == 0
