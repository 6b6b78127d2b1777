"""The typed REST client of Tenor's own commands: log-in, keyed calls, retries, problems."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Final, Generic, Self, TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.base import Page, Wire
from contracts.identity import Token
from domain.errors import ErrorCode, Fact

BASE_PATH: Final = "/api/v1"
PAGE_SIZE: Final = 200
"""The most items the API gives at once."""

_TOKEN_MARGIN_SECONDS: Final = 90.0
_CALL_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 3.0
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_LONGEST_ASKED_PAUSE: Final = 70.0

_TRY_AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

Answer = TypeVar("Answer", bound=Wire)
Query = Mapping[str, str | int | None]
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FieldFault:
    """Where a request was wrong, as a dotted path, and how."""

    at: str
    message: str


class RestError(Exception):
    """An answer that says no (RFC 9457), or that there was none.

    Attributes:
        status: HTTP status; 0 when the API gave no answer at all.
        code: The problem's stable code; never branch on the text.
        detail: What it says to a person.
        facts: What it says to a program.
        fields: Which fields were malformed.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        facts: Mapping[str, Fact] | None = None,
        fields: tuple[FieldFault, ...] = (),
    ) -> None:
        """Keep the parts of the problem."""
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.facts: dict[str, Fact] = dict(facts or {})
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Posted(Generic[Answer]):
    """An answer to a POST, and whether it is the saved answer of an earlier one."""

    value: Answer
    replayed: bool


class _FieldProblem(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    at: list[str | int] = []
    message: str = ""


class _Problem(BaseModel):
    """What of a problem matters here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str = ""
    detail: str = ""
    facts: dict[str, str | int | None] | None = None
    errors: list[_FieldProblem] | None = None


@dataclass(frozen=True, slots=True)
class LogInData:
    """Who calls."""

    email: str
    password: str = field(repr=False)


class RestClient:
    """Calls the API as one user, as an asynchronous context manager.

    Every POST carries an idempotency key and is sent again, with that key, while the API is away
    or busy: a server that is killed in the middle of a call does no harm. The token is renewed
    before its fifteen minutes are over.
    """

    def __init__(
        self,
        api_url: str,
        who: LogInData,
        *,
        patience: float = 90.0,
        clock: Callable[[], float] = monotonic,
        pause: Pause = asyncio.sleep,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Keep where and as whom to call.

        Args:
            api_url: Origin of the API, without the base path.
            who: The user.
            patience: Seconds for which a call is repeated while the API gives no answer.
            clock: Seconds that only grow; tokens and patience are timed by it.
            pause: Waits so many seconds.
            transport: Replaces the network, for tests.
        """
        self._who = who
        self._patience = patience
        self._clock = clock
        self._pause = pause
        self._http = httpx2.AsyncClient(
            base_url=api_url.rstrip("/") + BASE_PATH,
            timeout=httpx2.Timeout(_CALL_SECONDS, connect=_CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=16, keepalive_expiry=4.0),
            headers={"Accept": "application/json", "User-Agent": "tenor-command"},
            transport=transport,
            trust_env=False,
        )
        self._bearer = ""
        self._fresh_until = 0.0
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Open the connections; nothing is sent yet."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def bearer(self) -> str:
        """The bearer token, for whoever sends what this client does not; raises `RestError`."""
        return await self._token()

    async def get(self, path: str, answer: type[Answer], query: Query | None = None) -> Answer:
        """Read something; raises `RestError`."""
        response = await self._call("GET", path, query=query)
        return _read(response, answer)

    async def download(self, path: str) -> bytes:
        """Read a file as it is; raises `RestError`."""
        return (await self._call("GET", path)).content

    async def post(
        self,
        path: str,
        answer: type[Answer],
        body: Wire | None,
        key: str,
        *,
        seen: int | None = None,
    ) -> Answer:
        """Do something once, however often it is sent; raises `RestError`.

        What changes a thing that has versions names the one that was `seen`.
        """
        return (await self.post_once(path, answer, body, key, seen=seen)).value

    async def put(
        self, path: str, answer: type[Answer], body: Wire, *, seen: int | None = None
    ) -> Answer:
        """Say how something shall be; raises `RestError`.

        What is there already names the version that was `seen`.
        """
        return _read(await self._call("PUT", path, body=body, seen=seen), answer)

    async def ask(self, path: str, answer: type[Answer], body: Wire) -> Answer:
        """Ask something that needs a body and changes nothing; raises `RestError`."""
        return _read(await self._call("POST", path, body=body), answer)

    async def post_once(
        self,
        path: str,
        answer: type[Answer],
        body: Wire | None,
        key: str,
        *,
        seen: int | None = None,
    ) -> Posted[Answer]:
        """Do something once, and tell whether it had been done before; raises `RestError`."""
        response = await self._call("POST", path, body=body, key=key, seen=seen)
        replayed = response.headers.get("Idempotent-Replayed") == "true"
        return Posted(_read(response, answer), replayed)

    async def upload(
        self, path: str, answer: type[Answer], content: bytes, query: Query, key: str
    ) -> Answer:
        """Hand in a file once, however often it is sent; raises `RestError`."""
        response = await self._call("POST", path, query=query, body=content, key=key)
        return _read(response, answer)

    async def pages(
        self, path: str, page: type[Page[Answer]], query: Query | None = None
    ) -> AsyncIterator[Answer]:
        """Walk through a whole list; raises `RestError`."""
        cursor: str | None = None
        while True:
            asked = {**(query or {}), "limit": PAGE_SIZE, "cursor": cursor}
            found = await self.get(path, page, asked)
            for item in found.items:
                yield item
            cursor = found.next_cursor
            if cursor is None:
                return

    # -- the wire ------------------------------------------------------------------------------

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Wire | bytes | None = None,
        key: str | None = None,
        seen: int | None = None,
    ) -> httpx2.Response:
        """Send until there is an answer; one refused token is renewed."""
        keyed = {} if key is None else {"Idempotency-Key": key}
        if seen is not None:
            keyed["If-Match"] = f'"{seen}"'
        bearer = await self._token()
        response = await self._send(method, path, keyed | _bearing(bearer), query, body)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            bearer = await self._token(refused=bearer)
            response = await self._send(method, path, keyed | _bearing(bearer), query, body)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise _refusal(response)
        return response

    async def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        query: Query | None = None,
        body: Wire | bytes | None = None,
    ) -> httpx2.Response:
        sent = dict(headers)
        content = body if isinstance(body, bytes) else None
        if isinstance(body, bytes):
            sent["Content-Type"] = "application/octet-stream"
        elif body is not None:
            content = body.model_dump_json(exclude_none=True).encode()
            sent["Content-Type"] = "application/json"
        given = {k: str(v) for k, v in (query or {}).items() if v is not None}
        deadline = self._clock() + self._patience
        wait = _FIRST_PAUSE
        while True:
            asked: float | None = None
            try:
                response = await self._http.request(
                    method, path, params=given or None, content=content, headers=sent
                )
            except httpx2.TransportError as error:
                trouble = RestError(
                    0,
                    ErrorCode.UNAVAILABLE.value,
                    f"The API gave no answer ({type(error).__name__}).",
                )
            else:
                if not _is_passing(response):
                    return response
                trouble = _refusal(response)
                asked = _seconds(response.headers.get("Retry-After"))
            pause = wait if asked is None else min(asked, _LONGEST_ASKED_PAUSE)
            if self._clock() + pause > deadline:
                raise trouble
            await self._pause(pause)
            wait = min(wait * 2, _LONGEST_PAUSE)

    async def _token(self, *, refused: str | None = None) -> str:
        """The bearer token: kept until shortly before it expires, or until it is refused."""
        async with self._renewing:
            stale = self._clock() >= self._fresh_until
            if self._bearer and not stale and self._bearer != refused:
                return self._bearer
            body = _Credentials(email=self._who.email, password=self._who.password)
            response = await self._send("POST", "/auth/login", {}, body=body)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                raise _refusal(response)
            token = _read(response, Token)
            margin = min(_TOKEN_MARGIN_SECONDS, token.expires_in / 2)
            self._bearer = token.access_token
            self._fresh_until = self._clock() + token.expires_in - margin
            return self._bearer


