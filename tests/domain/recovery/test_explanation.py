"""A case explained to whoever works it, and to the customer himself."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact.decision import ReasonCode
from domain.recovery.explanation import Reader, coming, here, stoppers, why, why_to_himself
from domain.recovery.holds import HoldKind
from domain.recovery.promise import PromisePolicy, PromiseState
from domain.recovery.sentences import CaseStory, ToldPromise

AGENT, CUSTOMER = Reader.AGENT, Reader.CUSTOMER
SPOKEN = {ReasonCode.INSIDE_HOURS, ReasonCode.ANY_HOUR, ReasonCode.BELOW_CAP,
          ReasonCode.CAP_EXEMPT, ReasonCode.OPT_OUT_ANSWERED, ReasonCode.CONSENT_GIVEN,
          ReasonCode.CAP_CONSENTED, ReasonCode.NO_WAIT, ReasonCode.INSIDE_WISHES,
          ReasonCode.NOTICE_GIVEN, ReasonCode.ON_HOLD}  # fmt: skip
"""Words of rules that stop nothing; of a hold its kind is said."""

MARIA = CaseStory(
    name="Maria",
    currency="USD",
    overdue_amount=Decimal("106.62"),
    loans_late=1,
    loans=1,
    past_due_since=date(2028, 3, 1),
    stage="firm",
    promise=None,
    promises_so_far=0,
    policy=PromisePolicy(
        grace_days=2,
        threshold_percent=Decimal(90),
        max_days_ahead=31,
        min_percent_of_overdue=Decimal(10),
        max_broken=2,
        max_promises=3,
    ),
    suspended_by=(),
    next_step="Send a reminder by SMS (day 10)",
    next_at=datetime(2028, 3, 11, 15, tzinfo=UTC),
    asked="",
    withheld=(),
    closed_reason=None,
    today=date(2028, 3, 6),
    zone="America/New_York",
)
PROMISE = ToldPromise(Decimal(50), date(2028, 3, 10), PromiseState.OPEN, Decimal(0))


def test_a_customer_is_told_to_himself() -> None:
    assert here(MARIA, CUSTOMER) == (
        "106.62 USD should have been paid by now; the oldest of it was due on 1 Mar 2028. That is "
        "why we contact you."
    )
    assert coming(MARIA, CUSTOMER) == ("If nothing changes, we look at it again on 11 Mar 2028.")
    assert stoppers(MARIA, CUSTOMER) == [
        "Your payment of 106.62 USD today ends it.",
        "If you have paid already, tell us: we wait for the money.",
        "A promise to pay at least 10.67 USD by 6 Apr 2028 pauses it.",
        "If you dispute it or cannot pay, tell us: we then stop asking while we look into it.",
        "You can end SMS with the word STOP, and e-mails by the link in each of them.",
    ]


def test_an_agent_is_told_the_stage_and_the_step() -> None:
    assert "“firm”" in here(MARIA, AGENT)
    assert "send a reminder by SMS" in coming(MARIA, AGENT)
    assert stoppers(MARIA, AGENT)[0] == "A payment of 106.62 USD today ends it."


def test_an_open_promise_is_why_nothing_is_asked() -> None:
    waiting = replace(MARIA, suspended_by=("promise",), promise=PROMISE, promises_so_far=1)
    assert coming(waiting, CUSTOMER) == (
        "We do not ask you for payment, because you promised to pay; we wait until 12 Mar 2028."
    )
    assert not any("promise" in each.lower() for each in stoppers(waiting, CUSTOMER))


def test_no_further_promise_is_offered_where_none_is_accepted() -> None:
    assert not any(
        "promise" in each.lower() for each in stoppers(replace(MARIA, promises_so_far=3), AGENT)
    )


@pytest.mark.parametrize("reader", Reader)
def test_what_is_over_stops_nothing(reader: Reader) -> None:
    closed = replace(MARIA, closed_reason="cured", overdue_amount=Decimal(0))
    assert stoppers(closed, reader) == ()
    assert "closed" in here(closed, reader)


@pytest.mark.parametrize("code", sorted(set(ReasonCode) - SPOKEN))
def test_every_word_of_a_rule_that_stops_has_plain_words(code: ReasonCode) -> None:
    assert why(code.value) != code.value.replace("-", " ")
    assert " " in why(code.value)


@pytest.mark.parametrize("kind", HoldKind)
def test_every_hold_is_named_to_agents_and_notes_are_no_customers_business(kind: HoldKind) -> None:
    assert kind.value.replace("_", " ") in why(f"hold.{kind.value}")
    if kind in {HoldKind.FRAUD, HoldKind.VULNERABLE, HoldKind.MANUAL, HoldKind.DECEASED}:
        assert why_to_himself(f"hold.{kind.value}") is None
        assert why_to_himself(f"case-suspended-{kind.value}") is None


@given(
    st.sets(st.sampled_from([kind.value for kind in HoldKind]), min_size=1),
    st.text("abcdefghijklmnopqrstuvwxyz_", min_size=5, max_size=10),
)
def test_a_customer_never_reads_internals(holds: set[str], stage: str) -> None:
    story = replace(MARIA, suspended_by=tuple(sorted(holds)), stage=f"stage-{stage}")
    told = " ".join([here(story, CUSTOMER), coming(story, CUSTOMER), *stoppers(story, CUSTOMER)])
    assert story.stage not in told
    for noted in ("fraud", "vulnerable", "manual", "deceased", "hold"):
        assert noted not in told
