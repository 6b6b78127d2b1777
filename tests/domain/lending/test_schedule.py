"""Schedules: properties on any terms, examples worked by hand, refusals."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given

from domain.calendar import FORTNIGHTLY, MONTHLY, WEEKLY, nth_date
from domain.daycount import DayCount, year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import Rounding, divide, percent_of
from domain.lending.schedule import Instalment, build_schedule, schedule_dates
from domain.lending.terms import InterestMethod, ScheduleOptions, Terms
from domain.money import minor_unit
from tests.domain.lending.strategies import loans, thorough

Loan = tuple[Terms, tuple[Instalment, ...]]

PLAIN = Terms(
    principal=Decimal("1200.00"),
    currency="EUR",
    annual_rate_percent=Decimal(12),
    instalments=12,
    frequency=MONTHLY,
    interest_method=InterestMethod.DECLINING_BALANCE,
    day_count=DayCount.THIRTY_360,
    disbursed_on=date(2024, 1, 1),
    first_due_on=date(2024, 2, 1),
)


def exact_rates(terms: Terms, schedule: tuple[Instalment, ...]) -> list[Fraction]:
    """The rate of each period, straight from its definition."""
    first_is_whole = nth_date(terms.disbursed_on, terms.frequency, 1) == terms.first_due_on
    return [
        Fraction(terms.annual_rate_percent)
        / 100
        * year_fraction(
            terms.day_count,
            row.from_on,
            row.due_on,
            terms.frequency,
            whole_period=first_is_whole or row.number > 1,
        )
        for row in schedule
    ]


@thorough
@given(loans())
def test_a_schedule_is_whole(loan: Loan) -> None:
    terms, schedule = loan
    unit = minor_unit(terms.currency)
    assert sum(row.principal for row in schedule) == terms.principal
    assert [row.number for row in schedule] == list(range(1, terms.instalments + 1))
    assert schedule[0].from_on == terms.disbursed_on
    assert schedule[0].due_on == terms.first_due_on
    for row, following in zip(schedule, schedule[1:], strict=False):
        assert row.from_on < row.due_on == following.from_on
    for row in schedule:
        assert row.principal >= 0
        assert row.interest >= 0
        assert row.total > 0
        assert row.principal.as_tuple().exponent == unit.as_tuple().exponent
        assert row.interest.as_tuple().exponent == unit.as_tuple().exponent


@thorough
@given(loans())
def test_interest_is_rounded_once_from_the_exact_ratio(loan: Loan) -> None:
    terms, schedule = loan
    half = Fraction(minor_unit(terms.currency)) / 2
    balance = terms.principal
    for row, rate in zip(schedule, exact_rates(terms, schedule), strict=True):
        flat = terms.interest_method is InterestMethod.FLAT
        charged_on = terms.principal if flat else balance
        assert abs(Fraction(row.interest) - Fraction(charged_on) * rate) <= half
        balance -= row.principal
    assert balance == 0


@thorough
@given(loans())
def test_instalments_are_equal_but_for_the_rounding_in_the_last(loan: Loan) -> None:
    """A half unit of the instalment and one of each interest, grown to the end by the rates."""
    terms, schedule = loan
    totals = [row.total for row in schedule]
    assert len(set(totals[:-1])) <= 1
    if terms.interest_method is InterestMethod.FLAT:
        allowed = terms.instalments
    else:
        grown = Fraction(1)
        for rate in exact_rates(terms, schedule)[1:]:
            grown = 1 + grown * (1 + rate)
        allowed = ceil(grown) + 1
    assert abs(totals[-1] - totals[0]) <= allowed * minor_unit(terms.currency)


@thorough
@given(loans())
def test_the_instalment_brings_the_exact_balance_to_zero(loan: Loan) -> None:
    """Paying the exact annuity of the unrounded rates clears the loan; ours is its rounding."""
    terms, schedule = loan
    if terms.interest_method is InterestMethod.FLAT or terms.options.instalment_smoothing:
        return
    rates = exact_rates(terms, schedule)
    discounted, factor = Fraction(0), Fraction(1)
    for rate in rates:
        factor /= 1 + rate
        discounted += factor
    exact = Fraction(terms.principal) / discounted
    if terms.instalments > 1:
        assert abs(Fraction(schedule[0].total) - exact) <= Fraction(minor_unit(terms.currency)) / 2


@thorough
@given(loans())
def test_smoothing_never_makes_the_last_instalment_worse(loan: Loan) -> None:
    terms, schedule = loan
    if terms.interest_method is InterestMethod.FLAT:
        return
    plain = build_schedule(replace(terms, options=ScheduleOptions()))
    smooth = build_schedule(replace(terms, options=ScheduleOptions(instalment_smoothing=True)))
    assert abs(smooth[-1].total - smooth[0].total) <= abs(plain[-1].total - plain[0].total)
    assert schedule in (plain, smooth)


def rows(terms: Terms) -> list[tuple[str, str]]:
    return [(str(row.principal), str(row.interest)) for row in build_schedule(terms)]


def test_rate_zero_divides_the_principal() -> None:
    terms = replace(PLAIN, annual_rate_percent=Decimal(0), principal=Decimal(100), instalments=3)
    assert rows(terms) == [("33.33", "0.00"), ("33.33", "0.00"), ("33.34", "0.00")]


def test_one_instalment_pays_all() -> None:
    terms = replace(PLAIN, instalments=1)
    assert rows(terms) == [("1200.00", "12.00")]


@pytest.mark.parametrize(
    ("currency", "principal", "expected"),
    [
        # 10 a month and 12 % a year on 1,200: interest 12, instalment round(106.6185…).
        ("EUR", "1200", ("94.62", "12.00")),
        ("JPY", "1200", ("95", "12")),
        ("KWD", "1200", ("94.619", "12.000")),
    ],
)
def test_each_currency_is_rounded_to_its_own_unit(
    currency: str, principal: str, expected: tuple[str, str]
) -> None:
    terms = replace(PLAIN, currency=currency, principal=Decimal(principal))
    assert rows(terms)[0] == expected


def test_flat_interest_by_hand() -> None:
    # 1,000 at 10 % for three months: 8.33 a month; (1000 + 24.99) / 3 = 341.66; the rest last.
    terms = replace(
        PLAIN,
        principal=Decimal(1000),
        annual_rate_percent=Decimal(10),
        instalments=3,
        interest_method=InterestMethod.FLAT,
    )
    assert rows(terms) == [("333.33", "8.33"), ("333.33", "8.33"), ("333.34", "8.33")]


@pytest.mark.parametrize(
    ("rounding", "interest"), [(Rounding.HALF_EVEN, "50.12"), (Rounding.HALF_UP, "50.13")]
)
def test_a_tie_is_seen_exactly(rounding: Rounding, interest: str) -> None:
    # 10,025 × 4.5 % × 40/360 = 50.125, which a float misses.
    terms = replace(
        PLAIN,
        principal=Decimal(10025),
        annual_rate_percent=Decimal("4.5"),
        instalments=1,
        frequency=WEEKLY,
        first_due_on=date(2024, 2, 10),
        rounding=rounding,
    )
    assert rows(terms) == [("10025.00", interest)]


@pytest.mark.parametrize(
    ("first_due_on", "day_count", "interest"),
    [
        # short: 17 of the 31 days of the month from 15 January
        (date(2024, 2, 1), DayCount.THIRTY_360, "6.58"),
        # long: a month, and 15 of the 29 days of the month that follows
        (date(2024, 3, 1), DayCount.THIRTY_360, "18.21"),
        (date(2024, 2, 1), DayCount.ACTUAL_365, "6.71"),
        (date(2024, 3, 1), DayCount.ACTUAL_365, "18.15"),
    ],
)
def test_an_odd_first_period_is_charged_by_its_days(
    first_due_on: date, day_count: DayCount, interest: str
) -> None:
    terms = replace(
        PLAIN, disbursed_on=date(2024, 1, 15), first_due_on=first_due_on, day_count=day_count
    )
    schedule = build_schedule(terms)
    assert str(schedule[0].interest) == interest
    assert schedule[-1].due_on == nth_date(first_due_on, MONTHLY, 11)


def test_dates_follow_the_disbursement_when_the_first_period_is_whole() -> None:
    terms = replace(
        PLAIN, disbursed_on=date(2023, 10, 31), first_due_on=date(2023, 11, 30), instalments=4
    )
    assert schedule_dates(terms) == (
        date(2023, 11, 30),
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 2, 29),
    )


def test_dates_follow_the_first_due_date_when_it_is_odd() -> None:
    terms = replace(
        PLAIN, disbursed_on=date(2023, 11, 10), first_due_on=date(2023, 11, 30), instalments=3
    )
    assert schedule_dates(terms) == (date(2023, 11, 30), date(2023, 12, 30), date(2024, 1, 30))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"principal": Decimal(0)}, ErrorCode.AMOUNT_NOT_POSITIVE, "principal"),
        ({"principal": Decimal("-1")}, ErrorCode.AMOUNT_NOT_POSITIVE, "principal"),
        ({"principal": Decimal("1.001")}, ErrorCode.AMOUNT_PRECISION, "principal"),
        ({"principal": Decimal("NaN")}, ErrorCode.AMOUNT_PRECISION, "principal"),
        ({"annual_rate_percent": Decimal("-1")}, ErrorCode.INVALID_TERMS, "annual_rate_percent"),
        ({"annual_rate_percent": Decimal(1001)}, ErrorCode.INVALID_TERMS, "annual_rate_percent"),
        ({"annual_rate_percent": Decimal("NaN")}, ErrorCode.INVALID_TERMS, "annual_rate_percent"),
        (
            {"annual_rate_percent": Decimal("1.0000001")},
            ErrorCode.INVALID_TERMS,
            "annual_rate_percent",
        ),
        ({"instalments": 0}, ErrorCode.INVALID_TERMS, "instalments"),
        ({"instalments": 601}, ErrorCode.INVALID_TERMS, "instalments"),
        ({"first_due_on": date(2024, 1, 1)}, ErrorCode.INVALID_TERMS, "first_due_on"),
        ({"first_due_on": date(9999, 12, 31)}, ErrorCode.INVALID_TERMS, "first_due_on"),
        ({"disbursed_on": date(1, 1, 1)}, ErrorCode.INVALID_TERMS, "disbursed_on"),
        (
            {
                "interest_method": InterestMethod.FLAT,
                "options": ScheduleOptions(instalment_smoothing=True),
            },
            ErrorCode.INVALID_TERMS,
            "instalment_smoothing",
        ),
    ],
)
def test_terms_are_refused_by_field(change: dict[str, object], code: ErrorCode, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        replace(PLAIN, **change)  # type: ignore[arg-type]
    assert refusal.value.code is code
    assert refusal.value.facts["field"] == field


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(DomainError) as refusal:
        replace(PLAIN, currency="XXX")
    assert refusal.value.code is ErrorCode.UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"principal": Decimal("0.05")}, "instalments"),
        # E = 1: eighteen units are spent before the last rows.
        ({"currency": "JPY", "principal": Decimal(6), "instalments": 12}, "instalments"),
        # Ten years of interest before the first instalment.
        ({"first_due_on": date(2034, 1, 1)}, "first_due_on"),
    ],
)
def test_terms_without_a_sound_schedule_are_refused(change: dict[str, object], field: str) -> None:
    terms = replace(PLAIN, **change)  # type: ignore[arg-type]
    with pytest.raises(DomainError) as refusal:
        build_schedule(terms)
    assert refusal.value.code is ErrorCode.INVALID_TERMS
    assert refusal.value.facts == {"field": field}


def test_the_rate_may_be_written_with_trailing_zeros() -> None:
    assert build_schedule(replace(PLAIN, annual_rate_percent=Decimal("12.0000000000"))) == (
        build_schedule(PLAIN)
    )


@pytest.mark.parametrize(
    ("numerator", "denominator", "even", "up"),
    [(5, 2, 2, 3), (7, 2, 4, 4), (1, 3, 0, 0), (2, 3, 1, 1), (0, 7, 0, 0), (6, 2, 3, 3)],
)
def test_divide(numerator: int, denominator: int, even: int, up: int) -> None:
    assert divide(numerator, denominator, Rounding.HALF_EVEN) == even
    assert divide(numerator, denominator, Rounding.HALF_UP) == up


def test_percent_of_rounds_once() -> None:
    assert percent_of(Decimal("100.50"), Decimal("2.5"), "EUR") == Decimal("2.51")
    assert percent_of(Decimal("100.20"), Decimal("2.5"), "EUR") == Decimal("2.50")
    assert percent_of(Decimal("99999999999998.999"), Decimal("33.333333"), "KWD") == Decimal(
        "33333332999999.666"
    )


def test_fortnights_are_fourteen_days_in_either_day_count() -> None:
    for day_count, days in ((DayCount.THIRTY_360, 360), (DayCount.ACTUAL_365, 365)):
        fraction = year_fraction(
            day_count, date(2024, 2, 20), date(2024, 3, 5), FORTNIGHTLY, whole_period=True
        )
        assert fraction == Fraction(14, days)
