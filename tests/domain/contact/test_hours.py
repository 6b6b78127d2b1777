from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.hours import (
    HourRules,
    Window,
    is_open,
    local_dates,
    next_open,
    open_until,
    start_of_day_everywhere,
    strictest,
)
from domain.errors import DomainError, ErrorCode

DAILY = HourRules((Window(time(8), time(21)),))
WORKDAYS = HourRules((Window(time(9), time(17), frozenset(range(5))),))
ZONES = [
    "America/New_York",
    "America/Phoenix",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "America/Santiago",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Cairo",
]
# Clock changes of both hemispheres in 2028 lie inside.
INSTANTS = st.integers(0, 335 * 86_400).map(
    lambda seconds: datetime(2028, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
CLOCK_TIMES = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens, closes = sorted(draw(st.tuples(CLOCK_TIMES, CLOCK_TIMES).filter(lambda p: p[0] != p[1])))
    return Window(opens, closes, frozenset(draw(st.sets(st.integers(0, 6), min_size=1))))


def admitted(at: datetime, zones: list[str], rules: HourRules) -> bool:
    """The rule itself, without any of the search."""
    for zone in zones:
        local = at.astimezone(ZoneInfo(zone))
        if local.date() in rules.closed_on or not any(
            local.weekday() in window.weekdays and window.opens <= local.time() < window.closes
            for window in rules.windows
        ):
            return False
    return True


@pytest.mark.parametrize(
    ("now", "zones", "expected"),
    [
        # 07:59:59 in New York is not yet, 08:00 is.
        ("2028-01-10T12:59:59", ["America/New_York"], "2028-01-10T13:00:00"),
        ("2028-01-10T13:00:00", ["America/New_York"], "2028-01-10T13:00:00"),
        # 21:00 is closed, 20:59:59 is not.
        ("2028-01-11T01:59:59", ["America/New_York"], "2028-01-11T01:59:59"),
        ("2028-01-11T02:00:00", ["America/New_York"], "2028-01-11T13:00:00"),
        # An Arizona number with a New York address: 8 o'clock in both.
        ("2028-01-10T13:00:00", ["America/New_York", "America/Phoenix"], "2028-01-10T15:00:00"),
        # The night of the change to summer time: 8 o'clock comes an hour earlier.
        ("2028-03-12T03:00:00", ["America/New_York"], "2028-03-12T12:00:00"),
        # And back.
        ("2028-11-05T03:00:00", ["America/New_York"], "2028-11-05T13:00:00"),
    ],
)
def test_the_next_opening(now: str, zones: list[str], expected: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_open(at, zones, DAILY) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_weekend_is_waited_out() -> None:
    saturday = datetime(2028, 3, 11, 12, tzinfo=UTC)
    assert next_open(saturday, ["Europe/London"], WORKDAYS) == datetime(2028, 3, 13, 9, tzinfo=UTC)


def test_a_holiday_is_waited_out() -> None:
    easter_monday = HourRules(WORKDAYS.windows, frozenset({date(2028, 4, 17)}))
    friday_evening = datetime(2028, 4, 14, 20, tzinfo=UTC)
    assert next_open(friday_evening, ["Europe/London"], easter_monday) == datetime(
        2028, 4, 18, 8, tzinfo=UTC
    )


def test_places_without_a_common_hour_never_open() -> None:
    narrow = HourRules((Window(time(9), time(17)),))
    assert (
        next_open(datetime(2028, 1, 10, tzinfo=UTC), ["Asia/Tokyo", "America/New_York"], narrow)
        is None
    )


def test_nowhere_is_never_open() -> None:
    now = datetime(2028, 1, 10, 12, tzinfo=UTC)
    assert next_open(now, [], DAILY) is None
    assert open_until(now, [], DAILY) is None
    assert not is_open(now, [], DAILY)
    assert next_open(now, ["Europe/London"], HourRules(())) is None


def test_an_opening_ends_in_the_place_where_it_ends_first() -> None:
    now = datetime(2028, 1, 10, 18, tzinfo=UTC)
    assert open_until(now, ["America/New_York", "America/Los_Angeles"], DAILY) == datetime(
        2028, 1, 11, 2, tzinfo=UTC
    )
    assert open_until(datetime(2028, 1, 10, 3, tzinfo=UTC), ["America/New_York"], DAILY) is None


def test_a_window_may_lie_in_the_hour_that_is_skipped_or_repeated() -> None:
    night = HourRules((Window(time(2, 10), time(2, 50)),))
    berlin = ["Europe/Berlin"]
    # 26 March has no 02:10; 29 October has two.
    assert next_open(datetime(2028, 3, 26, tzinfo=UTC), berlin, night) == datetime(
        2028, 3, 27, 0, 10, tzinfo=UTC
    )
    first = datetime(2028, 10, 29, 0, 10, tzinfo=UTC)
    assert next_open(datetime(2028, 10, 28, 23, tzinfo=UTC), berlin, night) == first
    assert open_until(first, berlin, night) == first + timedelta(minutes=40)
    second = first + timedelta(hours=1)
    assert next_open(first + timedelta(minutes=40), berlin, night) == second


def test_a_clock_change_may_open_or_close_a_window() -> None:
    berlin = ["Europe/Berlin"]
    # On 26 March 02:30 is skipped: the window is open as soon as it is 03:00.
    early = HourRules((Window(time(2, 30), time(5)),))
    assert next_open(datetime(2028, 3, 26, tzinfo=UTC), berlin, early) == datetime(
        2028, 3, 26, 1, tzinfo=UTC
    )
    # On 29 October it is 02:45, closed, and a quarter of an hour later 02:00 again.
    late = HourRules((Window(time(1), time(2, 30)),))
    assert next_open(datetime(2028, 10, 29, 0, 45, tzinfo=UTC), berlin, late) == datetime(
        2028, 10, 29, 1, tzinfo=UTC
    )


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DomainError) as refusal:
        next_open(datetime(2028, 1, 1, tzinfo=UTC), ["Mars/Olympus"], DAILY)
    assert refusal.value.code is ErrorCode.UNKNOWN_ZONE


def test_an_instant_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_open(datetime(2028, 1, 1), ["Europe/London"], DAILY)  # noqa: DTZ001


@pytest.mark.parametrize(
    "window", [(time(9), time(9)), (time(10), time(9)), (time(9, tzinfo=UTC), time(10, tzinfo=UTC))]
)
def test_a_window_that_is_never_open_is_refused(window: tuple[time, time]) -> None:
    with pytest.raises(DomainError):
        Window(*window)


def test_a_day_starts_everywhere_when_it_has_started_in_the_last_place() -> None:
    zones = ["Europe/London", "America/New_York"]
    start = start_of_day_everywhere(date(2028, 1, 10), zones)
    assert start == datetime(2028, 1, 10, 5, tzinfo=UTC)
    assert min(local_dates(start, zones)) == date(2028, 1, 10)
    assert min(local_dates(start - timedelta(seconds=1), zones)) == date(2028, 1, 9)


@settings(deadline=None)
@given(INSTANTS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), st.lists(windows()))
def test_what_opens_is_open_everywhere_and_nothing_opened_before(
    now: datetime, zones: list[str], some: list[Window]
) -> None:
    rules = HourRules(tuple(some))
    found = next_open(now, zones, rules)
    assert is_open(now, zones, rules) == admitted(now, zones, rules) == (found == now)
    limit = found if found is not None else now + timedelta(days=7)
    if found is not None:
        assert admitted(found, zones, rules)
        closes = open_until(found, zones, rules)
        assert closes is not None
        assert closes > found
        assert admitted(closes - timedelta(microseconds=1), zones, rules)
    probe = now
    while probe < limit:
        assert not admitted(probe, zones, rules)
        probe += timedelta(minutes=47)


@settings(deadline=None)
@given(
    INSTANTS,
    st.sampled_from(ZONES),
    st.lists(st.lists(windows(), max_size=3), min_size=1, max_size=3),
)
def test_the_strictest_rule_is_open_when_all_are(
    now: datetime, zone: str, several: list[list[Window]]
) -> None:
    rules = [HourRules(tuple(some)) for some in several]
    assert is_open(now, [zone], strictest(rules)) == all(
        is_open(now, [zone], each) for each in rules
    )


def test_of_no_rule_nothing_is_open() -> None:
    assert strictest([]).windows == ()
