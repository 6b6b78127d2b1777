"""May this message leave now? Every rule speaks, the strictest wins, and all are on record.

`decide` is pure: whoever asks must hold the person's contact counters still (one transaction)
until the slot an allow takes is written down.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from domain.calendar import check_zone
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import (
    ConsentProblem,
    may_use,
)
from domain.contact.decision import (
    Counters,
    Decision,
    FollowUp,
    Outcome,
    Person,
    Question,
    Reason,
    ReasonCode,
    Reply,
    ReplyTo,
)
from domain.contact.hours import (
    local_dates,
)
from domain.contact.packs import RulePack
from domain.contact.timing import Timing, timing
from domain.errors import DomainError
from domain.lending.parties import Standing
from domain.recovery.holds import stops

STOP_CONFIRMATION_WITHIN = timedelta(minutes=5)
"""How late the one confirmation of a STOP may be (47 CFR 64.1200(a)(12))."""

_ANY_ZONE: Final = "UTC"
"""Whose days count for a notice in the portal to somebody who may live anywhere."""


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
    if channel.waits_for_reader and not _zones_known(person.zones):
        # Only its day is asked for, by the caps.
        person = replace(person, zones=(_ANY_ZONE,))
    question = Question(
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
        *_standing(question),
        *_holds(question),
        *_awaited(question),
        *_jurisdiction(question),
    ]
    follow_up: set[FollowUp] = set()
    times = Timing([], now, None)
    if question.confirms_stop:
        reasons.append(Reason("tenor.stop-confirmation", ReasonCode.ANY_HOUR, Outcome.ALLOW))
    elif not zones_known:
        follow_up.add(FollowUp.FIND_ZONE)
        reasons.append(Reason("tenor.zone", ReasonCode.UNKNOWN_ZONE, Outcome.DENY))
    else:
        times = timing(question)
        reasons.extend(times.reasons)
        if times.at is not None and times.at > now and latest is not None and times.at >= latest:
            reasons.append(Reason("tenor.validity", ReasonCode.TOO_LATE_TO_DEFER, Outcome.DENY))
    outcome = _strictest_outcome(reasons)
    if outcome is Outcome.DENY and purpose is Purpose.STATUTORY:
        follow_up.add(FollowUp.DELIVER_NOTICE)
    ends = [end for end in (times.closes_at, latest) if end is not None]
    return Decision(
        outcome=outcome,
        defer_until=times.at if outcome is Outcome.DEFER else None,
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


def _latest_instant(question: Question) -> datetime | None:
    """The instant from which the message may not leave any more."""
    ends = [question.not_after] if question.not_after is not None else []
    if question.confirms_stop and question.reply is not None:
        ends.append(question.reply.received_at + STOP_CONFIRMATION_WITHIN)
    return min(ends, default=None)


def _expiry(question: Question, latest: datetime | None) -> list[Reason]:
    if latest is not None and question.now >= latest:
        return [Reason("tenor.validity", ReasonCode.EXPIRED, Outcome.DENY)]
    return []


def _address(question: Question) -> list[Reason]:
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


def _standing(question: Question) -> list[Reason]:
    """A debt is nobody's business who does not owe it; a person's own question is answered.

    A guarantor has a right to statutory notices before he is called: they call him.
    """
    how, purpose = question.person.standing, question.purpose
    if purpose is Purpose.REPLY:
        return []
    match how:
        case Standing.LIABLE:
            return []
        case Standing.NOT_CALLED:
            if purpose is Purpose.STATUTORY:
                return []
            code = ReasonCode.GUARANTOR_NOT_CALLED
        case Standing.NOT_LIABLE:
            code = ReasonCode.NOT_LIABLE
        case Standing.ESTATE:
            code = ReasonCode.SETTLED_WITH_ESTATE
        case _:
            assert_never(how)
    return [Reason(f"tenor.party.{how.value}", code, Outcome.DENY)]


def _holds(question: Question) -> list[Reason]:
    if question.confirms_stop:
        return []
    return [
        Reason(f"tenor.hold.{kind.value}", ReasonCode.ON_HOLD, Outcome.DENY)
        for kind in sorted(stops(question.person.holds, question.purpose))
    ]


def _awaited(question: Question) -> list[Reason]:
    """Money that is announced is not asked for while it may still come."""
    if question.waits_until is None:
        return []
    return [Reason("tenor.payment-awaited", ReasonCode.PAYMENT_AWAITED, Outcome.DEFER)]


def _jurisdiction(question: Question) -> list[Reason]:
    if question.packs or question.confirms_stop:
        return []
    return [Reason("tenor.packs", ReasonCode.NO_RULE_PACK, Outcome.DENY)]


def _strictest_outcome(reasons: Sequence[Reason]) -> Outcome:
    said = {reason.outcome for reason in reasons}
    for outcome in (Outcome.DENY, Outcome.DEFER):
        if outcome in said:
            return outcome
    return Outcome.ALLOW
