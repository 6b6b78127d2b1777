"""SQL of webhooks: which events were seen before, and which message a receipt is about."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

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


async def outbound_by_provider_id(work: Work, channel: str, provider_id: str) -> UUID | None:
    """The message a provider knows under its own id."""
    found: UUID | None = await work.session.scalar(
        select(MessageRow.id).where(
            MessageRow.channel == channel,
            MessageRow.direction == "outbound",
            MessageRow.provider_id == provider_id,
        )
    )
    return found


async def dispatched_outbound(work: Work, channel: str, message_id: UUID) -> datetime | None:
    """When a message of ours was dispatched; null if there is no such message or it never was."""
    found: datetime | None = await work.session.scalar(
        select(MessageRow.dispatched_at).where(
            MessageRow.id == message_id,
            MessageRow.channel == channel,
            MessageRow.direction == "outbound",
        )
    )
    return found
