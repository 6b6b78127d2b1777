"""Pure ASGI middleware: request ids, security headers, a limit on bodies, log context."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem
from domain.errors import ErrorCode

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""For answers that are data; pages set a Content-Security-Policy of their own."""

_SENT = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
"""The same, ready for the wire."""

_MAX_REQUEST_ID = 64


@dataclass(frozen=True, slots=True)
class Allowance:
    """A larger limit for the bodies of one operation."""

    method: str
    path: re.Pattern[str]
    max_body_bytes: int


class Edge:
    """The outermost layer of the API."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, larger: Sequence[Allowance] = ()) -> None:
        """Wrap an application; bodies above the limit are refused unread.

        Args:
            app: What answers.
            max_body_bytes: The limit of every operation but those in `larger`.
            larger: The operations that take more.
        """
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger = tuple(larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    *(header for header in _SENT if header[0] not in given),
                ]
            await send(message)

        try:
            limit = self._limit(scope)
            if _declared(scope) > limit:
                answer = problem(
                    ErrorCode.BODY_TOO_LARGE, f"A request may hold {limit} bytes here."
                )
                await answer(scope, receive, send_with_headers)
                return
            await self._app(scope, _counted(receive, limit), send_with_headers)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")

    def _limit(self, scope: Scope) -> int:
        for each in self._larger:
            if scope["method"] == each.method and each.path.fullmatch(scope["path"]):
                return each.max_body_bytes
        return self._max_body_bytes


def _counted(receive: Receive, limit: int) -> Receive:
    """Count what is really received: a length may be missing or a lie."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            # Raised while the body is read, inside the application, which answers it.
            raise HTTPException(status_code=413)
        return message

    return counted


def _declared(scope: Scope) -> int:
    """The length the request says it has; 0 when it says none."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


def _request_id(scope: Scope) -> str:
    """The caller's own id when it is harmless, else a new one."""
    given: str = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    if 0 < len(given) <= _MAX_REQUEST_ID and given.replace("-", "").isalnum() and given.isascii():
        return given
    return uuid4().hex
