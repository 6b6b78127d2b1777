"""The system of record as activities see it: one typed REST client for each set of credentials.

Every failure leaves as an `ApplicationError` whose type is the problem's code; see
`activities.errors`. Neither requests nor answers are logged: some carry addresses and text.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Final, Literal, Self, TypeVar
from uuid import UUID

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.errors import failure, unavailable
from contracts.base import Wire
from contracts.documents import ReadResult
from contracts.money_work import (
    BankOutcome,
    CollectionClaim,
    GatewayOutcome,
    MoneyPlan,
    PayoutClaim,
)
from contracts.work import (
    AckWakes,
    CasePlan,
    ClockStep,
    CloseReport,
    Dispatched,
    DispatchMessages,
    DocumentPlan,
    DocumentRendered,
    DocumentScan,
    Lease,
    LeaseMessages,
    LeaseWakes,
    LoanAdvance,
    SendOutcomes,
    StepRef,
    Swept,
    TaskAdvance,
    Wakes,
)
from domain.errors import ErrorCode

BASE_PATH: Final = "/api/v1"

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_BYTES: Final = "application/octet-stream"
_CHUNK: Final = 65536
LARGEST_ANSWER: Final = 200 * 1024 * 1024 + _CHUNK
"""Bytes: the largest file that an installation may allow."""
_FILE_SECONDS: Final = 60.0
_CALL_SECONDS: Final = 8.0
"""One ordinary call; inside the ten seconds that its activity attempt has."""
_LONG_POLL_SECONDS: Final = 25.0
_CLOSING_SECONDS: Final = 600.0
_CONNECT_SECONDS: Final = 3.0
_TOKEN_MARGIN_SECONDS: Final = 30.0

Method = Literal["GET", "POST", "PUT"]

Answer = TypeVar("Answer", bound=Wire)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A service client of the API (OAuth 2.0 client credentials, RFC 6749 section 4.4)."""

    client_id: str
    client_secret: str = field(repr=False)


class _Token(BaseModel):
    """The token endpoint's answer (RFC 6749 section 5.1); fields we don't use may come along."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    access_token: str
    expires_in: float


class _Problem(BaseModel):
    """What of a problem (RFC 9457) matters here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str = ""
    detail: str = ""


