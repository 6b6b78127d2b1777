"""A past told again: what must hold whatever money came and whenever it became known."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.calendar import MONTHLY
from domain.daycount import DayCount
from domain.lending import replay
from domain.lending.caps import Limit, Measure
from domain.lending.correction import (
    Charged,
    LateFee,
    LetOff,
    Opening,
    Receipt,
    Rules,
    Start,
    Story,
    Uncharged,
    not_late_after_all,
)
from domain.lending.payoff import payoff
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.telling import pinned_fees, tell
from domain.lending.terms import InterestMethod, PenaltyKind, PenaltyPolicy, Terms
from domain.lending.waterfall import (
    WATERFALLS,
    Allocated,
    Allocation,
    Component,
    Owed,
    Preset,
    allocate,
)
from domain.money import ZERO
from tests.domain.lending.strategies import thorough

DAY = timedelta(days=1)
PAID_OUT = date(2028, 1, 31)
SCHEDULE = build_schedule(
    Terms(
        principal=Decimal(600),
        currency="EUR",
        annual_rate_percent=Decimal(18),
        instalments=6,
        frequency=MONTHLY,
        interest_method=InterestMethod.DECLINING_BALANCE,
        day_count=DayCount.THIRTY_360,
        disbursed_on=PAID_OUT,
        first_due_on=date(2028, 2, 29),
    )
)
LAST_DAY = date(2028, 9, 30)
POLICIES = (
    None,
    PenaltyPolicy(5, PenaltyKind.FLAT, Decimal("10.00")),
    PenaltyPolicy(0, PenaltyKind.PERCENT_OF_OVERDUE, Decimal("7.5")),
    PenaltyPolicy(2, PenaltyKind.FLAT_PER_DAY, Decimal("0.35")),
    PenaltyPolicy(0, PenaltyKind.ANNUAL_RATE, Decimal("18.25")),
    PenaltyPolicy(
        1,
        PenaltyKind.ANNUAL_RATE,
        Decimal(36),
        cap_per_instalment=Decimal("3.10"),
        cap_per_loan=Decimal("7.77"),
    ),
    PenaltyPolicy(5, PenaltyKind.FLAT, Decimal("10.00"), cap_per_loan=Decimal("24.50")),
)


LIMITS = (
    (),
    (Limit("x", Measure.SINGLE_CHARGE, "Act", Decimal("4.44")),),
    (
        Limit("x", Measure.DEFAULT_CHARGES, "Act", Decimal("12.34")),
        Limit(
            "y",
            Measure.TOTAL_COST,
            "Act",
            sum((row.interest for row in SCHEDULE), ZERO) + Decimal("9.99"),
        ),
    ),
)
"""Caps of a jurisdiction, some of which leave little room."""


def opening(row: Instalment) -> Opening:
    return Opening(
        row, Owed(row.number, row.due_on, interest=row.interest, principal=row.principal), None
    )


WHOLE = Start(PAID_OUT, tuple(opening(row) for row in SCHEDULE))
"""The loan as it was paid out."""


def split(preset: Preset, owed: list[Owed], amount: Decimal, value_on: date) -> Allocated:
    return allocate(owed, amount, preset, value_on, "EUR")


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    preset = draw(st.sampled_from(Preset))
    return Rules(
        split=partial(split, preset),
        policy=draw(st.sampled_from(POLICIES)),
        currency="EUR",
        fees_through=draw(st.dates(PAID_OUT, LAST_DAY)),
        pinned={},
        limits=draw(st.sampled_from(LIMITS)),
    )


@st.composite
def receipts(draw: st.DrawFn) -> list[Receipt]:
    days = draw(st.lists(st.integers(1, 230), max_size=9))
    return [
        Receipt(
            number,
            PAID_OUT + day * DAY,
            Decimal(draw(st.integers(1, 30000))) / 100,
            is_payoff=draw(st.booleans()),
        )
        for number, day in enumerate(days)
    ]


@thorough
@given(rules(), receipts(), st.randoms(use_true_random=False))
def test_the_order_in_which_money_becomes_known_does_not_matter(
    by: Rules, money: list[Receipt], chance: st.DataObject
) -> None:
    shuffled = list(money)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a Random, says hypothesis
    assert tell(WHOLE, shuffled, by) == tell(WHOLE, money, by)


@thorough
@given(rules(), receipts())
def test_money_is_split_to_the_cent_and_nothing_falls_below_zero(
    by: Rules, money: list[Receipt]
) -> None:
    story = tell(WHOLE, money, by)
    charged = [fee.amount for fee in story.fees.values()]
    for limit in by.limits:
        most = max(charged, default=ZERO)
        if limit.measure is not Measure.SINGLE_CHARGE:
            most = sum(charged, ZERO)
        assert most <= (Decimal("9.99") if limit.measure is Measure.TOTAL_COST else limit.most)
    for receipt in money:
        told = story.receipts[receipt.number]
        paid = sum((part.amount for part in told.allocations), ZERO)
        assert paid + told.unapplied == receipt.amount
        assert told.unapplied >= 0
    assert all(row.of(part) >= 0 for row in story.owed.values() for part in Component)
    rebates = sum((part.amount for told in story.receipts.values() for part in told.rebate), ZERO)
    unapplied = sum((told.unapplied for told in story.receipts.values()), ZERO)
    asked = sum((row.total for row in SCHEDULE), ZERO)
    asked += sum((fee.amount for fee in story.fees.values()), ZERO)
    owed = sum((row.total for row in story.owed.values()), ZERO)
    assert owed == asked - rebates - (sum((each.amount for each in money), ZERO) - unapplied)


@thorough
@given(rules(), receipts(), st.integers(0, 9))
def test_telling_from_the_middle_is_telling_from_the_beginning(
    by: Rules, money: list[Receipt], cut: int
) -> None:
    """What the system of record does: only what comes after a change is told again."""
    ordered = sorted(money, key=lambda receipt: (receipt.value_on, receipt.number))
    whole = tell(WHOLE, ordered, by)
    first, rest = ordered[:cut], ordered[cut:]
    since = rest[0].value_on if rest else LAST_DAY
    begun = tell(WHOLE, first, replace(by, fees_through=min(since, by.fees_through)))
    daily = by.policy is not None and by.policy.kind.is_daily
    middle = Start(
        since,
        tuple(
            Opening(
                row,
                begun.owed[row.number],
                begun.met_on[row.number],
                daily or row.number not in {number for number, _ in begun.fees},
                sum(
                    (fee.amount for fee in begun.fees.values() if fee.instalment == row.number),
                    ZERO,
                ),
            )
            for row in SCHEDULE
        ),
        sum(
            (
                part.amount
                for told in begun.receipts.values()
                for part in told.allocations
                if part.component is Component.PENALTY
            ),
            ZERO,
        ),
    )
    ended = tell(middle, rest, by)
    assert {**begun.receipts, **ended.receipts} == whole.receipts
    assert {**begun.fees, **ended.fees} == whole.fees
    assert (ended.owed, ended.met_on) == (whole.owed, whole.met_on)


def due(story: Story) -> Decimal:
    """What is owed less what is held for the customer."""
    credit = sum((told.unapplied + told.unearned for told in story.receipts.values()), ZERO)
    return sum((row.total for row in story.owed.values()), ZERO) - credit


def to_penalties(story: Story) -> Decimal:
    """What was paid to penalties."""
    return sum(
        (
            part.amount
            for told in story.receipts.values()
            for part in told.allocations
            if part.component is Component.PENALTY
        ),
        ZERO,
    )


@thorough
@given(rules(), receipts(), st.data())
def test_more_money_or_earlier_money_never_raises_what_is_owed(
    by: Rules, money: list[Receipt], data: st.DataObject
) -> None:
    plain = [replace(receipt, is_payoff=False) for receipt in money]
    # A percentage is rounded on each late instalment (a yearly one on each day), and what went to
    # penalties lessens each of them: the day can move the sum of such fees by cents either way.
    assume(plain and (by.policy is None or by.policy.kind.is_amount))
    one = data.draw(st.sampled_from(plain))
    others = [receipt for receipt in plain if receipt is not one]
    more = replace(one, amount=one.amount + Decimal(data.draw(st.integers(1, 20000))) / 100)
    sooner = replace(
        one, value_on=max(PAID_OUT + DAY, one.value_on - data.draw(st.integers(1, 60)) * DAY)
    )
    story = tell(WHOLE, plain, by)
    assert due(tell(WHOLE, [*others, more], by)) < due(story)
    earlier = tell(WHOLE, [*others, sooner], by)
    # What was paid to penalties spares later fees (16 CFR 444.4): less of it may spare one less.
    assert due(earlier) <= due(story) or to_penalties(earlier) < to_penalties(story)


@thorough
@given(rules(), receipts())
def test_what_no_rule_accounts_for_stays_as_it_is(by: Rules, money: list[Receipt]) -> None:
    """A fee charged by hand is kept, one that somebody waived does not come back."""
    by_hand = LateFee(1, SCHEDULE[0].due_on + 3 * DAY, Decimal("4.00"))
    by = replace(by, fees_through=LAST_DAY)
    story, pinned = pinned_fees(WHOLE, money, by, {(1, by_hand.on): by_hand})
    assert story.fees == {(1, by_hand.on): by_hand}
    assert pinned[1, by_hand.on] == by_hand
    again = tell(WHOLE, money, replace(by, pinned=pinned))
    assert again.receipts == story.receipts
    assert again.fees == story.fees


@pytest.mark.parametrize("policy", POLICIES)
def test_a_payoff_closes_on_its_day_and_later_money_is_credit(
    policy: PenaltyPolicy | None,
) -> None:
    by = Rules(partial(split, Preset.INTEREST_FIRST), policy, "EUR", LAST_DAY, {})
    on = date(2028, 2, 15)
    asked = payoff([each.owed for each in WHOLE.openings], SCHEDULE, on, "EUR").total
    money = [Receipt(1, on, asked, is_payoff=True), Receipt(2, date(2028, 5, 1), Decimal("9.00"))]
    story = tell(WHOLE, money, by)
    assert all(row.total == 0 for row in story.owed.values())
    assert story.fees == {}
    assert story.receipts[2].unapplied == Decimal("9.00")
    assert set(story.met_on.values()) == {on}


def test_days_that_were_not_late_after_all_are_told_in_stretches() -> None:
    by = Rules(partial(split, Preset.INTEREST_FIRST), None, "EUR", LAST_DAY, {})
    first, second = SCHEDULE[0], SCHEDULE[1]
    on_time = Receipt(1, first.due_on, first.total)
    late = Receipt(2, second.due_on + 4 * DAY, second.total)
    before, now = tell(WHOLE, [late], by), tell(WHOLE, [on_time, late], by)
    found = not_late_after_all(
        before,
        now,
        first.due_on,
        second.due_on + 10 * DAY,
        lambda unpaid, day: any(due_on < day for due_on, _ in unpaid),
    )
    # From the day after the first due date; the second one really was late for four days.
    assert [(stretch.first, stretch.last) for stretch in found] == [
        (first.due_on + DAY, second.due_on),
        (second.due_on + 5 * DAY, second.due_on + 10 * DAY),
    ]


@thorough
@given(rules(), receipts())
def test_the_engine_of_all_events_splits_the_same(by: Rules, money: list[Receipt]) -> None:
    """Without what only a loan's own past has (fees that follow, payoffs) both say the same."""
    plain = [replace(receipt, is_payoff=False) for receipt in money]
    preset = Preset.INTEREST_FIRST
    story = tell(WHOLE, plain, replace(by, split=partial(split, preset), policy=None))
    account = replay.replay(
        [
            replay.Planned(row.number, row.from_on, row.due_on, row.principal, row.interest)
            for row in SCHEDULE
        ],
        [replay.Receipt(str(each.number), each.value_on, each.amount) for each in plain],
        WATERFALLS[preset],
        "EUR",
        charges_by_date=True,
    )
    for applied in account.applied:
        told = story.receipts[int(applied.key)]
        assert set(applied.parts) == set(told.allocations)
    assert {line.owed.number: line.owed for line in account.lines} == story.owed
    assert account.credit == sum((told.unapplied for told in story.receipts.values()), ZERO)