class _Credentials(Wire):
    """The log-in as it is sent: the contract's own type hides its password when it is dumped."""

    email: str
    password: str


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _is_passing(response: httpx2.Response) -> bool:
    """Whether the same call may well be answered in a moment."""
    if response.status_code in _TRY_AGAIN:
        return True
    if response.status_code != HTTPStatus.CONFLICT:
        return False
    return _refusal(response).code == ErrorCode.IDEMPOTENCY_IN_PROGRESS.value


def _read(response: httpx2.Response, answer: type[Answer]) -> Answer:
    try:
        return answer.model_validate_json(response.content)
    except ValidationError:
        pass  # its text would repeat the answer, which may hold personal data
    raise RestError(
        response.status_code,
        ErrorCode.INTERNAL.value,
        f"The API's answer is no {answer.__name__}; does it run the same version?",
    )


def _refusal(response: httpx2.Response) -> RestError:
    """The error for an answer that says no; what is not a problem goes by its status."""
    try:
        problem = _Problem.model_validate_json(response.content)
    except ValidationError:
        problem = _Problem()
    return RestError(
        response.status_code,
        problem.code or f"http-{response.status_code}",
        problem.detail or f"The API answered {response.status_code}.",
        problem.facts,
        tuple(
            FieldFault(".".join(str(part) for part in each.at), each.message)
            for each in problem.errors or ()
        ),
    )


def _seconds(header: str | None) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3); a date is left to our own back-off."""
    if header is None or not (header.isascii() and header.isdigit()):
        return None
    return float(header)
