import copy
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.contact.channel import Channel
from domain.contact.hours import is_open
from domain.contact.packs import RulePack, packs_for, rule_pack_from_mapping
from domain.errors import DomainError, ErrorCode

FOLDER = Path(__file__).parents[3] / "api" / "packs" / "contact"
PACKS = {
    file.stem: rule_pack_from_mapping(tomllib.loads(file.read_text("utf-8")))
    for file in sorted(FOLDER.glob("*.toml"))
}
SATURDAY, SUNDAY, MONDAY = date(2028, 3, 11), date(2028, 3, 12), date(2028, 3, 13)
TODAY = date(2028, 3, 10)


def sample() -> dict[str, object]:
    return tomllib.loads((FOLDER / "us.toml").read_text("utf-8"))


def is_open_at(pack: RulePack, day: date, at: time, zone: str) -> bool:
    moment = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
    return is_open(moment, [zone], pack.hours.hours)


def test_the_shipped_packs_are_these() -> None:
    assert set(PACKS) == {"default", "eu", "gb", "in", "us"}
    assert all(pack.id == name for name, pack in PACKS.items())


@pytest.mark.parametrize(
    ("name", "zone", "opens", "closes"),
    [
        ("us", "America/Chicago", time(8), time(21)),  # 12 CFR 1006.6(b)(1)
        ("gb", "Europe/London", time(8), time(21)),  # CONC 7, our default
        ("in", "Asia/Kolkata", time(8), time(19)),  # RBI directions
        ("eu", "Europe/Berlin", time(8), time(20)),  # our default
        ("default", "Asia/Tokyo", time(8), time(19)),
    ],
)
def test_hours(name: str, zone: str, opens: time, closes: time) -> None:
    pack = PACKS[name]
    second_before = (datetime.combine(MONDAY, opens) - timedelta(seconds=1)).time()
    last_second = (datetime.combine(MONDAY, closes) - timedelta(seconds=1)).time()
    assert not is_open_at(pack, MONDAY, second_before, zone)
    assert is_open_at(pack, MONDAY, opens, zone)
    assert is_open_at(pack, MONDAY, last_second, zone)
    assert not is_open_at(pack, MONDAY, closes, zone)


@pytest.mark.parametrize(
    ("name", "sundays"), [("us", True), ("gb", False), ("in", True), ("eu", False)]
)
def test_sundays(name: str, sundays: bool) -> None:
    assert is_open_at(PACKS[name], SUNDAY, time(12), "Europe/London") is sundays
    assert is_open_at(PACKS[name], SATURDAY, time(12), "Europe/London")


@pytest.mark.parametrize(
    ("name", "most"), [("us", 7), ("gb", 3), ("in", 3), ("eu", 3), ("default", 3)]
)
def test_caps(name: str, most: int) -> None:
    (rule,) = PACKS[name].caps
    assert (rule.cap.channel, rule.cap.max, rule.cap.days) == (None, most, 7)


def test_the_pack_for_everywhere_is_as_strict_as_the_strictest() -> None:
    everywhere = PACKS["default"]
    for pack in PACKS.values():
        for day in (SATURDAY, SUNDAY, MONDAY):
            for minute in range(0, 24 * 60, 5):
                at = time(minute // 60, minute % 60)
                if is_open_at(everywhere, day, at, "UTC"):
                    assert is_open_at(pack, day, at, "UTC"), (pack.id, day, at)
        for rule in pack.caps:
            assert any(
                own.cap.channel is None
                and own.cap.max <= rule.cap.max
                and own.cap.days >= rule.cap.days
                for own in everywhere.caps
            )
        if pack.consent is not None:
            assert everywhere.consent is not None
            assert everywhere.consent.channels >= pack.consent.channels


def test_rule_ids_are_unique_and_cited() -> None:
    ids = []
    for pack in PACKS.values():
        rules = [pack.hours, *pack.caps, *([pack.consent] if pack.consent else [])]
        assert all(rule.citation for rule in rules)
        ids += [rule.rule_id for rule in rules]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("US", ["us"]),
        ("GB", ["gb"]),
        ("IN", ["in"]),
        ("DE", ["eu"]),
        ("AU", ["default"]),
        ("XX", ["default"]),
        (None, ["default"]),
    ],
)
def test_which_packs_bind(country: str | None, expected: list[str]) -> None:
    assert [pack.id for pack in packs_for(country, PACKS.values(), TODAY)] == expected


