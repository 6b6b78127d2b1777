"""The yearly cost of credit: published figures, and what must hold of every loan."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import MONTHLY, SEMIMONTHLY, due_dates, nth_date
from domain.errors import DomainError, ErrorCode
from domain.lending.apr import (
    Flow,
    Measure,
    TimedFlow,
    UnitPeriod,
    effective_rate,
    eu_aprc,
    unit_period,
    us_actuarial,
)
from tests.domain.lending.published import Case, cases

US = [case for case in cases("apr") if case.data["method"] == "us_actuarial"]
EU = [case for case in cases("apr") if case.data["method"] == "eu_aprc"]


def rounded(rate: Decimal, case: Case) -> Decimal:
    return rate.quantize(Decimal(1).scaleb(-case.data["expected"]["decimals"]))


def expected(case: Case) -> Decimal:
    return Decimal(case.data["expected"]["apr_percent"])


def dated(items: list[Any]) -> list[Flow]:
    return [Flow(date.fromisoformat(item["date"]), Decimal(item["amount"])) for item in items]


def years(text: str) -> Fraction:
    """A sum of products as the cases write times: `34/365+7*1/12`."""
    total = Fraction(0)
    for term in text.split("+"):
        product = Fraction(1)
        for factor in term.split("*"):
            product *= Fraction(factor)
        total += product
    return total


def timed(items: list[Any]) -> list[TimedFlow]:
    found: list[TimedFlow] = []
    for item in items:
        amount = Decimal(item["amount"])
        if "t" in item:
            found.append(TimedFlow(years(item["t"]), amount))
            continue
        first, step = years(item["first_t"]), years(item["step"])
        found += [TimedFlow(first + step * k, amount) for k in range(item["count"])]
    return found


@pytest.mark.parametrize("case", US, ids=lambda case: case.id)
def test_published_rates_of_regulation_z(case: Case) -> None:
    given_unit = case.inputs.get("unit_period")
    unit = (
        None if given_unit is None else UnitPeriod(Measure(given_unit["type"]), given_unit["every"])
    )
    rate = us_actuarial(dated(case.inputs["advances"]), dated(case.inputs["payments"]), unit)
    assert rounded(rate, case) == expected(case)


@pytest.mark.parametrize("case", EU, ids=lambda case: case.id)
def test_published_rates_of_the_directive(case: Case) -> None:
    rate = effective_rate(timed(case.inputs["drawdowns"]), timed(case.inputs["payments"]))
    assert rounded(rate, case) == expected(case)


def test_dated_flows_are_timed_as_the_directive_says() -> None:
    """Example 2, case 3 of the study: yearly payments, the first after 34 days."""
    lent = date(2012, 1, 12)
    payments = [Flow(lent, Decimal("4000.00"))]
    payments += [Flow(date(2012 + k, 2, 15), Decimal("16541.86")) for k in range(20)]
    rate = eu_aprc([Flow(lent, Decimal("200000.00"))], payments)
    assert rate.quantize(Decimal("0.000001")) == Decimal("6.282070")


@given(
    principal=st.decimals("100", "50000", places=2),
    instalment=st.decimals("1", "5000", places=2),
    count=st.integers(1, 60),
    lead=st.integers(1, 90),
)
def test_the_rate_makes_both_sides_equal(
    principal: Decimal, instalment: Decimal, count: int, lead: int
) -> None:
    lent = date(2028, 1, 31)
    total = instalment * count
    payments = [
        Flow(on, instalment) for on in due_dates(lent + timedelta(days=lead), MONTHLY, count)
    ]
    advances = [Flow(lent, principal)]
    if total < principal:
        with pytest.raises(DomainError) as refused:
            us_actuarial(advances, payments)
        assert refused.value.code is ErrorCode.INVALID_TERMS
        return
    if total > principal * 20:
        return  # beyond what any law lets be lent
    rate = us_actuarial(advances, payments)
    assert rate >= 0
    assert (rate == 0) == (total == principal)
    # Paying more can only cost more.
    dearer = [*payments[:-1], Flow(payments[-1].on, payments[-1].amount + 1)]
    assert us_actuarial(advances, dearer) > rate
    assert eu_aprc(advances, payments) >= 0


def test_the_unit_period_is_what_occurs_most_often() -> None:
    def unit(*days: date) -> UnitPeriod:
        first, *others = [Flow(day, Decimal(10)) for day in days]
        return unit_period([first], others)

    monthly = UnitPeriod(Measure.MONTHS, 1)
    assert unit(date(2028, 1, 10), date(2028, 2, 1), date(2028, 3, 1), date(2028, 4, 1)) == monthly
    assert unit(date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)) == monthly
    weekly = [date(2028, 1, 3) + timedelta(days=7 * k) for k in range(5)]
    assert unit(*weekly) == UnitPeriod(Measure.DAYS, 7)
    halves = [nth_date(date(2028, 1, 1), SEMIMONTHLY, k) for k in range(12)]
    assert unit(*halves) == UnitPeriod(Measure.SEMIMONTHS, 1)
    assert unit(date(2028, 1, 1), date(2028, 3, 26)) == UnitPeriod(Measure.DAYS, 85)
    assert unit(date(2028, 1, 1), date(2031, 1, 1)) == UnitPeriod(Measure.MONTHS, 12)


def test_a_single_payment_bears_simple_interest_over_its_term() -> None:
    """100 for 85 days at a cost of 5: 5 % a term, times 365/85."""
    lent = date(2028, 1, 1)
    rate = us_actuarial([Flow(lent, Decimal(100))], [Flow(lent + timedelta(days=85), Decimal(105))])
    assert rate.quantize(Decimal("0.0001")) == (Decimal(5) * 365 / 85).quantize(Decimal("0.0001"))


@pytest.mark.parametrize(
    ("advances", "payments"),
    [
        ([], [Flow(date(2028, 1, 1), Decimal(1))]),
        ([Flow(date(2028, 1, 1), Decimal(0))], []),
        ([Flow(date(2028, 1, 2), Decimal(1))], [Flow(date(2028, 1, 1), Decimal(2))]),
    ],
)
def test_what_is_no_loan_is_refused(advances: list[Flow], payments: list[Flow]) -> None:
    for method in (us_actuarial, eu_aprc):
        with pytest.raises(DomainError) as refused:
            method(advances, payments)
        assert refused.value.code is ErrorCode.INVALID_TERMS


def test_halves_of_a_month_count_fifteen_days_and_24_a_year() -> None:
    """Paid back at 1 % a half-month: 24 % a year (App. J (b)(5)(iv))."""
    lent = date(2028, 1, 1)
    payments = [Flow(nth_date(lent, SEMIMONTHLY, k), Decimal(10)) for k in range(1, 24)]
    payments.append(Flow(date(2029, 1, 1), Decimal(1010)))
    assert round(us_actuarial([Flow(lent, Decimal(1000))], payments), 10) == 24
