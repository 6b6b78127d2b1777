"""Conditions hold or say why not, for every state; those that never hold are found."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact.channel import Channel
from domain.recovery.conditions import ALWAYS, Condition, Flag, LastOutcome, Situation

SITUATIONS = st.builds(
    Situation,
    overdue_amount=st.decimals("0.01", 10_000, places=2),
    bucket=st.sampled_from(["current", "1-29", "30-59"]),
    unpaid_instalments=st.integers(1, 12),
    channels=st.frozensets(st.sampled_from(Channel)),
    language=st.sampled_from(["en", "es", "hi"]),
    last_outcome=st.sampled_from(LastOutcome),
    flags=st.frozensets(st.sampled_from(Flag)),
    broken_promises=st.integers(0, 5),
    risk=st.integers(0, 100),
)
SEEN = Situation(
    overdue_amount=Decimal(100),
    bucket="1-29",
    unpaid_instalments=2,
    channels=frozenset({Channel.EMAIL}),
    language="es",
    last_outcome=LastOutcome.NO_ANSWER,
    flags=frozenset({Flag.VULNERABLE}),
    broken_promises=1,
    risk=40,
)


@given(SITUATIONS)
def test_no_condition_always_holds(seen: Situation) -> None:
    assert ALWAYS.unmet(seen) is None


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (Condition(min_overdue=Decimal(100)), None),
        (Condition(min_overdue=Decimal("100.01")), "the overdue amount is below 100.01"),
        (Condition(max_overdue=Decimal(100)), None),
        (Condition(max_overdue=Decimal("99.99")), "the overdue amount is above 99.99"),
        (Condition(buckets=frozenset({"1-29", "30-59"})), None),
        (Condition(buckets=frozenset({"30-59"})), "the bucket is 1-29, not 30-59"),
        (Condition(min_unpaid=3), "the number of unpaid instalments is below 3"),
        (Condition(max_unpaid=1), "the number of unpaid instalments is above 1"),
        (Condition(last_outcomes=frozenset({LastOutcome.NO_ANSWER})), None),
        (
            Condition(last_outcomes=frozenset({LastOutcome.DONE})),
            "the last outcome is no_answer, not done",
        ),
        (Condition(reachable=frozenset({Channel.EMAIL})), None),
        (
            Condition(reachable=frozenset({Channel.SMS})),
            "the customer cannot be reached by sms",
        ),
        (Condition(unreachable=frozenset({Channel.SMS})), None),
        (
            Condition(unreachable=frozenset({Channel.EMAIL})),
            "the customer can be reached by email",
        ),
        (Condition(flags=frozenset({Flag.DISPUTED})), "the case is not marked disputed"),
        (
            Condition(without_flags=frozenset({Flag.VULNERABLE})),
            "the case is marked vulnerable",
        ),
        (Condition(languages=frozenset({"en"})), "the language is es, not en"),
        (Condition(min_broken_promises=2), "the number of broken promises is below 2"),
        (Condition(max_broken_promises=0), "the number of broken promises is above 0"),
        (Condition(min_risk=40, max_risk=40), None),
        (Condition(min_risk=41), "the risk score is below 41"),
        (Condition(max_risk=39), "the risk score is above 39"),
    ],
)
def test_a_condition_holds_or_says_why_not(condition: Condition, why: str | None) -> None:
    assert condition.unmet(SEEN) == why


CONDITIONS = st.builds(
    Condition,
    min_overdue=st.none() | st.decimals(0, 10_000, places=2),
    max_overdue=st.none() | st.decimals(0, 10_000, places=2),
    min_unpaid=st.none() | st.integers(0, 12),
    max_unpaid=st.none() | st.integers(0, 12),
    last_outcomes=st.none() | st.frozensets(st.sampled_from(LastOutcome)),
    reachable=st.frozensets(st.sampled_from(Channel)),
    unreachable=st.frozensets(st.sampled_from(Channel)),
    flags=st.frozensets(st.sampled_from(Flag)),
    without_flags=st.frozensets(st.sampled_from(Flag)),
    min_broken_promises=st.none() | st.integers(0, 5),
    max_broken_promises=st.none() | st.integers(0, 5),
    min_risk=st.none() | st.integers(0, 100),
    max_risk=st.none() | st.integers(0, 100),
)


@given(CONDITIONS, SITUATIONS)
def test_what_is_called_contradictory_holds_for_nobody(
    condition: Condition, seen: Situation
) -> None:
    if condition.contradictions():
        assert condition.unmet(seen) is not None
