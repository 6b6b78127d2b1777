"""Test clocks and their walk from due instant to due instant.

All state of a walk is in Postgres, so a kill in the middle resumes. A step is one small
transaction: close the days whose midnight has come, else want what is due (loans, then cases,
then deliveries, each until settled), else move the clock to the next instant.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.arrears import closing
from api.audit.service import record as audit
from api.clocks import queries
from api.clocks.moves import Arrive, Close, Look, Move, Wait, Wake, onward
from api.clocks.tables import TestClockRow
from api.signals import ARRIVED, PROGRESS, Signals
from api.wakes import service as wakes
from api.work import BeginWork, Work
from contracts.clocks import AdvanceClock, NewTestClock, TestClock
from contracts.names import WakeKind
from contracts.work import ClockStep
from domain.errors import DomainError, ErrorCode
from domain.ids import clock_workflow_id

LOOK_AGAIN_SECONDS = 0.25
"""How long a walk waits for word of progress before it looks by itself."""

LONGEST_ADVANCE = timedelta(days=4000)


async def create(work: Work, new: NewTestClock, sandbox: bool) -> TestClock:
    """Make a clock; raises `SANDBOX_ONLY` elsewhere."""
    if not sandbox:
        raise DomainError(
            ErrorCode.SANDBOX_ONLY, "Test clocks exist where the sandbox is switched on."
        )
    row = TestClockRow(name=new.name, now_at=new.starts_at, target_at=None, created_at=work.now)
    work.session.add(row)
    await work.session.flush()
    audit(work, "clock.created", "clock", row.id, {"now": row.now_at.isoformat()})
    return await _shown(work, row)


async def watch(signals: Signals, begin: BeginWork, clock_id: UUID, seconds: float) -> TestClock:
    """Where a clock stands, once it is idle and settled or the time is up; raises `NOT_FOUND`."""
    deadline = _Deadline(seconds)
    while True:
        arrived, progress = signals.listen(ARRIVED), signals.listen(PROGRESS)
        async with begin() as work:
            clock = await _shown(work, await _row(work, clock_id))
        idle = clock.status == "idle"
        if (idle and clock.settled) or deadline.passed():
            return clock
        if idle:  # whatever settles now may be the last
            await signals.wait(progress, deadline.at_most(LOOK_AGAIN_SECONDS))
        else:  # another process may walk it: it is looked at again without a word
            await signals.wait(arrived, deadline.at_most(4 * LOOK_AGAIN_SECONDS))


async def advance(work: Work, clock_id: UUID, order: AdvanceClock) -> TestClock:
    """Send a clock forward; its workflow walks it there.

    Raises `NOT_FOUND`, `CLOCK_BUSY` while it is on its way, `CLOCK_BACKWARDS`,
    `INVALID_REQUEST` without exactly one of `to` and `days`.
    """
    row = await _row(work, clock_id, lock=True)
    if row.target_at is not None:
        raise DomainError(
            ErrorCode.CLOCK_BUSY, f"The clock is on its way to {row.target_at.isoformat()}."
        )
    if (order.to is None) == (order.days is None):
        raise DomainError(ErrorCode.INVALID_REQUEST, "Say either `to` or `days`.")
    target = order.to or row.now_at + timedelta(days=order.days or 0)
    if target <= row.now_at:
        raise DomainError(
            ErrorCode.CLOCK_BACKWARDS, f"The clock stands at {row.now_at.isoformat()} already."
        )
    if target - row.now_at > LONGEST_ADVANCE:
        raise DomainError(ErrorCode.INVALID_DATE, "That is further than a clock goes at once.")
    row.target_at = target
    audit(work, "clock.advance", "clock", clock_id, {"to": target.isoformat()})
    await wakes.raise_wake(work, clock_workflow_id(clock_id), WakeKind.CLOCK, clock_id)
    return await _shown(work, row)


async def _row(work: Work, clock_id: UUID, *, lock: bool = False) -> TestClockRow:
    statement = select(TestClockRow).where(TestClockRow.id == clock_id)
    # Rows that refer to the clock may be inserted meanwhile: their wakes, for example.
    row = await work.session.scalar(
        statement.with_for_update(key_share=True) if lock else statement
    )
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such test clock.")
    return row


async def _shown(work: Work, row: TestClockRow) -> TestClock:
    return TestClock(
        id=row.id,
        name=row.name,
        now=row.now_at,
        target=row.target_at,
        status="idle" if row.target_at is None else "advancing",
        settled=(await queries.look(work, row.id, lock=False)).settled,
        created_at=row.created_at,
    )


@dataclass(slots=True)
class _Walked:
    """What the steps of one call did."""

    days_closed: int = 0
    woken: int = 0


class _Deadline:
    """A bound on technical time, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def passed(self) -> bool:
        """True when the time is up."""
        return time.monotonic() >= self._at

    def at_most(self, seconds: float) -> float:
        """So many seconds, or what is left."""
        return max(0.0, min(seconds, self._at - time.monotonic()))


async def walk(signals: Signals, begin: BeginWork, clock_id: UUID, seconds: float) -> ClockStep:
    """Step until the clock has arrived or the time is up; waits while things settle.

    Raises `NOT_FOUND`.
    """
    done = _Walked()
    deadline = _Deadline(seconds)
    while True:
        heard = signals.listen(PROGRESS)
        async with begin() as work:
            look = await queries.look(work, clock_id)
            move, look = onward(look)
            await _make(work, move, look, done)
        arrived = isinstance(move, Arrive)
        if arrived or deadline.passed():
            return ClockStep(
                clock_id=clock_id,
                now=look.now,
                target=None if arrived else look.target,
                arrived=arrived,
                days_closed=done.days_closed,
                woken=done.woken,
            )
        if isinstance(move, Wait):
            await signals.wait(heard, deadline.at_most(LOOK_AGAIN_SECONDS))


async def _make(work: Work, move: Move, look: Look, done: _Walked) -> None:
    """Apply one move, and the instant it is made at."""
    match move:
        case Wait():
            return
        case Close():
            closed, _ = await closing.close_due_books(work, look.clock_id, look.now)
            done.days_closed += closed
        case Wake(kind):
            # Channels share a customer's caps: one after the other, or chance would decide.
            alone = kind is WakeKind.DELIVERY
            done.woken += await wakes.raise_due(work, look.clock_id, kind, look.now, one=alone)
        case Arrive():
            await wakes.settle(work, clock_workflow_id(look.clock_id), None)
            work.signal(ARRIVED)
    await queries.set_clock(
        work, look.clock_id, look.now, None if isinstance(move, Arrive) else look.target
    )
