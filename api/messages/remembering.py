"""What a decision remembers of its question, and the question made anew from it.

A decision keeps ids, codes and dates, nothing that identifies the person; and enough of them that
it can be decided again years later, by the same rules or by others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from domain.contact.caps import Contact, ContactKind
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.decision import Counters, Person, Reply, ReplyTo
from domain.contact.hours import HourRules, Window
from domain.contact.packs import Licence
from domain.contact.places import Place
from domain.errors import Fact
from domain.lending.parties import Standing
from domain.recovery.holds import HoldKind

_ANY: Final = "*"
CONSENTS: Final = "consents"
COUNTED: Final = "counted"
DEBTS: Final = "debt_ids"
NOTICE: Final = "notice_on"
WISHES: Final = "wishes"
STANDING: Final = "standing"
REPLY: Final = "reply"
"""Inputs that decisions of the first releases do not hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a decision answered.

    Attributes:
        person: Whom it was about.
        place: Where he was known to live, without the town, which is not kept.
        licence: What the creditor was; None: unknown.
        collecting: Whether collection had begun.
        channel: By which medium.
        purpose: What for.
        counters: Contacts that counted.
        not_after: When the message had lost its point.
        reply: What it answered, for a reply.
        awaited_until: Until when announced money was awaited.
        missing: Inputs that were not kept, by name; each is taken as the least strict.
    """

    person: Person
    place: Place
    licence: Licence | None
    collecting: bool
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
            f"{each.channel}/{each.purpose or _ANY}/{each.state}/{_day(each.given_on)}"
            for each in person.consents
        ),
        COUNTED: " ".join(_told(each) for each in counters.contacts),
        DEBTS: " ".join(sorted(counters.debts)),
        NOTICE: _day(counters.notice_on),
        WISHES: None if person.wishes is None else " ".join(map(_span, person.wishes.windows)),
        STANDING: person.standing.value,
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
    zones = tuple(_text(inputs, "zones").split())
    licence = _text(inputs, "licence")
    return Question(
        person=Person(
            zones=zones,
            opted_out=frozenset(Channel(each) for each in _text(inputs, "opted_out").split()),
            consents=consents,
            holds=frozenset(HoldKind(each) for each in _text(inputs, "holds").split()),
            wishes=_wishes(_text(inputs, WISHES)),
            # Before it was kept, only the loan's own customer was ever written to.
            standing=Standing(_text(inputs, STANDING) or Standing.LIABLE),
        ),
        place=Place(
            country=_text(inputs, "country") or None,
            region=_text(inputs, "region") or None,
            zones=zones,
        ),
        licence=Licence(licence) if licence else None,
        # Before it was kept, most messages were about collecting: the stricter reading.
        collecting=inputs.get("collecting", True) is not False,
        channel=channel,
        purpose=purpose,
        counters=Counters(
            tuple(_contact(each) for each in _text(inputs, COUNTED).split()),
            frozenset(_text(inputs, DEBTS).split()),
            _on(_text(inputs, NOTICE)),
        ),
        not_after=_instant(inputs, "not_after"),
        reply=_reply(_text(inputs, REPLY), decided_at) if purpose is Purpose.REPLY else None,
        awaited_until=_instant(inputs, "payment_awaited_until"),
        missing=tuple(missing),
    )


def _told(contact: Contact) -> str:
    """A past contact: medium, day, what became of it, whose it was, consent, debts."""
    parts = (
        contact.channel.value,
        contact.on.isoformat(),
        contact.kind.value,
        "theirs" if contact.by_customer else "ours",
        "consented" if contact.consented else "-",
        ",".join(sorted(contact.debts)),
    )
    return "/".join(parts)


def _contact(text: str) -> Contact:
    channel, on, kind, whose, consented, debts = text.split("/")
    return Contact(
        Channel(channel),
        date.fromisoformat(on),
        frozenset(debts.split(",")) if debts else frozenset(),
        ContactKind(kind),
        by_customer=whose == "theirs",
        consented=consented == "consented",
    )


def _span(window: Window) -> str:
    days = "".join(str(day) for day in sorted(window.weekdays))
    return f"{days}/{window.opens.isoformat()}/{window.closes.isoformat()}"


def _wishes(text: str) -> HourRules | None:
    if not text:
        return None
    windows = []
    for span in text.split():
        days, opens, closes = span.split("/")
        windows.append(
            Window(time.fromisoformat(opens), time.fromisoformat(closes), frozenset(map(int, days)))
        )
    return HourRules(windows=tuple(windows))


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _on(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(inputs: Mapping[str, Fact], name: str) -> str:
    value = inputs.get(name)
    return "" if value is None else str(value)


def _instant(inputs: Mapping[str, Fact], name: str) -> datetime | None:
    text = _text(inputs, name)
    return datetime.fromisoformat(text) if text else None


def _consent(text: str) -> Consent:
    channel, purpose, state, given_on = text.split("/")
    return Consent(
        Channel(channel),
        ConsentState(state),
        None if purpose == _ANY else Purpose(purpose),
        _on(given_on),
    )


def _reply(text: str, decided_at: datetime) -> Reply:
    if not text:
        return Reply(ReplyTo.MESSAGE, decided_at)
    to, received_at = text.split("/")
    return Reply(ReplyTo(to), datetime.fromisoformat(received_at))
