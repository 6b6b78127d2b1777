"""What was agreed waits while a hold binds: its dates move on by the days that the hold takes.

Where a hold falls on a date (or on the days of grace after it), this date and all later ones move
on by as many days as the hold binds; a hold that lies between two dates moves none. So nothing is
missed while a hold binds, dates keep their order and their distance, and who was to pay within five
days has five days again when the hold is over. Nothing is stored: a hold that ends early, or that
was backdated, gives other dates the next time they are looked at. The contractual due dates stay.

SI 2020/1311, regulation 7: in a moratorium nothing is enforced, and nobody has to pay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from domain.recovery.arrangement import Arrangement
from domain.recovery.holds import EFFECTS, Hold, HoldKind
from domain.recovery.promise import Promise, last_day
from domain.recovery.settlement import Settlement, SettlementState

_DAY = timedelta(days=1)

Window = tuple[date, date | None]
"""Days on which holds bind; the end not included, None while nobody knows it."""

AGREED_IN_SPITE: Final = frozenset(
    {
        HoldKind.HARDSHIP,
        HoldKind.CEASE,
        HoldKind.LEGAL_REPRESENTATIVE,
        HoldKind.MANUAL,
    }
)
"""Kinds beside which people agree on dates that are to be kept: one that bound already when
something was agreed moves nothing of it."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A date as it stands now.

    Attributes:
        on: The day it is due now; of one that waits, the first on which it could be.
        waits: A hold covers it, and nobody knows when that ends.
    """

    on: date
    waits: bool = False


def windows(holds: Iterable[Hold], agreed_on: date) -> tuple[Window, ...]:
    """The days on which holds keep what was agreed on a day from being judged, merged, in order.

    Args:
        holds: All holds of the case, ended ones too.
        agreed_on: Business day of the agreement; days before it move nothing.
    """
    raw = sorted(
        (
            (max(hold.starts_on, agreed_on), hold.ends_on)
            for hold in holds
            if EFFECTS[hold.kind].suspends_case
            and not (hold.kind in AGREED_IN_SPITE and hold.starts_on <= agreed_on)
        ),
        key=lambda window: window[0],
    )
    merged: list[Window] = []
    for start, end in raw:
        if end is not None and end <= start:
            continue
        if not merged:
            merged.append((start, end))
            continue
        before, last = merged[-1]
        if last is None:
            break
        if start <= last:
            merged[-1] = (before, None if end is None else max(last, end))
        else:
            merged.append((start, end))
    return tuple(merged)


def defer(
    dates: Sequence[date], found: Iterable[Window], *, grace_days: int, today: date
) -> tuple[Deferred, ...]:
    """Dates as holds leave them.

    Args:
        dates: In their order.
        found: The days on which holds bind, in order and disjoint.
        grace_days: Days after a date on which money still counts for it.
        today: The business day; what binds without an end binds today at least.
    """
    now = [Deferred(on) for on in dates]
    for start, end in found:
        until = today + _DAY if end is None else end
        if until <= start:
            continue
        first = next(
            (
                at
                for at, each in enumerate(now)
                if each.on < until and last_day(each.on, grace_days) >= start
            ),
            None,
        )
        if first is None:
            continue
        by = until - start
        now[first:] = [
            # Of a date in whose grace the hold began, the money is asked for when it is over.
            Deferred(max(each.on + by, until), waits=end is None)
            for each in now[first:]
        ]
    return tuple(now)


def promise(each: Promise, holds: Iterable[Hold], *, grace_days: int, today: date) -> Promise:
    """A promise with its date as holds leave it."""
    (now,) = defer([each.due_on], windows(holds, each.made_on), grace_days=grace_days, today=today)
    return replace(each, due_on=now.on, waits=now.waits)


def arrangement(
    each: Arrangement, holds: Iterable[Hold], *, grace_days: int, today: date
) -> Arrangement:
    """An arrangement with its dates as holds leave them; one that waits for somebody as it is."""
    if each.started_on is None:
        return each
    moved = defer(
        [part.due_on for part in each.parts],
        windows(holds, each.started_on),
        grace_days=grace_days,
        today=today,
    )
    return replace(
        each,
        parts=tuple(
            replace(part, due_on=now.on, waits=now.waits)
            for part, now in zip(each.parts, moved, strict=True)
        ),
    )


def settlement(each: Settlement, holds: Iterable[Hold], *, today: date) -> Settlement:
    """An accepted settlement with the last day of its payment as holds leave it."""
    if each.state is not SettlementState.ACCEPTED or each.accepted_on is None:
        return each
    # Its last day has the days of grace in it.
    (now,) = defer([each.pay_by], windows(holds, each.accepted_on), grace_days=0, today=today)
    return replace(each, pay_by=now.on, waits=now.waits)
