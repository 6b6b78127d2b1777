"""What comes first and what to do next: by the first rule that speaks, with its reason."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.recovery.priority import CaseState, PartCode, parts_of, total
from domain.recovery.promise import PromiseState
from domain.recovery.risk import Level
from domain.recovery.suggesting import Advice, KnownPromise, Seen, best_hour, suggest

TODAY = date(2028, 3, 10)
QUIET = Seen(
    is_open=True,
    today=TODAY,
    has_reply=False,
    holds=(),
    review_on=None,
    awaits_payment=False,
    asked="",
    answer_by=None,
    promise=None,
    broken=0,
    most_broken=2,
    tasks=(),
    is_reachable=True,
    answered_at=(),
    next_title="Remind by SMS (day 14)",
    next_at=datetime(2028, 3, 15, 15, tzinfo=UTC),
)
BROKEN = KnownPromise(PromiseState.BROKEN, date(2028, 3, 5), False, date(2028, 3, 7))
OPEN = KnownPromise(PromiseState.OPEN, date(2028, 3, 20), False, date(2028, 3, 22))


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({}, Advice.WAIT),
        ({"is_open": False}, Advice.CLOSED),
        ({"has_reply": True, "holds": ("dispute",), "tasks": ("call",)}, Advice.READ_REPLY),
        ({"holds": ("dispute",), "review_on": TODAY}, Advice.REVIEW_HOLD),
        ({"holds": ("dispute",), "review_on": date(2028, 3, 11)}, Advice.WAIT),
        ({"review_on": TODAY, "tasks": ("call",)}, Advice.CALL),
        ({"asked": "advisor", "tasks": ("call",)}, Advice.ANSWER_ESCALATION),
        ({"tasks": ("proposal", "call")}, Advice.DECIDE_PROPOSAL),
        ({"awaits_payment": True}, Advice.LOOK_FOR_PAYMENT),
        ({"promise": OPEN, "tasks": ("call",)}, Advice.WAIT),
        ({"promise": replace(OPEN, is_read_from_text=True)}, Advice.CONFIRM_PROMISE),
        ({"promise": replace(OPEN, due_on=date(2028, 3, 11))}, Advice.LOOK_FOR_PAYMENT),
        ({"tasks": ("letter", "call")}, Advice.SEND_LETTER),
        ({"tasks": ("data",)}, Advice.DO_TASK),
        ({"is_reachable": False, "promise": BROKEN}, Advice.FIND_ADDRESS),
        ({"promise": BROKEN, "broken": 1}, Advice.AGREE_PROMISE),
        ({"promise": BROKEN, "broken": 2}, Advice.ASK_ADVISOR),
        ({"next_title": ""}, Advice.ASK_ADVISOR),
    ],
)
def test_the_first_rule_that_speaks(change: dict[str, object], advice: Advice) -> None:
    found = suggest(replace(QUIET, **change))  # type: ignore[arg-type]
    assert found.advice is advice
    assert found.text
    assert found.why


def test_a_call_is_suggested_at_the_hour_of_the_answers() -> None:
    asked = replace(QUIET, tasks=("call",), answered_at=(18, 9, 18))
    assert suggest(asked).hour == 18
    assert "around 18:00" in suggest(asked).why
    assert best_hour((9, 18)) is None
    assert best_hour((9, 18, 9, 18)) == 9


STATE = CaseState(
    is_suspended=False,
    has_reply=False,
    is_hold_due=False,
    is_escalated=False,
    is_vulnerable=False,
    is_promise_broken=False,
    tasks=0,
    risk=0,
    level=Level.LOW,
    unpaid=1,
)


def points(**changes: object) -> int:
    return total(parts_of(replace(STATE, **changes)))  # type: ignore[arg-type]


def test_everything_that_speaks_for_a_case_lifts_it() -> None:
    for change in (
        {"has_reply": True},
        {"is_hold_due": True},
        {"is_escalated": True},
        {"is_vulnerable": True},
        {"is_promise_broken": True},
        {"tasks": 1},
        {"risk": 50},
        {"unpaid": 3},
    ):
        assert points(**change) > points(), change


def test_what_stands_still_comes_after_all_else_unless_somebody_waits() -> None:
    loudest = points(
        is_suspended=True, is_escalated=True, is_vulnerable=True, tasks=3, risk=100, unpaid=9
    )
    assert loudest < 0 < points()
    assert points(is_suspended=True, has_reply=True) > points()
    (first, *_) = parts_of(replace(STATE, is_suspended=True))
    assert first.code is PartCode.SUSPENDED
