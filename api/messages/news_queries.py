"""SQL of what became known of a permitted reminder since its permit was decided.

Postgres marks each row with the transaction that wrote it. A permit remembers the oldest
transaction that was still under way when its facts were read (its *horizon*): whatever an older
one wrote was read, so a row of a younger one is news. Rows are compared by age, since the marks
count in a circle. It errs to one side only: a transaction that was under way and had been read all
the same is taken for news, and the message is decided again.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text

from api.work import Work

_HORIZON: Final = select(
    func.pg_snapshot_xmin(func.pg_current_snapshot()).op("::")(text("text::bigint"))
)

_NEWS: Final = " or ".join(
    f"exists (select from {table} n where {row} and age(n.xmin) <= m.since)"  # noqa: S608 - ours
    for table, row in (
        ("customers", "n.id = m.customer_id"),
        ("consents", "n.customer_id = m.customer_id"),
        ("suppressions", "n.medium = m.channel and n.address_index = m.address_index"),
        ("holds", "n.customer_id = m.customer_id"),
        ("bereavements", "n.customer_id = m.customer_id"),
        ("loan_parties", "n.loan_id = m.loan_id"),
        ("loans", "n.id = m.loan_id"),
        ("instalments", "n.loan_id = m.loan_id"),
        ("payment_lives", "n.loan_id = m.loan_id"),
    )
)
"""Whether anything was written that the decision about a reminder `m` reads.

Contacts are left out: the permit reserved the reminder's own, and whoever reserved one later had to
count it.
"""

_DISPATCH: Final = text(
    f"""
    with held as materialized (
        select id, customer_id, loan_id, channel, address_index,
            age((permit_horizon & 4294967295)::text::xid) as since
        from messages
        where id = any(cast(:ids as uuid[])) and group_id = :group and lease_until > :now
            and status = 'leased' and permit_horizon is not null
            and purpose = 'servicing' and loan_id is not null and case_id is null
            and permit_until > :local_now and (not_after is null or not_after > :local_now)
        order by sequence
        for no key update
    )
    update messages t
    set status = 'dispatched', dispatched_at = :now, attempts = t.attempts + 1, provider = null
    from held m
    where t.id = m.id and not ({_NEWS})
    returning t.id
    """  # noqa: S608 - our own tables
)


async def horizon(work: Work) -> int:
    """The oldest transaction under way now; read it before the facts of a permit."""
    found: int = await work.session.scalar(_HORIZON) or 0
    return found


async def dispatch_without_news(
    work: Work, group: UUID, ids: Collection[UUID], local_now: datetime
) -> list[UUID]:
    """Dispatch those reminders of a leased group whose permit stands and of which nothing is new.

    The caller holds their customers and loans. Whatever is asked for in a case or by law is left
    out: more than its own rows decides about it.

    Args:
        work: The unit of work; its instant is technical time, which leases are measured in.
        group: The lease.
        ids: Messages of it.
        local_now: The customers' clock, which permits are measured in.

    Returns:
        The ids of those that are dispatched; the others have to be looked at one by one.
    """
    found = await work.session.scalars(
        _DISPATCH,
        {"ids": list(ids), "group": group, "now": work.now, "local_now": local_now},
    )
    return list(found)
