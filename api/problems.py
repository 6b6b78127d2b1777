"""Errors as RFC 9457 problems: one shape, stable codes, nothing personal echoed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from domain.errors import DomainError, ErrorCode, Fact

log = structlog.get_logger(__name__)

Handler = Callable[[Request, Exception], Awaitable[Response]]
"""Answers one kind of error."""

TYPE_BASE: Final = "https://tenor.example/problems/"

STATUS: Final[Mapping[ErrorCode, tuple[int, str]]] = {
    ErrorCode.INVALID_REQUEST: (422, "The request is not valid"),
    ErrorCode.NOT_FOUND: (404, "Not found"),
    ErrorCode.UNAUTHENTICATED: (401, "Log in first"),
    ErrorCode.FORBIDDEN: (403, "Not allowed"),
    ErrorCode.TOO_MANY_ATTEMPTS: (429, "Too many attempts"),
    ErrorCode.BODY_TOO_LARGE: (413, "The request is too large"),
    ErrorCode.METHOD_NOT_ALLOWED: (405, "The method is not allowed here"),
    ErrorCode.INTERNAL: (500, "Something went wrong on our side"),
    ErrorCode.UNAVAILABLE: (503, "Not available just now"),
    ErrorCode.IDEMPOTENCY_KEY_REQUIRED: (400, "An Idempotency-Key is needed"),
    ErrorCode.IDEMPOTENCY_KEY_REUSED: (422, "The Idempotency-Key was used for another request"),
    ErrorCode.IDEMPOTENCY_IN_PROGRESS: (409, "The first request is still at work"),
    ErrorCode.PRECONDITION_REQUIRED: (428, "If-Match is needed"),
    ErrorCode.PRECONDITION_FAILED: (412, "It was changed meanwhile"),
    ErrorCode.CONFLICT: (409, "It conflicts with what is there"),
    ErrorCode.UNKNOWN_CURRENCY: (422, "Unknown currency"),
    ErrorCode.CURRENCY_MISMATCH: (422, "Another currency"),
    ErrorCode.AMOUNT_PRECISION: (422, "The amount has too many decimals"),
    ErrorCode.AMOUNT_NOT_POSITIVE: (422, "The amount must be above zero"),
    ErrorCode.INVALID_TERMS: (422, "The terms are not valid"),
    ErrorCode.INVALID_STRATEGY: (422, "The strategy is not valid"),
    ErrorCode.INVALID_DATE: (422, "The date is not possible"),
    ErrorCode.INVALID_PARTY: (422, "The loan cannot have this party"),
    ErrorCode.UNKNOWN_ZONE: (422, "Unknown time zone"),
    ErrorCode.INVALID_CONTACT: (422, "The address is not valid"),
    ErrorCode.LOAN_NOT_ACTIVE: (409, "The loan is not active"),
    ErrorCode.ILLEGAL_TRANSITION: (409, "Not possible in this state"),
    ErrorCode.OWN_APPLICATION: (403, "Not on one's own application"),
    ErrorCode.PAYMENT_EXCEEDS_OWED: (422, "More than is owed"),
    ErrorCode.PAYOFF_AMOUNT_MISMATCH: (422, "Not the payoff amount"),
    ErrorCode.VALUE_DATE_OUT_OF_RANGE: (422, "The value date is not possible"),
    ErrorCode.ALREADY_REVERSED: (409, "Already reversed"),
    ErrorCode.NOT_REVERSIBLE: (409, "Cannot be reversed"),
    ErrorCode.PERIOD_CLOSED: (409, "The period is closed"),
    ErrorCode.PERIOD_NOT_READY: (409, "The period cannot be closed yet"),
    ErrorCode.BOOKS_DIFFER: (409, "Ledger and loans differ"),
    ErrorCode.SNAPSHOT_STALE: (409, "Something was booked since"),
    ErrorCode.SECOND_PERSON_NEEDED: (403, "A second person is needed"),
    ErrorCode.CHANGE_EXCEEDS_OWED: (422, "More than is owed"),
    ErrorCode.CHANGE_NOT_PENDING: (409, "The change does not wait for a decision"),
    ErrorCode.CHANGE_NO_LONGER_FITS: (409, "The change no longer fits the loan"),
    ErrorCode.OWN_REQUEST: (403, "Not on one's own request"),
    ErrorCode.CAP_EXCEEDED: (422, "More than the law allows"),
    ErrorCode.CREDIT_TOO_SMALL: (422, "More than the credit held"),
    ErrorCode.BEHIND_SCHEDULE_CHANGE: (409, "The schedule was changed since"),
    ErrorCode.NOT_WITH_DAILY_INTEREST: (409, "Not with interest by the day"),
    ErrorCode.NOTHING_OWED: (409, "Nothing is owed"),
    ErrorCode.METHOD_NOT_ACTIVE: (409, "The payment method is not active"),
    ErrorCode.AUTOPAY_ALREADY_ACTIVE: (409, "Autopay is already on"),
    ErrorCode.AUTOPAY_NOT_ACTIVE: (409, "Autopay is not on"),
    ErrorCode.COLLECTION_NOT_OPEN: (409, "Not open any more"),
    ErrorCode.PAYOUT_NOT_FAILED: (409, "The payout has not failed"),
    ErrorCode.CASE_NOT_OPEN: (409, "The case is not open"),
    ErrorCode.PROMISE_OUT_OF_POLICY: (422, "The promise is outside the policy"),
    ErrorCode.PROMISE_ALREADY_OPEN: (409, "A promise is already open"),
    ErrorCode.HOLD_NOT_ACTIVE: (409, "The hold is not active"),
    ErrorCode.ARRANGEMENT_OUT_OF_POLICY: (422, "The arrangement is outside the policy"),
    ErrorCode.SETTLEMENT_OUT_OF_POLICY: (422, "The settlement is outside the policy"),
    ErrorCode.PLAN_STANDS: (409, "Something agreed stands in the way"),
    ErrorCode.MORATORIUM_STANDS: (409, "A moratorium stands"),
    ErrorCode.MORATORIUM_TOO_SOON: (409, "Too soon after the last moratorium"),
    ErrorCode.MORATORIUM_NOT_AVAILABLE: (422, "Not the law where the person lives"),
    ErrorCode.MORATORIUM_BY_SCHEME: (422, "A moratorium has a scheme"),
    ErrorCode.CHARGE_IN_MORATORIUM: (409, "Nothing is charged in a moratorium"),
    ErrorCode.NOT_ESCALATED: (409, "Nothing to acknowledge"),
    ErrorCode.RIGHT_PARTY_NOT_CONFIRMED: (409, "Not confirmed who it is"),
    ErrorCode.CASE_LEASED: (409, "Somebody else works the case"),
    ErrorCode.DOCUMENT_NOT_IN_REVIEW: (409, "The document does not wait for a review"),
    ErrorCode.STATEMENT_NOT_BALANCED: (422, "The statement does not add up"),
    ErrorCode.DOCUMENT_CONTENT_LOST: (500, "The stored file is damaged or missing"),
    ErrorCode.LETTER_NOT_TRUE: (409, "The letter would not be true"),
    ErrorCode.LETTER_ON_HOLD: (409, "A hold stops the letter"),
    ErrorCode.LETTER_LACKS_SENDER: (409, "The letter lacks the creditor's address"),
    ErrorCode.LETTER_NOT_SET: (500, "The letter could not be printed"),
    ErrorCode.TEMPLATE_INVALID: (422, "The text cannot be used"),
    ErrorCode.BUDGET_BELOW_MINIMUMS: (422, "The budget does not cover the minimum payments"),
    ErrorCode.BUDGET_BELOW_INTEREST: (422, "The debts would never be cleared"),
    ErrorCode.NOTHING_TO_REMIND: (409, "There is nothing to remind of"),
    ErrorCode.CLOCK_BACKWARDS: (422, "Clocks only go forward"),
    ErrorCode.CLOCK_BUSY: (409, "The clock is on its way"),
    ErrorCode.SANDBOX_ONLY: (403, "Only in the sandbox"),
    ErrorCode.BAD_SIGNATURE: (403, "The signature does not fit"),
    ErrorCode.UNREADABLE_MAIL: (422, "The e-mail cannot be read"),
}
"""Every code's HTTP status and title; a test walks all codes."""

