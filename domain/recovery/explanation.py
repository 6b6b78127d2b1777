"""A case explained: what was held back and why, what comes next, and what would stop it.

Two readers: whoever works the case, who is told everything; and the customer, who is told what is
his to know, to himself, without stages, strategies, or what was noted about him.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.money import ZERO
from domain.recovery import sentences
from domain.recovery.case import AWAITED_PAYMENT
from domain.recovery.promise import last_day
from domain.recovery.sentences import CaseStory


class Reader(StrEnum):
    """To whom a case is explained."""

    AGENT = "agent"
    CUSTOMER = "customer"


_WHY: Final[Mapping[str, str]] = {
    "outside-hours": "it is outside the hours in which the customer may be contacted",
    "no-common-hours": "no hour is allowed in every place where the customer may be",
    "cap-reached": "the customer was contacted as often as the rules allow for now",
    "outside-wishes": "the customer asked not to be contacted at that time",
    "wait-after-talk": "somebody talked with the customer lately, and the rules ask to wait",
    "notice-missing": "the rules ask for a written notice first, and none went",
    "notice-recent": "the written notice went so lately that the rules ask to wait",
    "opted-out": "the customer opted out of this medium at this address",
    "consent-revoked": "the customer took back the consent to this medium",
    "consent-missing": "the rules ask for consent to this medium, and there is none",
    "unknown-zone": "nobody knows in which time zone the customer lives",
    "no-rule-pack": "no rules are known for where the customer lives",
    "not-liable": "the person does not owe the debt, and hears nothing of it",
    "guarantor-not-called": "the guarantor was not given notice of the default yet",
    "settled-with-estate": "what is owed is settled with the estate, by people",
    "payment-awaited": "a payment that covers it was announced and may still come",
    "expired": "it would have come too late to be of use",
    "too-late-to-defer": "at the next allowed time it would have come too late to be of use",
    "no-address": "there is no address of the customer for this medium",
    "permit-over": "its permission had ended before it could go",
    "outcome-unknown": "the provider could not say whether it went",
    "loan-not-active": "the loan is not running any more",
    "instalment-paid": "the instalment was paid",
    "case-closed": "the case was closed",
    "nothing-overdue": "nothing was overdue any more",
    "case-suspended-promise": "a promise to pay was open",
    "case-suspended-arrangement": "an arrangement was open",
    "case-suspended-settlement": "a settlement was being paid",
    "not-due": "its date was kept, or is not agreed any more",
}
"""Reason codes in plain words, each the end of “…, because”."""

_HOLD: Final = "hold."
_SUSPENDED: Final = "case-suspended-"

_TO_HIMSELF: Final[Mapping[str, str]] = {
    "outside-hours": "it was outside the hours in which we may contact you",
    "no-common-hours": "it was outside the hours in which we may contact you",
    "cap-reached": "we had contacted you as often as we may for now",
    "outside-wishes": "you asked us not to contact you at that time",
    "wait-after-talk": "we had talked with you a few days before",
    "opted-out": "you asked us not to use this way of contact",
    "consent-revoked": "you asked us not to use this way of contact",
    "consent-missing": "you have not agreed to this way of contact",
    "payment-awaited": "you told us of a payment that may still come",
    "instalment-paid": "you had paid",
    "nothing-overdue": "you had paid",
    "case-suspended-promise": "you had promised to pay",
    "case-suspended-arrangement": "we had agreed on dates with you",
    "case-suspended-settlement": "you had accepted a settlement",
    "hold.dispute": "you dispute what is owed",
    "hold.complaint": "you complained, and we owe you an answer",
    "hold.hardship": "you told us that you cannot pay now",
    "hold.moratorium": "a breathing space protects you",
    "hold.cease": "you asked us to stop",
    "hold.legal_representative": "somebody represents you",
}
"""The reasons that a customer is told; all others are about our work, or notes about him."""

_HIS_PAUSES: Final[Mapping[str, str]] = {
    "dispute": "you dispute what is owed",
    "complaint": "you complained, and we owe you an answer",
    "hardship": "you told us that you cannot pay now",
    "moratorium": "a breathing space protects you",
    "cease": "you asked us to stop",
    "legal_representative": "somebody represents you",
    "bankruptcy": "your bankruptcy is being dealt with",
}


_AGREED: Final = frozenset({"promise", "arrangement", "settlement"})
"""What was agreed: beside it no promise is asked for."""


def why(code: str) -> str:
    """A reason in plain words; a code that is not known here is said as it is."""
    if code.startswith(_HOLD):
        return f"a hold stood: {sentences.words(code.removeprefix(_HOLD))}"
    if code in _WHY:
        return _WHY[code]
    if code.startswith(_SUSPENDED):
        kinds = ", ".join(
            sentences.words(kind) for kind in code.removeprefix(_SUSPENDED).split(",")
        )
        return f"the case stood still: {kinds}"
    return sentences.words(code)


def why_to_himself(code: str) -> str | None:
    """A reason as the customer is told; None where it is not his to know."""
    if code.startswith(_SUSPENDED) and code not in _TO_HIMSELF:
        kind = code.removeprefix(_SUSPENDED).partition(",")[0]
        return _HIS_PAUSES.get(kind)
    return _TO_HIMSELF.get(code)


def here(story: CaseStory, reader: Reader) -> str:
    """Why the case is where it is."""
    if reader is Reader.AGENT:
        return sentences.why_here(story)
    if story.closed_reason is not None:
        return "This matter is closed: we do not contact you about it any more."
    if story.past_due_since is None:
        return "Nothing of yours is overdue any more."
    overdue = sentences.money(story, story.overdue_amount)
    return (
        f"{overdue} should have been paid by now; the oldest of it was due on "
        f"{sentences.day(story.past_due_since)}. That is why we contact you."
    )


def coming(story: CaseStory, reader: Reader) -> str:
    """What comes next, and when."""
    if reader is Reader.AGENT:
        return sentences.what_may_happen(story)
    if story.closed_reason is not None or story.past_due_since is None:
        return "We do not contact you about this any more."
    reasons = _his_reasons(story)
    if story.suspended_by:
        because = f", because {' and '.join(reasons)}" if reasons else " for now"
        return f"We do not ask you for payment{because}."
    if story.next_at is None:
        return "We have planned nothing further yet."
    local = story.next_at.astimezone(ZoneInfo(story.zone))
    return f"If nothing changes, we look at it again on {sentences.day(local.date())}."


def stoppers(story: CaseStory, reader: Reader) -> Sequence[str]:
    """What would stop it, the plainest way first."""
    if story.closed_reason is not None or story.overdue_amount <= ZERO:
        return ()
    to_him = reader is Reader.CUSTOMER
    whose = "Your payment" if to_him else "A payment"
    told = [f"{whose} of {sentences.money(story, story.overdue_amount)} today ends it."]
    if AWAITED_PAYMENT not in story.suspended_by:
        told.append(
            "If you have paid already, tell us: we wait for the money."
            if to_him
            else "A payment that is announced pauses it while it may still come."
        )
    if not _AGREED & set(story.suspended_by) and story.promises_so_far < story.policy.max_promises:
        least = sentences.money(story, sentences.least_promise(story))
        told.append(
            f"A promise to pay at least {least} by "
            f"{sentences.day(sentences.last_promise_day(story))} pauses it."
        )
    told.append(
        "If you dispute it or cannot pay, tell us: we then stop asking while we look into it."
        if to_him
        else "A dispute, hardship, a moratorium or a legal representative pauses it, as a hold."
    )
    told.append(
        "You can end SMS with the word STOP, and e-mails by the link in each of them."
        if to_him
        else "STOP, or the link in an e-mail, ends messages to that address at once."
    )
    return told


def _his_dates(story: CaseStory, arranged: sentences.ToldArrangement) -> str:
    amount = sentences.money(story, arranged.next_amount)
    if arranged.waits:
        return f"we agreed on dates with you, which wait meanwhile; the next is for {amount}"
    moved = "" if arranged.moved_from is None else ", moved on for you,"
    return (
        f"we agreed on dates with you; the next{moved} is {sentences.day(arranged.next_on)}, "
        f"with {amount}"
    )


def _his_reasons(story: CaseStory) -> list[str]:
    """Why nothing is asked of a customer, as far as it is his to know."""
    reasons = []
    if "promise" in story.suspended_by and story.promise is not None:
        until = last_day(story.promise.due_on, story.policy.grace_days)
        reasons.append(f"you promised to pay; we wait until {sentences.day(until)}")
    if AWAITED_PAYMENT in story.suspended_by:
        reasons.append("you told us of a payment that may still come")
    if "arrangement" in story.suspended_by and story.arranged is not None:
        reasons.append(_his_dates(story, story.arranged))
    if "settlement" in story.suspended_by and story.settling is not None:
        reasons.append(
            f"you accepted a settlement: {sentences.money(story, story.settling.amount)} by "
            f"{sentences.day(story.settling.pay_by)} ends it"
        )
    reasons += [_HIS_PAUSES[kind] for kind in story.suspended_by if kind in _HIS_PAUSES]
    return reasons