WAIVED_ON = SCHEDULE[0].due_on + 20 * DAY
FEE = PenaltyPolicy(5, PenaltyKind.FLAT, Decimal("10.00"))
WAIVER = LetOff(50, WAIVED_ON, (Allocation(1, Component.PENALTY, Decimal("10.00")),))


@pytest.mark.parametrize("preset", Preset)
def test_money_known_late_does_not_pay_what_was_waived_meanwhile(preset: Preset) -> None:
    """The fee arose, the money came, the fee was waived: whoever knew last, it is not paid."""
    by = Rules(partial(split, preset), FEE, "EUR", WAIVED_ON, {})
    money = Receipt(60, WAIVED_ON - 5 * DAY, SCHEDULE[0].total + Decimal("10.00"))
    story = tell(WHOLE, [WAIVER, money], by)
    assert story.let_off[50].allocations == WAIVER.parts
    paid = story.receipts[60].allocations
    assert all(part.component is not Component.PENALTY for part in paid)
    assert sum((part.amount for part in paid), ZERO) == money.amount
    later = replace(money, value_on=WAIVED_ON + DAY)
    assert due(story) == due(tell(WHOLE, [WAIVER, later], by))


def test_a_fee_that_never_arose_needs_no_waiver() -> None:
    by = Rules(partial(split, Preset.INTEREST_FIRST), FEE, "EUR", WAIVED_ON, {})
    in_time = Receipt(60, SCHEDULE[0].due_on, SCHEDULE[0].total)
    story = tell(WHOLE, [WAIVER, in_time], by)
    assert story.fees == {}
    assert story.let_off[50].allocations == ()
    assert story.owed[1].total == 0


def test_a_charge_is_not_paid_by_money_that_came_before_it() -> None:
    by = Rules(partial(split, Preset.PENALTY_FEE_INTEREST_PRINCIPAL), None, "EUR", WAIVED_ON, {})
    on = SCHEDULE[0].due_on
    charge = Charged(50, on + DAY, 1, Component.FEE, Decimal("7.00"))
    money = Receipt(60, on, SCHEDULE[0].total)
    story = tell(WHOLE, [charge, money], by)
    assert story.owed[1].total == story.owed[1].fee == Decimal("7.00")
    assert story.met_on[1] is None
    gone = tell(
        WHOLE, [charge, money, Uncharged(70, on + 3 * DAY, 1, Component.FEE, charge.amount)], by
    )
    assert gone.owed[1].total == 0
    assert gone.met_on[1] == on + 3 * DAY
