"""Permits: may this message leave now? Decided by rule, recorded, and its slot reserved.

The caller holds the customers' row locks, so that no two senders count the same free slot. What
is recorded are codes, figures and ids; nothing that identifies the person.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.audit.service import record
from api.clock import Clock
from api.db.base import new_id
from api.letters import validation
from api.messages import contact_queries
from api.messages.about import About, customer_of, utc_day
from api.messages.chain import Decided
from api.messages.packs import contact_packs
from api.messages.remembering import remembered
from api.messages.tables import MessageRow
from api.tasks.service import open_task
from api.work import Work
from contracts.names import Role
from domain.contact.caps import Contact
from domain.contact.channel import Channel, Purpose
from domain.contact.decision import (
    Counters,
    Decision,
    FollowUp,
    Outcome,
    Person,
    ReasonCode,
    Reply,
    ReplyTo,
)
from domain.contact.hours import local_dates
from domain.contact.packs import Licence, packs_for
from domain.contact.permit import decide
from domain.contact.places import Place
from domain.errors import Fact

REPLY_TO: Final = "reply_to"
RECEIVED_AT: Final = "received_at"
"""Facts of a reply: what kind of message it answers (a `ReplyTo`), and when that came."""


_NONE: Final = frozenset[str]()
_SOME: Final = frozenset({"some"})
"""Where nothing is counted it is the same which debts a message is about."""

NO_ADDRESS: Final = "no-address"
"""The reason where the customer has no address of the medium; no rule of a pack is needed."""


@dataclass(frozen=True, slots=True)
class _Ruling:
    """A decision in the form in which it is kept.

    Attributes:
        outcome: Allow, defer or deny.
        reasons: Every rule that spoke, with its word: `us.hours: inside-hours`.
        codes: The reasons that made the outcome, each once; none for an allow.
        packs: Labels of the packs that were asked.
        inputs: What it was decided on.
        defer_until: When to ask again.
        valid_until: Until when an allow holds.
        slot: The contact by which an allow takes a slot; None when it takes none.
        follow_up: What a person has to do now.
    """

    outcome: Outcome
    reasons: list[str]
    codes: list[str]
    packs: list[str]
    inputs: dict[str, Fact]
    defer_until: datetime | None
    valid_until: datetime | None
    slot: Contact | None
    follow_up: frozenset[FollowUp]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the rules about one message; of many on a morning it is the same."""

    person: Person
    channel: Channel
    purpose: Purpose
    counters: Counters
    not_after: datetime | None
    reply: Reply | None
    awaited_until: datetime | None
    place: Place
    licence: Licence | None
    collecting: bool

    def answer(self, today: date, now: datetime) -> Decision:
        """What the packs that bind on a day say."""
        return decide(
            self.person,
            self.channel,
            self.purpose,
            now,
            counters=self.counters,
            packs=packs_for(
                self.place,
                contact_packs(),
                today,
                licence=self.licence,
                collecting=self.collecting,
            ),
            not_after=self.not_after,
            reply=self.reply,
            awaited_until=self.awaited_until,
        )


async def permit(work: Work, about: About, message: MessageRow) -> Outcome:
    """Decide about a due message, record it, and reserve or free its slot.

    An allow leaves the message with `permit_until`; a deferral moves `due_at`; a denial withholds
    it. Follow-ups become tasks. The slots of `about` are written by the caller.
    """
    ruling = _rule(about, message)
    await _keep(work, about, message, ruling)
    return ruling.outcome


async def confirm(work: Work, about: About, message: MessageRow) -> Outcome:
    """Decide again about a permitted message at the last look; only a change is recorded."""
    ruling = _rule(about, message)
    if ruling.outcome is not Outcome.ALLOW:
        await _keep(work, about, message, ruling)
        message.group_id = None
        message.lease_until = None
    return ruling.outcome


