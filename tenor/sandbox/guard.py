"""Keeps other web sites away from `/sandbox`, which needs no log-in.

A page of another site may make the browser send requests to this machine. It cannot forge the
Host it reached us by nor the Origin it is, so both are looked at.
"""

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GUARDED: Final = "/sandbox"
_READING = frozenset({"GET", "HEAD"})
_OWN_FETCHES = frozenset({"same-origin", "none"})

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SameSiteOnly:
    """ASGI middleware: refuses foreign hosts and origins and adds the pages' security headers."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str]) -> None:
        """Wrap an application; `allowed_hosts` are names without a port."""
        self._app = app
        self._allowed = frozenset(name.lower() for name in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to what comes from elsewhere."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._allowed or not self._is_own(scope["method"], host, headers):
            refusal = PlainTextResponse("This page answers only to its own address.\n", 403)
            await refusal(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _PAGE_HEADERS.items():
                    sent.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)

    @staticmethod
    def _is_own(method: str, host: str, headers: Headers) -> bool:
        if method in _READING:
            return True
        origin = headers.get("origin")
        if origin is not None:
            return origin in {f"http://{host}", f"https://{host}"}
        return headers.get("sec-fetch-site", "none") in _OWN_FETCHES


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
