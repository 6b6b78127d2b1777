"""Rules of changes: relief, book balance and recoveries, caps, second persons, new schedules."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import MONTHLY
from domain.daycount import DayCount
from domain.errors import DomainError, ErrorCode
from domain.lending.approval import check_second_person, needs_second_person
from domain.lending.caps import Cap, Cost, Measure, Plan, check_charge, limits_of
from domain.lending.change_entries import (
    capitalisation_entry,
    charge_entry,
    recovery_entry,
    refund_entry,
    relief_entry,
    write_off_entry,
)
from domain.lending.ledger import Account, Entry, EntryKind, reversal_entry
from domain.lending.payoff import accrued_interest, earned_part, payoff
from domain.lending.relief import Relief, relieve
from domain.lending.rescheduling import cut, plan_rest
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.terms import InterestMethod, ScheduleOptions, Terms
from domain.lending.waterfall import Allocation, Component, Owed, after
from domain.lending.writeoff import WrittenOff

START = date(2028, 1, 31)
cents = st.integers(0, 10_000_000).map(lambda value: Decimal(value).scaleb(-2))
some_cents = st.integers(1, 10_000_000).map(lambda value: Decimal(value).scaleb(-2))


def terms(instalments: int = 12) -> Terms:
    return Terms(
        principal=Decimal("1200.00"),
        currency="USD",
        annual_rate_percent=Decimal(12),
        instalments=instalments,
        frequency=MONTHLY,
        interest_method=InterestMethod.DECLINING_BALANCE,
        day_count=DayCount.ACTUAL_365,
        disbursed_on=START,
        first_due_on=date(2028, 2, 29),
    )


@st.composite
def rows_owed(draw: st.DrawFn) -> list[Owed]:
    count = draw(st.integers(1, 6))
    return [
        Owed(
            number,
            START + timedelta(days=30 * number),
            **{component.value: draw(cents) for component in Component},
        )
        for number in range(1, count + 1)
    ]


def accounts(*entries: Entry) -> dict[Account, Decimal]:
    found: dict[Account, Decimal] = {}
    for entry in entries:
        for line in entry.lines:
            found[line.account] = found.get(line.account, Decimal(0)) + line.amount
    return {account: amount for account, amount in found.items() if amount}


# -- relief ------------------------------------------------------------------------------------


@given(rows_owed(), st.sampled_from(list(Component)), some_cents)
def test_relief_takes_exactly_what_was_asked_for_or_nothing(
    owed: list[Owed], component: Component, amount: Decimal
) -> None:
    most = sum((row.of(component) for row in owed), Decimal(0))
    wanted = [Relief(component, amount)]
    if amount > most:
        with pytest.raises(DomainError) as refused:
            relieve(owed, wanted, "USD")
        assert refused.value.code is ErrorCode.CHANGE_EXCEEDS_OWED
        return
    parts = relieve(owed, wanted, "USD")
    left = after(owed, parts)
    assert sum((part.amount for part in parts), Decimal(0)) == amount
    assert sum((row.of(component) for row in left), Decimal(0)) == most - amount
    untouched = [each for each in Component if each is not component]
    assert all(
        new.of(each) == old.of(each)
        for old, new in zip(owed, left, strict=True)
        for each in untouched
    )


@given(rows_owed(), st.data())
def test_two_reliefs_of_one_component_share_what_is_there(
    owed: list[Owed], data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(owed))
    parts = [Relief(Component.FEE, None, row.number), Relief(Component.FEE, None, row.number)]
    with pytest.raises(DomainError) as refused:
        relieve(owed, parts, "USD")
    assert refused.value.code is ErrorCode.CHANGE_EXCEEDS_OWED


def test_the_oldest_instalment_is_relieved_first() -> None:
    owed = [
        Owed(2, date(2028, 3, 1), penalty=Decimal(10)),
        Owed(1, date(2028, 2, 1), penalty=Decimal(10)),
    ]
    assert relieve(owed, [Relief(Component.PENALTY, Decimal(15))], "USD") == (
        Allocation(1, Component.PENALTY, Decimal(10)),
        Allocation(2, Component.PENALTY, Decimal(5)),
    )


@given(st.integers(0, 400), st.integers(0, 5))
def test_what_is_earned_is_the_payoff_of_the_day(days: int, paid_rows: int) -> None:
    schedule = build_schedule(terms())
    owed = [
        Owed(row.number, row.due_on, interest=row.interest, principal=row.principal)
        if row.number > paid_rows
        else Owed(row.number, row.due_on)
        for row in schedule
    ]
    on = START + timedelta(days=days)
    earned = earned_part(owed, schedule, on, "USD")
    assert sum((row.total for row in earned), Decimal(0)) == payoff(owed, schedule, on, "USD").total


# -- the book balance --------------------------------------------------------------------------


@given(some_cents, st.lists(st.tuples(st.sampled_from(["pay", "forgive", "bounce"]), some_cents)))
def test_the_book_balance_is_what_is_owed_less_what_is_written_off(
    owed: Decimal, acts: list[tuple[str, Decimal]]
) -> None:
    """Never below zero, and never more than is owed, whatever is paid, forgiven or bounces."""
    written_off = WrittenOff(WrittenOff().charge_off(owed))
    assert written_off.book(owed) == 0
    entries = [write_off_entry(EntryKind.CHARGE_OFF, written_off.amount)]
    paid: list[Decimal] = []
    for act, amount in acts:
        if act == "pay" and amount <= owed:
            paid.append(amount)
            owed -= amount
        elif act == "bounce" and paid:
            owed += paid.pop()
        elif act == "forgive" and amount <= owed:
            absorbed = written_off.absorbed(amount)
            part = Allocation(1, Component.PRINCIPAL, amount)
            entries.append(relief_entry(EntryKind.FORGIVENESS, [part], absorbed))
            written_off = written_off.after_relief(amount)
            owed -= amount
        settled = written_off.after_payments(sum(paid, Decimal(0)))
        if settled.recovered != written_off.recovered:
            entries.append(recovery_entry(settled.recovered - written_off.recovered))
        written_off = settled
        assert 0 <= written_off.book(owed) <= owed
        assert -accounts(*entries).get(Account.WRITTEN_OFF, Decimal(0)) == written_off.remaining


def test_no_more_than_the_book_balance_is_written_off() -> None:
    held = WrittenOff(Decimal(40))
    assert held.write_off(Decimal(100), Decimal(60), "USD") == 60
    with pytest.raises(DomainError) as refused:
        held.write_off(Decimal(100), Decimal("60.01"), "USD")
    assert refused.value.facts == {"most": "60.00"}
    with pytest.raises(DomainError):
        WrittenOff(Decimal(100)).charge_off(Decimal(100))
    with pytest.raises(ValueError, match="recovered"):
        WrittenOff(Decimal(1), Decimal(2))


# -- entries -----------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(list(Component)), some_cents), min_size=1, max_size=6),
    st.data(),
)
def test_a_relief_lowers_the_receivables_and_bears_a_loss_once(
    given_parts: list[tuple[Component, Decimal]], data: st.DataObject
) -> None:
    parts = [Allocation(1, component, amount) for component, amount in given_parts]
    total = sum((part.amount for part in parts), Decimal(0))
    absorbed = data.draw(st.integers(0, int(total * 100))) / Decimal(100)
    entry = relief_entry(EntryKind.WAIVER, parts, absorbed)
    moved = accounts(entry)
    assert moved.get(Account.WRITTEN_OFF, Decimal(0)) == absorbed
    losses = sum(
        (
            moved.get(account, Decimal(0))
            for account in (
                Account.FEES_WAIVED,
                Account.PENALTIES_WAIVED,
                Account.INTEREST_WAIVED,
                Account.FORGIVENESS_EXPENSE,
            )
        ),
        Decimal(0),
    )
    assert losses == total - absorbed
    assert accounts(entry, reversal_entry(entry)) == {}


def test_each_kind_of_entry_names_its_accounts() -> None:
    amount = Decimal(5)
    assert accounts(charge_entry(Component.FEE, amount)) == {
        Account.FEE_RECEIVABLE: amount,
        Account.FEE_INCOME: -amount,
    }
    assert accounts(refund_entry(amount)) == {
        Account.CUSTOMER_CREDIT: amount,
        Account.CASH: -amount,
    }
    assert accounts(capitalisation_entry(amount)) == {
        Account.PRINCIPAL_RECEIVABLE: amount,
        Account.INTEREST_RECEIVABLE: -amount,
    }
    with pytest.raises(ValueError, match="fee or a penalty"):
        charge_entry(Component.INTEREST, amount)
    with pytest.raises(ValueError, match="absorbed"):
        relief_entry(EntryKind.WAIVER, [Allocation(1, Component.FEE, amount)], absorbed=Decimal(6))


# -- caps and second persons -------------------------------------------------------------------

DEFAULTS = Cap("x.defaults", Measure.DEFAULT_CHARGES, "Act 1", "GBP", Decimal(15))
TOTAL = Cap("x.total", Measure.TOTAL_COST, "Act 2", percent_of_principal=Decimal(100))
LENT = Plan(Decimal(100), Decimal(3000), "GBP")
COST = Cost(Decimal(100), "GBP", interest=Decimal(60), fees=Decimal(10), penalties=Decimal(12))


@pytest.mark.parametrize(
    ("component", "amount", "rule", "most"),
    [
        (Component.PENALTY, "3.00", None, None),
        (Component.PENALTY, "3.01", "x.defaults", "3.00"),
        (Component.FEE, "18.00", None, None),
        (Component.FEE, "18.01", "x.total", "18.00"),
    ],
)
def test_a_charge_stays_below_every_cap(
    component: Component, amount: str, rule: str | None, most: str | None
) -> None:
    if rule is None:
        check_charge(limits_of([DEFAULTS, TOTAL], LENT), COST, component, Decimal(amount))
        return
    with pytest.raises(DomainError) as refused:
        check_charge(limits_of([DEFAULTS, TOTAL], LENT), COST, component, Decimal(amount))
    assert refused.value.code is ErrorCode.CAP_EXCEEDED
    assert (refused.value.facts["rule"], refused.value.facts["most"]) == (rule, most)


def test_a_cap_of_another_currency_is_none_and_a_single_charge_counts_alone() -> None:
    single = Cap("x.single", Measure.SINGLE_CHARGE, "Act 3", "USD", Decimal(5))
    assert limits_of([single], LENT) == ()
    in_dollars = limits_of([single], replace(LENT, currency="USD"))
    dollars = Cost(Decimal(100), "USD", Decimal(0), Decimal(50), Decimal(0))
    check_charge(in_dollars, dollars, Component.FEE, Decimal(5))
    with pytest.raises(DomainError):
        check_charge(in_dollars, dollars, Component.FEE, Decimal("5.01"))
    with pytest.raises(ValueError, match="amount or one percentage"):
        Cap("x", Measure.SINGLE_CHARGE, "Act")
    with pytest.raises(ValueError, match="currency"):
        Cap("x", Measure.SINGLE_CHARGE, "Act", amount=Decimal(1))


def test_a_second_person_is_needed_above_the_limit_and_is_another() -> None:
    assert not needs_second_person(Decimal(10), Decimal(10), may_decide=True)
    assert needs_second_person(Decimal("10.01"), Decimal(10), may_decide=True)
    assert needs_second_person(Decimal("0.01"), None, may_decide=True)
    assert needs_second_person(Decimal(1), Decimal(10), may_decide=False)
    check_second_person("user:1", "user:2")
    with pytest.raises(DomainError) as refused:
        check_second_person("user:1", "user:1")
    assert refused.value.code is ErrorCode.OWN_REQUEST


# -- new schedules -----------------------------------------------------------------------------


@given(
    st.integers(0, 300),
    st.integers(1, 30),
    st.integers(0, 5),
    st.sampled_from([None, 10, 40]),
)
def test_a_new_rest_pays_the_principal_and_changes_no_day_that_has_begun(
    day: int, instalments: int, interest_only: int, shifted: int | None
) -> None:
    old = build_schedule(terms())
    today = START + timedelta(days=day)
    start = cut(old, today)
    principal = sum((row.principal for row in old[start.kept :]), Decimal(0))
    if not principal:
        return
    first = None if shifted is None else start.on + timedelta(days=shifted)
    new = plan_rest(
        terms(),
        start,
        principal,
        instalments=instalments,
        first_due_on=first,
        interest_only=interest_only,
    )
    whole: list[Instalment] = [*old[: start.kept], *new]
    assert sum((row.principal for row in whole), Decimal(0)) == 1200
    assert [row.number for row in whole] == list(range(1, len(whole) + 1))
    assert len(new) == instalments + interest_only
    assert all(row.principal == 0 for row in new[:interest_only])
    assert all(row.from_on == before.due_on for before, row in zip(whole, whole[1:], strict=False))
    assert all(row.from_on < row.due_on for row in whole)
    for passed in range(day + 1):
        on = START + timedelta(days=passed)
        assert sum((accrued_interest(row, on, "USD") for row in old), Decimal(0)) == sum(
            (accrued_interest(row, on, "USD") for row in whole), Decimal(0)
        )


def test_a_schedule_that_is_over_has_no_rest() -> None:
    old = build_schedule(terms())
    start = cut(old, date(2030, 1, 1))
    assert (start.kept, start.running, start.on) == (12, False, date(2030, 1, 1))
    with pytest.raises(DomainError) as refused:
        plan_rest(terms(), start, Decimal(0), instalments=1, first_due_on=None)
    assert refused.value.code is ErrorCode.NOTHING_OWED


def test_grace_and_a_down_payment_belong_to_the_beginning_alone() -> None:
    options = ScheduleOptions(principal_grace=2, down_payment_percent=Decimal(10))
    agreed = replace(terms(), options=options)
    old = build_schedule(agreed)
    assert (old[0].due_on, old[0].principal, old[1].principal) == (START, Decimal(120), 0)
    start = cut(old, date(2028, 3, 10))
    new = plan_rest(agreed, start, Decimal(1080), instalments=6, first_due_on=None)
    assert (start.kept, len(new), new[0].from_on) == (3, 6, old[2].due_on)
    assert all(row.principal > 0 for row in new)
