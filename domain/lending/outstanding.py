"""Interest on what is really outstanding up to a day, and on the plan after it.

While an instalment is overdue its principal goes on bearing interest; principal that was paid
early stops. After the day all instalments are taken to be paid on time. The instalment stays, so
that what interest is more or less changes the principal repaid, and the last row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.daycount import DayCount, year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import divide, from_minor, to_minor
from domain.lending.schedule import Instalment, first_is_whole
from domain.lending.terms import Terms

_NOMINAL = frozenset({DayCount.THIRTY_360, DayCount.PERIOD, DayCount.UNIT_PERIOD_360})
"""Day counts that do not look at the calendar: a part of a period is its part of the days."""


@dataclass(frozen=True, slots=True)
class PrincipalPaid:
    """Principal that was repaid on a day; it bears interest for that day still."""

    on: date
    amount: Decimal


def schedule_as_outstanding(
    terms: Terms,
    dates: Sequence[date],
    instalment: Decimal,
    repaid: Sequence[PrincipalPaid],
    as_of: date,
) -> tuple[Instalment, ...]:
    """The rows of a loan as they stand on a day.

    The stretches of a period are added up exactly and rounded once. After `as_of` a stretch bears
    interest on the planned balance, or on what is outstanding where that is less.

    Raises `INVALID_TERMS` (field `payments`) for principal repaid outside the loan's days, or
    more than it has, or where the instalment does not cover the interest of a period.
    """
    lent = to_minor(terms.principal, terms.currency)
    agreed = to_minor(instalment, terms.currency)
    paid = sorted((one.on, to_minor(one.amount, terms.currency)) for one in repaid)
    inside = all(terms.disbursed_on <= on <= as_of for on, _ in paid)
    if not inside or sum(amount for _, amount in paid) > lent:
        raise DomainError(
            ErrorCode.INVALID_TERMS,
            "Principal is repaid between the disbursement and `as_of`, and no more than was lent.",
            {"field": "payments"},
        )
    balance = lent
    rows: list[Instalment] = []
    periods = list(zip((terms.disbursed_on, *dates), dates, strict=False))
    for position, (since, due) in enumerate(periods):
        cuts = {on for on, _ in paid} | {as_of}
        ends = [since, *sorted(cut for cut in cuts if since < cut < due), due]
        exact = Fraction(0)
        for start, end in zip(ends, ends[1:], strict=False):
            outstanding = lent - sum(amount for on, amount in paid if on <= start)
            bearing = outstanding if end <= as_of else min(balance, outstanding)
            exact += bearing * _year_part(terms, (since, due), (start, end), first=not position)
        exact *= Fraction(terms.annual_rate_percent) / 100
        interest = divide(exact.numerator, exact.denominator, terms.rounding)
        last = position == len(periods) - 1
        principal = balance if last else min(agreed - interest, balance)
        if principal < 0:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "The instalment does not cover the interest of its period.",
                {"field": "payments"},
            )
        balance -= principal
        rows.append(
            Instalment(
                position + 1,
                since,
                due,
                from_minor(principal, terms.currency),
                from_minor(interest, terms.currency),
            )
        )
    return tuple(rows)


def _year_part(
    terms: Terms, period: tuple[date, date], stretch: tuple[date, date], *, first: bool
) -> Fraction:
    """The part of a year of a stretch inside a period."""
    whole = not first or first_is_whole(terms, period[1])
    if stretch == period or terms.day_count in _NOMINAL:
        part = year_fraction(terms.day_count, *period, terms.frequency, whole_period=whole)
        return part * Fraction((stretch[1] - stretch[0]).days, (period[1] - period[0]).days)
    return year_fraction(terms.day_count, *stretch, terms.frequency, whole_period=False)
