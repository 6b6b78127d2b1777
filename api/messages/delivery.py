"""Leasing due messages, the last look before they go, and the end of each lease.

Locks are taken in the house's order: customers, loans, cases, messages, wakes. Whoever opts out,
pays or places a hold waits for a dispatch under way, or is seen by it; there is no in between.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from api.audit.service import record, record_each
from api.clock import Clock, clock_for
from api.customers.service import ContactCard
from api.db.base import new_id
from api.db.gathering import rows_together
from api.messages import ground_queries, news_queries, permits, queries, rendering, validity
from api.messages.about import About
from api.messages.slots import Slots
from api.messages.tables import BODY, SUBJECT, MessageRow
from api.messages.unsubscribing import way_out
from api.portal_links import service as portal_links
from api.tasks.service import open_task
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role
from contracts.work import (
    Dispatched,
    DispatchMessages,
    Lease,
    LeasedMessage,
    LeaseMessages,
)
from domain.contact.channel import Channel
from domain.contact.decision import Outcome
from domain.errors import DomainError, ErrorCode
from domain.ids import LIVE_SHARD, delivery_shard, delivery_workflow_id

LEASE: Final = timedelta(seconds=20)
"""How long a group stays with whoever leased it, in technical time."""

log = structlog.get_logger(__name__)


# -- lease -------------------------------------------------------------------------------------


async def lease(work: Work, request: LeaseMessages, public_url: str = "") -> Lease:
    """Take the due messages of a channel and shard that may go now, for twenty seconds.

    Each is permitted, put off, withheld or found to have lost its point. Messages whose lease
    lapsed come again: those not dispatched as if they were new, those dispatched to be looked up.

    E-mails get a way out in one click under `public_url`, where this API is reached.

    Raises:
        DomainError: `INVALID_REQUEST` for a shard that is none, `NOT_FOUND` for one of a test
            clock that does not exist.
    """
    clock = await clock_for(work, _clock_id(request.shard))
    group, until = new_id(), work.now + LEASE
    leased: list[LeasedMessage] = []
    stopped = 0
    candidates = await queries.due(work, request, clock.now)
    if candidates:
        await queries.lock_customers(work, {customer_id for _, customer_id in candidates})
        messages = await queries.take(work, [key for key, _ in candidates], clock.now)
        horizon = await news_queries.horizon(work)
        about = await About.gather(work, clock, messages)
        async with rows_together(work.session):
            for message in messages:
                taken = await _take(work, about, message, public_url)
                if taken is None:
                    stopped += 1
                    continue
                message.group_id = group
                message.lease_until = until
                message.permit_horizon = horizon
                leased.append(taken)
            await queries.save(work, messages)
        await about.slots.write(work)
    standing = await settle(work, clock, request.channel, request.shard)
    return Lease(
        group=group,
        messages=leased,
        withheld=stopped,
        next_due_at=standing.next_due_at,
        lease_until=until,
        held_until=standing.held_until,
        clock_id=clock.test_clock_id,
    )


async def _take(
    work: Work, about: About, message: MessageRow, public_url: str
) -> LeasedMessage | None:
    """What to do with one due message; None when it does not go now."""
    if message.status == "dispatched":
        return await _in_doubt(work, about, message)
    lost = validity.lost(about, message)
    if lost is not None:
        await _expire(work, about, message, lost)
        return None
    outcome = await permits.permit(work, about, message)
    card = about.card(message)
    address = _address(card, message)
    if outcome is not Outcome.ALLOW or address is None:
        return None  # withheld without an address, whatever the rules say
    try:
        text = rendering.render(about, message, _way_in(work, about, message, public_url))
    except rendering.TextError as error:
        await _no_text(work, about, message, error)
        return None
    message.address_index = address.index
    message.subject_ct = card.cipher.maybe_encrypt(text.subject, SUBJECT)
    message.body_ct = card.cipher.encrypt(text.body, BODY)
    message.template_version = rendering.text_of(about, message).version
    message.status = "leased"
    return LeasedMessage(
        id=message.id,
        to=address.value,
        subject=text.subject,
        body=text.body,
        unsubscribe_url=way_out(work.vault, message, public_url),
    )


def _way_in(work: Work, about: About, message: MessageRow, public_url: str) -> str | None:
    """A new link into the portal for the customer, if the text has a place for it."""
    if message.customer_id is None or not rendering.wants_portal(about, message):
        return None
    return portal_links.address_for(work, message.customer_id, public_url)


async def _in_doubt(work: Work, about: About, message: MessageRow) -> LeasedMessage | None:
    """A message whose sender fell silent after the dispatch, to be looked up as it was sent."""
    card = about.card(message)
    address = _address(card, message)
    if address is None or address.index != message.address_index or message.body_ct is None:
        # The provider is asked by address: after a change nobody can be asked any more.
        await cannot_tell(work, message)
        return None
    return LeasedMessage(
        id=message.id,
        to=address.value,
        subject=card.cipher.maybe_decrypt(message.subject_ct, SUBJECT),
        body=card.cipher.decrypt(message.body_ct, BODY),
        look_up=True,
        dispatched_at=message.dispatched_at,
        provider=message.provider,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a channel and shard stand.

    `next_due_at` is the instant at which its delivery wants to be woken (the shard's clock);
    `held_until` the one at which the first lease lapses (technical time). Null: there is none.
    """

    next_due_at: datetime | None
    held_until: datetime | None


