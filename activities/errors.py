"""How a refusal of the system of record becomes a failure that Temporal understands.

The failure's type is the error code, unchanged. Whether to try again is decided by the table here
and not by the HTTP status: a code that nobody listed (a newer API's) goes by its status.
"""

from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from domain.errors import ErrorCode

RETRYABLE: Final = frozenset(
    {
        # Somebody mends it, or it passes by itself.
        ErrorCode.TOO_MANY_ATTEMPTS,
        ErrorCode.INTERNAL,
        ErrorCode.UNAVAILABLE,
        ErrorCode.IDEMPOTENCY_IN_PROGRESS,
        ErrorCode.CONFLICT,
        ErrorCode.CLOCK_BUSY,
        # Somebody brings the stored file back from a copy.
        ErrorCode.DOCUMENT_CONTENT_LOST,
        ErrorCode.LETTER_NOT_SET,
        # A token or a grant that is wrong is wrong for every workflow: they wait for the repair.
        ErrorCode.UNAUTHENTICATED,
        ErrorCode.FORBIDDEN,
        # An API older than this worker, in the middle of an upgrade.
        ErrorCode.METHOD_NOT_ALLOWED,
    }
)
"""Codes that may come to nothing when the same call is made again later."""

FINAL: Final = frozenset(
    {
        ErrorCode.INVALID_REQUEST,
        ErrorCode.NOT_FOUND,
        ErrorCode.BODY_TOO_LARGE,
        ErrorCode.IDEMPOTENCY_KEY_REQUIRED,
        ErrorCode.IDEMPOTENCY_KEY_REUSED,
        ErrorCode.PRECONDITION_REQUIRED,
        ErrorCode.PRECONDITION_FAILED,
        ErrorCode.UNKNOWN_CURRENCY,
        ErrorCode.CURRENCY_MISMATCH,
        ErrorCode.AMOUNT_PRECISION,
        ErrorCode.AMOUNT_NOT_POSITIVE,
        ErrorCode.INVALID_TERMS,
        ErrorCode.INVALID_STRATEGY,
        ErrorCode.INVALID_DATE,
        ErrorCode.INVALID_PARTY,
        ErrorCode.UNKNOWN_ZONE,
        ErrorCode.INVALID_CONTACT,
        ErrorCode.LOAN_NOT_ACTIVE,
        ErrorCode.ILLEGAL_TRANSITION,
        ErrorCode.OWN_APPLICATION,
        ErrorCode.PAYMENT_EXCEEDS_OWED,
        ErrorCode.PAYOFF_AMOUNT_MISMATCH,
        ErrorCode.VALUE_DATE_OUT_OF_RANGE,
        ErrorCode.ALREADY_REVERSED,
        ErrorCode.NOT_REVERSIBLE,
        ErrorCode.PERIOD_CLOSED,
        ErrorCode.PERIOD_NOT_READY,
        ErrorCode.BOOKS_DIFFER,
        ErrorCode.SNAPSHOT_STALE,
        ErrorCode.SECOND_PERSON_NEEDED,
        ErrorCode.CHANGE_EXCEEDS_OWED,
        ErrorCode.CHANGE_NOT_PENDING,
        ErrorCode.CHANGE_NO_LONGER_FITS,
        ErrorCode.OWN_REQUEST,
        ErrorCode.CAP_EXCEEDED,
        ErrorCode.CREDIT_TOO_SMALL,
        ErrorCode.BEHIND_SCHEDULE_CHANGE,
        ErrorCode.NOT_WITH_DAILY_INTEREST,
        ErrorCode.NOTHING_OWED,
        ErrorCode.METHOD_NOT_ACTIVE,
        ErrorCode.AUTOPAY_ALREADY_ACTIVE,
        ErrorCode.AUTOPAY_NOT_ACTIVE,
        ErrorCode.COLLECTION_NOT_OPEN,
        ErrorCode.PAYOUT_NOT_FAILED,
        ErrorCode.CASE_NOT_OPEN,
        ErrorCode.PROMISE_OUT_OF_POLICY,
        ErrorCode.PROMISE_ALREADY_OPEN,
        ErrorCode.HOLD_NOT_ACTIVE,
        ErrorCode.ARRANGEMENT_OUT_OF_POLICY,
        ErrorCode.SETTLEMENT_OUT_OF_POLICY,
        ErrorCode.PLAN_STANDS,
        ErrorCode.MORATORIUM_STANDS,
        ErrorCode.MORATORIUM_TOO_SOON,
        ErrorCode.MORATORIUM_NOT_AVAILABLE,
        ErrorCode.MORATORIUM_BY_SCHEME,
        ErrorCode.CHARGE_IN_MORATORIUM,
        ErrorCode.NOT_ESCALATED,
        ErrorCode.CASE_LEASED,
        ErrorCode.RIGHT_PARTY_NOT_CONFIRMED,
        ErrorCode.DOCUMENT_NOT_IN_REVIEW,
        ErrorCode.STATEMENT_NOT_BALANCED,
        ErrorCode.LETTER_NOT_TRUE,
        ErrorCode.LETTER_ON_HOLD,
        ErrorCode.LETTER_LACKS_SENDER,
        ErrorCode.TEMPLATE_INVALID,
        ErrorCode.BUDGET_BELOW_MINIMUMS,
        ErrorCode.BUDGET_BELOW_INTEREST,
        ErrorCode.NOTHING_TO_REMIND,
        ErrorCode.CLOCK_BACKWARDS,
        ErrorCode.SANDBOX_ONLY,
        ErrorCode.BAD_SIGNATURE,
        ErrorCode.UNREADABLE_MAIL,
    }
)
"""Codes that the same call will meet again however often it is made."""

_LONGEST_DELAY: Final = 600.0
_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


def undecided() -> Iterable[ErrorCode]:
    """The codes of the domain that the tables say nothing of; none, or a test fails."""
    return [code for code in ErrorCode if code not in RETRYABLE and code not in FINAL]


def is_retryable(code: str, status: int) -> bool:
    """Whether the same call may succeed later."""
    if code in RETRYABLE:
        return True
    if code in FINAL:
        return False
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING


def failure(
    code: str, detail: str, *, status: int, retry_after: float | None = None
) -> ApplicationError:
    """The failure for a problem that the API answered.

    Args:
        code: The problem's code; it becomes the failure's type.
        detail: The problem's detail, which never holds personal data.
        status: The HTTP status, which decides for codes that are not listed.
        retry_after: Seconds the API asked to wait; at most ten minutes are granted.
    """
    retryable = is_retryable(code, status)
    delay = None
    if retryable and retry_after is not None:
        delay = timedelta(seconds=min(max(retry_after, 0.1), _LONGEST_DELAY))
    waits = code in {ErrorCode.UNAVAILABLE, ErrorCode.TOO_MANY_ATTEMPTS}
    return ApplicationError(
        f"{code}: {detail}" if detail else code,
        type=code,
        non_retryable=not retryable,
        next_retry_delay=delay,
        category=(
            ApplicationErrorCategory.BENIGN if waits else ApplicationErrorCategory.UNSPECIFIED
        ),
    )


def unavailable(detail: str, *, retry_after: float | None = None) -> ApplicationError:
    """The failure for an API or a provider that could not be reached; always tried again."""
    return failure(
        ErrorCode.UNAVAILABLE.value,
        detail,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        retry_after=retry_after,
    )
