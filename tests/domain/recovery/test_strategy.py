import copy
import tomllib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode
from domain.recovery.strategy import (
    Action,
    pre_due_reminders,
)
from domain.recovery.strategy_lint import Texts, texts_of
from domain.recovery.strategy_text import strategy_from_mapping

PACKS = Path(__file__).parents[3] / "api" / "packs"


def data() -> dict[str, object]:
    return tomllib.loads((PACKS / "strategies" / "default.toml").read_text("utf-8"))


TWIN = {
    "key": "again",
    "day": 0,
    "channel": "sms",
    "template": "due_today",
    "at": time(9),
    "valid_days": 1,
}
"""A second reminder on a day and channel that has one."""

DEFAULT = strategy_from_mapping(data())


def shipped_texts() -> dict[tuple[str, Channel], frozenset[str]]:
    file = tomllib.loads((PACKS / "templates" / "en.toml").read_text("utf-8"))
    return dict(texts_of({"en": file})["en"])


def mistakes(mapping: dict[str, object], texts: Texts | None = None) -> list[str]:
    with pytest.raises(DomainError) as refusal:
        strategy_from_mapping(mapping, texts)
    assert refusal.value.code is ErrorCode.INVALID_STRATEGY
    return [str(fact) for fact in refusal.value.facts.values()]


def steps(mapping: dict[str, object]) -> list[dict[str, object]]:
    found = mapping["steps"]
    assert isinstance(found, list)
    return found


def test_the_default_strategy_finds_its_templates() -> None:
    assert strategy_from_mapping(data(), {"en": shipped_texts()}) == DEFAULT


def test_the_default_strategy_reads_like_its_file() -> None:
    assert (DEFAULT.code, DEFAULT.version, DEFAULT.opens_after_days) == ("default", 2, 1)
    assert [stage.name for stage in DEFAULT.stages] == ["early", "firm", "advisor", "late"]
    assert DEFAULT.promises.threshold_percent == Decimal(90)
    assert DEFAULT.escalation.advisor_hours == 48
    first = DEFAULT.steps[0]
    assert (first.action, first.channel, first.valid_days) == (Action.REMIND, Channel.SMS, 3)
    assert {step.action for step in DEFAULT.steps} == {
        Action.REMIND,
        Action.CALL_TASK,
        Action.ESCALATE,
    }


def test_stages_by_day() -> None:
    days = [0, 1, 14, 15, 29, 30, 59, 60, 400]
    assert [DEFAULT.stage_on(day) for day in days] == [
        "early", "early", "early", "firm", "firm", "advisor", "advisor", "late", "late",
    ]  # fmt: skip
    assert [DEFAULT.rank(name) for name in ("early", "late", "unheard_of")] == [0, 3, 0]


def test_a_case_opens_with_its_days() -> None:
    assert not DEFAULT.opens_on(0)
    assert DEFAULT.opens_on(1)


def test_reminders_before_the_due_date_follow_the_customers_clock() -> None:
    mail, today = pre_due_reminders(DEFAULT, date(2028, 3, 13), "America/New_York")
    # Friday 10:00 before the change to summer time, valid until the due date begins after it.
    assert mail.at == datetime(2028, 3, 10, 15, tzinfo=UTC)
    assert mail.not_after == datetime(2028, 3, 13, 4, tzinfo=UTC)
    assert (today.key, today.channel) == ("due_today_sms", Channel.SMS)
    assert today.at == datetime(2028, 3, 13, 14, tzinfo=UTC)
    assert today.not_after == datetime(2028, 3, 14, 4, tzinfo=UTC)


def test_json_is_as_good_as_toml() -> None:
    plain = copy.deepcopy(data())
    pre_due = plain["pre_due"]
    assert isinstance(pre_due, list)
    for step in (*steps(plain), *pre_due):
        step["at"] = str(step["at"])
    promises = plain["promises"]
    assert isinstance(promises, dict)
    promises["threshold_percent"] = "90"
    assert strategy_from_mapping(plain) == DEFAULT