def test_a_pack_binds_from_its_first_day_and_the_newest_version_counts() -> None:
    old = PACKS["us"]
    new = replace(old, version=2, effective_on=TODAY)
    both = [new, PACKS["default"], old]
    assert packs_for("US", both, TODAY - timedelta(days=1)) == (old,)
    assert packs_for("US", both, TODAY) == (new,)
    assert packs_for("US", both, date(2021, 11, 29)) == (PACKS["default"],)


def test_a_label_names_the_version() -> None:
    assert PACKS["us"].label == "us@1"


def test_json_texts_are_as_good_as_toml_values() -> None:
    data = sample()
    data["effective_on"] = "2021-11-30"
    data["hours"] = {
        "rule": "us.hours",
        "citation": "12 CFR 1006.6(b)(1)",
        "windows": [
            {
                "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                "opens": "08:00",
                "closes": "21:00",
            }
        ],
    }
    assert rule_pack_from_mapping(data) == replace(PACKS["us"], hours=PACKS["us"].hours)


def test_closed_days_and_channels_are_read() -> None:
    data = sample()
    hours, caps = data["hours"], data["caps"]
    assert isinstance(hours, dict)
    assert isinstance(caps, list)
    hours["closed_on"] = ["2028-12-25", date(2028, 12, 26)]
    caps[0]["channel"] = "sms"
    pack = rule_pack_from_mapping(data)
    assert pack.hours.hours.closed_on == {date(2028, 12, 25), date(2028, 12, 26)}
    assert pack.caps[0].cap.channel is Channel.SMS


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("id",), "", "id"),
        (("version",), 0, "version"),
        (("version",), True, "version"),
        (("verified",), "yes", "verified"),
        (("effective_on",), "2021-02-30", "effective_on"),
        (("effective_on",), datetime(2021, 1, 1, tzinfo=UTC), "effective_on"),
        (("countries",), "US", "countries"),
        (("countries",), [1], "countries"),
        (("surprise",), 1, "surprise"),
        (("hours",), [], "hours"),
        (("hours", "windows"), [], "hours.windows"),
        (("hours", "windows", 0), "all day", "hours.windows[0]"),
        (("hours", "windows", 0, "days"), [], "hours.windows[0].days"),
        (("hours", "windows", 0, "days"), ["funday"], "hours.windows[0].days"),
        (("hours", "windows", 0, "opens"), "25:00", "hours.windows[0].opens"),
        (("hours", "windows", 0, "opens"), 8, "hours.windows[0].opens"),
        (("hours", "windows", 0, "closes"), time(7), "hours.windows[0].closes"),
        (("hours", "closed_on"), [5], "hours.closed_on"),
        (("caps", 0, "max"), 0, "caps[0].max"),
        (("caps", 0, "channel"), "pigeon", "caps[0].channel"),
        (("caps", 0, "note"), "x", "caps[0].note"),
        (("consent", "channels"), ["fax"], "consent.channels"),
    ],
)
def test_a_mistake_is_named_by_its_path(
    path: tuple[str | int, ...], value: object, field: str
) -> None:
    data = copy.deepcopy(sample())
    spot: object = data
    for part in path[:-1]:
        assert isinstance(spot, Mapping | list)
        spot = spot[part]  # type: ignore[index]
    spot[path[-1]] = value  # type: ignore[index]
    with pytest.raises(DomainError) as refusal:
        rule_pack_from_mapping(data)
    assert refusal.value.code is ErrorCode.INVALID_CONTACT
    assert refusal.value.facts == {"field": field}
