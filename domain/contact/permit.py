"""May this message leave now? Every rule speaks, the strictest wins, and all are on record.

`decide` is pure: whoever asks must hold the person's contact counters still (one transaction)
until the slot an allow takes is written down.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from domain.calendar import check_zone
from domain.contact.caps import Contact
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import (
    Consent,
    ConsentProblem,
    ConsentState,
    freshly_given,
    may_use,
)
from domain.contact.hours import (
    HourRules,
    Window,
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
    "Contact",
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

_ANY_HOUR = HourRules(windows=(Window(time(0), time.max),))
"""The hours where no rule sets any: they end with the day."""

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
    CAP_CONSENTED = "cap-consented"
    NO_WAIT = "no-wait"
    WAIT_AFTER_TALK = "wait-after-talk"
    OUTSIDE_WISHES = "outside-wishes"
    INSIDE_WISHES = "inside-wishes"
    NOTICE_GIVEN = "notice-given"
    NOTICE_RECENT = "notice-recent"
    NOTICE_MISSING = "notice-missing"
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
        opted_out: Media whose address in use is opted out.
        consents: Their latest word on media and purposes.
        holds: Kinds of hold that bind today.
        wishes: When they asked to be contacted; None: they named no times.
    """

    zones: tuple[str, ...]
    opted_out: frozenset[Channel] = frozenset()
    consents: tuple[Consent, ...] = ()
    holds: frozenset[HoldKind] = frozenset()
    wishes: HourRules | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """What happened before, as far as rules ask about it.

    Attributes:
        contacts: Past contacts of the person, for as long as the longest cap looks back; a
            message that certainly did not leave is not among them.
        debts: Ids of the debts that the message is about.
        notice_on: The person's day on which a written notice of these debts first went; None if
            none did.
    """

    contacts: tuple[Contact, ...] = ()
    debts: frozenset[str] = frozenset()
    notice_on: date | None = None


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
    """Hours, caps and waits of every pack, and the first instant that satisfies all of them."""
    now, zones = question.now, question.person.zones
    reasons: list[Reason] = []
    rules = [_ANY_HOUR]
    for pack in question.packs:
        for rule in pack.hours:
            if not rule.binds(question.channel):
                continue
            rules.append(rule.hours)
            inside = is_open(now, zones, rule.hours)
            reasons.append(
                Reason(rule.rule_id, ReasonCode.INSIDE_HOURS, Outcome.ALLOW)
                if inside
                else Reason(rule.rule_id, ReasonCode.OUTSIDE_HOURS, Outcome.DEFER)
            )
    wishes = question.person.wishes
    if wishes is not None:
        rules.append(wishes)
        reasons.append(
            Reason("tenor.wishes", ReasonCode.INSIDE_WISHES, Outcome.ALLOW)
            if is_open(now, zones, wishes)
            else Reason("tenor.wishes", ReasonCode.OUTSIDE_WISHES, Outcome.DEFER)
        )
    said = [*_caps(question), *_waits(question), *_notices(question)]
    reasons.extend(reason for reason, _ in said)
    from_ = now if question.waits_until is None else question.waits_until
    for _, free_on in said:
        if free_on is not None:
            from_ = max(from_, start_of_day_everywhere(free_on, zones))
    hours = strictest(rules)
    at = next_open(from_, zones, hours)
    if at is None and question.packs:
        reasons.append(Reason("tenor.hours", ReasonCode.NO_COMMON_HOURS, Outcome.DENY))
    return _Timing(reasons, at, open_until(now, zones, hours))


_Said = tuple[Reason, date | None]
"""What a rule on past contacts says, and the first local day on which it allows one."""


def _caps(question: _Question) -> Iterator[_Said]:
    today = _today(question)
    for pack in question.packs:
        for rule in pack.caps:
            if not rule.cap.counts(question.channel):
                continue
            if not question.capped:
                yield Reason(rule.rule_id, ReasonCode.CAP_EXEMPT, Outcome.ALLOW), None
                continue
            if _consented(question, rule.cap.consent_days):
                yield Reason(rule.rule_id, ReasonCode.CAP_CONSENTED, Outcome.ALLOW), None
                continue
            free_on = rule.cap.free_on(question.counters.contacts, question.counters.debts, today)
            if free_on is None:
                yield Reason(rule.rule_id, ReasonCode.BELOW_CAP, Outcome.ALLOW), None
            else:
                yield Reason(rule.rule_id, ReasonCode.CAP_REACHED, Outcome.DEFER), free_on


def _waits(question: _Question) -> Iterator[_Said]:
    today = _today(question)
    for pack in question.packs:
        for rule in pack.waits:
            if question.channel not in rule.wait.channels or not question.capped:
                continue
            free_on = rule.wait.free_on(question.counters.contacts, question.counters.debts, today)
            if free_on is None or _consented(question, rule.wait.consent_days):
                yield Reason(rule.rule_id, ReasonCode.NO_WAIT, Outcome.ALLOW), None
            else:
                yield Reason(rule.rule_id, ReasonCode.WAIT_AFTER_TALK, Outcome.DEFER), free_on


def _notices(question: _Question) -> Iterator[_Said]:
    """Collection waits for the written notice that has to come first."""
    given = question.counters.notice_on
    for pack in question.packs:
        rule = pack.notice
        if rule is None or question.purpose is not Purpose.COLLECTION:
            continue
        if given is None:
            yield Reason(rule.rule_id, ReasonCode.NOTICE_MISSING, Outcome.DENY), None
            continue
        free_on = given + timedelta(days=rule.days + 1)
        if free_on <= _today(question):
            yield Reason(rule.rule_id, ReasonCode.NOTICE_GIVEN, Outcome.ALLOW), None
        else:
            yield Reason(rule.rule_id, ReasonCode.NOTICE_RECENT, Outcome.DEFER), free_on


def _today(question: _Question) -> date:
    """The person's day; in one zone it may be a day earlier than in another.

    The earlier one forgets less.
    """
    return min(local_dates(question.now, question.person.zones))


def _consented(question: _Question, days: int | None) -> bool:
    """Whether the person agreed to this contact so few days ago that a rule makes way."""
    if days is None:
        return False
    # The later day lets consent end earlier.
    today = max(local_dates(question.now, question.person.zones))
    person = question.person
    return freshly_given(question.channel, question.purpose, person.consents, today, days)


def _strictest_outcome(reasons: Sequence[Reason]) -> Outcome:
    said = {reason.outcome for reason in reasons}
    for outcome in (Outcome.DENY, Outcome.DEFER):
        if outcome in said:
            return outcome
    return Outcome.ALLOW
