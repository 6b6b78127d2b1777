"""SQL of webhooks: which events were seen before, and which message a receipt is about."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among
from api.idempotency.tables import IdempotencyRow
from api.messages.tables import MessageRow
from api.work import Work


async def claim_events(work: Work, source: str, ids: Collection[str]) -> set[str]:
    """Those of the events that were never seen; a twin under way is waited for.

    Keys go in by order, so that two batches never wait for each other crosswise.
    """
    rows = [
        {
            "principal": work.principal.actor,
            "route": source,
            "key": key,
            "fingerprint": b"",
            "created_at": work.now,
        }
        for key in sorted(set(ids))
    ]
    if not rows:
        return set()
    fresh = await work.session.scalars(
        insert(IdempotencyRow).values(rows).on_conflict_do_nothing().returning(IdempotencyRow.key)
    )
    return set(fresh)


async def outbound_by_provider_ids(
    work: Work, channel: str, provider_ids: Collection[str]
) -> dict[str, tuple[UUID, str]]:
    """The messages that a provider knows under its own ids, by these, each with its status."""
    if not provider_ids:
        return {}
    found = await work.session.execute(
        select(MessageRow.provider_id, MessageRow.id, MessageRow.status).where(
            MessageRow.channel == channel,
            MessageRow.direction == "outbound",
            among(MessageRow.provider_id, provider_ids),
        )
    )
    return {known: (key, status) for known, key, status in found if known is not None}


async def dispatched_outbound(work: Work, channel: str, message_ids: Collection[UUID]) -> set[UUID]:
    """Which of some messages are ours and were dispatched."""
    if not message_ids:
        return set()
    found = await work.session.scalars(
        select(MessageRow.id).where(
            among(MessageRow.id, message_ids),
            MessageRow.channel == channel,
            MessageRow.direction == "outbound",
            MessageRow.dispatched_at.is_not(None),
        )
    )
    return set(found)
