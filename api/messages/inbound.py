"""Replies by SMS and e-mail: kept, understood, turned into facts; what is unclear, to a person.

Whatever a customer writes is kept first. A STOP binds everybody who has the address; anything else
that several people could have written goes to a person, and so does what nobody's address wrote.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date
from decimal import Decimal
from typing import Final

from api.audit.service import record
from api.clock import clock_for
from api.customers import service as customers
from api.customers.tables import CustomerRow
from api.db.base import new_id
from api.messages import acting, echoes, ground_queries, queries
from api.messages.acting import ANSWER_WITHIN
from api.messages.mail import reply_text
from api.messages.queueing import Validity
from api.messages.received import Inbound, Received
from api.messages.tables import BODY, SUBJECT, MessageRow
from api.recovery import service as recovery
from api.work import Work
from contracts.names import Role
from domain.contact.channel import Channel, Purpose
from domain.contact.intents.kinds import Intent, IntentKind
from domain.contact.intents.quoting import is_automatic, own_words
from domain.contact.intents.reading import read
from domain.ids import delivery_shard

__all__ = ["Inbound", "mail_refused", "receive"]

_SOURCES: Final = {Channel.SMS: "twilio", Channel.EMAIL: "email"}
"""First part of the dedupe key: where a provider's ids are unique."""

_ANSWERED: Final = re.compile(r"\s*(?:re|aw|fwd?|sv|antw)\s*:", re.IGNORECASE)
"""How programs mark a subject that was not written by the sender."""


async def receive(work: Work, said: Inbound) -> None:
    """Keep a reply and do what it asks for, once however often it is delivered to us."""
    if said.channel is Channel.SMS:
        holders = await customers.find_by_phone(work, said.sender)
    else:
        holders = await customers.find_by_email(work, said.sender)
    await queries.lock_customers(work, [holder.id for holder in holders])
    answered = await ground_queries.answered(work, said.channel.value, said.answers)
    received = await _keep(work, said, holders, answered)
    if received is None:
        return
    words = "" if said.automatic else await _words(work, received, answered)
    if said.automatic or is_automatic(words) or _only_an_echo(said, words):
        record(work, "message.received", "message", received.message_id, {"automatic": "yes"})
        return
    intent = await _read(work, received, words)
    await _note(work, received, intent)
    if intent.kind is IntentKind.STOP:
        await acting.stop(work, received, intent)
    else:
        await acting.act(work, received, intent)


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


async def _words(work: Work, received: Received, answered: ground_queries.Answered | None) -> str:
    """What its writer says himself; of an e-mail without text, its subject."""
    said, holders = received.said, received.holders
    if said.channel is Channel.SMS:
        return own_words(said.text, await echoes.sent_lately(work, received))
    ours = ""
    holder = next((one for one in holders if answered and one.id == answered.customer_id), None)
    if holder is not None and holder.wrapped_key is not None and answered is not None:
        ours = work.vault.cipher(holder.wrapped_key).maybe_decrypt(answered.body_ct, BODY) or ""
    own = said.subject or ""
    if _ANSWERED.match(own):
        own = ""  # those are our own words
    new = own_words(reply_text(said.text, ours), ())
    # Programs that unsubscribe for people say so in the subject alone.
    return own if not new or _stops(own) else new


def _only_an_echo(said: Inbound, words: str) -> bool:
    """A text that holds nothing but our own words, or a reaction to them."""
    return said.channel is Channel.SMS and bool(said.text.strip()) and not words


def _stops(text: str) -> bool:
    return read(text, "en", date.min, "", None).kind is IntentKind.STOP


async def _keep(
    work: Work,
    said: Inbound,
    holders: Sequence[CustomerRow],
    answered: ground_queries.Answered | None,
) -> Received | None:
    """Store the reply encrypted; None when it was stored before."""
    clock = await clock_for(work, holders[0].test_clock_id if holders else None)
    only = holders[0] if len(holders) == 1 else None
    if only is None and answered is not None:
        # Several have the address: it was one of them who was written to.
        only = next((one for one in holders if one.id == answered.customer_id), None)
    case = None if only is None else await ground_queries.open_case(work, only.id)
    zone = None if only is None else await customers.zone_of(work, only.id)
    if zone is None and only is not None:
        zone = next(iter((await customers.contact_card(work, only.id)).zones), None)
    # What several people may have written is kept under the key of the house.
    cipher = work.vault.cipher(None if only is None else only.wrapped_key)
    if said.channel is Channel.SMS:
        index = customers.phone_index(work.vault, said.sender)
    else:
        index = customers.email_index(work.vault, said.sender)
    message_id = new_id()
    fresh = await ground_queries.insert_inbound(
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
    return Received(
        message_id,
        said,
        index,
        holders,
        only,
        clock,
        case,
        zone or (None if case is None else case.zone),
    )


def _reasons(said: Inbound) -> list[str]:
    """What a reader should know of it besides its text."""
    noted = {
        "automatic": said.automatic,
        "sender-not-proven": not said.genuine,
        "attachments-not-kept": said.attachments > 0,
    }
    return [reason for reason, holds in noted.items() if holds]


async def _read(work: Work, received: Received, words: str) -> Intent:
    """What the reply wants, read on the writer's own day."""
    owed: Decimal | None = None
    currency = ""
    if received.case is not None:
        currency = received.case.currency
        owed = await ground_queries.overdue_amount(
            work, received.case.id, received.clock.today(received.case.zone)
        )
    writer = received.only_holder or next(iter(received.holders), None)
    name = ""
    if received.only_holder is not None:
        name = (await customers.contact_card(work, received.only_holder.id)).name
    return read(
        words,
        "en" if writer is None else writer.language,
        received.today,
        currency,
        owed,
        country=None if received.only_holder is None else received.only_holder.country,
        name=name,
    )


async def _note(work: Work, received: Received, intent: Intent) -> None:
    """Keep with the message what it was taken for, and why; the case tells it, too."""
    row = await work.session.get_one(MessageRow, received.message_id)
    row.facts = {
        "intent": intent.kind.value,
        "also": " ".join(kind.value for kind in intent.also),
        "confidence": format(intent.confidence, "f"),
        "rules": " ".join(intent.rules),
        "language": intent.language,
    }
    record(work, "message.received", "message", received.message_id, {"intent": intent.kind.value})
    if received.case is not None and received.only_holder is not None:
        await recovery.note_reply(
            work,
            received.only_holder.id,
            received.case.id,
            received.said.text,
            {
                "intent": intent.kind.value,
                "confidence": format(intent.confidence, "f"),
                "channel": received.said.channel.value,
                "message_id": str(received.message_id),
            },
        )