async def settle(work: Work, clock: Clock, channel: str, shard: str) -> Standing:
    """Say when the delivery wants to be woken next, and answer how things stand.

    The wake is locked before anything is read: whoever queues a message has either committed it
    by then, or will find the wake as it is left here.
    """
    workflow_id = delivery_workflow_id(channel, shard)
    await wakes.settle(work, workflow_id, None)
    queued = await queries.next_due(work, channel, shard)
    held = await queries.in_flight_until(work, channel, shard)
    # Leases lapse in technical time, which a test clock knows nothing of: it waits.
    awaited = clock.now if held is not None and clock.test_clock_id is not None else held
    instants = [instant for instant in (queued, awaited) if instant is not None]
    due_at = max(min(instants), clock.now) if instants else None
    await wakes.settle(work, workflow_id, due_at)
    return Standing(due_at, held)


@dataclass(frozen=True, slots=True)
class _Address:
    """An address as it is used, and its blind index."""

    value: str
    index: bytes


def _address(card: ContactCard, message: MessageRow) -> _Address | None:
    channel = Channel(message.channel)
    value, index = card.address(channel), card.address_index(channel)
    return None if value is None or index is None else _Address(value, index)


def _clock_id(shard: str) -> UUID | None:
    if shard == LIVE_SHARD:
        return None
    try:
        clock_id = UUID(shard)
    except ValueError:
        clock_id = None
    if clock_id is None or delivery_shard(clock_id) != shard:
        raise DomainError(ErrorCode.INVALID_REQUEST, "There is no such shard.")
    return clock_id


# -- dispatch ----------------------------------------------------------------------------------


async def dispatch(work: Work, request: DispatchMessages) -> Dispatched:
    """The last look: which messages of a leased group may really go, now.

    Those count as sent from here on. A repeat of the call answers the same. The others are
    queued again (their permit is over), withheld or expired, and their contact slots are free.
    """
    customer_ids = await queries.customers_of(work, request.message_ids)
    await queries.lock_customers(work, customer_ids)
    await ground_queries.share_loans_and_cases(work, request.message_ids, customer_ids)
    going = await _send_on(work, request)
    dispatched_at = work.now
    rest = set(request.message_ids).difference(going)
    held = await _held(work, request.group, rest) if rest else []
    for message in held:
        if message.status == "dispatched":
            going.append(message.id)
            dispatched_at = min(dispatched_at, message.dispatched_at or work.now)
    leased = [message for message in held if message.status == "leased"]
    if leased:
        going += await _look_again(work, leased)
    return Dispatched(
        message_ids=going,
        dispatched_at=dispatched_at,
        withdrawn=len(held) - len(rest.intersection(going)),
    )


async def _send_on(work: Work, request: DispatchMessages) -> list[UUID]:
    """Dispatch the reminders whose permit stands because nothing has become known since."""
    # A group is leased from one shard, so one clock is everybody's.
    clock = await clock_for(work, await queries.test_clock_of(work, request.message_ids[0]))
    going = await news_queries.dispatch_without_news(
        work, request.group, request.message_ids, clock.now
    )
    await record_each(work, "message.dispatched", "message", going)
    return going


