"""What holds for a schedule whatever its product says, and for the yearly cost of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.calendar import (
    FORTNIGHTLY,
    MONTHLY,
    WEEKLY,
    BusinessDays,
    Frequency,
    Holidays,
    MonthEnd,
    Unit,
    nth_date,
)
from domain.daycount import DayCount
from domain.errors import DomainError, ErrorCode
from domain.lending.apr import Flow, eu_aprc, us_actuarial
from domain.lending.rounding import Rounding
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.terms import Amortisation, FlatRest, InterestMethod, ScheduleOptions, Terms
from domain.money import ZERO, minor_unit
from tests.domain.lending.strategies import CURRENCIES, money, thorough

FREQUENCIES = st.sampled_from(
    [WEEKLY, FORTNIGHTLY, MONTHLY, Frequency(Unit.MONTHS, 3), Frequency(Unit.DAYS, 10)]
)
SHARES = st.one_of(st.just(ZERO), st.decimals(0, 60, places=2))


@st.composite
def agreed(draw: st.DrawFn) -> Terms:
    """Terms with options of every kind that go together."""
    currency = draw(CURRENCIES)
    count = draw(st.integers(1, 36))
    frequency = draw(FREQUENCIES)
    method = draw(st.sampled_from(InterestMethod))
    lent_on = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    whole = nth_date(lent_on, frequency, 1)
    grace = st.integers(0, min(count - 1, 6))
    declining = method is InterestMethod.DECLINING_BALANCE
    holidays = draw(st.sets(st.integers(0, 1200), max_size=20))
    options = ScheduleOptions(
        amortisation=draw(st.sampled_from(Amortisation))
        if declining
        else Amortisation.EQUAL_INSTALMENT,
        principal_grace=draw(grace) if declining else 0,
        interest_grace=draw(grace),
        balloon_percent=draw(SHARES) if declining else ZERO,
        down_payment_percent=draw(SHARES),
        instalment_multiple=draw(
            st.one_of(st.none(), st.sampled_from([1, 10, 500]).map(lambda n: money(n, currency)))
        ),
        instalment_smoothing=declining and draw(st.booleans()),
        flat_rest=draw(st.sampled_from(FlatRest)),
        month_end=draw(st.sampled_from(MonthEnd)),
        business_days=draw(st.sampled_from(BusinessDays)),
        holidays=Holidays(frozenset(lent_on + timedelta(days=day) for day in holidays)),
    )
    return Terms(
        principal=money(draw(st.integers(20_000 * count, 10**9)), currency),
        currency=currency,
        annual_rate_percent=draw(st.decimals(0, 60, places=3)),
        instalments=count,
        frequency=frequency,
        interest_method=method,
        day_count=draw(st.sampled_from(DayCount)),
        disbursed_on=lent_on,
        first_due_on=draw(st.sampled_from([whole, whole + timedelta(days=9)])),
        rounding=draw(st.sampled_from(Rounding)),
        options=options,
    )


def scheduled(terms: Terms) -> tuple[Instalment, ...]:
    """Its schedule; terms that no sound one follows from are left out."""
    try:
        return build_schedule(terms)
    except DomainError as error:
        assume(error.code is not ErrorCode.INVALID_TERMS)
        raise


@thorough
@given(agreed())
def test_whatever_the_product_says_the_principal_comes_back_once(terms: Terms) -> None:
    schedule = scheduled(terms)
    unit = minor_unit(terms.currency)
    assert sum(row.principal for row in schedule) == terms.principal
    assert [row.number for row in schedule] == list(range(1, len(schedule) + 1))
    down = bool(schedule) and schedule[0].due_on == terms.disbursed_on
    assert len(schedule) == terms.instalments + down
    for row in schedule:
        assert row.principal >= 0
        assert row.interest >= 0
        for amount in (row.principal, row.interest):
            assert amount == amount.quantize(unit)
    for row, following in zip(schedule, schedule[1:], strict=False):
        assert row.from_on <= row.due_on == following.from_on


@thorough
@given(agreed())
def test_instalments_are_alike_to_within_a_minor_unit_for_each(terms: Terms) -> None:
    """Equal principal and flat interest: what is rounded off comes to n × minor unit at most."""
    terms = replace(
        terms, options=replace(terms.options, instalment_multiple=None, balloon_percent=ZERO)
    )
    schedule = scheduled(terms)[-(terms.instalments - terms.options.principal_grace) :]
    if terms.interest_method is not InterestMethod.FLAT:
        assume(terms.options.amortisation is Amortisation.EQUAL_PRINCIPAL)
    shares = [row.principal for row in schedule]
    if terms.interest_method is InterestMethod.FLAT and not terms.options.interest_grace:
        shares = [row.total for row in schedule]
    elif terms.interest_method is InterestMethod.FLAT:
        return
    assert max(shares) - min(shares) <= len(shares) * minor_unit(terms.currency)


# -- the yearly cost ---------------------------------------------------------------------------


def present_value(
    rate: Decimal, flows: list[tuple[Fraction, Decimal]], per_year: int, *, compounding: bool
) -> Decimal:
    """Net present value of amounts after so many unit-periods; US simple, or EU yearly, rates."""
    found = ZERO
    for periods, amount in flows:
        whole, part = divmod(periods, 1)
        if compounding:
            years = Decimal(periods.numerator) / periods.denominator / per_year
            found += amount * (1 + rate / 100) ** -years
        else:
            i = rate / 100 / per_year
            odd = Decimal(part.numerator) / part.denominator
            found += amount / ((1 + odd * i) * (1 + i) ** int(whole))
    return found


@st.composite
def priced(draw: st.DrawFn) -> tuple[Terms, Decimal, int]:
    """Terms whose instalments are whole periods apart, a fee kept back, periods a year."""
    frequency, per_year = draw(st.sampled_from([(MONTHLY, 12), (WEEKLY, 52)]))
    lent_on = draw(st.dates(date(2000, 1, 1), date(2040, 12, 28)).filter(lambda day: day.day < 29))
    count = draw(st.integers(2, 36))
    principal = money(draw(st.integers(20_000 * count, 10**8)), "EUR")
    terms = Terms(
        principal=principal,
        currency="EUR",
        annual_rate_percent=draw(st.decimals(0, 60, places=2)),
        instalments=count,
        frequency=frequency,
        interest_method=draw(st.sampled_from(InterestMethod)),
        day_count=draw(st.sampled_from(DayCount)),
        disbursed_on=lent_on,
        first_due_on=nth_date(lent_on, frequency, 1),
    )
    fee = (principal * draw(st.integers(0, 80)) / 1000).quantize(Decimal("0.01"))
    return terms, fee, per_year


@thorough
@given(priced())
def test_at_its_yearly_rate_a_loan_is_worth_nothing(case: tuple[Terms, Decimal, int]) -> None:
    """NPV(schedule, APR) = 0, Regulation Z and Directive 2008/48/EC, the times counted by hand."""
    terms, fee, per_year = case
    schedule = scheduled(terms)
    assume(all(row.total > 0 for row in schedule))
    lent = terms.principal - fee
    advances = [Flow(terms.disbursed_on, lent)]
    payments = [Flow(row.due_on, row.total) for row in schedule]
    flows = [(Fraction(0), -lent)] + [(Fraction(row.number), row.total) for row in schedule]
    slack = terms.principal * Decimal("1e-12")
    for rate, compounding in (
        (us_actuarial(advances, payments), False),
        (eu_aprc(advances, payments), True),
    ):
        assert rate >= 0
        assert abs(present_value(rate, flows, per_year, compounding=compounding)) <= slack


@thorough
@given(priced(), st.integers(1, 29))
def test_so_it_is_when_the_first_period_is_longer(
    case: tuple[Terms, Decimal, int], odd: int
) -> None:
    """Days before the first whole period are a fraction of one: of 30 days, or of a week's 7."""
    terms, fee, per_year = case
    month_before = (terms.disbursed_on.replace(day=1) - timedelta(days=1)).day
    assume(odd < (month_before if per_year == 12 else 7))  # as many days are a whole period
    schedule = scheduled(terms)
    assume(all(row.total > 0 for row in schedule) and len(schedule) > 2)
    earlier = terms.disbursed_on - timedelta(days=odd)
    lent = terms.principal - fee
    part = Fraction(odd, 30 if per_year == 12 else 7)
    flows = [(Fraction(0), -lent)] + [(row.number + part, row.total) for row in schedule]
    rate = us_actuarial([Flow(earlier, lent)], [Flow(row.due_on, row.total) for row in schedule])
    found = present_value(rate, flows, per_year, compounding=False)
    assert abs(found) <= terms.principal * Decimal("1e-12")
