"""Pure ASGI middleware: request ids, security headers, a limit on bodies, one log line each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final
from uuid import uuid4

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problems import PROBLEM, problem, unexpected
from domain.errors import ErrorCode

log = structlog.get_logger(__name__)

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
_NO_OPERATION: Final = "none"
"""The operation of a request that fits no route; its path may be anything and is not kept."""
_PROBES: Final = frozenset({"live", "ready", "read_metrics"})
"""Asked every few seconds by machines: logged only when they are refused."""
_SERVER_ERROR: Final = 500
_GONE: Final = 499
"""Not a status of HTTP; proxies have long written it for a caller who hung up."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A larger limit for the bodies of one operation."""

    method: str
    path: re.Pattern[str]
    max_body_bytes: int


class Edge:
    """The outermost layer of the API."""

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int,
        metrics: Metrics,
        larger: Sequence[Allowance] = (),
        unforeseen: Callable[[Scope, Exception], ASGIApp] = lambda _, error: unexpected(error),
    ) -> None:
        """Wrap an application; bodies above the limit are refused unread.

        Args:
            app: What answers.
            max_body_bytes: The limit of every operation but those in `larger`.
            metrics: Where answers are counted.
            unforeseen: The answer to an error that nobody foresaw.
            larger: The operations that take more.
        """
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._metrics = metrics
        self._unforeseen = unforeseen
        self._larger = tuple(larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    *(header for header in _SENT if header[0] not in given),
                ]
            await send(message)

        self._metrics.in_flight += 1
        try:
            limit = self._limit(scope)
            if _declared(scope) > limit:
                answer = problem(
                    ErrorCode.BODY_TOO_LARGE, f"A request may hold {limit} bytes here."
                )
                await answer(scope, receive, send_with_headers)
                return
            await self._app(scope, _counted(receive, limit), send_with_headers)
        except Exception as error:
            if status:
                raise  # half an answer is out: the connection is closed, and the caller sees it
            await self._unforeseen(scope, error)(scope, receive, send_with_headers)
        finally:
            self._metrics.in_flight -= 1
            # A caller who went away before the answer began has none.
            self._note(scope, status or _GONE, perf_counter() - began, state.get(PROBLEM))
            structlog.contextvars.reset_contextvars(**bound)

    def _note(self, scope: Scope, status: int, seconds: float, code: str | None) -> None:
        """Count the answer, and log its one line: no path and no query, they may name people."""
        route = scope.get("route")
        named = getattr(route, "operation_id", None) or getattr(route, "name", None)
        operation = _NO_OPERATION if named is None else str(named)
        self._metrics.request(operation, status, seconds, code)
        if operation in _PROBES and status < _SERVER_ERROR:
            return
        facts = {} if code is None else {"problem": code}
        log.info(
            "request",
            operation=operation,
            method=scope["method"],
            status=status,
            ms=round(seconds * 1000, 1),
            **facts,
        )

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
