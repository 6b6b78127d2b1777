"""Repayment schedules: due dates, the rates of the periods, and the rows that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import assert_never

from domain.calendar import BusinessDays, MonthEnd, business_day, nth_date, nth_due_date
from domain.daycount import DayCount, year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.amortisation import (
    Rates,
    Row,
    Rules,
    deferred,
    equal_instalments,
    equal_principal,
    flat,
    interest_only,
)
from domain.lending.rounding import Rounding, divide, to_minor
from domain.lending.terms import (
    Amortisation,
    FlatRest,
    InterestBasis,
    InterestMethod,
    ScheduleOptions,
    Terms,
)
from domain.money import exponent


@dataclass(frozen=True, slots=True)
class Bearing:
    """What interest is earned on by the day, exactly: carried + balance × rate × days.

    Attributes:
        balance: The principal outstanding, in minor units.
        rate: The interest of a day on one unit.
        carried: What rounding left of interest that is not paid, in minor units: below zero where
            it was rounded up.
        known: It follows from what was paid; else it is what it will be if all is paid in time. Of
            two that differ in this alone, neither bears other interest: they are alike.
    """

    balance: int
    rate: Fraction
    carried: Fraction = Fraction(0)
    known: bool = field(default=False, compare=False)

    def exact(self, days: int) -> Fraction:
        """The interest of so many days, unrounded, in minor units."""
        return self.carried + self.balance * self.rate * days

    def rounded(self, days: int, rounding: Rounding) -> int:
        """The same in whole minor units; never below nothing."""
        exact = max(Fraction(0), self.exact(days))
        return divide(exact.numerator, exact.denominator, rounding)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days (from_on, until_on] over which an amount of interest is earned evenly.

    With a `bearing` the amount of a day inside it is rounded from the exact interest.
    """

    from_on: date
    until_on: date
    interest: Decimal
    bearing: Bearing | None = None

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until_on - self.from_on).days


@dataclass(frozen=True, slots=True)
class Instalment:
    """One row of a schedule: the period (from_on, due_on] and what falls due at its end."""

    number: int
    """Counted from one."""
    from_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    earning: tuple[Stretch, ...] = ()
    """Where interest is earned in its period, unless its own evenly. It adds up to `interest`;
    where interest is earned by the day, to that of the loan only: what is earned in a period that
    was paid ahead is asked for with a later instalment."""
    agreed: Decimal | None = None
    """The amount agreed for it, where interest is earned by the day: how much of it is interest
    follows from when it is paid. None: as planned."""

    @property
    def total(self) -> Decimal:
        """Principal and interest."""
        return self.principal + self.interest


def schedule_dates(terms: Terms) -> tuple[date, ...]:
    """The due dates of a loan, a down payment left aside.

    Where the first one is just a period after the disbursement, they are counted from the
    disbursement (31 October, 30 November, 31 December); otherwise from the first due date. A date
    that is no business day is moved by the product's rule; the next ones are counted as if it had
    not been.
    """
    options, frequency = terms.options, terms.frequency
    if first_is_whole(terms, terms.first_due_on):
        start, first = terms.disbursed_on, 1
    else:
        start, first = terms.first_due_on, 0
    numbers = range(first, first + terms.instalments)
    rule = options.month_end
    if rule is MonthEnd.CLAMP:
        dates = [nth_date(start, frequency, number) for number in numbers]
    else:
        dates = [nth_due_date(start, frequency, number, rule) for number in numbers]
    if options.business_days is not BusinessDays.NONE:
        dates = [business_day(day, options.business_days, options.holidays) for day in dates]
    return tuple(dates)


def build_schedule(
    terms: Terms, dates: Sequence[date] | None = None, *, whole_first: bool | None = None
) -> tuple[Instalment, ...]:
    """All instalments of a loan; their principal adds up to the principal of the loan.

    `dates` are its due dates where they are agreed one by one; otherwise they follow from the
    terms. `whole_first` says whether the first period is a whole one, where the calendar does not
    tell (28 February to 31 March is one for a loan of last days). Raises `INVALID_TERMS` where the
    terms leave an instalment that pays nothing (a principal too small for so many) or one that
    does not cover its interest (a first period too long).
    """
    if dates is None:
        dates = schedule_dates(terms)
    options, currency = terms.options, terms.currency
    principal = to_minor(terms.principal, currency)
    down = _share(principal, options.down_payment_percent, terms)
    earned = _rows(principal - down, period_rates(terms, dates, whole_first=whole_first), terms)
    rows = deferred(earned, options.interest_grace)
    _check_rows(rows, options)
    periods = list(zip((terms.disbursed_on, *dates), dates, rows, strict=False))
    put_off = _put_off(periods, earned, terms)
    if down:
        periods.insert(0, (terms.disbursed_on, terms.disbursed_on, Row(down, 0)))
    carrying = options.interest_grace + len(periods) - len(rows)
    scale = -exponent(currency)
    planned = tuple(
        Instalment(
            position + 1,
            from_on,
            due_on,
            Decimal(row.principal).scaleb(scale),
            Decimal(row.interest).scaleb(scale),
            put_off if position == carrying else (),
        )
        for position, (from_on, due_on, row) in enumerate(periods)
    )
    if options.interest is InterestBasis.DAILY:
        return _by_the_day(planned, period_rates(terms, dates, whole_first=whole_first), terms)
    return planned


