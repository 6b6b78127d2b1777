"""What is refused about a case before anything is computed, and where in it that stands."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from domain.errors import DomainError, ErrorCode
from domain.lending.terms import MAX_ANNUAL_RATE_PERCENT
from domain.money import exact, positive

MOST_EVENTS = 5000
"""More than any loan has; a case is answered in one go."""


def refused(detail: str, path: str) -> DomainError:
    """The refusal of one place of a case."""
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": path})


def check_amount(amount: Decimal, currency: str, path: str, *, may_be_zero: bool = False) -> None:
    """Refuse an amount that the currency cannot hold, or that is not above zero.

    Raises `UNKNOWN_CURRENCY`, `AMOUNT_PRECISION` and `AMOUNT_NOT_POSITIVE` with the fact `field`.
    """
    try:
        if exact(amount, currency) or not may_be_zero:
            positive(amount, currency)
    except DomainError as error:
        place = "inputs.currency" if error.code is ErrorCode.UNKNOWN_CURRENCY else path
        raise DomainError(error.code, error.detail, {"field": place}) from None


def check_due_dates(due: Sequence[date]) -> None:
    """Refuse instalments that are not in the order of their due dates."""
    for number in range(1, len(due)):
        if due[number] < due[number - 1]:
            raise refused(
                "Instalments stand in the order of their due dates.",
                f"inputs.instalments.{number}.due",
            )


def check_counts(counts: Iterable[int], events: int) -> None:
    """Refuse a check that looks at more events than there are."""
    for at, count in enumerate(counts):
        if count > events:
            raise refused(f"There are {events} events.", f"checks.{at}.after")


def check_rate(percent: Decimal, path: str) -> None:
    """Refuse a yearly rate that no loan has."""
    if not 0 <= percent <= MAX_ANNUAL_RATE_PERCENT:
        raise refused(f"The percentage lies between 0 and {MAX_ANNUAL_RATE_PERCENT}.", path)
