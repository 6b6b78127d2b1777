"""The demo's side of the sandbox providers: what reached people's phones, and what they text."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Final, Self

import httpx2
from pydantic import BaseModel, ConfigDict, Field

from tenor.client import Pause

_CALL_SECONDS: Final = 20.0
_PATIENCE_SECONDS: Final = 90.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_PAGE: Final = 1000


class SandboxError(Exception):
    """The sandbox cannot be used as it should; the message says why."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Message(_Answer):
    id: int
    from_: str = Field(alias="from")
    to: str
    body: str


class _Messages(_Answer):
    messages: list[_Message]
    next_after_id: int | None


class _Replied(_Answer):
    accepted: bool


class _Pending(_Answer):
    count: int


class _Count(_Answer):
    outbound: int


class _Counts(_Answer):
    twilio: _Count
    sendgrid: _Count


@dataclass(frozen=True, slots=True)
class Received:
    """A text that reached a phone; `sender` is our number, to which a reply goes."""

    phone: str = field(repr=False)
    sender: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AtProvider:
    """What the providers say they were handed."""

    sms: int
    email: int


class Phones:
    """Reads and answers texts at the sandbox, as an asynchronous context manager."""

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = monotonic,
        pause: Pause = asyncio.sleep,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Keep where the sandbox is; `transport` replaces the network in tests."""
        self._http = httpx2.AsyncClient(
            base_url=f"{url.rstrip('/')}/sandbox/api",
            timeout=httpx2.Timeout(_CALL_SECONDS, connect=3.0),
            transport=transport,
            trust_env=False,
        )
        self._clock = clock
        self._pause = pause
        self._seen = 0

    async def __aenter__(self) -> Self:
        """Open the connections."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def new_texts(self) -> list[Received]:
        """The texts that arrived since this was asked last, in order."""
        found: list[Received] = []
        while True:
            page = await self._messages("outbound", self._seen)
            found += [Received(each.to, each.from_, each.body) for each in page.messages]
            if page.messages:
                self._seen = page.messages[-1].id
            if page.next_after_id is None:
                return found

    async def reply(self, phone: str, to: str, body: str) -> None:
        """Text from a phone, once: after a broken connection it is looked up before it is sent.

        When the API is away the sandbox keeps the text and delivers it later; see `settle`.
        """
        deadline = self._clock() + _PATIENCE_SECONDS
        before = await self._sent_by(phone)
        while True:
            try:
                response = await self._http.post(
                    "/replies", json={"from": phone, "to": to, "body": body}
                )
            except httpx2.TransportError:
                if self._clock() > deadline:
                    raise SandboxError("The sandbox does not answer.") from None
                await self._pause(_LONGEST_PAUSE)
                if await self._sent_by(phone) > before:
                    return
                continue
            if response.status_code != HTTPStatus.OK:
                raise SandboxError(f"The sandbox refused a text ({response.status_code}).")
            _Replied.model_validate_json(response.content)
            return

    async def settle(self) -> bool:
        """Wait until the API has accepted every webhook; tell whether any was on its way."""
        deadline = self._clock() + _PATIENCE_SECONDS
        wait, waited = _FIRST_PAUSE, False
        while True:
            content = await self._get("/webhooks/pending", {})
            if _Pending.model_validate_json(content).count == 0:
                return waited
            waited = True
            if self._clock() > deadline:
                raise SandboxError("The API does not accept the webhooks of the sandbox.")
            await self._pause(wait)
            wait = min(wait * 2, _LONGEST_PAUSE)

    async def counts(self) -> AtProvider:
        """How many messages each provider was handed."""
        counts = _Counts.model_validate_json(await self._get("/counts", {}))
        return AtProvider(counts.twilio.outbound, counts.sendgrid.outbound)

    async def _sent_by(self, phone: str) -> int:
        """How many texts a person has sent us."""
        after, count = 0, 0
        while True:
            page = await self._messages("inbound", after)
            count += sum(1 for each in page.messages if each.from_ == phone)
            if page.next_after_id is None:
                return count
            after = page.next_after_id

    async def _messages(self, direction: str, after: int) -> _Messages:
        asked: dict[str, str | int] = {
            "provider": "twilio",
            "direction": direction,
            "after_id": after,
            "limit": _PAGE,
        }
        return _Messages.model_validate_json(await self._get("/messages", asked))

    async def _get(self, path: str, query: dict[str, str | int]) -> bytes:
        deadline = self._clock() + _PATIENCE_SECONDS
        while True:
            try:
                response = await self._http.get(path, params=query)
            except httpx2.TransportError:
                if self._clock() > deadline:
                    raise SandboxError("The sandbox does not answer.") from None
                await self._pause(_LONGEST_PAUSE)
                continue
            if response.status_code != HTTPStatus.OK:
                raise SandboxError(f"The sandbox answered {response.status_code}.")
            return response.content