async def ask_for_notice(work: Work, clock: Clock, message: MessageRow) -> None:
    """A statutory notice could not be sent: a person gives it in another way."""
    await open_task(
        work,
        clock,
        natural_key=f"deliver_notice:{message.id}",
        kind="notice",
        title="Give a statutory notice in another way; it could not be sent",
        role=Role.AGENT,
        due_at=clock.now + timedelta(days=1),
        case_id=message.case_id,
        loan_id=message.loan_id,
        customer_id=message.customer_id,
    )


def contact_of(about: About, message: MessageRow, at: datetime) -> Contact:
    """The contact that a message is, as caps count it: on the person's latest plausible day."""
    zones = about.card(message).zones
    debts = frozenset(str(loan_id) for loan_id in about.debts(message))
    return Contact(
        Channel(message.channel), max(local_dates(at, zones), default=utc_day(at)), debts
    )


# -- deciding ----------------------------------------------------------------------------------


def _rule(about: About, message: MessageRow) -> _Ruling:
    card, clock = about.card(message), about.clock
    channel, purpose = Channel(message.channel), Purpose(message.purpose)
    holds = about.holds_for(message)
    today = max((clock.today(zone) for zone in card.zones), default=utc_day(clock.now))
    awaited_until = about.awaited_until(message)
    contacts = tuple(about.slots.others(message))
    debts = frozenset(str(loan_id) for loan_id in about.debts(message))
    noticed_at = about.noticed_at(message)
    notice_on = None
    if noticed_at is not None:
        notice_on = max(local_dates(noticed_at, card.zones), default=utc_day(noticed_at))
    book = about.book(message)
    licence = None if book is None else Licence(book.creditor.licence_kind)
    collecting = purpose is Purpose.COLLECTION or message.case_id is not None
    person = Person(
        zones=card.zones,
        opted_out=card.suppressed,
        consents=card.consents,
        holds=holds,
        wishes=card.wishes,
        standing=about.standing(message),
    )
    counters = Counters(contacts, debts, notice_on)
    reply = _reply(message) if purpose is Purpose.REPLY else None
    question = _Question(
        person,
        channel,
        purpose,
        counters if contacts else replace(counters, debts=_SOME if debts else _NONE),
        message.not_after,
        reply,
        awaited_until,
        card.place,
        licence,
        collecting,
    )
    decision = about.decisions.get(question)
    if decision is None:
        decision = about.decisions[question] = question.answer(today, clock.now)
    ruling = _ruling(
        decision,
        {
            "channel": channel.value,
            "purpose": purpose.value,
            "country": card.country,
            "region": card.place.region,
            "licence": None if licence is None else licence.value,
            "collecting": collecting,
            "debts": len(debts),
            "noticed_at": None if noticed_at is None else noticed_at.isoformat(),
            "zones": " ".join(card.zones),
            "local_time": _local_time(clock.now, card.zones),
            "contacts": len(contacts),
            "opted_out": " ".join(sorted(card.suppressed)),
            "holds": " ".join(sorted(holds)),
            "payment_awaited_until": None if awaited_until is None else awaited_until.isoformat(),
            "not_after": None if message.not_after is None else message.not_after.isoformat(),
        }
        | remembered(person, counters, reply),
        contact_of(about, message, clock.now),
    )
    return ruling if card.address(channel) is not None else _without_address(ruling)


def _ruling(decision: Decision, inputs: dict[str, Fact], contact: Contact) -> _Ruling:
    allowed = decision.outcome is Outcome.ALLOW
    codes = [
        # Which hold it is says more than that there is one.
        reason.rule_id.removeprefix("tenor.")
        if reason.text_code is ReasonCode.ON_HOLD
        else reason.text_code.value
        for reason in decision.reasons
        if reason.outcome is decision.outcome and not allowed
    ]
    consented = any(reason.text_code is ReasonCode.CAP_CONSENTED for reason in decision.reasons)
    return _Ruling(
        outcome=decision.outcome,
        reasons=[f"{reason.rule_id}: {reason.text_code.value}" for reason in decision.reasons],
        codes=list(dict.fromkeys(codes)),
        packs=list(decision.packs),
        inputs=inputs,
        defer_until=decision.defer_until,
        valid_until=decision.valid_until,
        slot=replace(contact, consented=consented) if decision.counts else None,
        follow_up=decision.follow_up,
    )