class SystemOfRecord:
    """The calls that workers make, with the scopes of one service client.

    Use it as an asynchronous context manager: it owns a pool of kept-alive connections. Its
    methods raise `ApplicationError` and nothing else; their docstrings say only what they mean.
    """

    def __init__(
        self,
        api_url: str,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = monotonic,
        connections: int = 64,
    ) -> None:
        """Keep where and as whom to call.

        Args:
            api_url: The API's root, without the base path.
            credentials: The service client to act as.
            clock: Seconds that only grow; tokens are timed by it.
            connections: The most calls in flight at once.
        """
        self._root = api_url.rstrip("/") + BASE_PATH
        self._credentials = credentials
        self._clock = clock
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._bearer = ""
        self._fresh_until = 0.0
        self._fetching = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Open the pool; nothing is sent yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=4.0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "application/json", "User-Agent": "tenor-worker"},
            skip_auto_headers=("Content-Type",),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def log_in(self) -> None:
        """Get a token, to see whether the credentials are good."""
        await self._token()

    # -- loans and cases -----------------------------------------------------------------------

    async def advance_loan(self, loan_id: UUID) -> LoanAdvance:
        """Apply all that is due on a loan."""
        return await self._ask(f"/loans/{loan_id}/advance", LoanAdvance)

    async def plan_case(self, case_id: UUID) -> CasePlan:
        """Decide what a case does next."""
        return await self._ask(f"/recovery-cases/{case_id}/plan", CasePlan)

    async def perform_step(self, step: StepRef) -> CasePlan:
        """Perform a step if it is still wanted, and decide what follows."""
        return await self._ask(f"/recovery-cases/{step.case_id}/steps", CasePlan, step)

    async def advance_task(self, task_id: UUID) -> TaskAdvance:
        """Do what is due of a task's follow-up."""
        return await self._ask(f"/tasks/{task_id}/advance", TaskAdvance)

    # -- deliveries ----------------------------------------------------------------------------

    async def lease_messages(self, request: LeaseMessages) -> Lease:
        """Take a group of due messages, permits granted, for a while."""
        return await self._ask("/deliveries/lease", Lease, request)

    async def dispatch_messages(self, request: DispatchMessages) -> Dispatched:
        """Ask which of a leased group may really go, now."""
        return await self._ask("/deliveries/dispatch", Dispatched, request)

    async def report_outcomes(self, outcomes: SendOutcomes) -> Swept:
        """Record what the provider said, and hear where the channel stands."""
        return await self._ask("/deliveries/results", Swept, outcomes)

    # -- collections and payouts ---------------------------------------------------------------

    async def plan_collection(self, collection_id: UUID) -> MoneyPlan:
        """Decide what a collection does next."""
        return await self._ask(f"/collections/{collection_id}/plan", MoneyPlan)

    async def claim_collection(self, collection_id: UUID) -> CollectionClaim:
        """Claim the gateway call that is due."""
        return await self._ask(f"/collections/{collection_id}/claim", CollectionClaim)

    async def report_collection(self, collection_id: UUID, said: GatewayOutcome) -> MoneyPlan:
        """Record what the gateway said, and hear what follows."""
        return await self._ask(f"/collections/{collection_id}/outcomes", MoneyPlan, said)

    async def plan_payout(self, payout_id: UUID) -> MoneyPlan:
        """Decide what a payout does next."""
        return await self._ask(f"/payouts/{payout_id}/plan", MoneyPlan)

    async def claim_payout(self, payout_id: UUID) -> PayoutClaim:
        """Claim the transfer that is due."""
        return await self._ask(f"/payouts/{payout_id}/claim", PayoutClaim)

    async def report_payout(self, payout_id: UUID, said: BankOutcome) -> MoneyPlan:
        """Record what the bank said, and hear what follows."""
        return await self._ask(f"/payouts/{payout_id}/outcomes", MoneyPlan, said)

    # -- clocks and books ----------------------------------------------------------------------

    async def step_clock(self, clock_id: UUID) -> ClockStep:
        """Take a test clock one step; the answer may wait while things settle."""
        return await self._ask(
            f"/test-clocks/{clock_id}/step", ClockStep, seconds=_LONG_POLL_SECONDS
        )

    async def close_due_days(self) -> CloseReport:
        """Close the days that are over in some books."""
        return await self._ask("/books/close-due", CloseReport, seconds=_CLOSING_SECONDS)

    # -- documents -----------------------------------------------------------------------------

    async def plan_document(self, document_id: UUID) -> DocumentPlan:
        """Ask what is done with a document next."""
        return await self._ask(f"/documents/{document_id}/plan", DocumentPlan)

    async def document_source(self, document_id: UUID) -> bytes:
        """Fetch the file of a document; more than the largest one is refused."""
        return await self._call(
            f"/documents/{document_id}/source", method="GET", seconds=_FILE_SECONDS
        )

    async def record_document_scan(self, document_id: UUID, scan: DocumentScan) -> DocumentPlan:
        """Report what a first look found."""
        return await self._ask(f"/documents/{document_id}/scan", DocumentPlan, scan)

    async def record_document_reading(self, document_id: UUID, result: ReadResult) -> DocumentPlan:
        """Report what was read, or why it was not."""
        return await self._ask(
            f"/documents/{document_id}/reading", DocumentPlan, result, seconds=_FILE_SECONDS
        )

    async def store_document_page(self, document_id: UUID, page: int, image: bytes) -> None:
        """Hand over the image (PNG) of a page."""
        await self._call(
            f"/documents/{document_id}/pages/{page}", image, method="PUT", seconds=_FILE_SECONDS
        )

    async def record_document_rendering(
        self, document_id: UUID, rendered: DocumentRendered
    ) -> DocumentPlan:
        """Report how many pages have an image."""
        return await self._ask(f"/documents/{document_id}/rendered", DocumentPlan, rendered)

    async def settle_document(self, document_id: UUID) -> DocumentPlan:
        """Have a document decided."""
        return await self._ask(f"/documents/{document_id}/settle", DocumentPlan)

    # -- wakes ---------------------------------------------------------------------------------

    async def lease_wakes(self, request: LeaseWakes) -> Wakes:
        """Take wakes to deliver; the answer waits up to `wait_seconds` for some."""
        return await self._ask(
            "/wakes/lease", Wakes, request, seconds=request.wait_seconds + _CALL_SECONDS
        )

    async def ack_wakes(self, acks: AckWakes) -> None:
        """Say which pokes were answered, and which were not."""
        await self._call("/wakes/ack", acks)

    # -- the wire ------------------------------------------------------------------------------

    async def _ask(
        self,
        path: str,
        answer: type[Answer],
        body: Wire | None = None,
        *,
        seconds: float = _CALL_SECONDS,
    ) -> Answer:
        content = await self._call(path, body, seconds=seconds)
        try:
            return answer.model_validate_json(content)
        except ValidationError:
            pass  # its text would repeat the answer, and that may hold what must not be kept
        raise ApplicationError(
            f"the API's answer is no {answer.__name__}", type=ErrorCode.INTERNAL.value
        )

    async def _call(
        self,
        path: str,
        body: Wire | bytes | None = None,
        *,
        method: Method = "POST",
        seconds: float = _CALL_SECONDS,
    ) -> bytes:
        """Call and give back the answer's body; a token that was refused is renewed once."""
        headers: dict[str, str] = {}
        data: bytes | None = None
        if isinstance(body, bytes):
            headers, data = {"Content-Type": _BYTES}, body
        elif body is not None:
            headers, data = {"Content-Type": _JSON}, body.model_dump_json().encode()
        if activity.in_activity():
            headers["X-Request-Id"] = _request_id(activity.info())
        bearer = await self._token()
        told = {"Authorization": f"Bearer {bearer}"} | headers
        status, content, retry_after = await self._send(path, told, data, seconds, method)
        if status == HTTPStatus.UNAUTHORIZED:
            bearer = await self._token(refused=bearer)
            told = {"Authorization": f"Bearer {bearer}"} | headers
            status, content, retry_after = await self._send(path, told, data, seconds, method)
        if status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(status, content, retry_after)
        return content

    async def _send(
        self,
        path: str,
        headers: dict[str, str],
        data: bytes | dict[str, str] | None,
        seconds: float,
        method: Method = "POST",
    ) -> tuple[int, bytes, float | None]:
        if self._session is None:
            raise RuntimeError("the client is used outside its `async with` block")
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=_CONNECT_SECONDS)
        try:
            async with self._session.request(
                method,
                self._root + path,
                data=data,
                headers=headers,
                timeout=limits,
                allow_redirects=False,
            ) as response:
                content = await _bounded(response)
                return response.status, content, _seconds(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            kind = type(error).__name__
        raise unavailable(f"the API gave no answer ({kind})")

    async def _token(self, *, refused: str = "") -> str:
        """The bearer token: kept until shortly before it expires, or until it is refused."""
        if self._bearer and self._bearer != refused and self._clock() < self._fresh_until:
            return self._bearer
        async with self._fetching:
            if self._bearer and self._bearer != refused and self._clock() < self._fresh_until:
                return self._bearer  # somebody fetched it while this call waited
            form = {
                "grant_type": "client_credentials",
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
            }
            status, content, retry_after = await self._send(
                "/auth/token", {"Content-Type": _FORM}, form, _CALL_SECONDS
            )
            if status >= HTTPStatus.BAD_REQUEST:
                raise _refusal(status, content, retry_after)
            try:
                token = _Token.model_validate_json(content)
            except ValidationError:
                raise ApplicationError(
                    "the API's answer is no token", type=ErrorCode.INTERNAL.value
                ) from None
            margin = min(_TOKEN_MARGIN_SECONDS, token.expires_in / 2)
            self._bearer = token.access_token
            self._fresh_until = self._clock() + token.expires_in - margin
            return self._bearer


def _request_id(info: activity.Info) -> str:
    """The id by which the API's log and audit name the attempt of an activity that asked."""
    return f"{info.workflow_run_id}-{info.activity_id}-{info.attempt}"


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """An answer's body; one that is larger than any answer may be is not taken in."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise aiohttp.ClientPayloadError("the answer is larger than any may be")
    return bytes(content)


def _refusal(status: int, content: bytes, retry_after: float | None) -> ApplicationError:
    """The failure for an answer that says no; what is not a problem goes by its status."""
    try:
        problem = _Problem.model_validate_json(content)
    except ValidationError:
        problem = _Problem()
    if not problem.code:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return unavailable(f"the API answered {status}", retry_after=retry_after)
        return failure(f"http-{status}", "", status=status, retry_after=retry_after)
    return failure(problem.code, problem.detail, status=status, retry_after=retry_after)


def _seconds(header: str | None) -> float | None:
    """Retry-After as seconds (RFC 9110 section 10.2.3); a date is left to the retry policy."""
    if header is None or not (header.isascii() and header.isdigit()):
        return None
    return float(header)
