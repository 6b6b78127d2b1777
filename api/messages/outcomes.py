"""What became of messages after their dispatch: providers' answers, and receipts that follow.

Both may come late, twice or out of order. A message only moves forward: what a provider said it
took or delivered is never taken back by an older word.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.db.gathering import rows_together
from api.messages import delivery, queries
from api.messages.slots import Slots
from api.messages.tables import MessageRow
from api.notifications import service as notifications
from api.work import Work
from contracts.work import SendOutcome, SendOutcomes, Swept
from domain.contact.channel import Channel

MAX_ATTEMPTS: Final = 3
"""Sends that were refused before a message is given up."""

RETRY_AFTER: Final = timedelta(minutes=5)
"""First wait after a refusal that may pass; it grows with each attempt."""

MAX_ASKED: Final = 12
"""Sends that a provider put off, saying for how long, before a message is given up: an hour and
more even where it asks for a second, because each wait is twice the one before."""

_LONGEST_WAIT: Final = timedelta(hours=1)

LANDED: Final = frozenset({"sent", "delivered", "failed", "bounced"})
"""Statuses in which the provider has had a message: that it has it says nothing new."""


_KEEPS_SLOT: Final = frozenset({"accepted", "unknown"})
"""Words of a provider after which a contact counts as before: nobody's counting is touched."""

_ENDED: Final = frozenset({"failed", "bounced"})


async def record_outcomes(work: Work, request: SendOutcomes) -> Swept:
    """Take in what the provider said of messages; a repeated or late report does no harm.

    Answers where their channel stands now, so that a sweep need not ask once more.
    """
    said: Mapping[UUID, SendOutcome] = {one.message_id: one for one in request.outcomes}
    if any(one.outcome not in _KEEPS_SLOT for one in request.outcomes):
        await queries.lock_customers(work, await queries.customers_of(work, said.keys()))
    sent = await _taken(work, request)
    rest = said.keys() - {one.id for one in sent}
    messages = await queries.locked(work, rest) if rest else []
    clocks = await clocks_of(work, messages)
    slots = Slots()
    async with rows_together(work.session):
        for message in messages:
            outcome, clock = said[message.id], clocks[message.test_clock_id]
            if outcome.outcome == "accepted":
                message.provider = outcome.provider or message.provider
                accepted(work, clock, message, outcome.provider_id)
            elif message.group_id == request.group and message.status == "dispatched":
                message.provider = outcome.provider or message.provider
                await _not_accepted(work, clock, slots, message, outcome)
        await queries.save(work, messages)
    await slots.write(work)
    places = {(one.channel, one.shard, one.test_clock_id) for one in sent}
    places |= {(one.channel, one.shard, one.test_clock_id) for one in messages}
    if len(places) != 1:
        return Swept()
    ((channel, shard, test_clock_id),) = places
    clock = await clock_for(work, test_clock_id)
    next_due_at = (await delivery.settle(work, clock, channel, shard)).next_due_at
    return Swept(
        more=next_due_at is not None and next_due_at <= clock.now,
        next_due_at=next_due_at,
        clock_id=clock.test_clock_id,
    )


async def _taken(work: Work, request: SendOutcomes) -> Sequence[queries.Taken]:
    """Move the messages of a lease on that the provider took, in one statement.

    Others wait for a closer look: what came late, or is known by a receipt already.
    """
    took = {
        one.message_id: (one.provider_id, one.provider)
        for one in request.outcomes
        if one.outcome == "accepted" and one.provider_id is not None
    }
    if not took:
        return []
    clock = await clock_for(work, await queries.test_clock_of(work, min(took)))
    sent = await queries.taken(work, request.group, took, clock.now)
    async with rows_together(work.session):
        for one in sent:
            _sent(work, one, clock)
    return sent


async def clocks_of(work: Work, messages: Iterable[MessageRow]) -> Mapping[UUID | None, Clock]:
    """The clock of each message's customer, by the id of the test clock."""
    ids = {message.test_clock_id for message in messages}
    return {one: await clock_for(work, one) for one in ids}


