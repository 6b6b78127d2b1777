"""Does what a reply asks for: stops, starts, promises, holds, and tasks for people.

What keeps us quiet is done for everything a message says; of the rest, the strictest. Nothing but a
STOP binds where several people have the address, or where it is not sure who wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from api.complaints import service as complaints
from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.messages.answering import answer, once_a_day
from api.messages.received import Received
from api.recovery import service as recovery
from api.work import Work
from contracts.complaints import NewComplaint
from contracts.names import Role
from domain.calendar import local_instant
from domain.contact.channel import Channel
from domain.contact.decision import ReplyTo
from domain.contact.intents.kinds import Intent, IntentKind
from domain.contact.permit import STOP_CONFIRMATION_WITHIN
from domain.recovery.holds import HoldKind

ANSWER_WITHIN: Final = timedelta(days=1)
"""How soon a person looks at a reply that asks for one."""

UNCLEAR: Final = "unclear"
"""The answer to what was not understood."""

_END_OF_WORK: Final = time(17)
_LONGEST: Final = 4000
_NAMES: Final = {Channel.SMS: ("text message", "a number"), Channel.EMAIL: ("e-mail", "an address")}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from something that a customer says of himself or his debt.

    Attributes:
        title: What a person is asked to do, in words without personal data.
        role: Who is asked.
        hold: The hold that suspends chasing at once.
        silences: Without a case to hold, we write to him no more by any medium.
        retires: The address he wrote from is used no more for him.
        answer: The text by which we say that we heard; None where we are to be quiet.
        kind: The kind of task.
    """

    title: str
    role: Role
    hold: HoldKind | None = None
    silences: bool = False
    retires: bool = False
    answer: str | None = None
    kind: str = "reply"


CONSEQUENCES: Final[Mapping[IntentKind, Consequence]] = {
    IntentKind.DECEASED: Consequence(
        "Find out whether a customer has died: a reply says so, and contact has stopped",
        Role.ADVISOR,
        hold=HoldKind.DECEASED,
        silences=True,
    ),
    IntentKind.LEGAL_REPRESENTATIVE: Consequence(
        "Note a customer's legal representative: a reply names one, and contact has stopped",
        Role.ADVISOR,
        hold=HoldKind.LEGAL_REPRESENTATIVE,
        silences=True,
    ),
    IntentKind.BANKRUPTCY: Consequence(
        "Check a customer's bankruptcy: a reply speaks of it, and chasing has stopped",
        Role.ADVISOR,
        hold=HoldKind.BANKRUPTCY,
        silences=True,
    ),
    IntentKind.DISPUTE: Consequence(
        "Look into a dispute: a reply disputes the debt, and chasing has stopped",
        Role.ADVISOR,
        hold=HoldKind.DISPUTE,
        answer="dispute_noted",
    ),
    IntentKind.COMPLAINT: Consequence(
        "Look into a complaint: a reply makes one, and it could not be received by itself",
        Role.ADVISOR,
        answer="complaint_noted",
    ),
    IntentKind.HARDSHIP: Consequence(
        "Talk with a customer in difficulty: a reply says so, and chasing has stopped",
        Role.ADVISOR,
        hold=HoldKind.HARDSHIP,
        answer="hardship_noted",
    ),
    IntentKind.WRONG_PERSON: Consequence(
        "Find a customer's right address: somebody else answers at the one we have",
        Role.AGENT,
        retires=True,
    ),
    IntentKind.PAID: Consequence(
        "Look for a payment that a customer says he made",
        Role.AGENT,
        answer="paid_noted",
    ),
    IntentKind.CALL_ME: Consequence(
        "Call a customer who asked for a call", Role.AGENT, answer="call_noted", kind="call"
    ),
}
"""What follows from each thing that a person has to look at."""


async def stop(work: Work, received: Received, intent: Intent) -> None:
    """Nobody is written to at this address again; one message confirms it, the first time."""
    channel = received.said.channel
    fresh = await customers.suppress(work, channel, received.index, SuppressionReason.STOP)
    if fresh and received.holders and received.said.genuine:
        # Before the cases are woken: wakes are taken in the order in which a case's step takes
        # them, delivery first.
        await answer(work, received, "stop_confirm", ReplyTo.STOP, within=STOP_CONFIRMATION_WITHIN)
    if fresh:
        for holder in received.holders:
            await recovery.customer_stopped(work, holder.id)
    if any(kind in CONSEQUENCES for kind in intent.also):
        if received.only_holder is None or not received.said.genuine:
            await ask_a_person(work, received, intent)
        else:
            await _take_up(work, received, intent)


async def act(work: Work, received: Received, intent: Intent) -> None:
    """Do what a reply asks for that is not a STOP, or have a person look at it."""
    is_sure_who = received.only_holder is not None and received.said.genuine
    if not is_sure_who or not await _done(work, received, intent):
        await ask_a_person(work, received, intent)


async def _done(work: Work, received: Received, intent: Intent) -> bool:
    """Do what one person asked for; False when a person of ours has to look."""
    if intent.kind in CONSEQUENCES:
        await _take_up(work, received, intent)
        return True
    if intent.kind is IntentKind.START:
        if await customers.unsuppress(work, received.said.channel, received.index):
            await answer(work, received, "start_confirm")
            return True
        # A bare "yes" of somebody who never stopped answers another question.
        return not intent.requires_opted_out
    if intent.kind is IntentKind.HELP:
        once = once_a_day("help", received, received.holders[0])
        await answer(work, received, "help", ReplyTo.HELP, once=once)
        return True
    return intent.kind is IntentKind.PROMISE and await _promise(work, received, intent)


