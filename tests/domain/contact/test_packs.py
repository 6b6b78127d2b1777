import copy
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from domain.contact.caps import Cap, Period
from domain.contact.channel import Channel
from domain.contact.pack_reading import rule_pack_from_mapping
from domain.contact.packs import Licence, packs_for
from domain.contact.places import Place
from domain.errors import DomainError, ErrorCode

FOLDER = Path(__file__).parents[3] / "api" / "packs" / "contact"
PACKS = {
    file.stem: rule_pack_from_mapping(tomllib.loads(file.read_text("utf-8")))
    for file in sorted(FOLDER.glob("*.toml"))
}
TODAY = date(2028, 3, 10)


def sample() -> dict[str, object]:
    return tomllib.loads((FOLDER / "us.toml").read_text("utf-8"))


def test_every_file_is_named_like_its_pack() -> None:
    for name, pack in PACKS.items():
        assert name in {pack.id, pack.label}


def test_rule_ids_are_unique_and_cited() -> None:
    ids: list[str] = []
    for pack in PACKS.values():
        single = [rule for rule in (pack.consent, pack.opt_out, pack.notice) if rule is not None]
        rules = [*pack.hours, *pack.caps, *pack.waits, *single]
        assert rules, pack.id
        assert all(rule.citation and rule.rule_id.startswith(f"{pack.id}.") for rule in rules)
        ids += [rule.rule_id for rule in rules]
    assert len(ids) == len(set(ids))


ALL_FOR_CREDITORS = [
    "au", "ca-on", "eu", "gb", "gb-nir", "gb-sct", "in", "us", "us-ma", "us-nyc",
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("US", "US-TX"), ["us"]),
        (Place("US", "US-MA"), ["us", "us-ma"]),
        (Place("US", "US-TX", postcode="02139"), ["us", "us-ma"]),
        (Place("US", "US-NY", city="Brooklyn"), ["us", "us-nyc"]),
        (Place("US", "US-OH", city="Brooklyn"), ["us"]),
        (Place("US", "US-NY", city="Woodside", postcode="13790"), ["us", "us-nyc"]),
        (Place("US", "US-NY", city="Buffalo"), ["us"]),
        (Place("US", "US-NY", postcode="10001-0001"), ["us", "us-nyc"]),
        (Place("US", "US-NY"), ["us", "us-nyc"]),
        (Place("US"), ["us", "us-ma", "us-nyc"]),
        (Place("US", zones=("America/Detroit",)), ["us", "us-ma", "us-nyc"]),
        (Place("US", zones=("America/Chicago",)), ["us"]),
        (Place("US", zones=("Nowhere",)), ["us", "us-ma", "us-nyc"]),
        (Place("GB", "GB-ENG"), ["gb"]),
        (Place("GB", "GB-SCT"), ["gb", "gb-sct"]),
        (Place("GB", postcode="BT1 5GS"), ["gb", "gb-nir"]),
        (Place("GB"), ["gb", "gb-nir", "gb-sct"]),
        (Place("IN"), ["in"]),
        (Place("DE"), ["eu"]),
        (Place("AU"), ["au"]),
        (Place("CA", "CA-ON"), ["ca-on"]),
        (Place("CA", "CA-BC"), ALL_FOR_CREDITORS),
        (Place("CA"), ALL_FOR_CREDITORS),
        (Place("XX"), ALL_FOR_CREDITORS),
        (Place(None), ALL_FOR_CREDITORS),
    ],
)
def test_which_packs_bind_a_creditor(place: Place, expected: list[str]) -> None:
    bound = packs_for(place, PACKS.values(), TODAY, licence=Licence.CREDITOR)
    assert [pack.id for pack in bound] == expected


def test_who_the_creditor_is_decides_and_unknown_means_all() -> None:
    texan, indian = Place("US", "US-TX"), Place("IN")

    def ids(place: Place, licence: Licence | None) -> list[str]:
        return [pack.id for pack in packs_for(place, PACKS.values(), TODAY, licence=licence)]

    assert ids(texan, Licence.DEBT_BUYER) == ids(texan, None) == ["us", "us-reg-f"]
    assert ids(texan, Licence.BANK) == ["us"]
    assert ids(indian, Licence.NBFC) == ["in"]
    assert ids(indian, Licence.MICROFINANCE) == ids(indian, None) == ["in", "in-microfinance"]


