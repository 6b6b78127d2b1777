"""Settlements: paid in full in time or not, and the rest is forgiven to the cent."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lending.relief import Relief, relieve
from domain.lending.waterfall import Component, Owed
from domain.recovery.settlement import Settlement, SettlementState, amount_of, judge

START = date(2028, 3, 1)
OFFER = Settlement(
    "1",
    Decimal(60),
    START,
    START + timedelta(days=10),
    START + timedelta(days=30),
    SettlementState.OFFERED,
)
ACCEPTED = replace(OFFER, state=SettlementState.ACCEPTED, accepted_on=START)


@pytest.mark.parametrize(
    ("settlement", "money", "today", "state", "received"),
    [
        (OFFER, (), 10, "offered", "0"),
        (OFFER, (), 11, "lapsed", "0"),
        (OFFER, ((10, "60"),), 10, "completed", "60"),
        (OFFER, ((11, "60"),), 11, "lapsed", "0"),
        (ACCEPTED, ((10, "30"),), 30, "accepted", "30"),
        (ACCEPTED, ((10, "30"), (30, "30")), 30, "completed", "60"),
        (ACCEPTED, ((10, "30"), (31, "30")), 31, "broken", "30"),
        (replace(OFFER, state=SettlementState.PROPOSED), ((1, "60"),), 40, "proposed", "60"),
    ],
)
def test_the_ledger_says_what_became_of_it(
    settlement: Settlement,
    money: tuple[tuple[int, str], ...],
    today: int,
    state: str,
    received: str,
) -> None:
    receipts = tuple((START + timedelta(days=on), Decimal(amount)) for on, amount in money)
    found = judge(replace(settlement, receipts=receipts), START + timedelta(days=today))
    assert (found.state.value, found.received) == (state, Decimal(received))


MINOR = st.integers(0, 50_000).map(lambda minor: Decimal(minor) / 100)


@given(
    owed=st.lists(st.tuples(MINOR, MINOR, MINOR, MINOR), min_size=1, max_size=6),
    percent=st.integers(1, 100).map(Decimal),
)
def test_what_is_paid_and_what_is_forgiven_make_the_whole(
    owed: list[tuple[Decimal, Decimal, Decimal, Decimal]], percent: Decimal
) -> None:
    """Whatever a settlement asks for, the relief of the rest leaves exactly nothing, by part."""
    rows = [
        Owed(
            number=number,
            due_on=START + timedelta(days=30 * number),
            principal=principal,
            interest=interest,
            fee=fee,
            penalty=penalty,
        )
        for number, (principal, interest, fee, penalty) in enumerate(owed, 1)
    ]
    total = sum((row.total for row in rows), Decimal(0))
    if not total:
        return
    paid = amount_of(total, percent, "USD")
    assert Decimal(0) < paid <= total + Decimal("0.01")
    left = []
    for row in rows:
        rest = {}
        for component in Component:
            share = min(paid, row.of(component))
            paid -= share
            rest[component.value] = row.of(component) - share
        left.append(replace(row, **rest))
    wanted = [
        Relief(component, row.of(component), row.number)
        for row in left
        for component in Component
        if row.of(component)
    ]
    forgiven = relieve(left, wanted, "USD") if wanted else ()
    assert sum((part.amount for part in forgiven), Decimal(0)) == sum(
        (row.total for row in left), Decimal(0)
    )
    for row in left:
        for component in Component:
            of_part = [
                part.amount
                for part in forgiven
                if part.instalment == row.number and part.component is component
            ]
            assert sum(of_part, Decimal(0)) == row.of(component)
