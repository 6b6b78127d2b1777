"""The named refusals of Tenor: one stable code each, with facts a person can act on.

Codes travel unchanged from a pure rule to the problem+json answer (`api.problems` gives each a
status and a title) and on to a workflow (`activities.errors` mirrors them as failure types).
Nothing branches on the text of an error.
"""

from collections.abc import Mapping
from enum import StrEnum

Fact = str | int | None
"""What an error may tell: ids, dates, amounts and codes as text, never personal data."""


class ErrorCode(StrEnum):
    """Every refusal Tenor can give, by its stable name."""

    INVALID_REQUEST = "invalid-request"
    NOT_FOUND = "not-found"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    BODY_TOO_LARGE = "body-too-large"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    INTERNAL = "internal-error"
    UNAVAILABLE = "unavailable"

    IDEMPOTENCY_KEY_REQUIRED = "idempotency-key-required"
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused"
    IDEMPOTENCY_IN_PROGRESS = "idempotency-in-progress"
    PRECONDITION_REQUIRED = "precondition-required"
    PRECONDITION_FAILED = "precondition-failed"
    CONFLICT = "conflict"

    UNKNOWN_CURRENCY = "unknown-currency"
    CURRENCY_MISMATCH = "currency-mismatch"
    AMOUNT_PRECISION = "amount-precision"
    AMOUNT_NOT_POSITIVE = "amount-not-positive"
    INVALID_TERMS = "invalid-terms"
    INVALID_STRATEGY = "invalid-strategy"
    INVALID_DATE = "invalid-date"
    UNKNOWN_ZONE = "unknown-zone"
    INVALID_CONTACT = "invalid-contact"
    INVALID_PARTY = "invalid-party"

    LOAN_NOT_ACTIVE = "loan-not-active"
    ILLEGAL_TRANSITION = "illegal-transition"
    OWN_APPLICATION = "own-application"
    PAYMENT_EXCEEDS_OWED = "payment-exceeds-owed"
    PAYOFF_AMOUNT_MISMATCH = "payoff-amount-mismatch"
    VALUE_DATE_OUT_OF_RANGE = "value-date-out-of-range"
    ALREADY_REVERSED = "already-reversed"
    NOT_REVERSIBLE = "not-reversible"
    PERIOD_CLOSED = "period-closed"
    PERIOD_NOT_READY = "period-not-ready"
    BOOKS_DIFFER = "books-differ"
    SNAPSHOT_STALE = "snapshot-stale"
    SECOND_PERSON_NEEDED = "second-person-needed"
    CHANGE_EXCEEDS_OWED = "change-exceeds-owed"
    CHANGE_NOT_PENDING = "change-not-pending"
    CHANGE_NO_LONGER_FITS = "change-no-longer-fits"
    OWN_REQUEST = "own-request"
    CAP_EXCEEDED = "cap-exceeded"
    CREDIT_TOO_SMALL = "credit-too-small"
    BEHIND_SCHEDULE_CHANGE = "behind-schedule-change"
    NOT_WITH_DAILY_INTEREST = "not-with-daily-interest"

    NOTHING_OWED = "nothing-owed"
    METHOD_NOT_ACTIVE = "method-not-active"
    AUTOPAY_ALREADY_ACTIVE = "autopay-already-active"
    AUTOPAY_NOT_ACTIVE = "autopay-not-active"
    COLLECTION_NOT_OPEN = "collection-not-open"
    PAYOUT_NOT_FAILED = "payout-not-failed"

    CASE_NOT_OPEN = "case-not-open"
    PROMISE_OUT_OF_POLICY = "promise-out-of-policy"
    PROMISE_ALREADY_OPEN = "promise-already-open"
    HOLD_NOT_ACTIVE = "hold-not-active"
    ARRANGEMENT_OUT_OF_POLICY = "arrangement-out-of-policy"
    SETTLEMENT_OUT_OF_POLICY = "settlement-out-of-policy"
    PLAN_STANDS = "plan-stands"
    MORATORIUM_STANDS = "moratorium-stands"
    MORATORIUM_TOO_SOON = "moratorium-too-soon"
    MORATORIUM_NOT_AVAILABLE = "moratorium-not-available"
    MORATORIUM_BY_SCHEME = "moratorium-by-scheme"
    CHARGE_IN_MORATORIUM = "charge-in-moratorium"
    NOT_ESCALATED = "not-escalated"
    CASE_LEASED = "case-leased"
    RIGHT_PARTY_NOT_CONFIRMED = "right-party-not-confirmed"

    DOCUMENT_NOT_IN_REVIEW = "document-not-in-review"
    STATEMENT_NOT_BALANCED = "statement-not-balanced"
    DOCUMENT_CONTENT_LOST = "document-content-lost"
    LETTER_NOT_TRUE = "letter-not-true"
    LETTER_ON_HOLD = "letter-on-hold"
    LETTER_LACKS_SENDER = "letter-lacks-sender"
    LETTER_NOT_SET = "letter-not-set"
    TEMPLATE_INVALID = "template-invalid"
    BUDGET_BELOW_MINIMUMS = "budget-below-minimums"
    BUDGET_BELOW_INTEREST = "budget-below-interest"
    NOTHING_TO_REMIND = "nothing-to-remind"

    CLOCK_BACKWARDS = "clock-backwards"
    CLOCK_BUSY = "clock-busy"
    SANDBOX_ONLY = "sandbox-only"
    BAD_SIGNATURE = "bad-signature"
    UNREADABLE_MAIL = "unreadable-mail"


class DomainError(Exception):
    """A refusal by rule: `code` says which, `detail` says it to a person, `facts` to a program.

    `detail` and `facts` never hold personal data: they reach logs, answers and workflow histories.
    """

    def __init__(
        self, code: ErrorCode, detail: str, facts: Mapping[str, Fact] | None = None
    ) -> None:
        """Keep the three parts apart; the message of the exception is `code: detail`."""
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail
        self.facts: dict[str, Fact] = dict(facts or {})