def _without_address(ruling: _Ruling) -> _Ruling:
    """Whatever the rules say: without an address there is no contact."""
    return replace(
        ruling,
        outcome=Outcome.DENY,
        reasons=[*ruling.reasons, f"tenor.address: {NO_ADDRESS}"],
        codes=[NO_ADDRESS],
        defer_until=None,
        valid_until=None,
        slot=None,
    )


def _reply(message: MessageRow) -> Reply:
    """What a reply answers, as its facts say; else a plain message, when the reply was made."""
    to = message.facts.get(REPLY_TO)
    received_at = message.facts.get(RECEIVED_AT)
    return Reply(
        ReplyTo(to) if isinstance(to, str) else ReplyTo.MESSAGE,
        datetime.fromisoformat(received_at) if isinstance(received_at, str) else message.created_at,
    )


def _local_time(now: datetime, zones: tuple[str, ...]) -> str | None:
    """The time where the person is, or may be: `Fri 08:15 Europe/Berlin`."""
    told = [f"{now.astimezone(ZoneInfo(zone)):%a %H:%M} {zone}" for zone in zones]
    return ", ".join(told) or None


# -- recording ---------------------------------------------------------------------------------


async def _keep(work: Work, about: About, message: MessageRow, ruling: _Ruling) -> None:
    if not await _said_before(work, message, ruling):
        about.chains.append(
            work,
            Decided(
                id=new_id(),
                message_id=message.id,
                customer_id=customer_of(message),
                outcome=ruling.outcome.value,
                reasons=ruling.reasons,
                packs=ruling.packs,
                inputs=ruling.inputs,
                decided_at=about.clock.now,
                defer_until=ruling.defer_until,
                valid_until=ruling.valid_until,
            ),
        )
    message.permit_until = ruling.valid_until
    message.reasons = ruling.codes
    if ruling.slot is not None:
        about.slots.reserve(message, ruling.slot)
    else:
        about.slots.free(message)
    if ruling.outcome is Outcome.DEFER and ruling.defer_until is not None:
        message.status = "queued"
        message.due_at = ruling.defer_until
    elif ruling.outcome is Outcome.DENY:
        message.status = "withheld"
        record(work, "message.withheld", "message", message.id, {"reasons": " ".join(ruling.codes)})
    await _follow_up(work, about, message, ruling)


async def _said_before(work: Work, message: MessageRow, ruling: _Ruling) -> bool:
    """Whether the last decision put the message off to the same instant for the same reasons."""
    if ruling.outcome is not Outcome.DEFER:
        return False
    last = await contact_queries.last_decision(work, message.id)
    return (
        last is not None
        and last.outcome == ruling.outcome.value
        and last.defer_until == ruling.defer_until
        and list(last.reasons) == ruling.reasons
    )


async def _follow_up(work: Work, about: About, message: MessageRow, ruling: _Ruling) -> None:
    if ruling.outcome is Outcome.ALLOW and message.purpose == Purpose.COLLECTION.value:
        days = [
            pack.validation.days
            for pack in contact_packs()
            if pack.validation is not None and pack.label in ruling.packs
        ]
        if days:
            await validation.oblige(work, about.clock, about.debts(message), min(days))
    clock = about.clock
    if FollowUp.FIND_ZONE in ruling.follow_up:
        await open_task(
            work,
            clock,
            natural_key=f"find_zone:{message.customer_id}",
            kind="data",
            title="Find out in which time zone the customer lives; nothing can be sent before",
            role=Role.AGENT,
            due_at=clock.now + timedelta(days=1),
            case_id=message.case_id,
            customer_id=message.customer_id,
        )
    if FollowUp.DELIVER_NOTICE in ruling.follow_up:
        await ask_for_notice(work, clock, message)
