"""Replay: nothing is lost, the order of entry does not matter, an undo leaves no trace."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.lending.replay import (
    Account,
    Charge,
    ChargeOff,
    CreditRefund,
    Event,
    Planned,
    Receipt,
    replay,
)
from domain.lending.waterfall import (
    WATERFALLS,
    Component,
    FutureRule,
    Preset,
    Processing,
    Waterfall,
)
from domain.money import ZERO
from tests.domain.lending.strategies import thorough

START = date(2028, 1, 10)
PLAN = [
    Planned(
        number,
        START + timedelta(days=30 * (number - 1)),
        START + timedelta(days=30 * number),
        Decimal("100.00"),
        Decimal("3.00"),
    )
    for number in range(1, 5)
]
DAYS = st.integers(0, 160).map(lambda days: START + timedelta(days=days))
CENTS = st.integers(1, 25_000).map(lambda cents: Decimal(cents).scaleb(-2))
ORDERS = st.permutations(list(Component)).map(tuple)
WAYS = st.builds(
    Waterfall,
    past_due=ORDERS,
    due=ORDERS,
    in_advance=ORDERS,
    processing=st.sampled_from(Processing),
    future=st.sampled_from(FutureRule),
    charges_fall_due=st.booleans(),
)


@st.composite
def receipts(draw: st.DrawFn) -> list[Receipt]:
    """Payments of different days, so that the order of entry decides nothing between them."""
    days = draw(st.lists(DAYS, max_size=8, unique=True))
    return [Receipt(f"t{number}", day, draw(CENTS)) for number, day in enumerate(days)]


CHARGES = st.lists(
    st.builds(
        Charge,
        st.sampled_from([Component.FEE, Component.PENALTY]),
        CENTS,
        DAYS,
        DAYS,
    ),
    max_size=4,
)


def told(events: list[Event], way: Waterfall, *, by_date: bool) -> Account:
    return replay(PLAN, events, way, "EUR", charges_by_date=by_date)


@thorough
@given(receipts(), CHARGES, WAYS, st.booleans())
def test_nothing_is_lost_and_nothing_falls_below_zero(
    paid: list[Receipt], charges: list[Charge], way: Waterfall, by_date: bool
) -> None:
    account = told([*charges, *paid], way, by_date=by_date)
    received = sum((one.amount for one in paid), ZERO)
    allocated = sum((part.amount for one in account.applied for part in one.parts), ZERO)
    assert allocated + account.credit == received
    asked = sum((line.asked.total for line in account.lines), ZERO)
    assert asked == Decimal("412.00") + sum((charge.amount for charge in charges), ZERO)
    assert account.outstanding == max(ZERO, asked - received)
    for line in account.lines:
        assert all(line.owed.of(component) >= 0 for component in Component)
        assert line.paid == line.asked.total - line.owed.total


@thorough
@given(receipts(), st.randoms(use_true_random=False), WAYS)
def test_payments_entered_in_any_order_end_as_in_the_order_of_their_dates(
    paid: list[Receipt], chance: object, way: Waterfall
) -> None:
    in_order = told(sorted(paid, key=lambda one: one.value_on), way, by_date=True)
    shuffled = list(paid)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(shuffled, way, by_date=True) == in_order


@thorough
@given(receipts(), CHARGES, WAYS, CENTS, st.integers(1, 3_000))
def test_a_larger_payment_never_raises_what_is_owed(
    paid: list[Receipt], charges: list[Charge], way: Waterfall, amount: Decimal, more: int
) -> None:
    day = START + timedelta(days=75)

    def left(last: Decimal) -> Decimal:
        return told([*charges, *paid, Receipt("last", day, last)], way, by_date=True).outstanding

    assert left(amount + Decimal(more).scaleb(-2)) <= left(amount)


def test_a_charge_off_leaves_what_is_owed_and_a_refund_without_credit_becomes_principal() -> None:
    way = WATERFALLS[Preset.PENALTY_FEE_INTEREST_PRINCIPAL]
    events: list[Event] = [
        Receipt("t1", START, Decimal("412.50")),
        CreditRefund("r1", START + timedelta(days=1), Decimal("0.50")),
    ]
    settled = told(events, way, by_date=True)
    assert (settled.credit, settled.outstanding) == (ZERO, ZERO)
    # The payment bounces: the half euro that was given back had been the house's own.
    without = told(events[1:], way, by_date=True)
    assert without.outstanding == Decimal("412.50")
    assert without.lines[0].asked.principal == Decimal("100.50")
    late = CreditRefund("r1", START + timedelta(days=150), Decimal("7.00"))
    assert told([late], way, by_date=True).lines[-1].asked.due_on == late.value_on

    charged_off = told([ChargeOff("c1", START)], way, by_date=True)
    assert charged_off.outstanding == Decimal("412.00")
    [moved] = charged_off.applied
    assert (moved.amount, moved.principal_after) == (Decimal("412.00"), ZERO)
    assert moved.of(Component.INTEREST) == Decimal("12.00")


ENTRIES = st.lists(
    st.one_of(
        st.builds(
            Charge,
            st.sampled_from([Component.FEE, Component.PENALTY]),
            CENTS,
            DAYS,
            DAYS,
        ),
        st.builds(Receipt, st.just("t"), DAYS, CENTS),
        st.builds(CreditRefund, st.just("r"), DAYS, CENTS),
        st.builds(ChargeOff, st.just("c"), DAYS),
    ),
    max_size=8,
)


def counts_on(event: Event) -> date:
    """The day from which an event counts where charges go by their dates."""
    if isinstance(event, Charge):
        return min(event.due_on, event.entered_on)
    return event.value_on


@thorough
@given(ENTRIES, st.randoms(use_true_random=False), WAYS)
def test_events_of_any_kind_entered_in_any_order_end_as_in_the_order_of_their_dates(
    entries: list[Event], chance: object, way: Waterfall
) -> None:
    # One event a day: between two of the same day the order of entry does decide.
    events = list({counts_on(event): event for event in entries}.values())
    in_order = told(sorted(events, key=counts_on), way, by_date=True)
    chance.shuffle(events)  # type: ignore[attr-defined]
    assert told(events, way, by_date=True) == in_order


@thorough
@given(receipts(), CHARGES, WAYS, DAYS, CENTS)
def test_what_a_payment_moved_put_back_is_what_was_before_it(
    paid: list[Receipt], charges: list[Charge], way: Waterfall, day: date, amount: Decimal
) -> None:
    """A payment later than all others: its parts and its credit are exactly what it changed."""
    day = max([day, *(one.value_on for one in paid), *(one.due_on for one in charges)])
    day += timedelta(days=1)
    before = told([*charges, *paid], way, by_date=False)
    now = told([*charges, *paid, Receipt("last", day, amount)], way, by_date=False)
    last = now.applied[-1]
    back = {
        (line.owed.number, component): line.owed.of(component)
        for line in now.lines
        for component in Component
    }
    for part in last.parts:
        back[part.instalment, part.component] += part.amount
    assert back == {
        (line.owed.number, component): line.owed.of(component)
        for line in before.lines
        for component in Component
    }
    assert now.credit - before.credit == amount - sum((part.amount for part in last.parts), ZERO)
    assert now.applied[:-1] == before.applied


@thorough
@given(receipts(), CHARGES, WAYS, st.tuples(DAYS, DAYS), CENTS)
def test_an_earlier_payment_never_raises_what_is_owed(
    paid: list[Receipt],
    charges: list[Charge],
    way: Waterfall,
    days: tuple[date, date],
    amount: Decimal,
) -> None:
    def left(day: date) -> Decimal:
        moved = Receipt("moved", day, amount)
        return told([*charges, *paid, moved], way, by_date=True).outstanding

    assert left(min(days)) <= left(max(days))
