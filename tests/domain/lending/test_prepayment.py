"""Schedules as payments made them: what holds beyond the published figures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import MONTHLY, Frequency, Unit
from domain.daycount import DayCount
from domain.errors import DomainError, ErrorCode
from domain.lending.outstanding import PrincipalPaid, schedule_as_outstanding
from domain.lending.prepayment import ExcessStrategy, Received, schedule_as_paid
from domain.lending.reageing import Aged, NewRows, re_age
from domain.lending.rounding import Rounding
from domain.lending.schedule import Instalment, build_schedule, schedule_dates
from domain.lending.terms import InterestMethod, ScheduleOptions, Terms
from domain.lending.unrounded import exact_annuity
from tests.domain.lending.strategies import thorough

TERMS = Terms(
    principal=Decimal("5000.00"),
    currency="EUR",
    annual_rate_percent=Decimal(12),
    instalments=6,
    frequency=MONTHLY,
    interest_method=InterestMethod.DECLINING_BALANCE,
    day_count=DayCount.ACTUAL_365,
    disbursed_on=date(2022, 11, 1),
    first_due_on=date(2022, 12, 1),
    options=ScheduleOptions(instalment_multiple=Decimal(1)),
)
DATES = schedule_dates(TERMS)


def paid(strategy: ExcessStrategy, *payments: tuple[str, str]) -> Sequence[Instalment]:
    received = [Received(date.fromisoformat(on), Decimal(amount)) for on, amount in payments]
    return schedule_as_paid(TERMS, DATES, received, strategy, annuity_year_part=Fraction(30, 365))


TWICE = (("2022-12-01", "1000"), ("2023-01-01", "2000"))


def test_excess_may_end_the_loan_sooner() -> None:
    rows = paid(ExcessStrategy.REDUCE_TERM, *TWICE)
    assert [str(row.total) for row in rows[:4]] == ["1000.00", "2000.00", "862.00", "862.00"]
    assert len(rows) == 5
    assert rows[4].total < 862
    assert sum(row.principal for row in rows) == 5000


def test_excess_may_count_towards_the_next_instalments() -> None:
    rows = paid(ExcessStrategy.PREPAY_NEXT, *TWICE)
    assert [str(row.total) for row in rows[:5]] == ["862.00"] * 5
    # The 138.00 above the first instalment stop bearing interest at once.
    assert str(rows[1].interest) == "41.27"
    assert sum(row.principal for row in rows) == 5000


@pytest.mark.parametrize(
    "payments",
    [
        [("2022-11-01", "1")],
        [("2023-05-02", "1")],
        [("2022-11-15", "6000")],
        [("2022-12-01", "6000")],
    ],
)
def test_what_no_borrower_pays_is_refused(payments: list[tuple[str, str]]) -> None:
    for strategy in ExcessStrategy:
        with pytest.raises(DomainError) as refused:
            paid(strategy, *payments)
        assert refused.value.code is ErrorCode.INVALID_TERMS
        assert refused.value.facts == {"field": "payments"}


@given(st.sampled_from(ExcessStrategy), st.integers(1, 150), st.decimals("0.01", "2000", places=2))
@thorough
def test_paying_a_day_earlier_or_more_never_costs_more(
    strategy: ExcessStrategy, day: int, amount: Decimal
) -> None:
    """One payment within a period: the interest of the loan is no more than paid on time."""
    on = TERMS.disbursed_on + timedelta(days=day)
    if on in DATES:
        return
    first_due = next(due for due in DATES if due > on)
    # Everything due before the day was paid on time, and the extra money comes on top.
    usual = [Received(due, Decimal(862)) for due in DATES if due < first_due]
    rows = schedule_as_paid(TERMS, DATES, usual, strategy, annuity_year_part=Fraction(30, 365))
    before = sum(row.interest for row in rows)

    def cost(received: Received) -> Decimal:
        made = schedule_as_paid(
            TERMS, DATES, [*usual, received], strategy, annuity_year_part=Fraction(30, 365)
        )
        assert sum((row.principal for row in made), Decimal(0)) == TERMS.principal
        return sum((row.interest for row in made), Decimal(0))

    left = TERMS.principal - sum(row.principal for row in rows if row.due_on < first_due)
    amount = min(amount, left)
    # Each stretch is rounded on its own: half a cent for each of a period's stretches.
    assert cost(Received(on, amount)) <= before + Decimal("0.03")


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2000)), max_size=4))
@thorough
def test_paid_on_time_or_ahead_costs_no_more_than_planned(told: list[tuple[int, int]]) -> None:
    terms = replace(TERMS, options=ScheduleOptions())
    planned = build_schedule(terms, DATES)
    as_of = terms.disbursed_on + timedelta(days=60)
    repaid = [
        PrincipalPaid(terms.disbursed_on + timedelta(days=day), Decimal(cents) / 2)
        for day, cents in told
    ]
    repaid.append(PrincipalPaid(DATES[0], planned[0].principal))
    if sum(one.amount for one in repaid) > terms.principal:
        return
    rows = schedule_as_outstanding(terms, DATES, planned[0].total, repaid, as_of)
    assert sum(row.principal for row in rows) == terms.principal
    assert sum(row.interest for row in rows) <= sum(row.interest for row in planned) + Decimal(
        "0.01"
    ) * len(rows)


def test_principal_repaid_before_the_loan_or_above_it_is_refused() -> None:
    for repaid in (
        PrincipalPaid(date(2022, 10, 1), Decimal(1)),
        PrincipalPaid(date(2022, 12, 1), Decimal(5001)),
    ):
        with pytest.raises(DomainError) as refused:
            schedule_as_outstanding(TERMS, DATES, Decimal(862), [repaid], date(2023, 1, 1))
        assert refused.value.facts == {"field": "payments"}


@given(
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 100)), min_size=1, max_size=12),
    st.integers(1, 24),
    st.sampled_from(Rounding),
)
@thorough
def test_re_ageing_moves_all_that_is_unpaid_and_nothing_else(
    told: list[tuple[int, int]], count: int, rounding: Rounding
) -> None:
    rows = [
        Aged(
            date(2024, 1, 1) + timedelta(days=15 * at),
            Decimal(cents).scaleb(-2),
            Decimal(cents * part // 100).scaleb(-2),
        )
        for at, (cents, part) in enumerate(told)
    ]
    new = NewRows(date(2024, 9, 1), Frequency(Unit.DAYS, 30), count)
    unpaid = sum(row.principal - row.paid for row in rows)
    if not unpaid:
        with pytest.raises(DomainError):
            re_age(rows, date(2024, 8, 1), new, rounding, "EUR")
        return
    aged = re_age(rows, date(2024, 8, 1), new, rounding, "EUR")
    added = [row for row in aged if row.due_on >= new.first_due_on]
    assert len(added) == count
    assert sum(row.principal for row in added) == unpaid
    assert all(row.principal >= 0 for row in added)
    assert [row.principal for row in aged if row.due_on < new.first_due_on] == [
        row.paid for row in rows
    ]


@given(st.integers(1, 10**9), st.integers(0, 3000), st.integers(1, 60))
@thorough
def test_an_unrounded_annuity_ends_at_exactly_zero(cents: int, rate: int, count: int) -> None:
    rows = list(exact_annuity(Decimal(cents).scaleb(-2), Fraction(rate, 12_000), count))
    assert rows[-1].balance_after == 0
    assert len({row.total for row in rows}) == 1
