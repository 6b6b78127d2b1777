"""Daily accrual and payoff: they add up, and a payoff closes the loan."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lending.payoff import accrual, accrued_interest, payoff
from domain.lending.schedule import Instalment
from domain.lending.terms import Terms
from domain.lending.waterfall import Owed, Preset, after, allocate
from domain.money import minor_unit
from tests.domain.lending.strategies import loans, money, thorough, unpaid

Loan = tuple[Terms, tuple[Instalment, ...]]

PERIOD = Instalment(1, date(2025, 1, 1), date(2025, 2, 1), Decimal("1000.00"), Decimal("10.00"))
NEXT = Instalment(2, date(2025, 2, 1), date(2025, 3, 1), Decimal("500.00"), Decimal("5.00"))


@thorough
@given(loans(), st.data())
def test_accruals_of_neighbouring_stretches_add_up(loan: Loan, data: st.DataObject) -> None:
    terms, schedule = loan
    days = st.dates(terms.disbursed_on - timedelta(days=9), schedule[-1].due_on)
    a, b, c = sorted(data.draw(st.tuples(days, days, days)))
    for row in schedule:
        first = accrual(row, a, b, terms.currency)
        second = accrual(row, b, c, terms.currency)
        assert first >= 0
        assert second >= 0
        assert first + second == accrual(row, a, c, terms.currency)
        assert accrual(row, row.from_on, row.due_on, terms.currency) == row.interest


@thorough
@given(loans(), st.data())
def test_accrued_interest_stays_near_the_straight_line(loan: Loan, data: st.DataObject) -> None:
    terms, schedule = loan
    row = data.draw(st.sampled_from(schedule))
    on = data.draw(st.dates(row.from_on, row.due_on))
    share = row.interest * (on - row.from_on).days / (row.due_on - row.from_on).days
    accrued = accrued_interest(row, on, terms.currency)
    assert abs(accrued - share) <= minor_unit(terms.currency) / 2 + Decimal("1e-9")


@thorough
@given(loans(), st.data())
def test_on_a_due_date_after_exact_payments_the_principal_is_left(
    loan: Loan, data: st.DataObject
) -> None:
    terms, schedule = loan
    paid = data.draw(st.integers(0, len(schedule)))
    on = schedule[paid - 1].due_on if paid else terms.disbursed_on
    owed = unpaid(schedule, paid + 1)
    due = payoff(owed, schedule, on, terms.currency)
    assert due.total == due.principal == sum(row.principal for row in schedule[paid:])
    assert due.interest == due.fee == due.penalty == due.unearned_paid_interest == 0
    assert due.rebate_interest == sum(row.interest for row in schedule[paid:])


@thorough
@given(loans(), st.data())
def test_paying_the_payoff_leaves_nothing_but_the_rebate(loan: Loan, data: st.DataObject) -> None:
    terms, schedule = loan
    on = data.draw(st.dates(terms.disbursed_on, schedule[-1].due_on + timedelta(days=40)))
    before = money(data.draw(st.integers(0, 10**7)), terms.currency)
    owed: tuple[Owed, ...] = tuple(unpaid(schedule))
    if before:
        split = allocate(owed, before, Preset.INTEREST_FIRST, on, terms.currency)
        owed = after(owed, split.allocations)
    due = payoff(owed, schedule, on, terms.currency)
    parts = (due.principal, due.interest, due.rebate_interest, due.unearned_paid_interest)
    assert min(parts) >= 0
    assert due.total + due.rebate_interest == sum(row.total for row in owed)


@thorough
@given(loans(), st.data())
def test_waiting_never_makes_a_payoff_cheaper(loan: Loan, data: st.DataObject) -> None:
    """And paying the same amount earlier never raises it."""
    terms, schedule = loan
    on = data.draw(st.dates(terms.disbursed_on, schedule[-1].due_on))
    later = on + timedelta(days=data.draw(st.integers(0, 90)))
    owed = unpaid(schedule)
    sooner = payoff(owed, schedule, on, terms.currency)
    assert sooner.total <= payoff(owed, schedule, later, terms.currency).total
    amount = money(data.draw(st.integers(1, 10**7)), terms.currency)
    split = allocate(owed, amount, Preset.INTEREST_FIRST, on, terms.currency)
    paid = payoff(after(owed, split.allocations), schedule, on, terms.currency)
    assert paid.total <= sooner.total


def test_the_running_period_asks_for_what_is_earned_and_unpaid() -> None:
    owed = [
        Owed(1, PERIOD.due_on, fee=Decimal("2.00"), penalty=Decimal("3.00")),
        Owed(2, NEXT.due_on, interest=Decimal("4.00"), principal=Decimal("500.00")),
    ]
    # 14 of 28 days: 2.50 earned, 1.00 of it paid.
    due = payoff(owed, [PERIOD, NEXT], date(2025, 2, 15), "EUR")
    assert due.interest == Decimal("1.50")
    assert due.running_interest == Decimal("2.50")
    assert due.rebate_interest == Decimal("2.50")
    assert due.unearned_paid_interest == 0
    assert due.total == Decimal("506.50")


def test_interest_paid_ahead_is_told_apart() -> None:
    owed = [Owed(2, NEXT.due_on, principal=Decimal("500.00"))]
    due = payoff(owed, [PERIOD, NEXT], date(2025, 2, 15), "EUR")
    assert due.total == Decimal("500.00")
    assert due.unearned_paid_interest == Decimal("2.50")
    assert due.rebate_interest == 0


def test_nothing_is_earned_before_a_period_and_all_of_it_after() -> None:
    assert accrued_interest(PERIOD, date(2024, 12, 1), "EUR") == 0
    assert accrued_interest(PERIOD, date(2025, 1, 1), "EUR") == 0
    assert accrued_interest(PERIOD, date(2025, 2, 1), "EUR") == Decimal("10.00")
    assert accrued_interest(PERIOD, date(2026, 1, 1), "EUR") == Decimal("10.00")


def test_half_a_cent_of_accrual_is_rounded_up() -> None:
    row = Instalment(1, date(2025, 1, 1), date(2025, 1, 5), Decimal("1.00"), Decimal("0.02"))
    earned = [accrued_interest(row, date(2025, 1, day), "EUR") for day in range(1, 6)]
    assert earned == [Decimal(text) for text in ("0", "0.01", "0.01", "0.02", "0.02")]


def test_interest_owed_outside_the_schedule_is_a_mistake() -> None:
    owed = [Owed(3, date(2025, 4, 1), interest=Decimal("1.00"))]
    with pytest.raises(ValueError, match="does not have"):
        payoff(owed, [PERIOD, NEXT], date(2025, 2, 15), "EUR")


def test_a_charge_after_maturity_is_part_of_the_payoff() -> None:
    owed = [Owed(3, date(2025, 4, 1), fee=Decimal("7.00"))]
    assert payoff(owed, [PERIOD, NEXT], date(2025, 5, 1), "EUR").total == Decimal("7.00")
