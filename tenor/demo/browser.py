"""The demo's side of the gateway: people open links and pay on the hosted page."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import monotonic
from typing import Final, Self

import httpx2
from pydantic import BaseModel, ConfigDict

from tenor.client import Pause
from tenor.demo.phones import SandboxError

_CALL_SECONDS: Final = 20.0
_PATIENCE_SECONDS: Final = 90.0
_PAUSE_SECONDS: Final = 0.1


class AtGateway(BaseModel):
    """What the gateway says it has taken, in minor units by currency."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payments: int
    declined: int
    taken: dict[str, int]


class Browser:
    """Opens pages as people do, as an asynchronous context manager."""

    def __init__(
        self,
        sandbox_url: str,
        *,
        clock: Callable[[], float] = monotonic,
        pause: Pause = asyncio.sleep,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Keep where the sandbox is; `transport` replaces the network in tests."""
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(_CALL_SECONDS, connect=3.0),
            transport=transport,
            trust_env=False,
        )
        self._sandbox = sandbox_url.rstrip("/")
        self._clock = clock
        self._pause = pause

    async def __aenter__(self) -> Self:
        """Open the connections."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def pay(self, link: str) -> None:
        """Open a link and pay on the page it leads to, once; raises `SandboxError`."""
        page = await self._page(link)
        await self._until(lambda: self._http.post(page, data={"card": "visa"}), {HTTPStatus.OK})

    async def counts(self) -> AtGateway:
        """What the gateway has taken; raises `SandboxError`."""
        answer = await self._until(
            lambda: self._http.get(f"{self._sandbox}/sandbox/api/money"), {HTTPStatus.OK}
        )
        return AtGateway.model_validate_json(answer.content)

    async def _page(self, link: str) -> str:
        """Where a link leads; the page may take a moment to be made."""
        deadline = self._clock() + _PATIENCE_SECONDS
        while True:
            answer = await self._until(
                lambda: self._http.get(link), {HTTPStatus.OK, HTTPStatus.SEE_OTHER}
            )
            if answer.status_code == HTTPStatus.SEE_OTHER:
                return str(answer.headers["Location"])
            if self._clock() > deadline:
                raise SandboxError("No page to pay on was opened.")
            await self._pause(_PAUSE_SECONDS)

    async def _until(
        self, call: Callable[[], Awaitable[httpx2.Response]], good: set[HTTPStatus]
    ) -> httpx2.Response:
        """Repeat a call that may be repeated, while its server is away."""
        deadline = self._clock() + _PATIENCE_SECONDS
        while True:
            answer: httpx2.Response | None
            try:
                answer = await call()
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.status_code in good:
                return answer
            if answer is not None and answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise SandboxError(f"A page answered {answer.status_code}.")
            if self._clock() > deadline:
                raise SandboxError("A page does not answer.")
            await self._pause(_PAUSE_SECONDS)