async def _held(work: Work, group: UUID, ids: Collection[UUID]) -> list[MessageRow]:
    """Messages whose lease is this one; one whose lease has lapsed comes back with the next."""
    return [
        message
        for message in await queries.locked(work, ids)
        if message.group_id == group
        and message.lease_until is not None
        and message.lease_until > work.now
    ]


async def _look_again(work: Work, leased: Sequence[MessageRow]) -> list[UUID]:
    """Decide anew about messages of which something may have become known; those that may go."""
    going: list[UUID] = []
    clock = await clock_for(work, leased[0].test_clock_id)
    about = await About.gather(work, clock, leased)
    async with rows_together(work.session):
        for message in leased:
            if await _may_go(work, about, message):
                message.status = "dispatched"
                message.dispatched_at = work.now
                message.attempts += 1
                message.provider = None
                record(work, "message.dispatched", "message", message.id)
                going.append(message.id)
        await queries.save(work, leased)
    await about.slots.write(work)
    return going


async def _may_go(work: Work, about: About, message: MessageRow) -> bool:
    lost = validity.lost(about, message)
    if lost is not None:
        await _expire(work, about, message, lost)
        return False
    if await permits.confirm(work, about, message) is not Outcome.ALLOW:
        return False
    address = _address(about.card(message), message)
    if (
        message.permit_until is None
        or about.clock.now >= message.permit_until
        or address is None
        or address.index != message.address_index
    ):
        # The permit was for another time or another address: decide again from the start.
        requeue(work, about.slots, message, message.due_at, "permit-over")
        return False
    return True


# -- endings -----------------------------------------------------------------------------------


def requeue(work: Work, slots: Slots, message: MessageRow, due_at: datetime, reason: str) -> None:
    """Let a message that certainly did not go wait again, and give its slot back."""
    message.status = "queued"
    message.reasons = [reason]
    message.due_at = due_at
    _release(message)
    slots.free(message)
    record(work, "message.requeued", "message", message.id, {"reason": reason})


async def _expire(work: Work, about: About, message: MessageRow, reason: str) -> None:
    """A message has lost its point. A statutory notice becomes the task of a person."""
    message.status = "expired"
    message.reasons = [reason]
    _release(message)
    about.slots.free(message)
    record(work, "message.expired", "message", message.id, {"reason": reason})
    if message.purpose == "statutory":
        await permits.ask_for_notice(work, about.clock, message)


async def cannot_tell(work: Work, message: MessageRow) -> None:
    """Nobody can say whether a message went: it is not sent again, and a person looks."""
    clock = await clock_for(work, message.test_clock_id)
    message.status = "unknown"
    message.reasons = ["outcome-unknown"]
    _release(message)
    record(work, "message.outcome_unknown", "message", message.id)
    await open_task(
        work,
        clock,
        natural_key=f"unknown_outcome:{message.id}",
        kind="message",
        title="Find out whether a message reached the customer; its provider cannot say",
        role=Role.AGENT,
        due_at=clock.now + timedelta(days=1),
        case_id=message.case_id,
        loan_id=message.loan_id,
        customer_id=message.customer_id,
    )


async def _no_text(
    work: Work, about: About, message: MessageRow, error: rendering.TextError
) -> None:
    """The text cannot be written: that is our fault, and waiting does not mend it."""
    log.error("message_text_failed", message_id=str(message.id), reason=error.reason)
    message.status = "failed"
    message.reasons = [error.reason]
    _release(message)
    about.slots.free(message)
    record(work, "message.failed", "message", message.id, {"reason": error.reason})
    await open_task(
        work,
        about.clock,
        natural_key=f"text_failed:{message.id}",
        kind="message",
        title="A message could not be written: its template needs mending",
        role=Role.ADMIN,
        due_at=about.clock.now + timedelta(days=1),
        case_id=message.case_id,
        loan_id=message.loan_id,
        customer_id=message.customer_id,
    )


def _release(message: MessageRow) -> None:
    message.group_id = None
    message.lease_until = None
    message.permit_until = None
