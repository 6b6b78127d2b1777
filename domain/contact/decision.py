"""The words of a permit: the question that is asked, and the decision that answers it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.contact.caps import Contact
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import (
    Consent,
)
from domain.contact.hours import (
    HourRules,
)
from domain.contact.packs import RulePack
from domain.lending.parties import Standing
from domain.recovery.holds import HoldKind

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
    NOT_LIABLE = "not-liable"
    GUARANTOR_NOT_CALLED = "guarantor-not-called"
    SETTLED_WITH_ESTATE = "settled-with-estate"
    NO_RULE_PACK = "no-rule-pack"
    EXPIRED = "expired"
    TOO_LATE_TO_DEFER = "too-late-to-defer"


ALLOWING = frozenset(
    {
        ReasonCode.INSIDE_HOURS,
        ReasonCode.ANY_HOUR,
        ReasonCode.BELOW_CAP,
        ReasonCode.CAP_EXEMPT,
        ReasonCode.CAP_CONSENTED,
        ReasonCode.NO_WAIT,
        ReasonCode.INSIDE_WISHES,
        ReasonCode.NOTICE_GIVEN,
        ReasonCode.OPT_OUT_ANSWERED,
        ReasonCode.CONSENT_GIVEN,
    }
)
"""Words of rules that let a contact pass; a decision that stops one names those rules, too."""


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
        standing: Whether they may be asked to pay what the message is about; somebody who is
            written to about no debt counts as liable.
    """

    zones: tuple[str, ...]
    opted_out: frozenset[Channel] = frozenset()
    consents: tuple[Consent, ...] = ()
    holds: frozenset[HoldKind] = frozenset()
    wishes: HourRules | None = None
    standing: Standing = Standing.LIABLE


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
class Question:
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
