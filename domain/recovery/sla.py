"""How long somebody who was asked has to answer: business hours that stop while others are awaited.

The clock runs while the office is open and nobody else is waited for. A pause never costs time
that was left: what remained when it began remains when it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.office import Office


class WaitingOn(StrEnum):
    """For whom a clock stands still."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stood still.

    Attributes:
        started_at: From when.
        ended_at: Until when; None while it lasts.
    """

    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlaClock:
    """What is counted.

    Attributes:
        asked_at: When somebody was asked.
        budget: The open time he has.
        office: Whose hours count.
        pauses: When it stood still; they may overlap.
    """

    asked_at: datetime
    budget: timedelta
    office: Office
    pauses: Sequence[Pause] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a clock stands at an instant.

    Attributes:
        due_at: When the time is over; None while it stands still with time left.
        left: Open time that remains; nothing once it is over.
        is_paused: It stands still now.
        is_over: The time is over.
    """

    due_at: datetime | None
    left: timedelta
    is_paused: bool
    is_over: bool


def due_at(clock: SlaClock) -> datetime | None:
    """When the time of a clock is over; None while it stands still with time left."""
    left = clock.budget
    for start, end in _running(clock):
        deadline = clock.office.after(start, left)
        if end is None or deadline <= end:
            return deadline
        left -= clock.office.elapsed(start, end)
    return None


def standing(clock: SlaClock, now: datetime) -> Standing:
    """Where a clock stands at an instant."""
    used = timedelta(0)
    for start, end in _running(clock):
        if start >= now:
            break
        used += clock.office.elapsed(start, now if end is None else min(end, now))
    left = max(clock.budget - used, timedelta(0))
    is_paused = any(
        pause.started_at <= now and (pause.ended_at is None or now < pause.ended_at)
        for pause in clock.pauses
    )
    deadline = due_at(clock)
    return Standing(deadline, left, is_paused, deadline is not None and deadline <= now)


def _running(clock: SlaClock) -> list[tuple[datetime, datetime | None]]:
    """The stretches in which the clock runs, in order; the last may have no end."""
    stretches: list[tuple[datetime, datetime | None]] = []
    start = clock.asked_at
    for pause in sorted(clock.pauses, key=lambda each: each.started_at):
        if pause.started_at > start:
            stretches.append((start, pause.started_at))
        if pause.ended_at is None:
            return stretches
        start = max(start, pause.ended_at)
    return [*stretches, (start, None)]
