"""Replies by SMS: kept, understood, and turned into facts. What is unclear goes to a person.

Whatever a customer writes is kept first. A STOP binds everybody who has the number; anything else
that several people could have written goes to a person, and so does what nobody's number wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.customers.tables import CustomerRow
from api.db.base import new_id
from api.messages import queries
from api.messages.permits import RECEIVED_AT, REPLY_TO
from api.messages.queueing import NewMessage, Validity, queue
from api.messages.tables import BODY
from api.recovery import service as recovery
from api.work import Work
from contracts.names import Role
from domain.contact.channel import Channel, Purpose
from domain.contact.intent import Intent, IntentKind, read
from domain.contact.permit import REPLY_WITHIN, STOP_CONFIRMATION_WITHIN, ReplyTo
from domain.errors import Fact
from domain.ids import delivery_shard

ANSWER_WITHIN: Final = timedelta(days=1)
"""How soon a person looks at a reply that was not understood."""


@dataclass(frozen=True, slots=True)
class InboundSms:
    """An SMS that came in.

    Attributes:
        provider_id: The provider's id of it; makes it happen once.
        sender: The number it came from (E.164).
        text: What it says.
    """

    provider_id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class _Received:
    """A reply that was kept, and whose it is.

    Attributes:
        message_id: Our id of it.
        index: Blind index of the number it came from.
        holders: Everybody who has that number, by number of customer.
        clock: The clock of the first of them, or the live one.
        case: The open case of the only holder, if he has one.
    """

    message_id: UUID
    index: bytes
    holders: Sequence[CustomerRow]
    clock: Clock
    case: queries.OpenCase | None

    @property
    def only_holder(self) -> CustomerRow | None:
        """Who wrote it, if only one can have."""
        return self.holders[0] if len(self.holders) == 1 else None


async def receive(work: Work, sms: InboundSms) -> None:
    """Keep a reply and do what it asks for, once however often it is delivered to us."""
    holders = await customers.find_by_phone(work, sms.sender)
    await queries.lock_customers(work, [holder.id for holder in holders])
    received = await _keep(work, sms, holders)
    if received is None:
        return
    intent = await _read(work, sms, received)
    record(work, "message.received", "message", received.message_id, {"intent": intent.kind.value})
    if intent.kind is IntentKind.STOP:
        await _stop(work, received)
    elif received.only_holder is None or not await _act(work, received, intent):
        await _ask_a_person(work, received)


async def _keep(work: Work, sms: InboundSms, holders: Sequence[CustomerRow]) -> _Received | None:
    """Store the reply encrypted; None when it was stored before."""
    clock = await clock_for(work, holders[0].test_clock_id if holders else None)
    only = holders[0] if len(holders) == 1 else None
    case = None if only is None else await queries.open_case(work, only.id)
    # What several people may have written is kept under the key of the house.
    cipher = work.vault.cipher(None if only is None else only.wrapped_key)
    index = customers.phone_index(work.vault, sms.sender)
    message_id = new_id()
    fresh = await queries.insert_inbound(
        work,
        {
            "id": message_id,
            "direction": "inbound",
            "dedupe_key": f"twilio:{sms.provider_id}",
            "customer_id": None if only is None else only.id,
            "case_id": None if case is None else case.id,
            "test_clock_id": clock.test_clock_id,
            "shard": delivery_shard(clock.test_clock_id),
            "channel": Channel.SMS.value,
            "purpose": Purpose.REPLY.value,
            "language": holders[0].language if holders else "en",
            "validity": Validity.ALWAYS.value,
            "status": "received",
            "reasons": [],
            "due_at": clock.now,
            "provider_id": sms.provider_id,
            "address_index": index,
            "body_ct": cipher.encrypt(sms.text, BODY),
            "attempts": 0,
            "facts": {},
            "created_at": clock.now,
        },
    )
    return _Received(message_id, index, holders, clock, case) if fresh else None


async def _read(work: Work, sms: InboundSms, received: _Received) -> Intent:
    """What the reply wants, read on the writer's own day."""
    owed: Decimal | None = None
    currency = ""
    zone: str | None = None
    if received.only_holder is not None:
        card = await customers.contact_card(work, received.only_holder.id)
        zone = next(iter(card.zones), None)
    if received.case is not None:
        currency = received.case.currency
        zone = zone or received.case.zone
        owed = await queries.overdue_amount(
            work, received.case.id, received.clock.today(received.case.zone)
        )
    today = (
        received.clock.now.astimezone(UTC).date() if zone is None else received.clock.today(zone)
    )
    language = received.holders[0].language if received.holders else "en"
    return read(sms.text, language, today, currency, owed)