def test_some_packs_bind_only_once_collection_begins() -> None:
    place = Place("US", "US-NY", city="New York")
    before = packs_for(place, PACKS.values(), TODAY, licence=Licence.BANK, collecting=False)
    assert [pack.id for pack in before] == ["us"]


def test_a_pack_binds_from_its_first_day_and_the_newest_version_counts() -> None:
    old = PACKS["us"]
    new = replace(old, version=2, effective_on=TODAY)
    both = [new, PACKS["eu"], old]
    texan = Place("US", "US-TX")
    assert packs_for(texan, both, TODAY - timedelta(days=1)) == (old,)
    assert packs_for(texan, both, TODAY) == (new,)
    # Before there was a pack for the country, all there were bound.
    assert packs_for(texan, both, date(2021, 11, 29)) == (PACKS["eu"],)


def test_a_label_names_the_version() -> None:
    assert PACKS["us"].label == "us@1"


def test_json_texts_are_as_good_as_toml_values() -> None:
    data = sample()
    data["effective_on"] = "2021-11-30"
    hours = data["hours"]
    assert isinstance(hours, list)
    hours[0]["windows"] = [
        {
            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "opens": "08:00",
            "closes": "21:00",
        }
    ]
    assert rule_pack_from_mapping(data) == PACKS["us"]


def test_single_days_channels_and_windows_of_the_calendar_are_read() -> None:
    data = sample()
    hours, caps = data["hours"], data["caps"]
    assert isinstance(hours, list)
    assert isinstance(caps, list)
    hours[0]["closed_on"] = ["2028-12-25", date(2028, 12, 26)]
    hours[0]["channels"] = ["call"]
    caps[0] = {"rule": "x", "citation": "y", "max": 2, "per": "week", "channels": ["sms"]}
    pack = rule_pack_from_mapping(data)
    (rule,) = pack.hours
    assert rule.hours.closed_on == {date(2028, 12, 25), date(2028, 12, 26)}
    assert rule.binds(Channel.CALL)
    assert not rule.binds(Channel.SMS)
    assert pack.caps[0].cap == Cap(2, 7, frozenset({Channel.SMS}), period=Period.WEEK)


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
        (("countries",), [], "countries"),
        (("binds",), ["pirate"], "binds"),
        (("once_collecting",), 1, "once_collecting"),
        (("surprise",), 1, "surprise"),
        (("hours",), {}, "hours"),
        (("hours", 0, "windows"), [], "hours[0].windows"),
        (("hours", 0, "windows", 0), "all day", "hours[0].windows[0]"),
        (("hours", 0, "windows", 0, "days"), [], "hours[0].windows[0].days"),
        (("hours", 0, "windows", 0, "days"), ["funday"], "hours[0].windows[0].days"),
        (("hours", 0, "windows", 0, "opens"), "25:00", "hours[0].windows[0].opens"),
        (("hours", 0, "windows", 0, "opens"), 8, "hours[0].windows[0].opens"),
        (("hours", 0, "windows", 0, "closes"), time(7), "hours[0].windows[0].closes"),
        (("hours", 0, "closed_on"), [5], "hours[0].closed_on"),
        (("caps", 0, "max"), 0, "caps[0].max"),
        (("caps", 0, "channels"), ["pigeon"], "caps[0].channels"),
        (("caps", 0, "per"), "year", "caps[0].per"),
        (("caps", 0, "per"), "week", "caps[0].days"),
        (("caps", 0, "scope"), "planet", "caps[0].scope"),
        (("caps", 0, "consent_days"), 0, "caps[0].consent_days"),
        (("waits",), [{"rule": "x", "citation": "y", "days": 1}], "waits[0].channels"),
        (("notice",), {"rule": "x", "citation": "y"}, "notice.days"),
        (("opt_out", "channels"), [], "opt_out.channels"),
        (("holidays",), [{"name": "x", "on": "02-29"}], "holidays[0].on"),
        (("holidays",), [{"name": "x", "easter": "soon"}], "holidays[0].easter"),
        (
            ("holidays",),
            [{"name": "x", "weekday": "moonday", "on_or_before": "05-31"}],
            "holidays[0].weekday",
        ),
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
