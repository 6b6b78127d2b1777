"""Raising, leasing and settling wakes.

A fact raises `wanted` in its own transaction; bursts merge. Raising locks the row, and wakes
are last in the lock order: raise them at the end of a use case.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from api.signals import PROGRESS, WAKES
from api.wakes.tables import WakeRow
from api.work import Work
from contracts.names import WakeKind
from contracts.work import AckWakes, LeaseWakes, Wake, Wakes


async def raise_wake(work: Work, workflow_id: str, kind: WakeKind, clock_id: UUID | None) -> None:
    """A fact arrived for a workflow: it is wanted once more."""
    statement = insert(WakeRow).values(
        workflow_id=workflow_id,
        kind=kind.value,
        wanted=1,
        delivered=0,
        done=0,
        clock_id=clock_id,
        wanted_at=work.now,
    )
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[WakeRow.workflow_id],
            set_={"wanted": WakeRow.wanted + 1, "wanted_at": work.now},
        )
    )
    work.signal(WAKES)


async def raise_wakes(work: Work, wanted: Sequence[tuple[str, WakeKind, UUID | None]]) -> None:
    """Raise several, in the order of their ids so that no two callers wait for each other."""
    for workflow_id, kind, clock_id in sorted(set(wanted)):
        await raise_wake(work, workflow_id, kind, clock_id)


async def schedule_wake(
    work: Work, workflow_id: str, kind: WakeKind, due_at: datetime, clock_id: UUID | None
) -> None:
    """Something falls due at an instant: wake the workflow then, or earlier if it said so.

    On a test clock the walk pokes it at that instant. A live workflow waits on its own timer,
    so it is told at once when the instant is earlier than the one it knows.
    """
    statement = insert(WakeRow).values(
        workflow_id=workflow_id,
        kind=kind.value,
        wanted=1 if clock_id is None else 0,
        delivered=0,
        done=0,
        due_at=due_at,
        clock_id=clock_id,
        wanted_at=work.now,
    )
    earlier = or_(WakeRow.due_at.is_(None), WakeRow.due_at > due_at)
    values: dict[str, object] = {"due_at": due_at}
    if clock_id is None:
        values |= {"wanted": WakeRow.wanted + 1, "wanted_at": work.now}
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[WakeRow.workflow_id], set_=values, where=earlier
        )
    )
    if clock_id is None:
        work.signal(WAKES)


async def settle(work: Work, workflow_id: str, due_at: datetime | None) -> None:
    """A workflow has seen all that was wanted so far, and wants to be woken at `due_at`.

    Call it under the lock of what the workflow is about (loan, case): a fact that comes later
    raises `wanted` again.
    """
    await work.session.flush()
    row = await work.session.scalar(
        select(WakeRow)
        .where(WakeRow.workflow_id == workflow_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is not None:
        row.done = row.wanted
        row.due_at = due_at
    work.signal(PROGRESS)


async def lease(work: Work, request: LeaseWakes) -> Wakes:
    """Lease wakes that are wanted and not delivered; others' leases are passed over."""
    rows = (
        await work.session.scalars(
            select(WakeRow)
            .where(
                # What the workflow has taken in by itself needs no poke any more.
                WakeRow.wanted > func.greatest(WakeRow.delivered, WakeRow.done),
                or_(WakeRow.lease_until.is_(None), WakeRow.lease_until < work.now),
            )
            .order_by(WakeRow.wanted_at, WakeRow.workflow_id)
            .limit(request.limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in rows:
        row.lease_until = work.now + timedelta(seconds=request.lease_seconds)
    return Wakes(
        items=[
            Wake(workflow_id=row.workflow_id, kind=WakeKind(row.kind), wanted=row.wanted)
            for row in rows
        ]
    )


async def acknowledge(work: Work, acks: AckWakes) -> None:
    """Note what was delivered; what failed may be leased again at once."""
    for item in sorted(acks.delivered, key=lambda ack: ack.workflow_id):
        await work.session.execute(
            update(WakeRow)
            .where(WakeRow.workflow_id == item.workflow_id)
            .values(
                delivered=func.greatest(WakeRow.delivered, func.least(item.wanted, WakeRow.wanted)),
                lease_until=None,
            )
        )
    if acks.failed:
        await work.session.execute(
            update(WakeRow)
            .where(WakeRow.workflow_id.in_(sorted(acks.failed)))
            .values(lease_until=None)
        )
    work.signal(WAKES)
    work.signal(PROGRESS)


async def raise_due(work: Work, clock_id: UUID, kind: WakeKind, now: datetime) -> int:
    """Want every workflow of a kind on a clock whose instant has come; answers how many."""
    rows = (
        await work.session.scalars(
            select(WakeRow)
            .where(
                WakeRow.clock_id == clock_id,
                WakeRow.kind == kind.value,
                WakeRow.due_at <= now,
                WakeRow.wanted == WakeRow.done,
            )
            .order_by(WakeRow.workflow_id)
            .with_for_update()
        )
    ).all()
    for row in rows:
        row.wanted += 1
        row.wanted_at = work.now
    if rows:
        work.signal(WAKES)
    return len(rows)


async def unsettled(work: Work, clock_id: UUID | None) -> int:
    """How many workflows of a clock (null: live) still have something to take in."""
    count = await work.session.scalar(
        select(func.count())
        .select_from(WakeRow)
        .where(
            and_(
                WakeRow.clock_id.is_(None) if clock_id is None else WakeRow.clock_id == clock_id,
                WakeRow.wanted > WakeRow.done,
                WakeRow.kind != WakeKind.CLOCK.value,
            )
        )
    )
    return int(count or 0)


async def next_due(work: Work, clock_id: UUID) -> datetime | None:
    """The earliest instant any workflow of a clock asked to be woken at."""
    found: datetime | None = await work.session.scalar(
        select(func.min(WakeRow.due_at)).where(
            WakeRow.clock_id == clock_id, WakeRow.kind != WakeKind.CLOCK.value
        )
    )
    return found
