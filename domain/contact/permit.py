"""May this message leave now? Every rule speaks, the strictest wins, and all are on record.

`decide` is pure: whoever asks must hold the person's contact counters still (one transaction)
until the slot an allow takes is written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import check_zone
from domain.contact.caps import exceeded
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentProblem, ConsentState, may_use
from domain.contact.hours import (
    is_open,
    local_dates,
    next_open,
    open_until,
    start_of_day_everywhere,
    strictest,
)
from domain.contact.packs import RulePack
from domain.errors import DomainError
from domain.recovery.holds import HoldKind, stops

__all__ = [
    "Channel",
    "Consent",
    "ConsentState",
    "Counters",
    "Decision",
    "FollowUp",
    "Outcome",
    "Person",
    "Purpose",
    "Reason",
    "ReasonCode",
    "Reply",
    "ReplyTo",
    "RulePack",
    "decide",
]

STOP_CONFIRMATION_WITHIN = timedelta(minutes=5)
"""How late the one confirmation of a STOP may be (47 CFR 64.1200(a)(12))."""

_ASKING = frozenset({Purpose.COLLECTION, Purpose.SERVICING})
"""Purposes for which money is asked for."""

REPLY_WITHIN = timedelta(hours=24)
"""How long an answer belongs to the question: later it counts as a contact of our own."""


class Outcome(StrEnum):
    """What the permit says."""

    ALLOW = "allow"
    DEFER = "defer"
    DENY = "deny"


class ReasonCode(StrEnum):
    """Why, in one stable word; the text for people is made from it."""

    INSIDE_HOURS = "inside-hours"
    OUTSIDE_HOURS = "outside-hours"
    NO_COMMON_HOURS = "no-common-hours"
    ANY_HOUR = "any-hour"
    BELOW_CAP = "below-cap"
    CAP_REACHED = "cap-reached"
    CAP_EXEMPT = "cap-exempt"
    OPTED_OUT = "opted-out"
    OPT_OUT_ANSWERED = "opt-out-answered"
    CONSENT_REVOKED = "consent-revoked"
    CONSENT_MISSING = "consent-missing"
    CONSENT_GIVEN = "consent-given"
    UNKNOWN_ZONE = "unknown-zone"
    ON_HOLD = "on-hold"
    PAYMENT_AWAITED = "payment-awaited"
    NO_RULE_PACK = "no-rule-pack"
    EXPIRED = "expired"
    TOO_LATE_TO_DEFER = "too-late-to-defer"


class FollowUp(StrEnum):
    """What a person has to do because a message did not leave."""

    FIND_ZONE = "find-zone"
    """Find out where the customer lives."""
    DELIVER_NOTICE = "deliver-notice"
    """Give a statutory notice in another way."""


class ReplyTo(StrEnum):
    """What a reply answers."""

    MESSAGE = "message"
    HELP = "help"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Reply:
    """The customer's own message that a reply answers.

    Attributes:
        to: What kind of message it was. The confirmation of a STOP leaves at once and despite
            the opt-out; the answer to HELP despite the opt-out only.
        received_at: When it came.
    """

    to: ReplyTo
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """What has to be known of a person to decide about contact; nothing that identifies them.

    Attributes:
        zones: IANA names of every place they may be in; empty if unknown.
        country: ISO 3166-1 alpha-2 code, None if unknown.
        opted_out: Media whose address in use is opted out.
        consents: Their latest word on media and purposes.
        holds: Kinds of hold that bind today.
    """

    zones: tuple[str, ...]
    country: str | None
    opted_out: frozenset[Channel] = frozenset()
    consents: tuple[Consent, ...] = ()
    holds: frozenset[HoldKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Counters:
    """Past contacts of a person that count towards caps: medium and customer-local day.

    Held for as long as the longest cap looks back; a message that certainly did not leave is not
    among them.
    """

    contacts: tuple[tuple[Channel, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rule said.

    Attributes:
        rule_id: The rule, as its pack names it; our own begin with `tenor.`.
        text_code: A `ReasonCode`.
        outcome: What this rule alone would have answered.
    """

    rule_id: str
    text_code: ReasonCode
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, with everything a record of it needs.

    Attributes:
        outcome: Allow, defer or deny.
        defer_until: When to ask again (UTC); set on a deferral only.
        valid_until: The instant before which the message must be dispatched (UTC); set on an
            allow only.
        reasons: Every rule that spoke, in a fixed order.
        local_on: The day to write the contact down under: the latest local date of the plausible
            zones, so that no window counts it as older than it may be. None without a zone.
        counts: Whether an allowed message takes a slot of the caps.
        packs: Labels of the packs that were asked.
        follow_up: What a person has to do now.
    """

    outcome: Outcome
    defer_until: datetime | None
    valid_until: datetime | None
    reasons: tuple[Reason, ...]
    local_on: date | None = None
    counts: bool = False
    packs: tuple[str, ...] = ()
    follow_up: frozenset[FollowUp] = frozenset()


@dataclass(frozen=True, slots=True)
class _Question:
    """The arguments of `decide`, for the rules below."""

    person: Person
    channel: Channel
    purpose: Purpose
    now: datetime
    counters: Counters
    packs: tuple[RulePack, ...]
    not_after: datetime | None
    reply: Reply | None
    awaited_until: datetime | None

    @property
    def confirms_stop(self) -> bool:
        """Whether this is the one message that may follow a STOP."""
        return self.reply is not None and self.reply.to is ReplyTo.STOP

    @property
    def waits_until(self) -> datetime | None:
        """Until when a payment is awaited that answers what this message asks for."""
        if self.awaited_until is None or self.awaited_until <= self.now:
            return None
        return self.awaited_until if self.purpose in _ASKING else None

    @property
    def answers_in_time(self) -> bool:
        """Whether it is a reply that still belongs to the question."""
        return self.reply is not None and self.now < self.reply.received_at + REPLY_WITHIN

    @property
    def capped(self) -> bool:
        """Whether caps bind: not for obligations, and not for an answer to a fresh question."""
        return self.purpose is not Purpose.STATUTORY and not self.answers_in_time


@dataclass(frozen=True, slots=True)
class _Timing:
    """When the message may go as far as hours and caps are concerned.

    Attributes:
        reasons: What those rules said.
        at: The earliest lawful instant, None for never.
        closes_at: When the present opening ends, if it is open.
    """

    reasons: list[Reason]
    at: datetime | None
    closes_at: datetime | None


def decide(
    person: Person,
    channel: Channel,
    purpose: Purpose,
    now: datetime,
    *,
    counters: Counters,
    packs: Sequence[RulePack],
    not_after: datetime | None,
    reply: Reply | None = None,
    awaited_until: datetime | None = None,
) -> Decision:
    """Decide about one message to one person.

    Args:
        person: Whom it is for.
        channel: By which medium.
        purpose: What for. `REPLY` needs `reply`.
        now: The instant of sending (aware), on the person's clock.
        counters: Contacts that count, of at least as many days as the longest cap.
        packs: The packs that bind (see `packs_for`); the strictest wins. Without any: deny.
        not_after: When the message has lost its point; None: never.
        reply: What a reply answers; ignored for other purposes.
        awaited_until: The message asks for money that is announced: until when it is awaited. It
            puts off reminders; a statutory notice and a reply leave all the same.

    Returns:
        The decision. A statutory notice is deferred to open hours, never stopped by a cap; if it
        may not leave at all, a person is asked to deliver it.

    Raises:
        ValueError: A reply without the message that it answers.
    """
    if purpose is Purpose.REPLY and reply is None:
        raise ValueError("a reply answers a message: say which")
    question = _Question(
        person=person,
        channel=channel,
        purpose=purpose,
        now=now,
        counters=counters,
        packs=tuple(packs),
        not_after=not_after,
        reply=reply if purpose is Purpose.REPLY else None,
        awaited_until=awaited_until,
    )
    zones_known = _zones_known(person.zones)
    latest = _latest_instant(question)
    reasons = [
        *_expiry(question, latest),
        *_address(question),
        *_holds(question),
        *_awaited(question),
        *_jurisdiction(question),
    ]
    follow_up: set[FollowUp] = set()
    timing = _Timing([], now, None)
    if question.confirms_stop:
        reasons.append(Reason("tenor.stop-confirmation", ReasonCode.ANY_HOUR, Outcome.ALLOW))
    elif not zones_known:
        follow_up.add(FollowUp.FIND_ZONE)
        reasons.append(Reason("tenor.zone", ReasonCode.UNKNOWN_ZONE, Outcome.DENY))
    else:
        timing = _timing(question)
        reasons.extend(timing.reasons)
        if timing.at is not None and timing.at > now and latest is not None and timing.at >= latest:
            reasons.append(Reason("tenor.validity", ReasonCode.TOO_LATE_TO_DEFER, Outcome.DENY))
    outcome = _strictest_outcome(reasons)
    if outcome is Outcome.DENY and purpose is Purpose.STATUTORY:
        follow_up.add(FollowUp.DELIVER_NOTICE)
    ends = [end for end in (timing.closes_at, latest) if end is not None]
    return Decision(
        outcome=outcome,
        defer_until=timing.at if outcome is Outcome.DEFER else None,
        valid_until=min(ends, default=None) if outcome is Outcome.ALLOW else None,
        reasons=tuple(reasons),
        local_on=max(local_dates(now, person.zones)) if zones_known else None,
        counts=outcome is Outcome.ALLOW and question.capped,
        packs=tuple(pack.label for pack in question.packs),
        follow_up=frozenset(follow_up),
    )


def _zones_known(zones: tuple[str, ...]) -> bool:
    try:
        return bool([check_zone(zone) for zone in zones])
    except DomainError:
        # A name that is no zone says as little about where the person is as no name.
        return False


def _latest_instant(question: _Question) -> datetime | None:
    """The instant from which the message may not leave any more."""
    ends = [question.not_after] if question.not_after is not None else []
    if question.confirms_stop and question.reply is not None:
        ends.append(question.reply.received_at + STOP_CONFIRMATION_WITHIN)
    return min(ends, default=None)


def _expiry(question: _Question, latest: datetime | None) -> list[Reason]:
    if latest is not None and question.now >= latest:
        return [Reason("tenor.validity", ReasonCode.EXPIRED, Outcome.DENY)]
    return []


def _address(question: _Question) -> list[Reason]:
    """Opt-outs and consent: our own rule first, then each pack that demands consent."""
    person, channel, purpose = question.person, question.channel, question.purpose
    problem = may_use(channel, purpose, person.consents, person.opted_out, required=frozenset())
    if question.reply is not None and question.reply.to in (ReplyTo.STOP, ReplyTo.HELP):
        if problem is None:
            return []
        return [Reason("tenor.opt-out", ReasonCode.OPT_OUT_ANSWERED, Outcome.ALLOW)]
    if problem is ConsentProblem.OPTED_OUT:
        return [Reason("tenor.opt-out", ReasonCode.OPTED_OUT, Outcome.DENY)]
    if problem is not None:
        return [Reason("tenor.consent", ReasonCode.CONSENT_REVOKED, Outcome.DENY)]
    reasons = []
    for pack in question.packs:
        demand = pack.consent
        if demand is None or channel not in demand.channels:
            continue
        missing = may_use(
            channel, purpose, person.consents, person.opted_out, required=demand.channels
        )
        reasons.append(
            Reason(demand.rule_id, ReasonCode.CONSENT_GIVEN, Outcome.ALLOW)
            if missing is None
            else Reason(demand.rule_id, ReasonCode.CONSENT_MISSING, Outcome.DENY)
        )
    return reasons


def _holds(question: _Question) -> list[Reason]:
    if question.confirms_stop:
        return []
    return [
        Reason(f"tenor.hold.{kind.value}", ReasonCode.ON_HOLD, Outcome.DENY)
        for kind in sorted(stops(question.person.holds, question.purpose))
    ]


def _awaited(question: _Question) -> list[Reason]:
    """Money that is announced is not asked for while it may still come."""
    if question.waits_until is None:
        return []
    return [Reason("tenor.payment-awaited", ReasonCode.PAYMENT_AWAITED, Outcome.DEFER)]


def _jurisdiction(question: _Question) -> list[Reason]:
    if question.packs or question.confirms_stop:
        return []
    return [Reason("tenor.packs", ReasonCode.NO_RULE_PACK, Outcome.DENY)]


def _timing(question: _Question) -> _Timing:
    """Hours and caps of every pack, and the first instant that satisfies all of them."""
    now, zones = question.now, question.person.zones
    hours = strictest([pack.hours.hours for pack in question.packs])
    reasons: list[Reason] = []
    for pack in question.packs:
        inside = is_open(now, zones, pack.hours.hours)
        reasons.append(
            Reason(pack.hours.rule_id, ReasonCode.INSIDE_HOURS, Outcome.ALLOW)
            if inside
            else Reason(pack.hours.rule_id, ReasonCode.OUTSIDE_HOURS, Outcome.DEFER)
        )
    cap_reasons, free_on = _caps(question)
    reasons.extend(cap_reasons)
    from_ = now if question.waits_until is None else question.waits_until
    if free_on is not None:
        from_ = max(from_, start_of_day_everywhere(free_on, zones))
    at = next_open(from_, zones, hours)
    if at is None and question.packs:
        reasons.append(Reason("tenor.hours", ReasonCode.NO_COMMON_HOURS, Outcome.DENY))
    return _Timing(reasons, at, open_until(now, zones, hours))


def _caps(question: _Question) -> tuple[list[Reason], date | None]:
    """What the caps say, and the first local day on which all of them allow a contact."""
    # In one zone it may be a day earlier than in another: the earlier one forgets less.
    today = min(local_dates(question.now, question.person.zones))
    reasons: list[Reason] = []
    free_on: date | None = None
    for pack in question.packs:
        for rule in pack.caps:
            if not rule.cap.counts(question.channel):
                continue
            if not question.capped:
                reasons.append(Reason(rule.rule_id, ReasonCode.CAP_EXEMPT, Outcome.ALLOW))
                continue
            days = [on for channel, on in question.counters.contacts if rule.cap.counts(channel)]
            free = exceeded(rule.cap, days, today)
            if free is None:
                reasons.append(Reason(rule.rule_id, ReasonCode.BELOW_CAP, Outcome.ALLOW))
            else:
                reasons.append(Reason(rule.rule_id, ReasonCode.CAP_REACHED, Outcome.DEFER))
                free_on = free if free_on is None else max(free_on, free)
    return reasons, free_on


def _strictest_outcome(reasons: Sequence[Reason]) -> Outcome:
    said = {reason.outcome for reason in reasons}
    for outcome in (Outcome.DENY, Outcome.DEFER):
        if outcome in said:
            return outcome
    return Outcome.ALLOW
