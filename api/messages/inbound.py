"""Replies by SMS and e-mail: kept, understood, turned into facts; what is unclear, to a person.

Whatever a customer writes is kept first. A STOP binds everybody who has the address; anything else
that several people could have written goes to a person, and so does what nobody's address wrote.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
from api.messages.mail import reply_text
from api.messages.permits import RECEIVED_AT, REPLY_TO
from api.messages.queueing import NewMessage, Validity, queue
from api.messages.tables import BODY, SUBJECT
from api.recovery import service as recovery
from api.work import Work
from contracts.names import Role
from domain.contact.channel import Channel, Purpose
from domain.contact.intents.kinds import Intent, IntentKind
from domain.contact.intents.reading import read
from domain.contact.permit import REPLY_WITHIN, STOP_CONFIRMATION_WITHIN, ReplyTo
from domain.errors import Fact
from domain.ids import delivery_shard

ANSWER_WITHIN: Final = timedelta(days=1)
"""How soon a person looks at a reply that was not understood."""

_SOURCES: Final = {Channel.SMS: "twilio", Channel.EMAIL: "email"}
"""First part of the dedupe key: where a provider's ids are unique."""

_ANSWERED: Final = re.compile(r"\s*(?:re|aw|fwd?|sv|antw)\s*:", re.IGNORECASE)
"""How programs mark a subject that was not written by the sender."""

