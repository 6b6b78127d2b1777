"""Whether what was recorded about contact still is: chains, packs handed out, permits."""

from collections.abc import AsyncIterator

from api.evidence import queries
from api.messages import chain
from api.work import Work


async def damages(work: Work) -> AsyncIterator[str]:
    """Everything that is not as it was recorded, each in one line without personal data.

    A chain shows what was changed in it; that its end was cut off shows in the packs that were
    handed out before, whose last link is recorded.
    """
    async for each in chain.damages(work):
        yield f"decision {each.place} about customer {each.customer_id}: {each.why}"
    for case_id, place in await queries.lost_heads(work):
        yield f"decision {place}, the last in a pack of case {case_id}: it is not there any more"
    for message_id in await queries.unpermitted(work):
        yield f"message {message_id}: it went, and no decision allowed it"