async def _stop(work: Work, received: _Received) -> None:
    """Nobody is written to at this number again; one text confirms it, the first time."""
    if not await customers.suppress(work, Channel.SMS, received.index, SuppressionReason.STOP):
        return
    if received.holders:
        # Before the cases are woken: wakes are taken in the order in which a case's step takes
        # them, delivery first.
        await _reply(work, received, "stop_confirm", ReplyTo.STOP, within=STOP_CONFIRMATION_WITHIN)
    for holder in received.holders:
        await recovery.customer_stopped(work, holder.id)


async def _act(work: Work, received: _Received, intent: Intent) -> bool:
    """Do what one person asked for; False when a person of ours has to look."""
    match intent.kind:
        case IntentKind.START:
            if await customers.unsuppress(work, Channel.SMS, received.index):
                await _reply(work, received, "start_confirm", ReplyTo.MESSAGE, within=REPLY_WITHIN)
                return True
            # A bare "yes" of somebody who never stopped answers another question.
            return not intent.requires_opted_out
        case IntentKind.HELP:
            await _reply(
                work,
                received,
                "help",
                ReplyTo.HELP,
                within=REPLY_WITHIN,
                once=f"help:{received.holders[0].id}:{_day(received)}",
            )
            return True
        case IntentKind.PROMISE:
            return await _promise(work, received, intent)
        case _:
            return False


async def _promise(work: Work, received: _Received, intent: Intent) -> bool:
    """Note a promise and confirm it; False when no one case takes it, or policy refuses it."""
    holder = received.only_holder
    if holder is None or intent.on is None:
        return False
    promise = await recovery.promise_from_reply(
        work,
        received.clock,
        holder.id,
        amount=intent.amount,
        on=intent.on,
        source="sms",
    )
    if promise is None:
        return False
    await _reply(
        work,
        received,
        "promise_confirm",
        ReplyTo.MESSAGE,
        within=REPLY_WITHIN,
        facts={
            "amount": format(promise.amount, "f"),
            "currency": promise.currency,
            "due_on": promise.due_on.isoformat(),
        },
    )
    return True


async def _reply(
    work: Work,
    received: _Received,
    template: str,
    to: ReplyTo,
    *,
    within: timedelta,
    once: str | None = None,
    facts: dict[str, Fact] | None = None,
) -> None:
    now = received.clock.now
    await queue(
        work,
        received.clock,
        NewMessage(
            customer_id=received.holders[0].id,
            channel=Channel.SMS.value,
            purpose=Purpose.REPLY.value,
            template=template,
            due_at=now,
            not_after=now + within,
            validity=Validity.ALWAYS.value,
            dedupe_key=once or f"reply:{received.message_id}",
            case_id=None if received.case is None else received.case.id,
            facts={**(facts or {}), REPLY_TO: to.value, RECEIVED_AT: _text(now)},
        ),
    )


async def _ask_a_person(work: Work, received: _Received) -> None:
    holder = received.only_holder
    if holder is not None:
        # Once a day: two machines that thank each other would never end.
        await _reply(
            work,
            received,
            "unclear",
            ReplyTo.MESSAGE,
            within=REPLY_WITHIN,
            once=f"unclear:{holder.id}:{_day(received)}",
        )
        title = "Answer a customer's text message that was not understood"
    elif received.holders:
        title = "Find out which of several customers sent a text message, and answer it"
    else:
        title = "Look at a text message from a number that no customer has"
    await recovery.open_task(
        work,
        received.clock,
        natural_key=f"reply:{received.message_id}",
        kind="reply",
        title=title,
        role=Role.AGENT,
        due_at=received.clock.now + ANSWER_WITHIN,
        case_id=None if received.case is None else received.case.id,
        customer_id=None if holder is None else holder.id,
    )


def _day(received: _Received) -> str:
    return received.clock.now.astimezone(UTC).date().isoformat()


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
