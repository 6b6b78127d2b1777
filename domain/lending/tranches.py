"""Schedules of loans on which something happens after the first money went out.

More money, another rate, a pause of interest. A day d means (d − 1, d]. What happens inside a
period splits it into stretches, whose interest is added up exactly and rounded once. More money or
another rate works the instalment out anew, from the opening balance of its period and over whole
periods; a pause leaves it as it is, so that principal is repaid faster and the last row shrinks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.daycount import DayCount, year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import divide, to_minor
from domain.lending.schedule import Instalment, first_is_whole
from domain.lending.terms import InterestMethod, Terms
from domain.money import exponent

DAY = timedelta(days=1)
_SMOOTHING_ATTEMPTS = 3
_NOMINAL = frozenset({DayCount.THIRTY_360, DayCount.PERIOD, DayCount.UNIT_PERIOD_360})
"""Day counts that do not look at the calendar: a part of a period is its part of the days."""


@dataclass(frozen=True, slots=True)
class Tranche:
    """More money that goes out on a day; on a due date it counts for the next period."""

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RateChange:
    """Another rate, from the first day that is charged at it."""

    first_day: date
    annual_rate_percent: Decimal


@dataclass(frozen=True, slots=True)
class InterestPause:
    """Days that bear no interest, the first and the last among them."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Happenings:
    """All that happens to a loan after its first money went out."""

    tranches: tuple[Tranche, ...] = ()
    rates: tuple[RateChange, ...] = ()
    pauses: tuple[InterestPause, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A row, and the balance after it, with the money that went out until its due date."""

    instalment: Instalment
    balance_after: Decimal


def schedule_as_it_went(
    terms: Terms,
    dates: Sequence[date],
    happenings: Happenings,
    *,
    start: date | None = None,
    instalment: Decimal | None = None,
) -> tuple[Drawn, ...]:
    """The rows of a loan on which something happened.

    Args:
        terms: The terms at the beginning.
        dates: The due dates.
        happenings: What happened.
        start: Where the first period begins, if the first money went out later in it.
        instalment: The instalment, where it is agreed and never worked out anew.

    Raises `INVALID_TERMS` for money that goes out after the last due date.
    """
    book = _Book(terms, dates, happenings, start or terms.disbursed_on)
    if terms.interest_method is InterestMethod.FLAT:
        return book.flat()
    return book.declining(None if instalment is None else to_minor(instalment, terms.currency))


class _Book:
    """The periods of a loan and what happens in them, in minor units."""

    def __init__(
        self, terms: Terms, dates: Sequence[date], happenings: Happenings, start: date
    ) -> None:
        self._terms = terms
        self._periods = list(zip((start, *dates), dates, strict=False))
        self._money = [(terms.disbursed_on, to_minor(terms.principal, terms.currency))]
        self._money += [
            (tranche.on, to_minor(tranche.amount, terms.currency))
            for tranche in happenings.tranches
        ]
        if any(not start <= on < dates[-1] for on, _ in self._money):
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "Money goes out before the last due date, and not before the first period.",
                {"field": "events"},
            )
        self._rates = sorted(happenings.rates, key=lambda change: change.first_day)
        self._pauses = happenings.pauses
        whole_first = first_is_whole(terms, dates[0]) if start == terms.disbursed_on else True
        self._whole = [
            year_fraction(
                terms.day_count,
                since,
                due,
                terms.frequency,
                whole_period=whole_first if position == 0 else True,
            )
            for position, (since, due) in enumerate(self._periods)
        ]

    # -- what is where -------------------------------------------------------------------------

    def _drawn_in(self, position: int) -> int:
        """Money that goes out in a period; on its first day, but not on its due date."""
        since, due = self._periods[position]
        return sum(amount for on, amount in self._money if since <= on < due)

    def _rate_on(self, day: date, *, known_by: date) -> Fraction:
        """The yearly rate of a day, as a fraction of one, of the changes known by another day."""
        rate = self._terms.annual_rate_percent
        for change in self._rates:
            if change.first_day <= min(day, known_by):
                rate = change.annual_rate_percent
        return Fraction(rate) / 100

    def _part(self, position: int, since: date, until: date) -> Fraction:
        """The part of a year of a stretch inside a period."""
        start, due = self._periods[position]
        whole = self._whole[position]
        if (since, until) == (start, due):
            return whole
        if self._terms.day_count in _NOMINAL:
            return whole * Fraction((until - since).days, (due - start).days)
        return year_fraction(
            self._terms.day_count, since, until, self._terms.frequency, whole_period=False
        )

    def _stretches(self, position: int) -> Iterator[tuple[date, date]]:
        """The period cut where money, rate or a pause changes what a day bears."""
        start, due = self._periods[position]
        cuts = {on for on, _ in self._money}
        cuts |= {change.first_day - DAY for change in self._rates}
        cuts |= {pause.first - DAY for pause in self._pauses}
        cuts |= {pause.last for pause in self._pauses}
        ordered = [start, *sorted(cut for cut in cuts if start < cut < due), due]
        yield from zip(ordered, ordered[1:], strict=False)

    def _interest(self, position: int, balance: int, *, known_by: date, pauses: bool) -> int:
        """The interest of a period on its opening balance and the money that goes out in it."""
        start, _ = self._periods[position]
        total = Fraction(0)
        for since, until in self._stretches(position):
            if pauses and any(pause.first <= until <= pause.last for pause in self._pauses):
                continue
            drawn = sum(
                amount for on, amount in self._money if start <= on <= since and on < known_by
            )
            rate = self._rate_on(until, known_by=known_by)
            total += (balance + drawn) * rate * self._part(position, since, until)
        return self._round(total)

    def _round(self, amount: Fraction) -> int:
        return divide(amount.numerator, amount.denominator, self._terms.rounding)

    # -- the declining balance -----------------------------------------------------------------

    def declining(self, fixed: int | None) -> tuple[Drawn, ...]:
        """Rows on the balance really outstanding."""
        balance, instalment = 0, fixed or 0
        rows: list[tuple[int, int, int]] = []
        last = len(self._periods) - 1
        for position, (_, due) in enumerate(self._periods):
            if fixed is None and self._is_new(position):
                instalment = self._instalment(position, balance)
            interest = self._interest(position, balance, known_by=due, pauses=True)
            balance += self._drawn_in(position)
            part = balance if position == last else min(instalment - interest, balance)
            balance -= part
            rows.append((part, interest, balance))
        return self._shown(rows)

    def _is_new(self, position: int) -> bool:
        """Whether the instalment is worked out anew for a period."""
        since, due = self._periods[position]
        changed = any(since < change.first_day <= due for change in self._rates)
        return position == 0 or changed or self._drawn_in(position) > 0

    def _instalment(self, position: int, balance: int) -> int:
        """The equal instalment of a period and those after it, as known in this period."""
        known_by = self._periods[position][1]
        rate = self._rate_on(known_by, known_by=known_by)
        growth, divisor = Fraction(1), Fraction(0)
        for whole in self._whole[position:]:
            growth *= 1 + rate * whole
            divisor = 1 + divisor * (1 + rate * whole)
        opening = balance + self._drawn_in(position)
        instalment = self._round(opening * growth / divisor)
        if not self._terms.options.instalment_smoothing:
            return instalment
        count = len(self._periods) - position
        difference = self._residue(position, balance, instalment)
        for _ in range(_SMOOTHING_ATTEMPTS):
            if count // 2 == 0 or abs(difference) <= count // 2:
                break
            adjusted = self._round(Fraction(instalment * count + difference, count))
            remaining = self._residue(position, balance, adjusted)
            if abs(remaining) >= abs(difference):
                break
            instalment, difference = adjusted, remaining
        return instalment

    def _residue(self, position: int, balance: int, instalment: int) -> int:
        """By how much the last row would differ, pauses left aside and nothing more happening."""
        known_by = self._periods[position][1]
        for later in range(position, len(self._periods)):
            interest = self._interest(later, balance, known_by=known_by, pauses=False)
            if later == position:
                balance += self._drawn_in(later)
            if later == len(self._periods) - 1:
                return balance + interest - instalment
            balance -= instalment - interest
        raise AssertionError("a loan has a last period")

    # -- flat ----------------------------------------------------------------------------------

    def flat(self) -> tuple[Drawn, ...]:
        """Rows of interest on all that went out, each amount from its own day."""
        interests = [self._flat_interest(position) for position in range(len(self._periods))]
        balance = instalment = 0
        rows: list[tuple[int, int, int]] = []
        last = len(self._periods) - 1
        for position in range(len(self._periods)):
            drawn = self._drawn_in(position)
            balance += drawn
            if position == 0 or drawn:
                known = self._flat_to_come(position)
                instalment = self._round(Fraction(balance + known, last + 1 - position))
            part = balance if position == last else instalment - interests[position]
            balance -= part
            rows.append((part, interests[position], balance))
        return self._shown(rows)

    def _flat_interest(self, position: int, through: date | None = None) -> int:
        """The interest of a period on everything that went out, until a day if one is named."""
        start, due = self._periods[position]
        total = Fraction(0)
        for on, amount in self._money:
            if on >= due or (through is not None and on >= through):
                continue
            rate = self._rate_on(due, known_by=due)
            total += amount * rate * self._part(position, max(on, start), due)
        return self._round(total)

    def _flat_to_come(self, position: int) -> int:
        """All interest of a period and those after it, as known in this period."""
        through = self._periods[position][1]
        return sum(
            self._flat_interest(later, through) for later in range(position, len(self._periods))
        )

    def _shown(self, rows: Sequence[tuple[int, int, int]]) -> tuple[Drawn, ...]:
        scale = -exponent(self._terms.currency)
        shown = []
        for number, ((since, due), (part, interest, balance)) in enumerate(
            zip(self._periods, rows, strict=True), start=1
        ):
            if part < 0:
                raise DomainError(
                    ErrorCode.INVALID_TERMS,
                    "An instalment does not cover its interest.",
                    {"field": "events"},
                )
            on_due = sum(amount for on, amount in self._money if on == due)
            shown.append(
                Drawn(
                    Instalment(
                        number,
                        since,
                        due,
                        Decimal(part).scaleb(scale),
                        Decimal(interest).scaleb(scale),
                    ),
                    Decimal(balance + on_due).scaleb(scale),
                )
            )
        return tuple(shown)
