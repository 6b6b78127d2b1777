"""Raising, leasing and settling wakes.

A fact raises `wanted` in its own transaction; bursts merge. Raising locks the row, and wakes
are last in the lock order: raise them at the end of a use case.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among
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


_RAISE_MANY: Final = text(
    """
    insert into wakes (workflow_id, kind, wanted, delivered, done, clock_id, wanted_at)
    select workflow_id, kind, wanted, 0, 0, clock_id, cast(:at as timestamptz)
    from json_populate_recordset(null::wakes, cast(:rows as json))
    on conflict (workflow_id) do update
    set wanted = wakes.wanted + excluded.wanted, wanted_at = excluded.wanted_at
    """
)


async def raise_many(work: Work, wanted: Mapping[tuple[str, WakeKind, UUID | None], int]) -> None:
    """Raise several in one statement, each as often as facts arrived for it, in their order."""
    if not wanted:
        return
    rows = [
        {"workflow_id": workflow_id, "kind": kind.value, "clock_id": clock_id, "wanted": times}
        for (workflow_id, kind, clock_id), times in sorted(
            wanted.items(), key=lambda item: item[0][0]
        )
    ]
    await work.session.execute(_RAISE_MANY, {"at": work.now, "rows": orjson.dumps(rows).decode()})
    work.signal(WAKES)


async def raise_wakes(work: Work, wanted: Sequence[tuple[str, WakeKind, UUID | None]]) -> None:
    """Raise several, in the order of their ids so that no two callers wait for each other."""
    await raise_many(work, dict.fromkeys(wanted, 1))


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


async def postpone(work: Work, workflow_id: str, due_at: datetime | None) -> None:
    """What a workflow waited for is gone: it need not be woken before `due_at`.

    Only a test clock acts on it; a live workflow keeps its timer, wakes once and finds nothing.
    """
    await work.session.flush()
    await work.session.execute(
        update(WakeRow)
        .where(
            WakeRow.workflow_id == workflow_id,
            WakeRow.clock_id.is_not(None),
            true() if due_at is None else WakeRow.due_at < due_at,
        )
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )


async def settle(work: Work, workflow_id: str, due_at: datetime | None) -> None:
    """A workflow has seen all that was wanted so far, and wants to be woken at `due_at`.

    What it has taken in needs no poke any more: the wake counts as delivered, and is free of its
    lease without waiting for the relay's word. Call it under the lock of what the workflow is
    about (loan, case): a fact that comes later raises `wanted` again.
    """
    await work.session.flush()
    await work.session.execute(
        update(WakeRow)
        .where(WakeRow.workflow_id == workflow_id)
        .values(done=WakeRow.wanted, delivered=WakeRow.wanted, lease_until=None, due_at=due_at)
        .execution_options(synchronize_session=False)
    )
    work.signal(PROGRESS)


async def lease(work: Work, request: LeaseWakes) -> Wakes:
    """Lease wakes that are wanted and not delivered; others' leases are passed over."""
    free = (
        select(WakeRow.workflow_id)
        .where(
            WakeRow.wanted > WakeRow.delivered,
            or_(WakeRow.lease_until.is_(None), WakeRow.lease_until < work.now),
        )
        .order_by(WakeRow.wanted_at, WakeRow.workflow_id)
        .limit(request.limit)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    leased = await work.session.execute(
        update(WakeRow)
        .where(WakeRow.workflow_id == free.c.workflow_id)
        .values(lease_until=work.now + timedelta(seconds=request.lease_seconds))
        .returning(WakeRow.workflow_id, WakeRow.kind, WakeRow.wanted)
        .execution_options(synchronize_session=False)
    )
    return Wakes(
        items=[Wake(workflow_id=row[0], kind=WakeKind(row[1]), wanted=row[2]) for row in leased]
    )


_ACKNOWLEDGE: Final = text(
    """
    with told as (
        select w.workflow_id, least(t.wanted, w.wanted) as delivered
        from unnest(cast(:ids as text[]), cast(:wanted as bigint[])) as t (workflow_id, wanted)
        join wakes w on w.workflow_id = t.workflow_id
        where w.lease_until is not null or w.delivered < least(t.wanted, w.wanted)
        order by w.workflow_id
        for no key update of w
    )
    update wakes w
    set delivered = greatest(w.delivered, told.delivered), lease_until = null
    from told
    where w.workflow_id = told.workflow_id
    returning w.wanted > w.delivered
    """
)
"""Passes over what its workflow has settled meanwhile; rows are locked in their order."""


async def acknowledge(work: Work, acks: AckWakes) -> None:
    """Note what was delivered; what failed may be leased again at once."""
    wanted_again = bool(acks.failed)
    if acks.delivered:
        told: dict[str, int] = {}
        for ack in acks.delivered:
            told[ack.workflow_id] = max(ack.wanted, told.get(ack.workflow_id, 0))
        again = await work.session.scalars(
            _ACKNOWLEDGE,
            {"ids": list(told.keys()), "wanted": list(told.values())},
        )
        wanted_again |= any(again.all())
    if acks.failed:
        await work.session.execute(
            update(WakeRow)
            .where(among(WakeRow.workflow_id, sorted(acks.failed)))
            .values(lease_until=None)
            .execution_options(synchronize_session=False)
        )
    if wanted_again:
        work.signal(WAKES)


async def raise_due(
    work: Work, clock_id: UUID, kind: WakeKind, now: datetime, *, one: bool = False
) -> int:
    """Want the workflows of a kind on a clock whose instant has come; answers how many.

    `one` takes only the first by its id, where they would compete.
    """
    due = (
        select(WakeRow.workflow_id)
        .where(
            WakeRow.clock_id == clock_id,
            WakeRow.kind == kind.value,
            WakeRow.due_at <= now,
            WakeRow.wanted == WakeRow.done,
        )
        .order_by(WakeRow.workflow_id)
        .limit(1 if one else None)
        .with_for_update()
        .cte("due")
    )
    woken = await work.session.scalars(
        update(WakeRow)
        .where(WakeRow.workflow_id == due.c.workflow_id)
        .values(wanted=WakeRow.wanted + 1, wanted_at=work.now)
        .returning(WakeRow.workflow_id)
        .execution_options(synchronize_session=False)
    )
    work.signal(WAKES)
    return len(woken.all())
