"""A case in three sentences."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.recovery.promise import PromisePolicy, PromiseState, validate
from domain.recovery.sentences import (
    CaseStory,
    ToldPromise,
    Withheld,
    last_promise_day,
    least_promise,
    what_ends_it,
    what_may_happen,
    why_here,
)

POLICY = PromisePolicy(
    grace_days=2,
    threshold_percent=Decimal(90),
    max_days_ahead=31,
    min_percent_of_overdue=Decimal(10),
    max_broken=2,
    max_promises=12,
)
MARIA = CaseStory(
    name="Maria",
    currency="INR",
    overdue_amount=Decimal("4310"),
    loans_late=1,
    loans=2,
    past_due_since=date(2028, 3, 3),
    stage="firm",
    promise=None,
    promises_so_far=0,
    policy=POLICY,
    suspended_by=(),
    next_step="Ask an advisor to take over (day 30)",
    next_at=datetime(2028, 4, 14, 3, 30, tzinfo=UTC),
    asked="",
    withheld=(),
    closed_reason=None,
    today=date(2028, 4, 6),
    zone="Asia/Kolkata",
)
BROKEN = ToldPromise(Decimal(2000), date(2028, 3, 25), PromiseState.BROKEN, Decimal(800))


def test_why_here() -> None:
    assert why_here(MARIA) == (
        "Maria owes 4,310.00 INR overdue on 1 of 2 loans, since 3 Mar 2028 (34 days); the stage "
        "is “firm”."
    )
    assert why_here(replace(MARIA, promise=BROKEN)).endswith(
        "“firm”, and of 2,000.00 INR promised for 25 Mar 2028 800.00 INR arrived."
    )
    nothing = replace(BROKEN, received=Decimal(0))
    assert why_here(replace(MARIA, promise=nothing)).endswith("nothing arrived.")
    kept = replace(BROKEN, state=PromiseState.KEPT)
    assert why_here(replace(MARIA, promise=kept)).endswith("“firm”.")
    paid = replace(MARIA, overdue_amount=Decimal(0), past_due_since=None)
    assert "Nothing of Maria's is overdue any more" in why_here(paid)
    assert why_here(replace(MARIA, closed_reason="wrong_party")) == (
        "The case is closed: wrong party."
    )


def test_what_may_happen() -> None:
    assert what_may_happen(MARIA) == (
        "If nobody acts: ask an advisor to take over (day 30) on 14 Apr 2028 at 09:00."
    )
    held = (Withheld("below-cap", 2), Withheld("dispute", 1))
    assert what_may_happen(replace(MARIA, withheld=held)).endswith(
        " 3 messages withheld so far (below cap ×2, dispute)."
    )
    waiting = replace(
        MARIA,
        next_step=None,
        suspended_by=("hardship", "promise"),
        promise=ToldPromise(Decimal(500), date(2028, 4, 9), PromiseState.OPEN, Decimal(0)),
    )
    assert what_may_happen(waiting) == (
        "Nothing is chased while the hold stands (hardship) and until 11 Apr 2028: 500.00 INR is "
        "promised for 9 Apr 2028."
    )
    asked = replace(MARIA, next_step=None, asked="a manager")
    assert what_may_happen(asked) == "It waits for a manager to take it over."
    left = replace(MARIA, next_step=None)
    assert what_may_happen(left).startswith("No step is left; it is looked at again on 14 Apr")
    assert what_may_happen(replace(MARIA, closed_reason="cured")).startswith("Nothing more")


def test_what_ends_it() -> None:
    assert what_ends_it(MARIA) == (
        "4,310.00 INR today clears the arrears and ends the case; a promise of at least "
        "431.00 INR, for 7 May 2028 at the latest, pauses it."
    )
    assert "no further promise" in what_ends_it(replace(MARIA, promises_so_far=12))
    assert "would replace" in what_ends_it(replace(MARIA, suspended_by=("promise",)))
    assert what_ends_it(replace(MARIA, overdue_amount=Decimal(0))) == "It ends by itself."
    assert "new case" in what_ends_it(replace(MARIA, closed_reason="cured"))


@given(
    overdue=st.decimals("0.01", "1000000", places=2),
    percent=st.integers(min_value=0, max_value=100),
)
def test_what_is_said_of_a_promise_is_what_is_accepted(overdue: Decimal, percent: int) -> None:
    policy = replace(POLICY, min_percent_of_overdue=Decimal(percent))
    story = replace(MARIA, overdue_amount=overdue, policy=policy)
    amount = max(least_promise(story), Decimal("0.01"))
    validate(
        amount,
        last_promise_day(story),
        policy=policy,
        overdue_amount=overdue,
        promises_so_far=0,
        today=story.today,
    )
    assert amount - overdue * percent / 100 < Decimal("0.02")


@pytest.mark.parametrize(("currency", "least"), [("JPY", "11"), ("KWD", "10.101")])
def test_the_least_promise_has_the_decimals_of_its_currency(currency: str, least: str) -> None:
    story = replace(MARIA, currency=currency, overdue_amount=Decimal("101.01"))
    assert least_promise(story) == Decimal(least)