_NAMES: Final = {Channel.SMS: ("text message", "a number"), Channel.EMAIL: ("e-mail", "an address")}


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that came in.

    Attributes:
        channel: By which medium.
        provider_id: The provider's id of it, or what else tells it from others; makes it happen
            once.
        sender: The number (E.164) or the e-mail address it came from.
        text: What its writer says.
        subject: Of an e-mail.
        answers: Ids that may be those of the message it answers, the likeliest first.
        automatic: A machine wrote it: it is kept, and neither answered nor taken for a wish.
        genuine: Whether it is sure that its sender wrote it. What is not may stop us, nothing
            else: anybody can write another's address on an e-mail.
        attachments: How many files came with it; they are not kept.
    """

    channel: Channel
    provider_id: str
    sender: str
    text: str
    subject: str | None = None
    answers: Sequence[UUID] = ()
    automatic: bool = False
    genuine: bool = True
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class _Received:
    """A reply that was kept, and whose it is.

    Attributes:
        message_id: Our id of it.
        said: What came in.
        index: Blind index of the address it came from.
        holders: Everybody who has that address, by number of customer.
        only_holder: Who wrote it, if only one can have.
        clock: The clock of the first of them, or the live one.
        case: The open case of the only holder, if he has one.
    """

    message_id: UUID
    said: Inbound
    index: bytes
    holders: Sequence[CustomerRow]
    only_holder: CustomerRow | None
    clock: Clock
    case: queries.OpenCase | None


async def receive(work: Work, said: Inbound) -> None:
    """Keep a reply and do what it asks for, once however often it is delivered to us."""
    if said.channel is Channel.SMS:
        holders = await customers.find_by_phone(work, said.sender)
    else:
        holders = await customers.find_by_email(work, said.sender)
    await queries.lock_customers(work, [holder.id for holder in holders])
    answered = await queries.answered(work, said.channel.value, said.answers)
    received = await _keep(work, said, holders, answered)
    if received is None:
        return
    if said.automatic:
        record(work, "message.received", "message", received.message_id, {"automatic": "yes"})
        return
    intent = await _read(work, received, _words(work, said, holders, answered))
    record(work, "message.received", "message", received.message_id, {"intent": intent.kind.value})
    if intent.kind is IntentKind.STOP:
        await _stop(work, received)
    elif received.only_holder is None or not said.genuine or not await _act(work, received, intent):
        await _ask_a_person(work, received)


async def mail_refused(work: Work) -> None:
    """An e-mail could not be read: a person looks where it was received, once a day."""
    clock = await clock_for(work, None)
    day = clock.now.astimezone(UTC).date().isoformat()
    await recovery.open_task(
        work,
        clock,
        natural_key=f"mail_refused:{day}",
        kind="reply",
        title="Look into the mailbox: an e-mail came that could not be read safely",
        role=Role.AGENT,
        due_at=clock.now + ANSWER_WITHIN,
    )


def _words(
    work: Work,
    said: Inbound,
    holders: Sequence[CustomerRow],
    answered: queries.Answered | None,
) -> str:
    """What its writer says himself; of an e-mail without text, its subject."""
    if said.channel is Channel.SMS:
        return said.text
    ours = ""
    holder = next((one for one in holders if answered and one.id == answered.customer_id), None)
    if holder is not None and holder.wrapped_key is not None and answered is not None:
        ours = work.vault.cipher(holder.wrapped_key).maybe_decrypt(answered.body_ct, BODY) or ""
    own = said.subject or ""
    if _ANSWERED.match(own):
        own = ""  # those are our own words
    new = reply_text(said.text, ours)
    # Programs that unsubscribe for people say so in the subject alone.
    return own if not new or _stops(own) else new


def _stops(text: str) -> bool:
    return read(text, "en", date.min, "", None).kind is IntentKind.STOP


async def _keep(
    work: Work,
    said: Inbound,
    holders: Sequence[CustomerRow],
    answered: queries.Answered | None,
) -> _Received | None:
    """Store the reply encrypted; None when it was stored before."""
    clock = await clock_for(work, holders[0].test_clock_id if holders else None)
    only = holders[0] if len(holders) == 1 else None
    if only is None and answered is not None:
        # Several have the address: it was one of them who was written to.
        only = next((one for one in holders if one.id == answered.customer_id), None)
    case = None if only is None else await queries.open_case(work, only.id)
    # What several people may have written is kept under the key of the house.
    cipher = work.vault.cipher(None if only is None else only.wrapped_key)
    if said.channel is Channel.SMS:
        index = customers.phone_index(work.vault, said.sender)
    else:
        index = customers.email_index(work.vault, said.sender)
    message_id = new_id()
    fresh = await queries.insert_inbound(
        work,
        {
            "id": message_id,
            "direction": "inbound",
            "dedupe_key": f"{_SOURCES[said.channel]}:{said.provider_id}",
            "customer_id": None if only is None else only.id,
            "case_id": None if case is None else case.id,
            "test_clock_id": clock.test_clock_id,
            "shard": delivery_shard(clock.test_clock_id),
            "channel": said.channel.value,
            "purpose": Purpose.REPLY.value,
            "language": holders[0].language if holders else "en",
            "validity": Validity.ALWAYS.value,
            "status": "received",
            "reasons": _reasons(said),
            "due_at": clock.now,
            "provider_id": said.provider_id,
            "address_index": index,
            "subject_ct": cipher.maybe_encrypt(said.subject, SUBJECT),
            "body_ct": cipher.encrypt(said.text, BODY),
            "attempts": 0,
            "facts": {},
            "created_at": clock.now,
        },
    )
    if not fresh:
        return None
    return _Received(message_id, said, index, holders, only, clock, case)


def _reasons(said: Inbound) -> list[str]:
    """What a reader should know of it besides its text."""
    noted = {
        "automatic": said.automatic,
        "sender-not-proven": not said.genuine,
        "attachments-not-kept": said.attachments > 0,
    }
    return [reason for reason, holds in noted.items() if holds]


async def _read(work: Work, received: _Received, words: str) -> Intent:
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
    return read(words, language, today, currency, owed)


async def _stop(work: Work, received: _Received) -> None:
    """Nobody is written to at this address again; one message confirms it, the first time."""
    channel = received.said.channel
    if not await customers.suppress(work, channel, received.index, SuppressionReason.STOP):
        return
    if received.holders and received.said.genuine:
        # Before the cases are woken: wakes are taken in the order in which a case's step takes
        # them, delivery first.
        await _reply(work, received, "stop_confirm", ReplyTo.STOP, within=STOP_CONFIRMATION_WITHIN)
    for holder in received.holders:
        await recovery.customer_stopped(work, holder.id)


async def _act(work: Work, received: _Received, intent: Intent) -> bool:
    """Do what one person asked for; False when a person of ours has to look."""
    match intent.kind:
        case IntentKind.START:
            if await customers.unsuppress(work, received.said.channel, received.index):
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
                once=_once("help", received, received.holders[0]),
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
        source=received.said.channel.value,
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
            customer_id=(received.only_holder or received.holders[0]).id,
            channel=received.said.channel.value,
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
    what, address = _NAMES[received.said.channel]
    key = f"reply:{received.message_id}"
    if holder is not None:
        title = f"Answer a customer's {what} that was not understood"
        if received.said.genuine:
            # Once a day: two machines that thank each other would never end.
            await _reply(
                work,
                received,
                "unclear",
                ReplyTo.MESSAGE,
                within=REPLY_WITHIN,
                once=_once("unclear", received, holder),
            )
        else:
            title = f"Find out whether a customer wrote the {what} in his name, and answer it"
    elif received.holders:
        title = f"Find out which of several customers sent {_article(what)}, and answer it"
    else:
        title = f"Look at {_article(what)} from {address} that no customer has"
        if received.said.channel is Channel.EMAIL:
            # Mailboxes draw strangers: one task a day, not one a mail.
            key = f"strange_mail:{_day(received)}"
            title = "Look through today's e-mails from addresses that no customer has"
    await recovery.open_task(
        work,
        received.clock,
        natural_key=key,
        kind="reply",
        title=title,
        role=Role.AGENT,
        due_at=received.clock.now + ANSWER_WITHIN,
        case_id=None if received.case is None else received.case.id,
        customer_id=None if holder is None else holder.id,
    )


def _article(what: str) -> str:
    return f"an {what}" if what.startswith("e") else f"a {what}"


def _once(answer: str, received: _Received, holder: CustomerRow) -> str:
    """The dedupe key of an answer that is given once a day on each medium."""
    key = f"{answer}:{holder.id}:{_day(received)}"
    return key if received.said.channel is Channel.SMS else f"{received.said.channel.value}_{key}"


def _day(received: _Received) -> str:
    return received.clock.now.astimezone(UTC).date().isoformat()


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
