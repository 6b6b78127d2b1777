"""Spreads a sum over dates: so much on each, at a rhythm, and what is left on the last one."""

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from domain.calendar import add_months
from domain.errors import DomainError, ErrorCode
from domain.money import ZERO


class Rhythm(StrEnum):
    """How often somebody can pay."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


_DAYS = {Rhythm.WEEK: 7, Rhythm.FORTNIGHT: 14}


def spread(
    total: Decimal, each: Decimal, first_on: date, every: Rhythm, most_parts: int
) -> tuple[tuple[date, Decimal], ...]:
    """The dates and amounts of an arrangement.

    Args:
        total: What is to be paid, above zero.
        each: What can be paid on one date, in the same currency.
        first_on: The first date; months go on with its day, or the last one of a shorter month.
        every: How often.
        most_parts: How many dates are accepted.

    Returns:
        Dates rising; the amounts come to `total`, the last one is what is left.

    Raises:
        DomainError: `ARRANGEMENT_OUT_OF_POLICY`, with the bound `amount_positive` where nothing is
            paid, or `count` where it would take too many dates.
    """
    if each <= ZERO:
        raise _refusal("amount_positive", "0", "Every amount must be above zero.")
    count = max(1, int((total / each).to_integral_value(ROUND_CEILING)))
    if count > most_parts:
        raise _refusal("count", str(most_parts), "It would take too many dates.")
    amounts = [each] * (count - 1) + [total - each * (count - 1)]
    return tuple((_date(first_on, every, at), amount) for at, amount in enumerate(amounts))


def _date(first_on: date, every: Rhythm, at: int) -> date:
    if every is Rhythm.MONTH:
        return add_months(first_on, at)
    return first_on + timedelta(days=_DAYS[every] * at)


def _refusal(bound: str, limit: str, detail: str) -> DomainError:
    return DomainError(
        ErrorCode.ARRANGEMENT_OUT_OF_POLICY, detail, {"bound": bound, "limit": limit}
    )
