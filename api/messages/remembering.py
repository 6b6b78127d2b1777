"""What a decision remembers of its question, and the question made anew from it.

A decision keeps ids, codes and dates, nothing that identifies the person; and enough of them that
it can be decided again years later, by the same rules or by others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.permit import Counters, Person, Reply, ReplyTo
from domain.errors import Fact
from domain.recovery.holds import HoldKind

_ANY: Final = "*"
CONSENTS: Final = "consents"
COUNTED: Final = "counted"
REPLY: Final = "reply"
"""Inputs that decisions of the first releases do not hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a decision answered.

    Attributes:
        person: Whom it was about.
        channel: By which medium.
        purpose: What for.
        counters: Contacts that counted.
        not_after: When the message had lost its point.
        reply: What it answered, for a reply.
        awaited_until: Until when announced money was awaited.
        missing: Inputs that were not kept, by name; each is taken as the least strict.
    """

    person: Person
    channel: Channel
    purpose: Purpose
    counters: Counters
    not_after: datetime | None
    reply: Reply | None
    awaited_until: datetime | None
    missing: tuple[str, ...]


def remembered(person: Person, counters: Counters, reply: Reply | None) -> dict[str, Fact]:
    """The inputs beside those that a reader is shown first, as codes and dates."""
    return {
        CONSENTS: " ".join(
            f"{each.channel}/{each.purpose or _ANY}/{each.state}" for each in person.consents
        ),
        COUNTED: " ".join(f"{channel}/{on.isoformat()}" for channel, on in counters.contacts),
        REPLY: None if reply is None else f"{reply.to}/{reply.received_at.isoformat()}",
    }


def question_of(inputs: Mapping[str, Fact], decided_at: datetime) -> Question:
    """The question that was answered, from what was kept of it.

    Where consents were not kept they are taken as given, contacts as none, and a reply as one to
    a message of that instant: rules that would have stopped it for these reasons stay silent.
    """
    channel, purpose = Channel(_text(inputs, "channel")), Purpose(_text(inputs, "purpose"))
    missing = [name for name in (CONSENTS, COUNTED) if name not in inputs]
    if purpose is Purpose.REPLY and inputs.get(REPLY) is None:
        missing.append(REPLY)
    consents = (
        (Consent(channel, ConsentState.GIVEN),)
        if CONSENTS in missing
        else tuple(_consent(each) for each in _text(inputs, CONSENTS).split())
    )
    return Question(
        person=Person(
            zones=tuple(_text(inputs, "zones").split()),
            country=_text(inputs, "country") or None,
            opted_out=frozenset(Channel(each) for each in _text(inputs, "opted_out").split()),
            consents=consents,
            holds=frozenset(HoldKind(each) for each in _text(inputs, "holds").split()),
        ),
        channel=channel,
        purpose=purpose,
        counters=Counters(tuple(_contact(each) for each in _text(inputs, COUNTED).split())),
        not_after=_instant(inputs, "not_after"),
        reply=_reply(_text(inputs, REPLY), decided_at) if purpose is Purpose.REPLY else None,
        awaited_until=_instant(inputs, "payment_awaited_until"),
        missing=tuple(missing),
    )


def _text(inputs: Mapping[str, Fact], name: str) -> str:
    value = inputs.get(name)
    return "" if value is None else str(value)


def _instant(inputs: Mapping[str, Fact], name: str) -> datetime | None:
    text = _text(inputs, name)
    return datetime.fromisoformat(text) if text else None


def _consent(text: str) -> Consent:
    channel, purpose, state = text.split("/")
    return Consent(
        Channel(channel), ConsentState(state), None if purpose == _ANY else Purpose(purpose)
    )


def _contact(text: str) -> tuple[Channel, date]:
    channel, on = text.split("/")
    return Channel(channel), date.fromisoformat(on)


def _reply(text: str, decided_at: datetime) -> Reply:
    if not text:
        return Reply(ReplyTo.MESSAGE, decided_at)
    to, received_at = text.split("/")
    return Reply(ReplyTo(to), datetime.fromisoformat(received_at))
