"""The journal: every entry sums to zero, and a loan's accounts end where they should."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lending import ledger
from domain.lending.ledger import Account, Entry, EntryKind, Line
from domain.lending.payoff import accrual, payoff
from domain.lending.schedule import Instalment
from domain.lending.terms import Terms
from domain.lending.waterfall import Allocation, Component, Owed, Preset, after, allocate
from domain.money import ZERO
from tests.domain.lending.strategies import DATES, debts, loans, money, thorough, unpaid

AMOUNTS = st.integers(1, 10**12).map(lambda minor: money(minor, "EUR"))
MAYBE = st.integers(0, 10**6).map(lambda minor: money(minor, "EUR"))


def balances(entries: Iterable[Entry]) -> dict[Account, Decimal]:
    """The accounts that are not at zero."""
    total: defaultdict[Account, Decimal] = defaultdict(Decimal)
    for entry in entries:
        for line in entry.lines:
            total[line.account] += line.amount
    return {account: amount for account, amount in total.items() if amount}


BUILDERS = {
    ledger.disbursement_entry: (Account.PRINCIPAL_RECEIVABLE, Account.CASH),
    ledger.origination_fee_entry: (Account.FEE_RECEIVABLE, Account.FEE_INCOME),
    ledger.late_fee_entry: (Account.PENALTY_RECEIVABLE, Account.PENALTY_INCOME),
    ledger.accrual_entry: (Account.ACCRUED_INTEREST, Account.INTEREST_INCOME),
    ledger.interest_due_entry: (Account.INTEREST_RECEIVABLE, Account.ACCRUED_INTEREST),
    ledger.unearned_interest_entry: (Account.INTEREST_RECEIVABLE, Account.CUSTOMER_CREDIT),
}


@thorough
@given(st.sampled_from(list(BUILDERS.items())), AMOUNTS)
def test_a_transfer_debits_one_account_and_credits_another(
    case: tuple[object, tuple[Account, Account]], amount: Decimal
) -> None:
    build, (debit, credit) = case
    assert callable(build)
    assert balances([build(amount)]) == {debit: amount, credit: -amount}


@pytest.mark.parametrize("build", list(BUILDERS))
@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1)])
def test_a_transfer_moves_something(build: object, amount: Decimal) -> None:
    assert callable(build)
    with pytest.raises(ValueError, match="above zero"):
        build(amount)


@thorough
@given(debts(), st.integers(1, 3_000_000), st.sampled_from(Preset), DATES)
def test_a_repayment_is_its_split(
    owing: tuple[str, list[Owed]], minor: int, preset: Preset, value_on: date
) -> None:
    currency, owed = owing
    amount = money(minor, currency)
    split = allocate(owed, amount, preset, value_on, currency)
    entry = ledger.repayment_entry(split.allocations, split.unapplied)
    found = balances([entry])
    assert found[Account.CASH] == amount
    assert found.get(Account.CUSTOMER_CREDIT, ZERO) == -split.unapplied
    for component, account in ledger.RECEIVABLES.items():
        paid = sum(p.amount for p in split.allocations if p.component is component)
        assert found.get(account, ZERO) == -paid
    assert balances([entry, ledger.reversal_entry(entry)]) == {}


@thorough
@given(MAYBE, MAYBE)
def test_payoff_interest_trues_income_up_to_what_is_billed(
    to_bill: Decimal, accrued: Decimal
) -> None:
    entry = ledger.payoff_interest_entry(to_bill, accrued)
    earlier = [ledger.accrual_entry(accrued)] if accrued else []
    entries = [*earlier, entry] if entry else earlier
    expected = {Account.INTEREST_RECEIVABLE: to_bill, Account.INTEREST_INCOME: -to_bill}
    assert balances(entries) == {account: amount for account, amount in expected.items() if amount}
    assert (entry is None) == (to_bill == accrued == 0)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line(Account.CASH, Decimal(1)),),
        (Line(Account.CASH, Decimal(1)), Line(Account.FEE_INCOME, Decimal("-0.99"))),
        (Line(Account.CASH, Decimal(0)), Line(Account.FEE_INCOME, Decimal(0))),
        (Line(Account.CASH, Decimal(1)), Line(Account.CASH, Decimal(-1))),
    ],
)
def test_an_entry_balances_and_moves(lines: tuple[Line, ...]) -> None:
    with pytest.raises(ValueError, match="entry"):
        Entry(EntryKind.REPAYMENT, lines)


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="credit"):
        ledger.repayment_entry((), Decimal(-1))
    with pytest.raises(ValueError, match="nothing"):
        ledger.repayment_entry((), Decimal(0))
    with pytest.raises(ValueError, match="not below zero"):
        ledger.payoff_interest_entry(Decimal(-1), Decimal(0))
    entry = ledger.reversal_entry(ledger.disbursement_entry(Decimal(5)))
    with pytest.raises(ValueError, match="not reversed"):
        ledger.reversal_entry(entry)


@thorough
@given(loans(), st.data())
def test_a_loan_paid_off_leaves_only_cash_income_and_credit(
    loan: tuple[Terms, tuple[Instalment, ...]], data: st.DataObject
) -> None:
    """Accrue by the day, bill on due dates, take a payment, pay off: nothing stays receivable."""
    terms, schedule = loan
    currency = terms.currency
    on = data.draw(st.dates(terms.disbursed_on, schedule[-1].due_on), label="payoff on")
    owed: tuple[Owed, ...] = tuple(unpaid(schedule))
    planned = sum(row.total for row in schedule)
    entries = [ledger.disbursement_entry(terms.principal)]

    paid_ahead = money(data.draw(st.integers(0, 2 * 10**6), label="paid ahead"), currency)
    if ZERO < paid_ahead < planned:
        split = allocate(owed, paid_ahead, Preset.INTEREST_FIRST, terms.disbursed_on, currency)
        owed = after(owed, split.allocations)
        entries.append(ledger.repayment_entry(split.allocations, split.unapplied))

    accrued_running = ZERO
    for row in schedule:
        earned = accrual(row, row.from_on, on, currency)
        if earned:
            entries.append(ledger.accrual_entry(earned))
        if row.due_on <= on:
            if row.interest:
                entries.append(ledger.interest_due_entry(row.interest))
        else:
            accrued_running += earned

    due = payoff(owed, schedule, on, currency)
    billed = ledger.payoff_interest_entry(due.running_interest, accrued_running)
    if billed:
        entries.append(billed)
    parts = [
        Allocation(0, component, amount)
        for component, amount in (
            (Component.PRINCIPAL, due.principal),
            (Component.INTEREST, due.interest),
        )
        if amount
    ]
    if parts:
        entries.append(ledger.repayment_entry(parts, ZERO))
    if due.unearned_paid_interest:
        entries.append(ledger.unearned_interest_entry(due.unearned_paid_interest))

    left = balances(entries)
    assert set(left) <= {Account.CASH, Account.INTEREST_INCOME, Account.CUSTOMER_CREDIT}
    assert left.get(Account.CUSTOMER_CREDIT, ZERO) == -due.unearned_paid_interest
