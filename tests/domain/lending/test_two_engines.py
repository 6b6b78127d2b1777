"""The two ways a past is told, and the days as they are lived, agree on every cent.

`correction.tell` corrects the loans of the system of record, `replay.replay` answers for cases
that are only described. Each is checked against the other over every allocation a product may
ask for, and the first against a plain walk through the days.
"""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.lending import replay
from domain.lending.correction import Fact, Receipt
from domain.lending.telling import tell
from domain.lending.waterfall import (
    Component,
)
from domain.money import ZERO
from tests.domain.lending.pasts import (
    DAY,
    LAST_DAY,
    PAID_OUT,
    Past,
    corrected,
    lived,
    pasts,
    wishes,
)
from tests.domain.lending.strategies import money, thorough


@thorough
@given(pasts(fees=False), st.randoms(use_true_random=False))
def test_both_engines_split_the_same_however_a_product_allocates(
    past: Past, chance: st.DataObject
) -> None:
    """Whatever order the facts are entered in: of one day, that of their numbers is kept."""
    story = tell(past.start, past.money, past.rules)
    events: list[replay.Event] = [
        replay.Charge(component, opening.owed.of(component), opening.owed.due_on, PAID_OUT)
        for opening in past.start.openings
        for component in (Component.FEE, Component.PENALTY)
        if opening.owed.of(component)
    ]
    events += [replay.Receipt(str(one.number), one.value_on, one.amount) for one in past.money]
    if len({one.value_on for one in past.money}) == len(past.money):
        chance.shuffle(events)  # type: ignore[attr-defined] # a Random, says hypothesis
    account = replay.replay(
        [
            replay.Planned(row.number, row.from_on, row.due_on, row.principal, row.interest)
            for row in past.schedule
        ],
        events,
        past.way,
        past.rules.currency,
        charges_by_date=True,
    )
    assert len(account.applied) == len(past.money)
    for applied in account.applied:
        assert set(applied.parts) == set(story.receipts[int(applied.key)].allocations)
    assert {line.owed.number: line.owed for line in account.lines} == story.owed
    assert account.credit == sum((told.unapplied for told in story.receipts.values()), ZERO)


@thorough
@given(pasts())
def test_a_past_is_told_as_it_would_have_been_lived(past: Past) -> None:
    story, life = tell(past.start, past.money, past.rules), lived(past)
    assert (story.owed, story.fees, story.receipts) == (life.owed, life.fees, life.paid)


@thorough
@given(pasts(), st.data())
def test_what_is_done_by_hand_counts_from_its_day(past: Past, data: st.DataObject) -> None:
    """Charged, waived, given and undone among the money: told at once as it was lived."""
    life = lived(past, data.draw(wishes(past)))
    story = tell(past.start, life.facts, past.rules)
    assert (story.owed, story.fees, story.receipts) == (life.owed, life.fees, life.paid)
    assert story.let_off == life.let_off


@thorough
@given(pasts(), st.data())
def test_a_payment_that_is_taken_back_leaves_no_trace(past: Past, data: st.DataObject) -> None:
    """Balances, fees, splits of the others, days met and days late are exactly what they were."""
    known = list(past.money)
    before = tell(past.start, known, past.rules)
    added = Receipt(
        data.draw(st.integers(100, 200)),
        PAID_OUT + data.draw(st.integers(1, 240)) * DAY,
        money(data.draw(st.integers(1, 70_000)), past.rules.currency),
        is_payoff=data.draw(st.booleans()),
    )
    with_it = corrected(past, before, known, [*known, added])
    without = corrected(past, with_it, [*known, added], known)
    assert without.receipts == before.receipts
    assert (without.owed, without.fees, without.met_on) == (
        before.owed,
        before.fees,
        before.met_on,
    )
    day = PAID_OUT
    while day < LAST_DAY:
        assert without.unpaid_at_end_of(day) == before.unpaid_at_end_of(day)
        day += DAY


@thorough
@given(pasts(), st.data())
def test_facts_known_one_by_one_in_any_order_end_as_if_all_had_been_known(
    past: Past, data: st.DataObject
) -> None:
    """Each fact corrects what was told before it: as in the system of record."""
    facts = lived(past, data.draw(wishes(past))).facts
    order = data.draw(st.permutations(past.money))
    known: list[Fact] = [fact for fact in facts if not isinstance(fact, Receipt)]
    story = tell(past.start, known, past.rules)
    for receipt in order:
        story = corrected(past, story, known, [*known, receipt])
        known.append(receipt)
    whole = tell(past.start, facts, past.rules)
    assert (story.receipts, story.fees) == (whole.receipts, whole.fees)
    assert story.let_off == whole.let_off
    assert (story.owed, story.met_on) == (whole.owed, whole.met_on)


@thorough
@given(pasts(), st.integers(1, 270))
def test_a_payoff_paid_on_its_day_closes_at_nothing(past: Past, days: int) -> None:
    on = PAID_OUT + days * DAY
    earlier = [receipt for receipt in past.money if receipt.value_on <= on]
    probe = Receipt(1_000, on, money(1, past.rules.currency), is_payoff=True)
    asked = tell(past.start, [*earlier, probe], past.rules).receipts[1_000].asked
    assume(asked)
    story = tell(past.start, [*earlier, replace(probe, amount=asked)], past.rules)
    assert all(row.total == 0 for row in story.owed.values())
    told = story.receipts[1_000]
    assert told.unapplied == 0
    assert sum((part.amount for part in told.allocations), ZERO) == asked
    assert all(met is not None for met in story.met_on.values())
