"""Due dates, business dates and local times, across month ends and clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    FORTNIGHTLY,
    MONTHLY,
    SEMIMONTHLY,
    WEEKLY,
    Frequency,
    MonthEnd,
    Unit,
    add_months,
    business_date,
    check_zone,
    due_dates,
    local_instant,
    next_local_midnight,
    nth_date,
    nth_due_date,
)
from domain.errors import DomainError, ErrorCode
from tests.domain.lending.strategies import DATES, FREQUENCIES, ZONES, thorough

INSTANTS = st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is the strategy's


def iso(*days: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in days)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "frequency", "expected"),
    [
        (
            "2024-01-31",
            MONTHLY,
            iso("2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"),
        ),
        ("2023-01-29", MONTHLY, iso("2023-01-29", "2023-02-28", "2023-03-29")),
        ("2023-11-30", MONTHLY, iso("2023-11-30", "2023-12-30", "2024-01-30", "2024-02-29")),
        ("2023-08-31", Frequency(Unit.MONTHS, 6), iso("2023-08-31", "2024-02-29", "2024-08-31")),
        ("2024-02-26", WEEKLY, iso("2024-02-26", "2024-03-04", "2024-03-11")),
        ("2024-12-25", FORTNIGHTLY, iso("2024-12-25", "2025-01-08")),
        ("2024-02-28", Frequency(Unit.DAYS, 1), iso("2024-02-28", "2024-02-29", "2024-03-01")),
    ],
)
def test_due_dates(first: str, frequency: Frequency, expected: tuple[date, ...]) -> None:
    assert due_dates(date.fromisoformat(first), frequency, len(expected)) == expected


@thorough
@given(DATES, FREQUENCIES, st.integers(1, 60))
def test_due_dates_rise_and_keep_their_day(first: date, frequency: Frequency, count: int) -> None:
    dates = due_dates(first, frequency, count)
    assert len(dates) == count
    assert dates[0] == first
    assert list(dates) == sorted(set(dates))
    if frequency.unit is Unit.MONTHS:
        for day in dates:
            ends_month = (day + timedelta(days=1)).day == 1
            assert day.day == first.day or (day.day < first.day and ends_month)


def test_a_date_before_the_start_is_counted_backwards() -> None:
    assert nth_date(date(2024, 3, 31), MONTHLY, -1) == date(2024, 2, 29)
    assert nth_date(date(2024, 1, 15), MONTHLY, -1) == date(2023, 12, 15)


@pytest.mark.parametrize("every", [0, -1])
def test_a_frequency_moves_forward(every: int) -> None:
    with pytest.raises(DomainError) as refusal:
        Frequency(Unit.WEEKS, every)
    assert refusal.value.facts == {"field": "frequency"}


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        ("2024-03-10T04:59:59", "America/New_York", "2024-03-09"),
        ("2024-03-10T05:00:00", "America/New_York", "2024-03-10"),
        ("2024-01-01T18:29:59", "Asia/Kolkata", "2024-01-01"),
        ("2024-01-01T18:30:00", "Asia/Kolkata", "2024-01-02"),
        ("2024-01-01T10:00:00", "Pacific/Kiritimati", "2024-01-02"),
        ("2011-12-30T10:00:00", "Pacific/Apia", "2011-12-31"),
    ],
)
def test_business_date(now: str, zone: str, day: str) -> None:
    assert business_date(utc(now), zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/passwd", "a\0b", "localtime"]
)
def test_unknown_zone(zone: str) -> None:
    for ask in (
        lambda: check_zone(zone),
        lambda: business_date(utc("2024-01-01T00:00:00"), zone),
        lambda: local_instant(date(2024, 1, 1), time(6), zone),
        lambda: next_local_midnight(utc("2024-01-01T00:00:00"), zone),
    ):
        with pytest.raises(DomainError) as refusal:
            ask()
        assert refusal.value.code is ErrorCode.UNKNOWN_ZONE


def test_a_known_zone_keeps_its_name() -> None:
    assert check_zone("Europe/Berlin") == "Europe/Berlin"


def test_a_naive_datetime_is_no_moment() -> None:
    with pytest.raises(ValueError, match="offset"):
        business_date(datetime(2024, 1, 1), "UTC")  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        ("2024-07-01", "06:00", "Europe/Berlin", "2024-07-01T04:00:00"),
        ("2024-01-01", "06:00", "Europe/Berlin", "2024-01-01T05:00:00"),
        # 02:30 does not exist: it falls half an hour after the change, at 03:30 summer time.
        ("2024-03-31", "02:30", "Europe/Berlin", "2024-03-31T01:30:00"),
        # 02:30 exists twice: the first one counts.
        ("2024-10-27", "02:30", "Europe/Berlin", "2024-10-27T00:30:00"),
        # Lord Howe changes by half an hour.
        ("2024-10-06", "02:15", "Australia/Lord_Howe", "2024-10-05T15:45:00"),
        # Santiago skips midnight: the day begins at 01:00.
        ("2024-09-08", "00:00", "America/Santiago", "2024-09-08T04:00:00"),
    ],
)
def test_local_instant_at_clock_changes(day: str, at: str, zone: str, instant: str) -> None:
    found = local_instant(date.fromisoformat(day), time.fromisoformat(at), zone)
    assert found == utc(instant)
    assert found.tzinfo is UTC


@thorough
@given(DATES, st.times(), ZONES)
def test_local_instant_shows_the_time_unless_it_is_skipped(day: date, at: time, zone: str) -> None:
    instant = local_instant(day, at, zone)
    wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    asked = datetime.combine(day, at)
    # Where they differ the clocks skipped the time asked for, and it falls after the gap.
    assert wall >= asked
    if wall != asked:
        before = (instant - timedelta(days=1, hours=1)).astimezone(ZoneInfo(zone)).utcoffset()
        after = instant.astimezone(ZoneInfo(zone)).utcoffset()
        assert before is not None
        assert after is not None
        assert wall - asked == after - before


@pytest.mark.parametrize(
    ("now", "zone", "midnight"),
    [
        ("2024-03-31T12:00:00", "Europe/Berlin", "2024-03-31T22:00:00"),
        ("2024-03-31T22:00:00", "Europe/Berlin", "2024-04-01T22:00:00"),
        ("2024-09-08T03:59:59", "America/Santiago", "2024-09-08T04:00:00"),
        ("2011-12-30T09:00:00", "Pacific/Apia", "2011-12-30T10:00:00"),
        # St John's went back at 00:01: a minute of the new day, then the old evening again.
        ("2010-11-07T02:29:59", "America/St_Johns", "2010-11-07T02:30:00"),
        ("2010-11-07T02:30:30", "America/St_Johns", "2010-11-08T03:30:00"),
        ("2010-11-07T02:45:00", "America/St_Johns", "2010-11-07T03:30:00"),
    ],
)
def test_next_local_midnight(now: str, zone: str, midnight: str) -> None:
    assert next_local_midnight(utc(now), zone) == utc(midnight)


@thorough
@given(INSTANTS, ZONES)
def test_the_next_midnight_begins_a_later_day(now: datetime, zone: str) -> None:
    midnight = next_local_midnight(now, zone)
    assert now < midnight <= now + timedelta(hours=49)
    assert business_date(midnight, zone) > business_date(now, zone)
    just_before = midnight - timedelta(seconds=1)
    assert business_date(just_before, zone) < business_date(midnight, zone)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2028-01-01", ["2028-01-16", "2028-02-01", "2028-02-16", "2028-03-01"]),
        ("2028-01-15", ["2028-01-30", "2028-02-15", "2028-02-29", "2028-03-15"]),
        ("2028-01-30", ["2028-02-15", "2028-02-29", "2028-03-15", "2028-03-30"]),
        ("2028-01-31", ["2028-02-16", "2028-02-29", "2028-03-16", "2028-03-31"]),
        ("2028-12-20", ["2029-01-05", "2029-01-20", "2029-02-05", "2029-02-20"]),
    ],
)
def test_halves_of_a_month(start: str, expected: list[str]) -> None:
    begin = date.fromisoformat(start)
    found = [nth_date(begin, SEMIMONTHLY, number).isoformat() for number in range(1, 5)]
    assert found == expected


def test_halves_of_a_month_by_the_rules_for_short_months() -> None:
    def dates(start: date, rule: MonthEnd) -> list[str]:
        return [nth_due_date(start, SEMIMONTHLY, k, rule).isoformat() for k in range(1, 5)]

    assert dates(date(2029, 1, 15), MonthEnd.LAST_DAY) == [
        "2029-01-31",
        "2029-02-15",
        "2029-02-28",
        "2029-03-15",
    ]
    assert dates(date(2029, 1, 15), MonthEnd.ROLL_FORWARD) == [
        "2029-01-30",
        "2029-02-15",
        "2029-03-01",
        "2029-03-15",
    ]
    assert dates(date(2029, 1, 1), MonthEnd.LAST_DAY)[0] == "2029-01-16"


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-48, 48))
def test_halves_of_a_month_move_forward_and_come_back(start: date, count: int) -> None:
    here, there = (nth_date(start, SEMIMONTHLY, n) for n in (count, count + 1))
    assert 12 <= (there - here).days <= 19
    assert nth_date(start, SEMIMONTHLY, 2 * count) == add_months(start, count)
