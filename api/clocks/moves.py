"""What a walking clock does next: a pure decision from one look at everything on it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.names import WakeKind

STAGES: Final = (
    WakeKind.LOAN,
    WakeKind.PAYMENT,
    WakeKind.PAYOUT,
    WakeKind.CASE,
    WakeKind.TASK,
    WakeKind.DELIVERY,
)
"""Who goes first at an instant: loans queue reminders, money moves, cases decide, tasks remind,
messages go."""


@dataclass(frozen=True, slots=True)
class Look:
    """A clock and all that lives by it, at one moment.

    `settled`: no workflow has anything to take in, and no message is in flight. `due` holds the
    earliest instant at which a workflow of a kind asked to be woken.
    """

    clock_id: UUID
    now: datetime
    target: datetime | None
    settled: bool
    closes_at: datetime | None
    due: tuple[tuple[WakeKind, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Something is still at work."""


@dataclass(frozen=True, slots=True)
class Close:
    """A midnight has come: close the days of its books."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Workflows of a kind are due."""

    kind: WakeKind


@dataclass(frozen=True, slots=True)
class Arrive:
    """The target is reached and nothing is due any more."""


Move = Wait | Close | Wake | Arrive


def onward(look: Look) -> tuple[Move, Look]:
    """The next move, and the look at the instant at which it is made.

    Days are closed first, then loans, cases and deliveries have their turn, each until settled;
    only when nothing is due does the clock go on, to the next due instant or its target.
    """
    if not look.settled:
        return Wait(), look
    if look.closes_at is not None and look.closes_at <= look.now:
        return Close(), look
    due = dict(look.due)
    for kind in STAGES:
        at = due.get(kind)
        if at is not None and at <= look.now:
            return Wake(kind), look
    if look.target is None or look.now >= look.target:
        return Arrive(), look
    coming = [at for at in (look.closes_at, *due.values()) if at is not None]
    return onward(replace(look, now=min([look.target, *coming])))
