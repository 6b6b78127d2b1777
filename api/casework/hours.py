"""Says when a creditor works: whoever waits for an answer by its hours is told of the change."""

from uuid import UUID

from api.casework import queries
from api.creditors import service as creditors
from api.recovery import cases
from api.work import Work
from contracts.parties import Creditor, SetBusinessHours


async def set_hours(
    work: Work, creditor_id: UUID, command: SetBusinessHours, seen: int
) -> Creditor:
    """Say when a creditor works from now on; running clocks of escalations are counted anew.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED` unless it is at the version `seen`, and
    `INVALID_REQUEST` for hours that leave no time to work.
    """
    changed = await creditors.set_hours(work, creditor_id, command, seen)
    await cases.wake_many(work, await queries.escalated_cases(work, creditor_id))
    return changed
