"""Reminders that were put off for a payment that was awaited: they are decided about again."""

from uuid import UUID

from api.audit.service import record
from api.clock import Clock
from api.messages import queries
from api.wakes.service import schedule_wake
from api.work import Work
from contracts.names import WakeKind
from domain.contact.decision import ReasonCode
from domain.ids import delivery_workflow_id


async def payment_not_awaited(
    work: Work, clock: Clock, loan_id: UUID, case_id: UUID | None
) -> None:
    """A payment on a locked loan is awaited no longer: what waited for it falls due now.

    Whether it still has a point, and may leave at this hour, is decided when it is taken up.
    """
    freed = await queries.release_reminders(
        work, loan_id, case_id, ReasonCode.PAYMENT_AWAITED.value, clock.now
    )
    for message_id, _, _ in freed:
        record(work, "message.released", "message", message_id)
    for channel, shard in sorted({(channel, shard) for _, channel, shard in freed}):
        await schedule_wake(
            work,
            delivery_workflow_id(channel, shard),
            WakeKind.DELIVERY,
            clock.now,
            clock.test_clock_id,
        )
