"""SQL of test clocks: one look at everything on a clock."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.clocks.moves import STAGES, Look
from api.work import Work
from domain.errors import DomainError, ErrorCode
from domain.ids import delivery_shard

_LOOK: Final = """
    select c.now_at, c.target_at,
           exists (select from wakes w
                   where w.clock_id = c.id and w.wanted > w.done and w.kind <> 'clock')
           or exists (select from messages m
                      where m.shard = :shard and m.status in ('leased', 'dispatched')) as busy,
           (select min(b.next_close_at) from books b where b.test_clock_id = c.id) as closes_at,
           (select min(w.due_at) from wakes w where w.clock_id = c.id and w.kind = 'loan'),
           (select min(w.due_at) from wakes w where w.clock_id = c.id and w.kind = 'payment'),
           (select min(w.due_at) from wakes w where w.clock_id = c.id and w.kind = 'payout'),
           (select min(w.due_at) from wakes w where w.clock_id = c.id and w.kind = 'case'),
           (select min(w.due_at) from wakes w where w.clock_id = c.id and w.kind = 'task'),
           (select min(w.due_at) from wakes w where w.clock_id = c.id and w.kind = 'delivery')
    from test_clocks c
    where c.id = :clock
"""

_LOCKED: Final = text(f"{_LOOK} for no key update of c")  # noqa: S608 - two constants
"""Holds the clock; rows that refer to it may be inserted meanwhile, their wakes for example."""

_UNLOCKED: Final = text(_LOOK)

_SET: Final = text("update test_clocks set now_at = :now, target_at = :target where id = :clock")


async def look(work: Work, clock_id: UUID, *, lock: bool = True) -> Look:
    """Look at a clock, holding it unless told otherwise; raises `NOT_FOUND`."""
    await work.session.flush()
    found = (
        await work.session.execute(
            _LOCKED if lock else _UNLOCKED,
            {"clock": clock_id, "shard": delivery_shard(clock_id)},
        )
    ).one_or_none()
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such test clock.")
    now, target, busy, closes_at, *due = found
    return Look(
        clock_id=clock_id,
        now=now,
        target=target,
        settled=not busy,
        closes_at=closes_at,
        due=tuple(zip(STAGES, due, strict=True)),
    )


async def set_clock(work: Work, clock_id: UUID, now: datetime, target: datetime | None) -> None:
    """Put a clock at an instant, on its way to a target or at rest."""
    await work.session.execute(_SET, {"clock": clock_id, "now": now, "target": target})
    work.clocks[clock_id] = now
