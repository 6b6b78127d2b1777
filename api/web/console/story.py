"""The story of a case in one line of time: facts, messages both ways, money; newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final
from uuid import UUID

from api.identity import service as identity
from api.messages import service as messages
from api.messages.service import Filters
from api.pagination import PageRequest
from api.payments import service as payments
from api.recovery.sheet import Sheet
from api.work import Work
from contracts.base import TimelineEntry
from contracts.messages import Message
from contracts.payments import Payment
from domain.calendar import local_instant

_MOST: Final = 200
"""So many of each kind are read; older ones are on the pages of the customer and the loan."""


class Chapter(StrEnum):
    """What the story may be narrowed to."""

    ALL = "all"
    MESSAGES = "messages"
    MONEY = "money"
    NOTES = "notes"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened.

    Attributes:
        at: When; for money, its value date at noon.
        is_day: Only the day of `at` means something.
        chapter: Where it belongs.
        mark: One of the marks the page draws.
        title: What happened.
        actor: Who did it, in words.
        subject: Of an e-mail.
        body: What was said, if it was a message or a note.
        inbound: The customer's own words.
        status: What became of a message.
        reasons: Why it was withheld, failed or put off.
        message_id: Leads to the decisions about it.
        link: Leads to what it is about.
    """

    at: datetime
    chapter: Chapter
    mark: str
    title: str
    actor: str = ""
    is_day: bool = False
    subject: str = ""
    body: str = ""
    inbound: bool = False
    status: str = ""
    reasons: Sequence[str] = ()
    message_id: UUID | None = None
    link: str = ""


_MARKS: Final[Mapping[str, tuple[Chapter, str]]] = {
    "promised": (Chapter.MONEY, "promise"),
    "promise_replaced": (Chapter.MONEY, "promise"),
    "promise_resolved": (Chapter.MONEY, "promise"),
    "hold_placed": (Chapter.NOTES, "hold"),
    "hold_ended": (Chapter.NOTES, "hold"),
    "suspended": (Chapter.STEPS, "hold"),
    "resumed": (Chapter.STEPS, "step"),
    "note": (Chapter.NOTES, "note"),
    "task_done": (Chapter.NOTES, "task"),
}
"""Where the kinds of lines belong and how they are marked; the others are steps."""

_TOLD_BY_MESSAGE: Final = frozenset({"message", "reply_read"})
"""Kinds of lines that the messages themselves tell, with all of their text."""

_CHANNELS: Final = {"sms": "SMS", "email": "E-mail", "in_app": "Notice"}


async def lines(work: Work, sheet: Sheet, chapter: Chapter, root: str) -> Sequence[Line]:
    """What happened in a case, newest first, narrowed to a chapter."""
    case = sheet.case
    actors = await _actors(work, case.timeline)
    told = [
        _of_entry(entry, actors) for entry in case.timeline if entry.kind not in _TOLD_BY_MESSAGE
    ]
    if chapter in {Chapter.ALL, Chapter.MESSAGES}:
        exchanged = await messages.list_messages(
            work, Filters(case_id=case.id), PageRequest(_MOST, None)
        )
        told += [_of_message(message) for message in exchanged.items]
    if chapter in {Chapter.ALL, Chapter.MONEY}:
        for loan_id in case.loan_ids:
            paid = await payments.list_payments(work, PageRequest(_MOST, None), loan_id=loan_id)
            told += [_of_payment(payment, sheet, root) for payment in paid.items]
    kept = [line for line in told if chapter in {Chapter.ALL, line.chapter}]
    return sorted(kept, key=lambda line: line.at, reverse=True)


async def _actors(work: Work, entries: Sequence[TimelineEntry]) -> Mapping[str, str]:
    """How those who did something are called, by their name in the audit."""
    users = {
        entry.actor: UUID(entry.actor.removeprefix("user:"))
        for entry in entries
        if entry.actor.startswith("user:")
    }
    names = await identity.names(work, set(users.values()))
    return {actor: names.get(user_id, "somebody") for actor, user_id in users.items()}


def _of_entry(entry: TimelineEntry, actors: Mapping[str, str]) -> Line:
    chapter, mark = _MARKS.get(entry.kind, (Chapter.STEPS, "step"))
    return Line(
        at=entry.at,
        chapter=chapter,
        mark=mark,
        title="Note" if entry.kind == "note" else entry.text,
        actor=actors.get(entry.actor, ""),
        body=entry.text if entry.kind == "note" else "",
    )


def _of_call(message: Message) -> Line:
    """A call, asked for or made, with the rules that it broke."""
    inbound = message.direction == "inbound"
    why = ", ".join(reason.replace("-", " ") for reason in message.reasons)
    if message.status == "withheld":
        title = "Call not permitted"
    elif message.call_outcome is None:
        title = "Call permitted, nothing reported yet"
    else:
        who = "Call from the customer" if inbound else "Call"
        title = f"{who}: {message.call_outcome.replace('_', ' ')}"
    return Line(
        at=message.sent_at or message.due_at,
        chapter=Chapter.MESSAGES,
        mark="reply" if inbound else "message",
        title=f"{title}: {why}" if why else title,
        body=message.body,
        inbound=inbound,
        message_id=None if inbound else message.id,
    )


def _of_message(message: Message) -> Line:
    if message.channel == "call":
        return _of_call(message)
    inbound = message.direction == "inbound"
    channel = _CHANNELS.get(message.channel, message.channel)
    if inbound:
        title = f"{channel} from the customer"
        if message.understood is not None:
            title = f"{title}, taken for “{message.understood.intent.replace('_', ' ')}”"
    else:
        named = (message.template or "message").replace("_", " ")
        title = f"{channel} “{named}”"
    return Line(
        at=message.sent_at or message.due_at,
        chapter=Chapter.MESSAGES,
        mark="reply" if inbound else "message",
        title=title,
        subject=message.subject or "",
        body=flowing(message.body),
        inbound=inbound,
        status=message.status,
        reasons=message.reasons,
        message_id=None if inbound else message.id,
    )


def flowing(text: str) -> str:
    """Text whose lines were broken for e-mail, with the breaks of its paragraphs only."""
    return "\n\n".join(" ".join(part.split("\n")) for part in text.split("\n\n"))


_SAID_OF: Final[Mapping[str, tuple[str, str]]] = {
    "reported": ("Reported to have paid", ""),
    "pending": ("Under way at the bank:", ""),
    "cleared": ("Paid", ""),
    "returned": ("Paid", " (returned by the bank)"),
    "reversed": ("Paid", " (taken back since)"),
    "withdrawn": ("Reported to have paid", " (the report was taken back)"),
    "expired": ("Reported to have paid", " (no money came)"),
}
"""How a payment is told of, before and after its amount."""


def _of_payment(payment: Payment, sheet: Sheet, root: str) -> Line:
    noon = local_instant(payment.value_on, time(12), sheet.zone)
    return Line(
        at=min(noon, sheet.clock.now),
        is_day=True,
        chapter=Chapter.MONEY,
        mark="money",
        title=f"{_SAID_OF[payment.status][0]} {payment.amount:,f} {payment.currency} by "
        f"{payment.method.replace('_', ' ')}{_SAID_OF[payment.status][1]}",
        link=f"{root}/loans/{payment.loan_id}#payments",
    )
