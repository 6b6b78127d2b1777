"""What would become of a message that was queued now: tried for real, and taken back."""

from dataclasses import dataclass
from datetime import datetime

from api.clock import Clock
from api.messages import permits, queries, rendering, validity
from api.messages.about import About
from api.messages.queueing import NewMessage, queue
from api.messages.tables import MessageRow
from api.work import Work
from domain.contact.channel import Channel
from domain.contact.decision import Outcome
from domain.errors import DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rules say; `defer_until` is when a deferred message would be looked at again."""

    outcome: Outcome
    reasons: tuple[str, ...]
    defer_until: datetime | None = None


async def preview(work: Work, clock: Clock, new: NewMessage) -> Preview:
    """Queue a message, decide about it as if it were due, and leave no trace of either.

    Raises `CONFLICT` when its dedupe key exists already.
    """
    attempt = await work.session.begin_nested()
    try:
        await queries.lock_customers(work, [new.customer_id])
        message_id = await queue(work, clock, new)
        if message_id is None:
            raise DomainError(ErrorCode.CONFLICT, "There is such a message already.")
        row = await work.session.get_one(MessageRow, message_id)
        return await _decided(work, clock, row)
    finally:
        await attempt.rollback()


async def _decided(work: Work, clock: Clock, row: MessageRow) -> Preview:
    about = await About.gather(work, clock, [row])
    lost = validity.lost(about, row)
    if lost is not None:
        return Preview(Outcome.DENY, (lost,))
    outcome = await permits.permit(work, about, row)
    if outcome is Outcome.DEFER:
        return Preview(outcome, tuple(row.reasons), row.due_at)
    if outcome is not Outcome.ALLOW:
        return Preview(outcome, tuple(row.reasons))
    if about.card(row).address(Channel(row.channel)) is None:
        return Preview(Outcome.DENY, (permits.NO_ADDRESS,))
    try:
        rendering.render(about, row, portal_url="")
    except rendering.TextError as error:
        return Preview(Outcome.DENY, (error.reason,))
    return Preview(outcome, ())
