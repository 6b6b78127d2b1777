from datetime import date

import pytest

from domain.contact.holidays import (
    EasterHoliday,
    FixedHoliday,
    HolidayCalendar,
    WeekdayHoliday,
    easter,
)


@pytest.mark.parametrize(
    "sunday",
    [
        date(1961, 4, 2),
        date(1981, 4, 19),  # where simpler rules say 26 April
        date(2000, 4, 23),
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2028, 4, 16),
        date(2038, 4, 25),  # the latest there can be
        date(2285, 3, 22),  # the earliest
    ],
)
def test_easter(sunday: date) -> None:
    assert easter(sunday.year) == sunday
    assert sunday in HolidayCalendar((EasterHoliday(0),))


def test_christmas_on_a_saturday_has_monday_and_tuesday_as_substitutes() -> None:
    calendar = HolidayCalendar(
        (FixedHoliday(12, 25, substitute=True), FixedHoliday(12, 26, substitute=True))
    )
    days = [day for day in range(20, 32) if date(2027, 12, day) in calendar]
    assert days == [25, 26, 27, 28]


def test_christmas_on_a_sunday_leaves_boxing_day_where_it_is() -> None:
    calendar = HolidayCalendar(
        (FixedHoliday(12, 25, substitute=True), FixedHoliday(12, 26, substitute=True))
    )
    days = [day for day in range(20, 32) if date(2033, 12, day) in calendar]
    assert days == [25, 26, 27]


def test_a_substitute_may_lie_in_the_next_year() -> None:
    calendar = HolidayCalendar((FixedHoliday(12, 31, substitute=True),))
    assert date(2028, 1, 1) not in calendar
    assert date(2023, 1, 2) in calendar  # 31 December 2022 was a Saturday


def test_a_holiday_without_a_substitute_has_none() -> None:
    assert date(2027, 4, 26) not in HolidayCalendar((FixedHoliday(4, 25),))


@pytest.mark.parametrize(
    ("latest", "expected"),
    [((5, 24), date(2028, 5, 22)), ((5, 31), date(2028, 5, 29)), ((5, 7), date(2028, 5, 1))],
)
def test_the_last_monday_on_or_before(latest: tuple[int, int], expected: date) -> None:
    assert WeekdayHoliday(0, *latest).falls_on(2028) == expected
