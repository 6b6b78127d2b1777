"""When contact is convenient: opening windows on the wall clock of every plausible place.

A window is tested on local wall-clock time, as the rules that set it speak ("before 8 o'clock
antimeridian local time at the consumer's location", 12 CFR 1006.6(b)(1)). That makes daylight
saving harmless: an hour that is repeated is tested twice, one that is skipped never occurs. Where
a person may be in several places, an instant counts only if every one of them agrees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.calendar import check_zone
from domain.contact.holidays import HolidayCalendar
from domain.errors import DomainError, ErrorCode

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of the days in rule data, in the order of `date.weekday()`."""

HORIZON = timedelta(days=16)
"""How far ahead an opening is sought: two weeks see every combination of weekdays in any zones."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """An opening on some weekdays: from `opens` up to, not including, `closes`, local time.

    Attributes:
        opens: Local wall-clock time of opening.
        closes: Local wall-clock time of closing, later than `opens` on the same day.
        weekdays: Days it holds for, Monday = 0.
    """

    opens: time
    closes: time
    weekdays: frozenset[int] = frozenset(range(7))

    def __post_init__(self) -> None:
        """Refuse a window that could never be open (`INVALID_CONTACT`)."""
        aware = self.opens.tzinfo is not None or self.closes.tzinfo is not None
        if aware or self.opens >= self.closes or not self.weekdays <= frozenset(range(7)):
            raise DomainError(
                ErrorCode.INVALID_CONTACT, "A contact window opens before it closes, local time."
            )


@dataclass(frozen=True, slots=True)
class HourRules:
    """All windows of one rule; outside them no contact is convenient.

    Attributes:
        windows: The openings. None at all means: never.
        closed_on: Single local dates without any opening.
        calendars: Public holidays, without any opening either.
    """

    windows: tuple[Window, ...]
    closed_on: frozenset[date] = frozenset()
    calendars: tuple[HolidayCalendar, ...] = ()

    def admits(self, local: datetime) -> bool:
        """Tell whether a local wall-clock moment lies in a window."""
        day = local.date()
        if day in self.closed_on or any(day in calendar for calendar in self.calendars):
            return False
        moment, weekday = local.time().replace(tzinfo=None), local.weekday()
        return any(
            weekday in window.weekdays and window.opens <= moment < window.closes
            for window in self.windows
        )


def strictest(rules: Sequence[HourRules]) -> HourRules:
    """The moments every rule admits, as one rule; of no rule at all, never."""
    if not rules:
        return HourRules(windows=())
    combined = rules[0]
    for other in rules[1:]:
        combined = HourRules(
            windows=tuple(_common_windows(combined.windows, other.windows)),
            closed_on=combined.closed_on | other.closed_on,
            calendars=tuple(dict.fromkeys((*combined.calendars, *other.calendars))),
        )
    return combined


def is_open(at: datetime, zones: Sequence[str], rules: HourRules) -> bool:
    """Tell whether an instant lies inside the windows in all zones (false without any zone).

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    places = _places(zones)
    return bool(places) and _admitted(_utc(at), places, rules)


def next_open(now: datetime, zones: Sequence[str], rules: HourRules) -> datetime | None:
    """The earliest instant, not before `now`, inside the windows in all plausible zones.

    Args:
        now: An aware instant.
        zones: IANA names of every place the person may be in.
        rules: The windows, read on each place's wall clock.

    Returns:
        The instant in UTC, or None if no common opening lies within `HORIZON`, or without zones.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    places, start = _places(zones), _utc(now)
    if not places:
        return None
    return _first_moment(start, places, rules, admitted=True)


def open_until(now: datetime, zones: Sequence[str], rules: HourRules) -> datetime | None:
    """The instant at which the opening that holds at `now` ends; None if it is not open now.

    An opening that lasts longer than `HORIZON` is cut there.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    places, start = _places(zones), _utc(now)
    if not places or not _admitted(start, places, rules):
        return None
    return _first_moment(start, places, rules, admitted=False) or start + HORIZON


def local_dates(at: datetime, zones: Sequence[str]) -> tuple[date, ...]:
    """The date an instant has in each zone.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    return tuple(_utc(at).astimezone(place).date() for place in _places(zones))


def start_of_day_everywhere(day: date, zones: Sequence[str]) -> datetime:
    """The first instant (UTC) at which no zone is before `day` any more.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    # Where the clocks go back over midnight the day begins twice: the second time it stays.
    starts = [
        _local_to_utc(day, time(0, fold=fold), place) for place in _places(zones) for fold in (0, 1)
    ]
    return max(starts, default=datetime.combine(day, time(0), UTC))


def _places(zones: Sequence[str]) -> tuple[ZoneInfo, ...]:
    return tuple(ZoneInfo(check_zone(name)) for name in zones)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)


def _admitted(at: datetime, places: tuple[ZoneInfo, ...], rules: HourRules) -> bool:
    return all(rules.admits(at.astimezone(place)) for place in places)


def _local_to_utc(day: date, at: time, place: ZoneInfo) -> datetime:
    return datetime.combine(day, at, place).astimezone(UTC)


def _common_windows(first: Sequence[Window], second: Sequence[Window]) -> Iterator[Window]:
    for one in first:
        for two in second:
            opens, closes = max(one.opens, two.opens), min(one.closes, two.closes)
            weekdays = one.weekdays & two.weekdays
            if opens < closes and weekdays:
                yield Window(opens, closes, weekdays)


@lru_cache(maxsize=1024)  # a morning's messages ask the same of few places
def _first_moment(
    start: datetime, places: tuple[ZoneInfo, ...], rules: HourRules, *, admitted: bool
) -> datetime | None:
    """The first instant from `start` on that is inside (or outside) all windows, if any."""
    if _admitted(start, places, rules) is admitted:
        return start
    # Nearly every answer lies within two days; the rest of the horizon costs eight times that.
    for end in (start + 2 * _DAY, start + HORIZON):
        for at in _turning_points(start, end, places, rules):
            if _admitted(at, places, rules) is admitted:
                return at
    return None


def _turning_points(
    start: datetime, end: datetime, places: tuple[ZoneInfo, ...], rules: HourRules
) -> list[datetime]:
    """Every instant in a span at which the answer can change, in order.

    Between two of them each place's wall clock runs on steadily inside or outside one window.
    """
    edges = {time(0), *(w.opens for w in rules.windows), *(w.closes for w in rules.windows)}
    points = {start}
    for place in places:
        day = start.astimezone(place).date() - _DAY
        last = end.astimezone(place).date() + _DAY
        while day <= last:
            for edge in edges:
                # Both readings of a time that occurs twice; of one that is skipped, the clock
                # change itself (below) is the moment that counts.
                for fold in (0, 1):
                    points.add(_local_to_utc(day, edge.replace(fold=fold), place))
            day += _DAY
        points.update(_clock_changes(start, end, place))
    return sorted(point for point in points if start <= point <= end)


def _clock_changes(start: datetime, end: datetime, place: ZoneInfo) -> Iterator[datetime]:
    """The instants at which a zone's offset changes, found by halving days that differ."""
    low = start
    while low < end:
        high = low + _DAY
        if _offset(low, place) != _offset(high, place):
            before, after = low, high
            while after - before > timedelta(seconds=1):
                middle = before + (after - before) / 2
                if _offset(middle, place) == _offset(low, place):
                    before = middle
                else:
                    after = middle
            yield after.replace(microsecond=0)
        low = high


def _offset(at: datetime, place: ZoneInfo) -> timedelta | None:
    return at.astimezone(place).utcoffset()
