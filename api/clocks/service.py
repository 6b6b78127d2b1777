"""Test clocks and their walk from due instant to due instant.

All state of a walk is in Postgres, so a kill in the middle resumes. A step is one small
transaction: close the days whose midnight has come, else want what is due (loans, then cases,
then deliveries, each until settled), else move the clock to the next instant.
"""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from api.arrears import closing
from api.arrears.queries import next_close
from api.audit.service import record as audit
from api.clocks.tables import TestClockRow
from api.messages.tables import MessageRow
from api.signals import PROGRESS, Signals
from api.wakes import service as wakes
from api.work import Work
from contracts.clocks import AdvanceClock, NewTestClock, TestClock
from contracts.names import WakeKind
from contracts.work import ClockStep
from domain.errors import DomainError, ErrorCode
from domain.ids import clock_workflow_id, delivery_shard

STAGES = (WakeKind.LOAN, WakeKind.CASE, WakeKind.DELIVERY)
"""Who goes first at an instant: loans queue reminders, cases decide, deliveries send."""

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


async def get(work: Work, clock_id: UUID) -> TestClock:
    """Where a clock stands; raises `NOT_FOUND`."""
    return await _shown(work, await _row(work, clock_id))


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
    row = await work.session.scalar(statement.with_for_update() if lock else statement)
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
        settled=await is_settled(work, row.id),
        created_at=row.created_at,
    )


async def is_settled(work: Work, clock_id: UUID) -> bool:
    """True when no workflow of the clock has anything to take in and no message is in flight."""
    if await wakes.unsettled(work, clock_id) > 0:
        return False
    in_flight = await work.session.scalar(
        select(func.count())
        .select_from(MessageRow)
        .where(
            MessageRow.shard == delivery_shard(clock_id),
            MessageRow.status.in_(("leased", "dispatched")),
        )
    )
    return not in_flight


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


async def walk(
    signals: Signals,
    begin: Callable[[], AbstractAsyncContextManager[Work]],
    clock_id: UUID,
    seconds: float,
) -> ClockStep:
    """Step until the clock has arrived or the time is up; waits while things settle.

    Raises `NOT_FOUND`.
    """
    done = _Walked()
    deadline = _Deadline(seconds)
    while True:
        heard = signals.listen(PROGRESS)
        async with begin() as work:
            row = await _row(work, clock_id, lock=True)
            settled = await is_settled(work, clock_id)
            moved = settled and await _step(work, row, done)
            arrived = settled and not moved
            if arrived:
                row.target_at = None
                await wakes.settle(work, clock_workflow_id(clock_id), None)
            now, target = row.now_at, row.target_at
        if arrived or deadline.passed():
            return ClockStep(
                clock_id=clock_id,
                now=now,
                target=target,
                arrived=arrived,
                days_closed=done.days_closed,
                woken=done.woken,
            )
        if not settled:
            await signals.wait(heard, deadline.at_most(0.25))


async def _step(work: Work, row: TestClockRow, done: _Walked) -> bool:
    """One step of a settled clock; false when there is nothing left to do before the target."""
    closed, _ = await closing.close_due_books(work, row.id, row.now_at)
    if closed:
        done.days_closed += closed
        return True
    for kind in STAGES:
        woken = await wakes.raise_due(work, row.id, kind, row.now_at)
        if woken:
            done.woken += woken
            return True
    if row.target_at is None or row.now_at >= row.target_at:
        return False
    coming = (await wakes.next_due(work, row.id), await next_close(work, row.id))
    row.now_at = min([row.target_at, *(at for at in coming if at is not None)])
    return True