def test_every_mistake_is_named_at_once() -> None:
    broken = data()
    del broken["name"]
    broken["review_days"] = 0
    broken["surprise"] = 1
    steps(broken)[0]["action"] = "shout"
    steps(broken)[1]["note"] = "x"
    assert set(mistakes(broken)) == {
        "name must be a text",
        "review_days must be a whole number from 1 to 31",
        "surprise is not known",
        "steps[0].action must be one of remind, call_task, escalate, pay_link, "
        "letter, offer_settlement, place, charge_off, close",
        "steps[1].note is not known",
    }


@pytest.mark.parametrize(
    ("path", "value", "mistake"),
    [
        (("code",), "Default!", "code must be a name"),
        (("version",), "1", "version must be a whole number"),
        (("version",), True, "version must be a whole number"),
        (("stages",), {}, "stages must be a list"),
        (("stages",), [], "there is no stage"),
        (("stages", 0), "early", "stages[0] must be a table"),
        (("stages", 1, "from_day"), 1, "stages: the days must rise"),
        (("stages", 1, "name"), "early", "stage early occurs twice"),
        (("stages", 0, "from_day"), 2, "stages: no stage holds on day 1"),
        (("steps",), [], "there is no step"),
        (("steps", 1, "key"), "gentle_sms", "step gentle_sms occurs twice"),
        (("steps", 1, "key"), "upcoming_email", "step upcoming_email occurs twice"),
        (("steps", 1, "day"), 9, "steps: the days must rise"),
        (("steps", 0, "day"), 0, "step gentle_sms: falls before a case opens"),
        (("steps", 0, "stage"), "gone", "step gentle_sms: unknown stage gone"),
        (("steps", 0, "stage"), "firm", "day 1 belongs to stage early, not firm"),
        (("steps", 0, "channel"), "pigeon", "steps[0].channel must be one of sms, email"),
        (("steps", 0, "at"), "24:30", "steps[0].at must be a local time of day"),
        (("steps", 0, "valid_days"), 0, "steps[0].valid_days must be a whole number"),
        (("steps", 3, "channel"), "sms", "step first_call: only a reminder has a channel"),
        (("pre_due", 0, "day"), 1, "pre_due[0].day must be a whole number from -60 to 0"),
        (("pre_due", 0, "valid_days"), 5, "pre_due upcoming_email: still valid after the due date"),
        (("pre_due", 1, "day"), -4, "pre_due: the days must rise"),
        (("pre_due", 0), TWIN, "reminder by one channel on one day 0 sms occurs"),
        (("pre_due", 1, "channel"), "fax", "pre_due[1].channel must be one of sms, email"),
        (("promises",), None, "promises must be a table"),
        (("promises", "threshold_percent"), 101, "promises.threshold_percent must be a percentage"),
        (("promises", "threshold_percent"), 90.5, "promises.threshold_percent must be a percentag"),
        (("promises", "threshold_percent"), "lots", "promises.threshold_percent must be a percent"),
        (("promises", "threshold_percent"), "NaN", "promises.threshold_percent must be a percenta"),
        (("escalation", "advisor_hours"), 0, "escalation.advisor_hours must be a whole number"),
    ],
)
def test_the_linter_names_the_mistake(
    path: tuple[str | int, ...], value: object, mistake: str
) -> None:
    broken = data()
    spot: object = broken
    for part in path[:-1]:
        spot = spot[part]  # type: ignore[index]
    spot[path[-1]] = value  # type: ignore[index]
    assert any(mistake in found for found in mistakes(broken))


def test_a_reminder_needs_channel_and_template() -> None:
    for missing in ("channel", "template"):
        broken = data()
        del steps(broken)[0][missing]
        assert mistakes(broken) == ["step gentle_sms: a reminder names a channel and a template"]


def test_a_template_that_does_not_exist_is_named() -> None:
    texts = shipped_texts()
    del texts["overdue_firm", Channel.SMS]
    found = mistakes(data(), {"en": texts})
    assert found == [
        "step firm_sms: there is no sms template overdue_firm",
        "step advisor_sms: there is no sms template overdue_firm",
    ]
