"""The clock of a case: which days count, and when a number of them is reached.

A case counts active days: calendar days since the due date of the obligation that leads it, less
the days on which a hold, a promise, an announced payment or an agreement suspended it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.recovery.holds import EFFECTS, Hold
from domain.recovery.promise import Promise, PromiseState
from domain.recovery.strategy import Strategy

_DAY = timedelta(days=1)


def pausing(promises: Sequence[Promise], strategy: Strategy) -> tuple[Promise, ...]:
    """The promises that suspend chasing: none after too many were broken."""
    kept = []
    for promise in promises:
        broken = [
            other
            for other in promises
            if other.state is PromiseState.BROKEN
            and other.id != promise.id
            and other.resolved_on is not None
            and other.resolved_on <= promise.made_on
        ]
        if len(broken) < strategy.promises.max_broken:
            kept.append(promise)
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class AwaitedPayment:
    """A payment that was announced and covered what was overdue: chasing waited for it.

    Attributes:
        starts_on: The business day it was announced.
        ends_on: The first on which it was, or will be, awaited no longer.
    """

    starts_on: date
    ends_on: date

    def binds(self, on: date) -> bool:
        """Whether it is awaited on a business day."""
        return self.starts_on <= on < self.ends_on


@dataclass(frozen=True, slots=True)
class Pauses:
    """Days that do not count: disjoint spans in order, the end not included, None for open."""

    spans: tuple[tuple[date, date | None], ...]

    @classmethod
    def of(
        cls,
        holds: Iterable[Hold],
        promises: Sequence[Promise],
        strategy: Strategy,
        awaited: Iterable[AwaitedPayment] = (),
        agreed: Iterable[tuple[date, date | None]] = (),
    ) -> "Pauses":
        """Gather what suspended the case, merged where it overlapped."""
        raw: list[tuple[date, date | None]] = [
            (hold.starts_on, hold.ends_on) for hold in holds if EFFECTS[hold.kind].suspends_case
        ]
        raw.extend(agreed)
        raw.extend((payment.starts_on, payment.ends_on) for payment in awaited)
        raw.extend((promise.made_on, _resolved(promise)) for promise in pausing(promises, strategy))
        merged: list[tuple[date, date | None]] = []
        for start, end in sorted(raw, key=lambda span: span[0]):
            if end is not None and end <= start:
                continue
            last_end = merged[-1][1] if merged else start - _DAY
            if last_end is None:
                break
            if start <= last_end:
                merged[-1] = (merged[-1][0], None if end is None else max(last_end, end))
            else:
                merged.append((start, end))
        return cls(tuple(merged))

    def active_days(self, anchor_on: date, on: date) -> int:
        """Days after the anchor up to and including `on` that count; never below zero."""
        days = (on - anchor_on).days
        after = anchor_on + _DAY
        for start, end in self.spans:
            first, beyond = max(start, after), on + _DAY if end is None else min(end, on + _DAY)
            days -= max(0, (beyond - first).days)
        return max(0, days)

    def day_reached(self, anchor_on: date, active_day: int) -> date | None:
        """The first date on which so many days count; None while an open pause lies before."""
        on = anchor_on + timedelta(days=active_day)
        while True:
            missing = active_day - self.active_days(anchor_on, on)
            if missing <= 0:
                return on
            if any(end is None and start <= on for start, end in self.spans):
                return None
            on += timedelta(days=missing)


def _resolved(promise: Promise) -> date | None:
    return None if promise.state is PromiseState.OPEN else (promise.resolved_on or promise.made_on)
