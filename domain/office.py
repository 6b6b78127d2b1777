"""Business hours of an office: when it is open, and how open time is counted.

A deadline of eight business hours set on Friday at four falls on Monday, or on Tuesday where
Monday is a holiday. Open time is real time: on the night the clocks change it has the hours that
really passed while the doors were open, and no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from domain.calendar import business_date, check_zone, local_instant
from domain.errors import DomainError, ErrorCode

_DAY = timedelta(days=1)
_DAYS_PER_WEEK = 7
_NOTHING = timedelta(0)
LONGEST = timedelta(hours=24 * 366)
"""The most open time that is counted ahead: a year of days without a night."""
MOST_CLOSED = 1000
"""The most days that are named as closed."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The hours of one day of the week, by the office's clocks.

    Attributes:
        opens: When it opens.
        closes: When it closes, the same day. Raises `INVALID_REQUEST` unless that is later.
    """

    opens: time
    closes: time

    def __post_init__(self) -> None:
        """Refuse hours that end before they begin."""
        if self.closes <= self.opens:
            raise _refused("An office closes after it has opened, on the same day.")


@dataclass(frozen=True, slots=True)
class Office:
    """When somebody is there to work.

    Attributes:
        zone: The zone of its clocks.
        week: Its hours on the days of the week, Monday first; None where it stays closed. Empty
            for an office that never closes.
        closed_on: Days on which it stays closed whatever the weekday.

    Raises `UNKNOWN_ZONE`, and `INVALID_REQUEST` for a week that is no week or has no open day.
    """

    zone: str
    week: tuple[Opening | None, ...] = ()
    closed_on: frozenset[date] = field(default=frozenset())

    def __post_init__(self) -> None:
        """Refuse an office that nobody could wait for."""
        check_zone(self.zone)
        if not self.week:
            return
        if len(self.week) != _DAYS_PER_WEEK:
            raise _refused("A week has seven days, Monday first.")
        if all(opening is None for opening in self.week):
            raise _refused("An office is open on one day of the week at least.")
        if len(self.closed_on) > MOST_CLOSED:
            raise _refused(f"At most {MOST_CLOSED} days are named as closed.")

    @property
    def never_closes(self) -> bool:
        """Whether every hour counts."""
        return not self.week

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The first instant (UTC) at which so much open time has passed since `start`.

        `start` itself for no time at all. Raises `INVALID_REQUEST` for more than `LONGEST`.
        """
        if amount > LONGEST:
            raise _refused("No deadline is set more than a year of hours ahead.")
        if self.never_closes or amount <= _NOTHING:
            return start + max(amount, _NOTHING)
        left = amount
        for opens, closes in self._hours_from(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise AssertionError("an office that opens every week has always more hours to come")

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between two instants; none if they are the wrong way round."""
        if end <= start:
            return _NOTHING
        if self.never_closes:
            return end - start
        total = _NOTHING
        for opens, closes in self._hours_from(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def days_after(self, start: datetime, days: int) -> datetime:
        """The same time of day so many open days later, or the end of that day's hours.

        Where the office never closes, that is so many times 24 hours later.
        """
        if self.never_closes:
            return start + timedelta(days=days)
        local_on = business_date(start, self.zone)
        into_the_day = start - local_instant(local_on, time(0), self.zone)
        on = local_on
        while days > 0:
            on += _DAY
            days -= self._window(on) is not None
        window = self._window(on)
        if window is None:
            return self.after(start, timedelta(microseconds=1))
        opens, closes = window
        return min(max(local_instant(on, time(0), self.zone) + into_the_day, opens), closes)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at an instant."""
        if self.never_closes:
            return True
        window = self._window(business_date(at, self.zone))
        return window is not None and window[0] <= at < window[1]

    def _hours_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches from an instant on, without end."""
        on = business_date(start, self.zone)
        while True:
            window = self._window(on)
            if window is not None and window[1] > start:
                yield max(window[0], start), window[1]
            on += _DAY

    def _window(self, on: date) -> tuple[datetime, datetime] | None:
        """The open stretch of a day, in UTC."""
        opening = self.week[on.weekday()]
        if opening is None or on in self.closed_on:
            return None
        opens = local_instant(on, opening.opens, self.zone)
        closes = local_instant(on, opening.closes, self.zone)
        # Hours that the clocks skip altogether are none.
        return (opens, closes) if opens < closes else None


AROUND_THE_CLOCK = Office("UTC")
"""Where nothing else was said, every hour counts."""


def _refused(detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": "office"})