def _by_the_day(rows: Sequence[Instalment], rates: Rates, terms: Terms) -> tuple[Instalment, ...]:
    """Rows that tell on which balance their interest is earned, all being paid in time."""
    balance = to_minor(terms.principal, terms.currency)
    numerators = iter(rates.numerators)
    found = []
    for row in rows:
        earning: tuple[Stretch, ...] = ()
        if row.from_on < row.due_on:
            days = (row.due_on - row.from_on).days
            rate = Fraction(next(numerators), rates.denominator * days)
            bearing = Bearing(balance, rate)
            earning = (Stretch(row.from_on, row.due_on, row.interest, bearing),)
        balance -= to_minor(row.principal, terms.currency)
        found.append(replace(row, earning=earning, agreed=row.total))
    return tuple(found)


def _put_off(
    periods: Sequence[tuple[date, date, Row]], earned: Sequence[Row], terms: Terms
) -> tuple[Stretch, ...]:
    """Where the interest is earned that falls due together after a grace on interest."""
    grace = terms.options.interest_grace
    if not grace:
        return ()
    scale = -exponent(terms.currency)
    return tuple(
        Stretch(from_on, due_on, Decimal(row.interest).scaleb(scale))
        for (from_on, due_on, _), row in zip(periods[: grace + 1], earned[: grace + 1], strict=True)
        if row.interest
    )


def first_is_whole(terms: Terms, first_due_on: date) -> bool:
    """Whether the first instalment falls due just a period after the disbursement."""
    whole = nth_due_date(terms.disbursed_on, terms.frequency, 1, terms.options.month_end)
    return whole == first_due_on


def _share(principal: int, percent: Decimal, terms: Terms) -> int:
    """A part of the principal, in minor units."""
    if not percent:
        return 0
    numerator, denominator = percent.as_integer_ratio()
    return divide(principal * numerator, denominator * 100, terms.rounding)


def period_rates(terms: Terms, dates: Sequence[date], *, whole_first: bool | None = None) -> Rates:
    """r_i = annual rate × year fraction of period i, exactly; see `build_schedule`."""
    if whole_first is None:
        whole_first = first_is_whole(terms, terms.first_due_on)
    count, frequency = terms.day_count, terms.frequency
    first = dates[0]
    parts = [
        year_fraction(
            count, terms.disbursed_on, first, frequency, whole_period=whole_first
        ).as_integer_ratio()
    ]
    if count in {DayCount.THIRTY_360, DayCount.PERIOD}:
        # Whole periods are their nominal length, whatever the calendar says.
        nominal = year_fraction(count, first, first, frequency, whole_period=True)
        parts += [nominal.as_integer_ratio()] * (len(dates) - 1)
    else:
        parts += [
            year_fraction(count, start, end, frequency, whole_period=True).as_integer_ratio()
            for start, end in zip(dates, dates[1:], strict=False)
        ]
    rate, rate_denominator = terms.annual_rate_percent.as_integer_ratio()
    common = lcm(*{denominator for _, denominator in parts})
    return Rates(
        tuple(rate * numerator * (common // denominator) for numerator, denominator in parts),
        rate_denominator * 100 * common,
    )


def rules_of(terms: Terms) -> Rules:
    """How the rows of a loan are rounded."""
    multiple = terms.options.instalment_multiple
    return Rules(
        terms.rounding,
        1 if multiple is None else to_minor(multiple, terms.currency),
        terms.options.instalment_smoothing,
    )


def balloon_of(terms: Terms) -> int:
    """What falls due with the last instalment on top of it, in minor units."""
    principal = to_minor(terms.principal, terms.currency)
    down = _share(principal, terms.options.down_payment_percent, terms)
    return _share(principal - down, terms.options.balloon_percent, terms)


def _rows(principal: int, rates: Rates, terms: Terms) -> list[Row]:
    options, rules = terms.options, rules_of(terms)
    match terms.interest_method:
        case InterestMethod.FLAT:
            residual = options.flat_rest is FlatRest.RESIDUAL
            return flat(principal, rates, rules, total_rounded_once=residual)
        case InterestMethod.DECLINING_BALANCE:
            return _declining(principal, rates, rules, terms)
        case _:
            assert_never(terms.interest_method)


def _declining(principal: int, rates: Rates, rules: Rules, terms: Terms) -> list[Row]:
    options = terms.options
    grace = options.principal_grace
    balloon = _share(principal, options.balloon_percent, terms)
    before = interest_only(principal, rates, grace, rules)
    left = rates.after(grace) if grace else rates
    match options.amortisation:
        case Amortisation.EQUAL_INSTALMENT:
            return before + equal_instalments(principal, balloon, left, rules)
        case Amortisation.EQUAL_PRINCIPAL:
            return before + equal_principal(principal, balloon, left, rules)
        case _:
            assert_never(options.amortisation)


def _check_rows(rows: Sequence[Row], options: ScheduleOptions) -> None:
    grace = max(options.principal_grace, options.interest_grace)
    for position, row in enumerate(rows):
        if row.principal < 0:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "The first period is so long that the instalment does not cover its interest.",
                {"field": "first_due_on"},
            )
        if row.principal + row.interest == 0 and position >= grace:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "The principal is too small for so many instalments: some would be zero.",
                {"field": "instalments"},
            )
