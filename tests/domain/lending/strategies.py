"""What the properties of lending are tried on: terms, amounts and dates of every shape."""

import os
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, settings
from hypothesis import strategies as st

from domain.calendar import FORTNIGHTLY, MONTHLY, SEMIMONTHLY, WEEKLY, Frequency, Unit, nth_date
from domain.daycount import DayCount
from domain.errors import DomainError
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.terms import InterestMethod, ScheduleOptions, Terms
from domain.lending.waterfall import Owed

thorough = settings(max_examples=int(os.environ.get("TENOR_EXAMPLES", "200")), deadline=None)
"""Every property runs on so many examples; a slow machine is no failure."""

EXPONENTS = {"EUR": 2, "JPY": 0, "KWD": 3}
CURRENCIES = st.sampled_from(sorted(EXPONENTS))
DATES = st.dates(date(1990, 1, 1), date(2090, 12, 31))
FREQUENCIES = st.sampled_from(
    [
        WEEKLY,
        FORTNIGHTLY,
        SEMIMONTHLY,
        MONTHLY,
        Frequency(Unit.MONTHS, 3),
        Frequency(Unit.DAYS, 10),
    ]
)
ZONES = st.sampled_from(
    [
        "America/Havana",
        "America/New_York",
        "America/Santiago",
        "America/St_Johns",
        "Africa/Cairo",
        "Asia/Beirut",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Atlantic/Azores",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "UTC",
    ]
)


def money(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-EXPONENTS[currency])


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    """Terms of a loan large enough for its instalments, its first period whole or odd."""
    currency = draw(CURRENCIES)
    count = draw(st.integers(1, 60))
    method = draw(st.sampled_from(InterestMethod))
    frequency = draw(FREQUENCIES)
    disbursed_on = draw(DATES)
    whole = nth_date(disbursed_on, frequency, 1)
    odd = disbursed_on + timedelta(days=draw(st.integers(1, 75)))
    return Terms(
        principal=money(draw(st.integers(1_000 * count, 10**10)), currency),
        currency=currency,
        annual_rate_percent=draw(st.decimals(0, 60, places=4)),
        instalments=count,
        frequency=frequency,
        interest_method=method,
        day_count=draw(st.sampled_from(DayCount)),
        disbursed_on=disbursed_on,
        first_due_on=draw(st.sampled_from([whole, odd])),
        options=ScheduleOptions(
            instalment_smoothing=method is InterestMethod.DECLINING_BALANCE and draw(st.booleans())
        ),
    )


@st.composite
def loans(draw: st.DrawFn) -> tuple[Terms, tuple[Instalment, ...]]:
    """Terms with their schedule; terms whose first period is too long are left out."""
    agreed = draw(terms())
    try:
        return agreed, build_schedule(agreed)
    except DomainError as error:
        assume(error.facts != {"field": "first_due_on"})
        raise


@st.composite
def debts(draw: st.DrawFn) -> tuple[str, list[Owed]]:
    """A currency and what is unpaid of up to eight instalments in it, in any order."""
    currency = draw(CURRENCIES)
    amounts = st.one_of(st.just(0), st.integers(0, 200_000))
    first = draw(DATES)
    rows = [
        Owed(
            number,
            nth_date(first, MONTHLY, number),
            *(money(draw(amounts), currency) for _ in range(4)),
        )
        for number in range(1, draw(st.integers(0, 8)) + 1)
    ]
    return currency, draw(st.permutations(rows))


def unpaid(schedule: tuple[Instalment, ...], first: int = 1) -> list[Owed]:
    """What is owed of a schedule when nothing was paid from a number on."""
    return [
        Owed(row.number, row.due_on, interest=row.interest, principal=row.principal)
        for row in schedule
        if row.number >= first
    ]
