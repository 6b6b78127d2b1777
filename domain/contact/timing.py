"""When a message may go: hours, wishes, caps, waits and notices of all packs together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.contact.channel import Purpose
from domain.contact.consent import (
    freshly_given,
)
from domain.contact.decision import Outcome, Question, Reason, ReasonCode
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

_ANY_HOUR = HourRules(windows=(Window(time(0), time.max),))
"""The hours where no rule sets any: they end with the day."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When the message may go as far as hours and caps are concerned.

    Attributes:
        reasons: What those rules said.
        at: The earliest lawful instant, None for never.
        closes_at: When the present opening ends, if it is open.
    """

    reasons: list[Reason]
    at: datetime | None
    closes_at: datetime | None


def timing(question: Question) -> Timing:
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
    if wishes is not None and not question.channel.waits_for_reader:
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
    return Timing(reasons, at, open_until(now, zones, hours))


_Said = tuple[Reason, date | None]
"""What a rule on past contacts says, and the first local day on which it allows one."""


def _caps(question: Question) -> Iterator[_Said]:
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


def _waits(question: Question) -> Iterator[_Said]:
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


def _notices(question: Question) -> Iterator[_Said]:
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


def _today(question: Question) -> date:
    """The person's day; in one zone it may be a day earlier than in another.

    The earlier one forgets less.
    """
    return min(local_dates(question.now, question.person.zones))


def _consented(question: Question, days: int | None) -> bool:
    """Whether the person agreed to this contact so few days ago that a rule makes way."""
    if days is None:
        return False
    # The later day lets consent end earlier.
    today = max(local_dates(question.now, question.person.zones))
    person = question.person
    return freshly_given(question.channel, question.purpose, person.consents, today, days)
