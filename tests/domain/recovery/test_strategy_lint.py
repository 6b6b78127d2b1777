"""Each mistake that the linter knows, made in a strategy that has none."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from domain.contact.channel import Channel
from domain.letters import BY_STEPS, LetterCode
from domain.recovery.strategy import Action
from domain.recovery.strategy_diff import Difference, differences
from domain.recovery.strategy_lint import texts_of
from domain.recovery.strategy_text import read_strategy

PACKS = Path(__file__).parents[3] / "api" / "packs"
SHIPPED = sorted((PACKS / "strategies").glob("*.toml"))
TEXTS = texts_of({"en": tomllib.loads((PACKS / "templates" / "en.toml").read_text("utf-8"))})

LETTERS = {"en": frozenset(LetterCode), "es": frozenset(LetterCode)}


def data(name: str = "microfinance_weekly") -> Any:
    return tomllib.loads((PACKS / "strategies" / f"{name}.toml").read_text("utf-8"))


def step(strategy: Any, key: str) -> Any:
    return next(each for each in strategy["steps"] if each["key"] == key)


def found(strategy: Any) -> list[tuple[str, str]]:
    return [(each.path, each.text) for each in read_strategy(strategy, TEXTS, LETTERS).findings]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_shipped_strategies_have_no_mistake(file: Path) -> None:
    assert found(data(file.stem)) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_shipped_strategies_fall_back_to_the_portal_and_to_letters_by_code(file: Path) -> None:
    strategy = read_strategy(data(file.stem)).strategy
    ways = [way for step in strategy.steps for way in step.fallback]
    assert any(way.channel is Channel.IN_APP for way in ways)
    letters = [way for way in ways if way.channel is None]
    assert letters
    assert all(way.letter in BY_STEPS for way in letters)
    written = [step for step in strategy.steps if step.action is Action.LETTER]
    assert all(step.letter in BY_STEPS for step in written)
    # Who can be reached in no other way finds a notice, or gets a letter.
    lasts = [step.fallback[-1].channel for step in strategy.steps if step.fallback]
    assert set(lasts) <= {None, Channel.IN_APP}


def test_there_are_three_of_them() -> None:
    assert {file.stem for file in SHIPPED} == {"default", "gentle", "microfinance_weekly"}


def made(**entries: object) -> dict[str, object]:
    return {"key": "made", "day": 95, "stage": "lost", "at": "10:00:00", **entries}


@pytest.mark.parametrize(
    ("entries", "mistake"),
    [
        ({"action": "remind", "channel": "sms"}, "a reminder names a channel and a template"),
        ({"action": "letter"}, "a letter names its code, or the template"),
        (
            {"action": "letter", "letter": "default_notice", "template": "overdue_late"},
            "a letter names its code, or the template",
        ),
        ({"action": "call_task", "letter": "default_notice"}, "only a letter names the code"),
        (
            {
                "action": "letter",
                "letter": "default_notice",
                "when": {"languages": ["en", "fr"]},
            },
            "there is no letter default_notice in language fr",
        ),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "fallback": [{"channel": "in_app", "letter": "arrears_notice"}],
            },
            "only a letter names the code",
        ),
        (
            {"action": "letter", "template": "overdue_late", "channel": "email"},
            "a letter has no channel",
        ),
        ({"action": "close", "template": "overdue_late"}, "only a reminder has a channel"),
        ({"action": "offer_settlement"}, "an offer names its percent"),
        ({"action": "call_task", "to": "liable"}, "only a reminder goes to other parties"),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "to": "guarantors",
                "fallback": [{"channel": "email", "template": "overdue_help"}],
            },
            "another channel is chosen for the primary alone",
        ),
        ({"action": "place", "percent": 50}, "only an offer has a percent"),
        (
            {"action": "place", "fallback": [{"channel": "sms", "template": "overdue_firm"}]},
            "only a reminder falls back to another channel",
        ),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "fallback": [{"channel": "sms", "template": "overdue_firm"}],
            },
            "the same channel is tried twice",
        ),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "fallback": [
                    {"channel": "letter", "template": "overdue_late"},
                    {"channel": "email", "template": "overdue_late"},
                ],
            },
            "nothing comes after a letter",
        ),
        (
            {"action": "remind", "channel": "email", "template": "overdue_firm"},
            "there is no email template overdue_firm",
        ),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "fallback": [{"channel": "letter", "template": "overdue_firm"}],
            },
            "there is no email template overdue_firm",
        ),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "when": {"languages": ["xx"]},
            },
            "there is no sms template overdue_firm in language xx",
        ),
        (
            {"action": "pay_link", "channel": "sms", "template": "due_today"},
            "the sms template due_today has no portal_url",
        ),
        (
            {
                "action": "remind",
                "channel": "sms",
                "template": "overdue_firm",
                "when": {"unreachable": ["sms"]},
            },
            "a message before consent: it goes by sms just when",
        ),
        (
            {"action": "call_task", "when": {"min_overdue": 5, "max_overdue": 4}},
            "its condition is never true: the overdue amount is never at least 5 and at most 4",
        ),
        (
            {"action": "call_task", "when": {"buckets": ["upside-down"]}},
            "its condition is never true: no ladder has the buckets upside-down",
        ),
        (
            {"action": "call_task", "when": {"min_broken_promises": 27}},
            "its condition is never true: no more than 26 promises",
        ),
        (
            {
                "action": "call_task",
                "when": {"flags": ["vulnerable"], "without_flags": ["vulnerable"]},
            },
            "the flag vulnerable is both asked for and excluded",
        ),
        (
            {"action": "call_task", "when": {"last_outcomes": []}},
            "its condition is never true: last_outcomes is empty",
        ),
        ({"action": "escalate"}, "unreachable: step to_advisor has asked an advisor already"),
    ],
)
def test_a_step_with_a_mistake(entries: dict[str, object], mistake: str) -> None:
    strategy = data()
    strategy["steps"].append(made(**entries))
    ((path, text),) = found(strategy)
    assert path.startswith(f"steps[{len(strategy['steps']) - 1}]")
    assert text.startswith("step made: ")
    assert mistake in text


@pytest.mark.parametrize(
    ("entries", "mistake"),
    [
        ({"action": "whisper"}, "must be one of remind"),
        ({"action": "call_task", "when": {"flags": ["tall"]}}, "must be a list of vulnerable"),
        ({"action": "call_task", "when": {"reachable": "sms"}}, "must be a list of sms, email"),
        ({"action": "call_task", "when": {"languages": ["english"]}}, "languages of two letters"),
        ({"action": "letter", "letter": "no_dues"}, "must be one of arrears_notice, default_"),
        ({"action": "call_task", "when": {"min_overdue": 1.5}}, "must be an amount"),
        ({"action": "call_task", "when": {"moon": "full"}}, "is not known"),
        ({"action": "remind", "fallback": [{"channel": "pigeon", "template": "x"}]}, "sms, email"),
    ],
)
def test_a_step_that_cannot_be_read(entries: dict[str, object], mistake: str) -> None:
    strategy = data()
    strategy["steps"].append(made(**entries))
    assert any(mistake in text for _, text in found(strategy))


def test_nothing_comes_after_the_close() -> None:
    strategy = data()
    strategy["steps"] += [
        made(action="close"),
        made(key="late", day=96, action="call_task"),
    ]
    assert found(strategy) == [
        (
            f"steps[{len(strategy['steps']) - 1}]",
            "step late: unreachable: step made has closed the case",
        )
    ]


def test_a_close_with_a_condition_leaves_the_rest_reachable() -> None:
    strategy = data()
    strategy["steps"] += [
        made(action="close", when={"max_overdue": 5}),
        made(key="late", day=96, action="call_task"),
    ]
    assert found(strategy) == []


def test_two_reminders_at_one_moment() -> None:
    strategy = data()
    strategy["steps"] += [
        made(action="remind", channel="sms", template="overdue_firm"),
        made(key="twin", action="remind", channel="email", template="overdue_late"),
    ]
    ((_, text),) = found(strategy)
    assert text.startswith("step made: unreachable: step twin falls due at the same moment")


@pytest.mark.parametrize(
    ("last_day", "mistake"),
    [
        (5, "stage this_week: there is a gap from day 6 to day 6, before stage second_week"),
        (7, "stage this_week: it overlaps stage second_week from day 7 to day 7"),
    ],
)
def test_gap_and_overlap_of_stages(last_day: int, mistake: str) -> None:
    strategy = data()
    strategy["stages"][0]["to_day"] = last_day
    assert found(strategy) == [("stages[0]", mistake)]


def test_a_strategy_is_left_by_payment() -> None:
    strategy = data()
    strategy["exits"] = []
    assert found(strategy) == [("exits", "exits: there is no exit on payment")]


def test_two_versions_differ_by_their_named_entries() -> None:
    before, after = data(), data()
    after["version"] = 2
    after["promises"]["grace_days"] = 3
    after["steps"] = [each for each in after["steps"] if each["key"] != "expense"]
    step(after, "offer")["percent"] = 70
    assert differences(before, after) == (
        Difference("promises.grace_days", "1", "3"),
        Difference("steps.expense.action", "charge_off", None),
        Difference("steps.expense.at", "09:00:00", None),
        Difference("steps.expense.day", "90", None),
        Difference("steps.expense.key", "expense", None),
        Difference("steps.expense.stage", "lost", None),
        Difference("steps.offer.percent", "80", "70"),
    )