HTTP_CODES: Final[Mapping[int, ErrorCode]] = {
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.BODY_TOO_LARGE,
}
"""The codes of refusals that the framework raises itself."""


class FieldProblem(BaseModel):
    """Where a request is wrong and how; the offending value is not repeated."""

    at: list[str | int]
    message: str
    type: str


class Problem(BaseModel):
    """The one shape of every error (RFC 9457), as `application/problem+json`."""

    type: str
    title: str
    status: int
    code: ErrorCode
    detail: str
    errors: list[FieldProblem] | None = None
    facts: dict[str, str | int | None] | None = None


PROBLEM: Final = "problem_code"
"""Where an answered problem leaves its code, in the state of its request."""


class ProblemResponse(Response):
    """A problem on its way; it tells the edge which one it is."""

    media_type = "application/problem+json"
    code: ErrorCode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        scope.setdefault("state", {})[PROBLEM] = self.code.value
        await super().__call__(scope, receive, send)


def problem(
    code: ErrorCode,
    detail: str,
    *,
    facts: Mapping[str, Fact] | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the answer for a refusal."""
    status, title = STATUS[code]
    body = Problem(
        type=TYPE_BASE + code.value,
        title=title,
        status=status,
        code=code,
        detail=detail,
        errors=list(errors) or None,
        facts=dict(facts) if facts else None,
    )
    sent = dict(headers or {})
    if status in {409, 429, 503} and code in RETRY_AFTER:
        sent.setdefault("Retry-After", str(RETRY_AFTER[code]))
    if status == 401:  # noqa: PLR2004 - RFC 9110: a 401 names the scheme
        sent.setdefault("WWW-Authenticate", "Bearer")
    answer = ProblemResponse(
        orjson.dumps(body.model_dump(mode="json", exclude_none=True)),
        status_code=status,
        headers=sent,
    )
    answer.code = code
    return answer


RETRY_AFTER_FACT: Final = "retry_after_seconds"
"""The fact by which a refusal says itself how long to wait."""

RETRY_AFTER: Final = {
    ErrorCode.IDEMPOTENCY_IN_PROGRESS: 1,
    ErrorCode.TOO_MANY_ATTEMPTS: 60,
    ErrorCode.UNAVAILABLE: 2,
    ErrorCode.CLOCK_BUSY: 1,
}
"""Seconds after which trying again makes sense."""


def from_domain(error: DomainError) -> Response:
    """The answer for a named refusal."""
    wait = error.facts.get(RETRY_AFTER_FACT)
    headers = None if wait is None else {"Retry-After": str(wait)}
    return problem(error.code, error.detail, facts=error.facts, headers=headers)


async def _domain(_: Request, error: Exception) -> Response:
    if not isinstance(error, DomainError):
        raise error
    return from_domain(error)


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [
        FieldProblem(at=list(item["loc"]), message=item["msg"], type=item["type"])
        for item in error.errors()[:50]
    ]
    return problem(
        ErrorCode.INVALID_REQUEST,
        "Some fields are missing, unknown or malformed; `errors` says which.",
        errors=fields,
    )


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = HTTP_CODES.get(error.status_code, ErrorCode.INVALID_REQUEST)
    return problem(code, STATUS[code][1] + ".", headers=error.headers)


async def _database(_: Request, error: Exception) -> Response:
    if not isinstance(error, DBAPIError):
        raise error
    if getattr(error.orig, "sqlstate", None) == _CLOSED_MEANWHILE:
        return problem(ErrorCode.PERIOD_CLOSED, "The period was closed meanwhile; send it again.")
    log.warning("database_error", kind=type(error.orig).__name__)
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return problem(ErrorCode.UNAVAILABLE, _NO_DATABASE)
    return problem(ErrorCode.INTERNAL, "Nothing was changed. The request id helps to find out why.")


async def _no_connection(_: Request, error: Exception) -> Response:
    if not isinstance(error, PoolTimeoutError):
        raise error
    log.warning("no_free_connection")
    return problem(ErrorCode.UNAVAILABLE, "Too much is asked at once; nothing was changed.")


_CLOSED_MEANWHILE: Final = "TN001"
"""The state in which the journal refuses an entry for a month that is being signed off."""

_NO_DATABASE: Final = (
    "The database did not answer. What this request would have changed is either not there or "
    "there as a whole: repeat it, with the same Idempotency-Key if it had one."
)


def unexpected(error: Exception) -> Response:
    """The answer for what nobody foresaw; the log has where it happened."""
    log.error("unexpected_error", kind=type(error).__name__, exc_info=error)
    return problem(ErrorCode.INTERNAL, "Nothing was changed. The request id helps to find out why.")


HANDLERS: Final[Mapping[type[Exception], Handler]] = {
    DomainError: _domain,
    RequestValidationError: _invalid,
    HTTPException: _http,
    DBAPIError: _database,
    PoolTimeoutError: _no_connection,
}
"""How each foreseen kind of error is answered."""


def install(app: FastAPI) -> None:
    """Answer every foreseen error of the application as a problem; the edge sees to the rest."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
