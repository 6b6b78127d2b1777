"""What a gateway tells by itself: taken in like an outcome, early, late, or again."""

from uuid import UUID

from api.collecting import queries, working
from api.wakes import service as wakes
from api.work import Work
from contracts.money_work import GatewayOutcome
from contracts.names import WakeKind
from domain.ids import collection_workflow_id


async def take_in(work: Work, said: GatewayOutcome, currency: str | None = None) -> bool:
    """Take in news of an attempt and wake its workflow; False when the attempt is not ours.

    Money in another currency than was asked for is not ours either: nobody here can have agreed
    to it.
    """
    collection_id: UUID | None = await queries.collection_of_attempt(work, said.attempt_id)
    if collection_id is None:
        return False
    held = await working.hold(work, collection_id)
    if currency is not None and currency != held.row.currency:
        return False
    attempt = next(each for each in held.attempts if each.id == said.attempt_id)
    before = (held.row.version, attempt.status)
    await working.take_in(work, held, attempt, said)
    if (held.row.version, attempt.status) != before:
        await wakes.raise_wake(
            work, collection_workflow_id(collection_id), WakeKind.PAYMENT, held.row.test_clock_id
        )
    return True
