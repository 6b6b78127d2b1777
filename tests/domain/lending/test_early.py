"""Money paid ahead that changes the schedule: what holds whatever money comes, and two examples."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import MONTHLY
from domain.daycount import DayCount
from domain.lending.correction import Opening, Receipt, Rules, Start, Story
from domain.lending.early import Early
from domain.lending.interest_pause import without_paused_days
from domain.lending.payoff import accrual
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.telling import tell
from domain.lending.terms import (
    Amortisation,
    EarlyPayment,
    InterestMethod,
    PenaltyKind,
    PenaltyPolicy,
    ScheduleOptions,
    Terms,
)
from domain.lending.tranches import InterestPause
from domain.lending.waterfall import WATERFALLS, Owed, Preset, apply_waterfall
from domain.money import ZERO
from tests.domain.lending.strategies import thorough

DAY = timedelta(days=1)
PAID_OUT = date(2028, 1, 31)
WAYS = (EarlyPayment.REDUCE_INSTALMENT, EarlyPayment.REDUCE_TERM)


def terms(options: ScheduleOptions) -> Terms:
    return Terms(
        principal=Decimal(600),
        currency="EUR",
        annual_rate_percent=Decimal(18),
        instalments=6,
        frequency=MONTHLY,
        interest_method=InterestMethod.DECLINING_BALANCE,
        day_count=DayCount.THIRTY_360,
        disbursed_on=PAID_OUT,
        first_due_on=date(2028, 2, 29),
        options=options,
    )


def whole(schedule: tuple[Instalment, ...]) -> Start:
    return Start(
        PAID_OUT,
        tuple(
            Opening(
                row,
                Owed(row.number, row.due_on, interest=row.interest, principal=row.principal),
                None,
            )
            for row in schedule
        ),
    )


@st.composite
def earlies(draw: st.DrawFn) -> Early:
    options = ScheduleOptions(
        amortisation=draw(st.sampled_from(Amortisation)),
        principal_grace=draw(st.integers(0, 2)),
        balloon_percent=draw(st.sampled_from([ZERO, Decimal(30)])),
        early_payment=draw(st.sampled_from(WAYS)),
    )
    pauses = draw(st.lists(st.tuples(st.integers(1, 180), st.integers(0, 40)), max_size=2))
    return Early(
        terms(options),
        WATERFALLS[draw(st.sampled_from(Preset))],
        tuple(
            InterestPause(PAID_OUT + first * DAY, PAID_OUT + (first + length) * DAY)
            for first, length in pauses
        ),
    )


def planned(early: Early) -> tuple[Instalment, ...]:
    return tuple(
        without_paused_days(row, early.pauses, "EUR") for row in build_schedule(early.terms)
    )


def rules(early: Early) -> Rules:
    return Rules(
        split=lambda owed, amount, on: apply_waterfall(owed, amount, early.waterfall, on, "EUR"),
        policy=PenaltyPolicy(5, PenaltyKind.FLAT, Decimal("10.00")),
        currency="EUR",
        fees_through=date(2028, 9, 30),
        pinned={},
        early=early,
    )


@st.composite
def receipts(draw: st.DrawFn) -> list[Receipt]:
    days = draw(st.lists(st.integers(1, 230), max_size=7))
    return [
        Receipt(number, PAID_OUT + day * DAY, Decimal(draw(st.integers(1, 30000))) / 100)
        for number, day in enumerate(days)
    ]


def told(early: Early, money: list[Receipt]) -> Story:
    return tell(whole(planned(early)), money, rules(early))


@thorough
@given(earlies(), receipts())
def test_no_plan_loses_principal_and_none_asks_for_less_than_nothing(
    early: Early, money: list[Receipt]
) -> None:
    story = told(early, money)
    for rows in (*story.plans.values(), story.schedule):
        assert sum((row.principal for row in rows), ZERO) == 600
        assert all(row.principal >= 0 and row.interest >= 0 for row in rows)
        assert [(row.number, row.due_on) for row in rows] == [
            (row.number, row.due_on) for row in planned(early)
        ]
    for receipt in money:
        split = story.receipts[receipt.number]
        paid = sum((part.amount for part in split.allocations), split.unapplied)
        assert paid == receipt.amount
    assert all(row.total >= 0 for row in story.owed.values())


@thorough
@given(earlies(), receipts())
def test_money_paid_ahead_never_makes_a_loan_dearer(early: Early, money: list[Receipt]) -> None:
    before = sum((row.interest for row in planned(early)), ZERO)
    after = sum((row.interest for row in told(early, money).schedule), ZERO)
    # Each row is rounded on its own: half a cent a row, each time it is planned.
    assert after <= before + Decimal("0.01") * 6 * len(money)


def test_a_pause_is_no_reason_to_repay_less() -> None:
    """Fewer instalments of 125.45: the one in which interest was paused repays as much as ever."""
    early = Early(
        terms(ScheduleOptions(principal_grace=1, early_payment=EarlyPayment.REDUCE_TERM)),
        WATERFALLS[Preset.INTEREST_FIRST],
        (InterestPause(date(2028, 3, 1), date(2028, 3, 4)),),
    )
    before = planned(early)
    money = Receipt(0, date(2028, 2, 1), Decimal("9.01"), is_payoff=False)
    after = told(early, [money]).schedule
    assert [row.principal for row in after[1:5]] == [row.principal for row in before[1:5]]


@thorough
@given(earlies(), receipts(), st.randoms(use_true_random=False))
def test_the_order_in_which_money_becomes_known_does_not_matter(
    early: Early, money: list[Receipt], chance: st.DataObject
) -> None:
    shuffled = list(money)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a Random, says hypothesis
    assert told(early, shuffled) == told(early, money)


@thorough
@given(earlies(), receipts())
def test_what_is_earned_adds_up_whatever_was_paused(early: Early, money: list[Receipt]) -> None:
    for row in told(early, money).schedule:
        days = [row.from_on + DAY * number for number in range((row.due_on - row.from_on).days)]
        earned = [accrual(row, day, day + DAY, "EUR") for day in days]
        assert sum(earned, ZERO) == row.interest
        assert all(part >= 0 for part in earned)
        for day, part in zip(days, earned, strict=True):
            if any(pause.first <= day + DAY <= pause.last for pause in early.pauses):
                assert part == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_principal_too_small_for_all_instalments_takes_fewer(way: EarlyPayment) -> None:
    early = Early(terms(ScheduleOptions(early_payment=way)), WATERFALLS[Preset.INTEREST_FIRST])
    first = planned(early)[0].total
    later = sum((row.principal for row in planned(early)[1:]), ZERO)
    story = told(early, [Receipt(1, PAID_OUT + DAY, first + later - Decimal("0.02"))])
    left = [row for row in story.schedule[1:] if row.total]
    assert sum((row.principal for row in left), ZERO) == Decimal("0.02")
    assert story.receipts[1].unapplied == 0


def test_a_later_instalment_met_by_goodwill_keeps_its_plan() -> None:
    early = Early(
        terms(ScheduleOptions(early_payment=EarlyPayment.REDUCE_TERM)),
        WATERFALLS[Preset.INTEREST_FIRST],
    )
    rows = planned(early)
    owed = [
        Owed(row.number, row.due_on, interest=row.interest, principal=row.principal) for row in rows
    ]
    owed[3] = replace(owed[3], interest=ZERO)
    settled = early.settle(rows, owed, Decimal(300), PAID_OUT + DAY)
    assert settled.replanned == ()
    assert sum((part.amount for part in settled.split.allocations), ZERO) == 300