async def _not_accepted(
    work: Work, clock: Clock, slots: Slots, message: MessageRow, outcome: SendOutcome
) -> None:
    match outcome.outcome:
        case "refused":
            await _refused(work, clock, slots, message, outcome)
        case "unknown":
            # The lease ends here, so that the next one asks the provider.
            message.lease_until = work.now - timedelta(microseconds=1)
        case "not_found":
            delivery.requeue(work, slots, message, message.due_at, "not-found-at-provider")
        case _:
            await delivery.cannot_tell(work, message)


def accepted(work: Work, clock: Clock, message: MessageRow, provider_id: str | None) -> None:
    """The provider has a message, whatever else was believed of it."""
    if message.provider_id is None and provider_id is not None:
        message.provider_id = provider_id
    if message.status in LANDED:
        return
    message.status = "sent"
    message.sent_at = clock.now
    message.reasons = []
    message.group_id = None
    message.lease_until = None
    _sent(work, message, clock)


def _sent(work: Work, message: MessageRow | queries.Taken, clock: Clock) -> None:
    """What follows from a message having been sent."""
    record(work, "message.sent", "message", message.id, {"channel": message.channel})
    told = notifications.Sent(
        message.id, message.customer_id, message.purpose, message.case_id, message.loan_id
    )
    notifications.message_sent(work, told, clock.now)


async def _refused(
    work: Work, clock: Clock, slots: Slots, message: MessageRow, outcome: SendOutcome
) -> None:
    """The provider certainly did not send it."""
    reason = f"refused-{outcome.code or 'without-code'}"
    if outcome.retire_address:
        await retire(work, message, SuppressionReason.INVALID)
    elif outcome.retryable and (wait := _wait(outcome, message.attempts)) is not None:
        delivery.requeue(work, slots, message, clock.now + wait, reason)
        return
    message.status = "failed"
    message.reasons = [reason]
    message.group_id = None
    message.lease_until = None
    slots.free(message)
    record(work, "message.failed", "message", message.id, {"reason": reason})


def _wait(outcome: SendOutcome, attempts: int) -> timedelta | None:
    """How long a refused message rests before the next attempt; None when it is given up.

    Never shorter than the provider asked for. A provider that keeps asking is asked less and less
    often.
    """
    if outcome.retry_after_seconds is None:
        return RETRY_AFTER * attempts if attempts < MAX_ATTEMPTS else None
    if attempts >= MAX_ASKED:
        return None
    asked = timedelta(seconds=max(outcome.retry_after_seconds, 1.0))
    return max(asked, min(asked * (1 << (attempts - 1)), _LONGEST_WAIT))


def delivered(work: Work, clock: Clock, message: MessageRow, provider_id: str | None) -> None:
    """The provider handed a message over; only the address sending it back undoes that."""
    accepted(work, clock, message, provider_id)
    if message.status in {"delivered", "bounced"}:
        return
    message.status = "delivered"
    message.delivered_at = clock.now
    message.sent_at = message.sent_at or clock.now
    message.reasons = []
    record(work, "message.delivered", "message", message.id, {"channel": message.channel})


def not_delivered(
    work: Work,
    clock: Clock,
    message: MessageRow,
    provider_id: str | None,
    reason: str,
    *,
    bounced: bool = False,
) -> None:
    """The provider took a message and could not hand it over; the attempt counts as a contact.

    `bounced` says that the address sent it back for good.
    """
    accepted(work, clock, message, provider_id)
    if message.status in _ENDED or (message.status == "delivered" and not bounced):
        return
    # Some servers take a mail first and send it back later: the later word is the true one.
    message.status = "bounced" if bounced else "failed"
    message.reasons = [reason]
    record(work, "message.failed", "message", message.id, {"reason": reason})


async def retire(work: Work, message: MessageRow, reason: SuppressionReason) -> bool:
    """Never use the address of a message again: it is of no use, or its owner said so.

    Returns:
        Whether that is news.
    """
    if message.address_index is None:
        return False
    return await customers.suppress(work, Channel(message.channel), message.address_index, reason)
