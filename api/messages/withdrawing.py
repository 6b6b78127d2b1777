"""Takes back queued messages that money has made pointless, in the payment's own transaction.

What is already leased is caught at the last look before it goes (`delivery.dispatch`).
"""

from collections.abc import Collection
from uuid import UUID

from api.audit.service import record
from api.messages import queries
from api.wakes import service as wakes
from api.work import Work
from domain.ids import delivery_workflow_id


async def loans_with_reminders(work: Work, loan_ids: Collection[UUID]) -> set[UUID]:
    """Which of some locked loans have reminders that paying an instalment would withdraw."""
    return await queries.loans_with_reminders(work, loan_ids)


async def instalments_met(work: Work, loan_id: UUID, numbers: Collection[int]) -> None:
    """Instalments of a locked loan were paid: their queued reminders expire now."""
    await reminders(work, loan_id, numbers, "instalment-paid")


async def reminders(work: Work, loan_id: UUID, numbers: Collection[int], reason: str) -> None:
    """The queued reminders of instalments of a locked loan expire now, for a reason."""
    if not numbers:
        return
    withdrawn = await queries.expire_reminders(work, loan_id, numbers, reason)
    for message_id, _, _ in withdrawn:
        record(work, "message.expired", "message", message_id, {"reason": reason})
    for channel, shard in sorted({(channel, shard) for _, channel, shard in withdrawn}):
        due_at = await queries.next_due(work, channel, shard)
        await wakes.postpone(work, delivery_workflow_id(channel, shard), due_at)
