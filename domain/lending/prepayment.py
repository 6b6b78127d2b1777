"""Schedules of loans whose interest follows the payments that were really made.

The principal bears interest from day to day as it stands. An instalment that is paid late stays
in what bears interest until it is paid; it is not capitalised. A payment inside a period settles
what is overdue, and its excess lowers the principal from that day and counts towards the running
instalment. Excess on a due date does what the product says. Instalments due on or after the day of
the last payment are taken to be paid on time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import assert_never

from domain.daycount import year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.amortisation import Rates, Rules, annuity
from domain.lending.rounding import divide, from_minor, to_minor
from domain.lending.schedule import Instalment, first_is_whole
from domain.lending.terms import Terms


class ExcessStrategy(StrEnum):
    """What becomes of money above the instalment, paid on its due date."""

    REDUCE_INSTALMENT = "reduce_instalment"
    """It lowers the principal; the instalment is worked out anew over the remaining periods."""
    REDUCE_TERM = "reduce_term"
    """It lowers the principal; the instalment stays, and the loan ends sooner."""
    PREPAY_NEXT = "prepay_next"
    """It lowers the principal and counts towards the next instalments, which stay."""


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in on a day."""

    on: date
    amount: Decimal


def schedule_as_paid(
    terms: Terms,
    dates: Sequence[date],
    payments: Sequence[Received],
    strategy: ExcessStrategy,
    *,
    annuity_year_part: Fraction | None = None,
) -> tuple[Instalment, ...]:
    """The rows of a loan as its payments made them.

    Args:
        terms: The terms; the balance declines by equal instalments.
        dates: The due dates.
        payments: What came in, in any order, after the disbursement.
        strategy: What becomes of excess on a due date.
        annuity_year_part: The part of a year that every period counts for the instalment (30/365,
            for one); None: each period its own, by the day count.

    Raises `INVALID_TERMS` (field `payments`) for a payment before the disbursement, after the last
    due date, or above what is owed.
    """
    return _Book(terms, dates, payments, strategy, annuity_year_part).rows()


@dataclass(slots=True)
class _Overdue:
    """What is left unpaid of an instalment that fell due."""

    interest: int
    principal: int


class _Book:
    """A loan between its due dates, in minor units.

    What bears interest is always the planned balance, more what is overdue of the principal, less
    what was paid ahead.
    """

    def __init__(
        self,
        terms: Terms,
        dates: Sequence[date],
        payments: Sequence[Received],
        strategy: ExcessStrategy,
        annuity_year_part: Fraction | None,
    ) -> None:
        self._terms = terms
        self._periods = list(zip((terms.disbursed_on, *dates), dates, strict=False))
        self._paid: dict[date, int] = {}
        for payment in payments:
            if not terms.disbursed_on < payment.on <= dates[-1]:
                raise _refused("A payment comes after the disbursement, by the last due date.")
            amount = to_minor(payment.amount, terms.currency)
            self._paid[payment.on] = self._paid.get(payment.on, 0) + amount
        self._known_until = max(self._paid, default=terms.disbursed_on)
        self._strategy = strategy
        self._rate = Fraction(terms.annual_rate_percent) / 100
        whole_first = first_is_whole(terms, dates[0])
        parts = [
            annuity_year_part
            or year_fraction(
                terms.day_count, since, due, terms.frequency, whole_period=whole_first or at > 0
            )
            for at, (since, due) in enumerate(self._periods)
        ]
        common = lcm(*((part * self._rate).denominator for part in parts))
        self._rates = Rates(tuple(int(part * self._rate * common) for part in parts), common)
        multiple = terms.options.instalment_multiple
        self._rules = Rules(
            terms.rounding, 1 if multiple is None else to_minor(multiple, terms.currency)
        )
        self._whole_first = whole_first
        self._balance = to_minor(terms.principal, terms.currency)
        self._overdue: list[_Overdue] = []
        self._ahead = 0

    def rows(self) -> tuple[Instalment, ...]:
        """All rows, until nothing is left."""
        instalment = self._instalment(0)
        rows: list[Instalment] = []
        last = len(self._periods) - 1
        for position, (since, due) in enumerate(self._periods):
            interest = self._run(position)
            whole = position == last or instalment - interest >= self._balance
            principal = self._balance if whole else instalment - interest
            if principal < 0:
                raise _refused("The instalment does not cover the interest of its period.")
            self._balance -= principal
            excess = self._settle(due, interest, principal)
            principal += excess
            rows.append(self._row(position, since, due, principal, interest))
            if not self._balance:
                break
            if excess and self._strategy is ExcessStrategy.REDUCE_INSTALMENT:
                instalment = self._instalment(position + 1)
        if any(on > rows[-1].due_on for on in self._paid):
            raise _refused("A payment comes when nothing is owed any more.")
        return tuple(rows)

    def _instalment(self, position: int) -> int:
        return annuity(self._balance, 0, self._rates.after(position), self._rules)

    def _run(self, position: int) -> int:
        """The interest of a period: each stretch between payments rounded on its own."""
        since, due = self._periods[position]
        total, start = 0, since
        for on in sorted(day for day in self._paid if since < day < due):
            total += self._interest(position, start, on)
            self._ahead += self._catch_up(self._paid[on])
            if self._ahead > self._balance:
                raise _refused("A payment is above what is owed.")
            start = on
        return total + self._interest(position, start, due)

    def _interest(self, position: int, since: date, until: date) -> int:
        whole = (since, until) == self._periods[position] and (self._whole_first or position > 0)
        part = self._rate * year_fraction(
            self._terms.day_count, since, until, self._terms.frequency, whole_period=whole
        )
        bearing = self._balance + sum(row.principal for row in self._overdue) - self._ahead
        return divide(bearing * part.numerator, part.denominator, self._terms.rounding)

    def _catch_up(self, money: int) -> int:
        """Pay what is overdue, oldest first, interest first; what is left of the money."""
        for row in self._overdue:
            for_interest = min(money, row.interest)
            row.interest -= for_interest
            money -= for_interest
            for_principal = min(money, row.principal)
            row.principal -= for_principal
            money -= for_principal
        self._overdue = [row for row in self._overdue if row.interest or row.principal]
        return money

    def _settle(self, due: date, interest: int, principal: int) -> int:
        """Pay an instalment on its due date; the excess that lowers the principal with it."""
        used = min(self._ahead, interest + principal)
        self._ahead -= used
        for_interest = min(used, interest)
        self._overdue.append(_Overdue(interest - for_interest, principal - (used - for_interest)))
        excess = self._catch_up(self._paid.get(due, 0))
        if due >= self._known_until:
            self._overdue = []
        if excess > self._balance - self._ahead:
            raise _refused("A payment is above what is owed.")
        match self._strategy:
            case ExcessStrategy.PREPAY_NEXT:
                self._ahead += excess
                return 0
            case ExcessStrategy.REDUCE_INSTALMENT | ExcessStrategy.REDUCE_TERM:
                self._balance -= excess
                return excess
            case _:
                assert_never(self._strategy)

    def _row(
        self, position: int, since: date, due: date, principal: int, interest: int
    ) -> Instalment:
        currency = self._terms.currency
        return Instalment(
            position + 1,
            since,
            due,
            from_minor(principal, currency),
            from_minor(interest, currency),
        )


def _refused(detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_TERMS, detail, {"field": "payments"})