async def _promise(work: Work, received: Received, intent: Intent) -> bool:
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
    await answer(
        work,
        received,
        "promise_confirm",
        facts={
            "amount": format(promise.amount, "f"),
            "currency": promise.currency,
            "due_on": promise.due_on.isoformat(),
        },
    )
    return True


async def _take_up(work: Work, received: Received, intent: Intent) -> None:
    """What one person says of himself and his debt: we are quiet at once, and somebody looks."""
    holder = received.only_holder
    if holder is None:
        return
    kinds = [kind for kind in (intent.kind, *intent.also) if kind in CONSEQUENCES]
    follows = [CONSEQUENCES[kind] for kind in kinds]
    first = follows[0]
    creditor_id = None
    if IntentKind.COMPLAINT in kinds:
        # Before anything is woken: it locks the customer and his loans.
        creditor_id = await complaints.ground_of_reply(
            work, holder.id, None if received.case is None else received.case.id
        )
    silenced = any(one.silences for one in follows)
    quiet = silenced or intent.kind is IntentKind.STOP or any(one.retires for one in follows)
    if first.answer is not None and not quiet:
        # Before the cases are woken, as for a STOP. Without a case there is nothing to suspend.
        suspends = received.case is not None and kinds[0] is not IntentKind.COMPLAINT
        text = first.answer if suspends or creditor_id is not None else UNCLEAR
        await answer(work, received, text, once=once_a_day(text, received, holder))
    if creditor_id is not None:
        await complaints.file(work, _complaint(received, holder.id, creditor_id))
        if len(kinds) == 1:
            return  # the tasks of its clocks ask whom it concerns
    is_held = False
    for one in follows:
        if one.hold is not None:
            is_held |= await recovery.hold_from_reply(work, holder.id, one.hold)
    if IntentKind.PAID in kinds:
        await recovery.pause_for_reported_payment(work, holder.id)
    if silenced and not is_held:
        await _silence(work, received, *(one for one in Channel if not one.waits_for_reader))
    elif any(one.retires for one in follows):
        await _silence(work, received, received.said.channel)
    await _open_task(
        work,
        received,
        intent,
        title=first.title,
        role=first.role,
        kind=first.kind,
        due_at=_when_to_call(received, intent)
        if first.kind == "call"
        else received.clock.now + ANSWER_WITHIN,
    )


def _complaint(received: Received, customer_id: UUID, creditor_id: UUID) -> NewComplaint:
    """The complaint that a reply makes, in its own words."""
    return NewComplaint(
        customer_id=customer_id,
        creditor_id=creditor_id,
        case_id=None if received.case is None else received.case.id,
        message_id=received.message_id,
        channel="sms" if received.said.channel is Channel.SMS else "email",
        text=received.said.text.replace("\x00", " ").strip()[:_LONGEST] or UNCLEAR,
    )


async def _silence(work: Work, received: Received, *media: Channel) -> None:
    """This person alone is not written to by these media; others at the address may be."""
    holder = received.only_holder
    if holder is None:
        return
    await customers.withdraw_consent(work, holder.id, media, "reply")
    await recovery.customer_stopped(work, holder.id)


def _when_to_call(received: Received, intent: Intent) -> datetime:
    """When a person is to call: as the customer asked, or within a day."""
    now, latest = received.clock.now, received.clock.now + ANSWER_WITHIN
    if received.zone is None or (intent.on is None and intent.at is None):
        return latest
    on = intent.on or received.today
    asked = local_instant(on, intent.at or _END_OF_WORK, received.zone)
    if asked <= now and intent.on is None:
        asked = local_instant(on + timedelta(days=1), intent.at or _END_OF_WORK, received.zone)
    return asked if asked > now else latest


async def ask_a_person(work: Work, received: Received, intent: Intent) -> None:
    """A person of ours reads the reply; the customer is told so, once a day."""
    holder = received.only_holder
    what, address = _NAMES[received.said.channel]
    key = None
    if holder is not None:
        title = f"Answer a customer's {what} that was not understood"
        if received.said.genuine:
            # Once a day: two machines that thank each other would never end.
            once = once_a_day(UNCLEAR, received, holder)
            if intent.kind is not IntentKind.STOP:
                await answer(work, received, UNCLEAR, once=once)
        else:
            title = f"Find out whether a customer wrote the {what} in his name, and answer it"
    elif received.holders:
        title = f"Find out which of several customers sent {_article(what)}, and answer it"
    else:
        title = f"Look at {_article(what)} from {address} that no customer has"
        if received.said.channel is Channel.EMAIL:
            # Mailboxes draw strangers: one task a day, not one a mail.
            key = f"strange_mail:{received.utc_day}"
            title = "Look through today's e-mails from addresses that no customer has"
    await _open_task(work, received, intent, title=title, role=Role.AGENT, key=key)


async def _open_task(
    work: Work,
    received: Received,
    intent: Intent,
    *,
    title: str,
    role: Role,
    key: str | None = None,
    kind: str = "reply",
    due_at: datetime | None = None,
) -> None:
    guessed = [one.value for one in (intent.kind, *intent.also) if one is not IntentKind.UNCLEAR]
    # A pointer is one word: it is read by programs, and by the wire type of tasks.
    may_be = {"may_be": "/".join(guessed)} if guessed else {}
    if received.case is not None:
        recovery.reply_waits(work, received.case.id, received.clock)
    await recovery.open_task(
        work,
        received.clock,
        natural_key=key or f"reply:{received.message_id}",
        kind=kind,
        title=title,
        role=role,
        due_at=due_at or received.clock.now + ANSWER_WITHIN,
        case_id=None if received.case is None else received.case.id,
        customer_id=None if received.only_holder is None else received.only_holder.id,
        payload={"message_id": str(received.message_id), **may_be},
    )


def _article(what: str) -> str:
    return f"an {what}" if what.startswith("e") else f"a {what}"
