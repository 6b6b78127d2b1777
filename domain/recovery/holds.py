"""What stops a recovery: each kind of hold, what it stops, and when it binds.

A hold is dated in business days. It binds from `starts_on` up to, and not including, `ends_on`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.contact.channel import Purpose


class HoldKind(StrEnum):
    """Why chasing has to stop."""

    DISPUTE = "dispute"
    COMPLAINT = "complaint"
    HARDSHIP = "hardship"
    MORATORIUM = "moratorium"
    CEASE = "cease"
    LEGAL_REPRESENTATIVE = "legal_representative"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    FRAUD = "fraud"
    VULNERABLE = "vulnerable"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class HoldEffect:
    """What one kind of hold does while it binds.

    Attributes:
        stops: Purposes for which no automated message leaves.
        suspends_case: The case's clock stands still: no step falls due, no active day counts.
        stops_fees: No late fee arises.
        ended_by_person: Only a person with evidence ends it; it never lapses by date.
    """

    stops: frozenset[Purpose]
    suspends_case: bool
    stops_fees: bool
    ended_by_person: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold on a case or a person.

    Attributes:
        kind: Why.
        starts_on: First business day it binds.
        ends_on: First business day it no longer binds; None while nobody ended it.
        review_on: Day a person looks at it again, if one was set.
    """

    kind: HoldKind
    starts_on: date
    ends_on: date | None = None
    review_on: date | None = None


_REMINDERS = frozenset({Purpose.COLLECTION, Purpose.SERVICING})
_ALL_BUT_STATUTORY = _REMINDERS | {Purpose.REPLY}
_EVERYTHING = frozenset(Purpose)

EFFECTS: dict[HoldKind, HoldEffect] = {
    # 12 CFR 1006.38(d)(2): a disputed debt is not collected until verified.
    HoldKind.DISPUTE: HoldEffect(_REMINDERS, True, True, ended_by_person=True),
    # Who complains is not pressed, nor charged for the days in which we owe him an answer; it is
    # lifted by that answer.
    HoldKind.COMPLAINT: HoldEffect(_REMINDERS, True, True, ended_by_person=True),
    HoldKind.HARDSHIP: HoldEffect(_REMINDERS, True, True, ended_by_person=False),
    # Breathing Space: no contact asking for payment, no fees inside the moratorium.
    HoldKind.MORATORIUM: HoldEffect(_REMINDERS, True, True, ended_by_person=False),
    # 12 CFR 1006.6(c): after a cease request only final notices.
    HoldKind.CEASE: HoldEffect(_REMINDERS, True, False, ended_by_person=True),
    # 12 CFR 1006.6(b)(2): with a known representative the person is not written to.
    HoldKind.LEGAL_REPRESENTATIVE: HoldEffect(
        _ALL_BUT_STATUTORY, True, False, ended_by_person=True
    ),
    HoldKind.BANKRUPTCY: HoldEffect(_REMINDERS, True, True, ended_by_person=True),
    # Whoever reads the phone now is somebody else: even notices go through a person.
    HoldKind.DECEASED: HoldEffect(_EVERYTHING, True, True, ended_by_person=True),
    HoldKind.FRAUD: HoldEffect(_ALL_BUT_STATUTORY, True, True, ended_by_person=True),
    # Vulnerability changes what is allowed and stops no clock: people go on, machines do not.
    HoldKind.VULNERABLE: HoldEffect(
        frozenset({Purpose.COLLECTION}), False, True, ended_by_person=False
    ),
    HoldKind.MANUAL: HoldEffect(_REMINDERS, True, False, ended_by_person=False),
}


OF_THE_PERSON = frozenset(
    {
        HoldKind.MORATORIUM,
        HoldKind.LEGAL_REPRESENTATIVE,
        HoldKind.BANKRUPTCY,
        HoldKind.DECEASED,
        HoldKind.VULNERABLE,
    }
)
"""Kinds that are about the person and so bind every case of his.

The others bind one debt: what he owes one creditor in one currency, in the case they were placed
on and in a later one.
"""


OF_THE_RULES = frozenset({HoldKind.COMPLAINT})
"""Kinds that follow from something else and end with it: nobody places or ends one by hand."""

OF_THE_DEBT = frozenset({HoldKind.DISPUTE, HoldKind.FRAUD, HoldKind.COMPLAINT})
"""Kinds that are about the debt itself: whichever party they came from, nobody is asked to pay.

Every other kind binds the party it was placed on and no other: a joint debtor is not protected by
the moratorium, the hardship or the death of another.
"""


def binds(hold: Hold, on: date) -> bool:
    """Tell whether a hold binds on a business day."""
    return hold.starts_on <= on and (hold.ends_on is None or on < hold.ends_on)


def active(holds: Iterable[Hold], on: date) -> tuple[Hold, ...]:
    """The holds that bind on a business day, in the order given."""
    return tuple(hold for hold in holds if binds(hold, on))


def active_kinds(holds: Iterable[Hold], on: date) -> frozenset[HoldKind]:
    """The kinds of hold that bind on a business day."""
    return frozenset(hold.kind for hold in active(holds, on))


def stops(kinds: Iterable[HoldKind], purpose: Purpose) -> frozenset[HoldKind]:
    """Those kinds that stop an automated message of this purpose."""
    return frozenset(kind for kind in kinds if purpose in EFFECTS[kind].stops)


def stops_fees(kinds: Iterable[HoldKind]) -> bool:
    """Tell whether any of the kinds keeps late fees from arising."""
    return any(EFFECTS[kind].stops_fees for kind in kinds)


def suspends(kinds: Iterable[HoldKind]) -> frozenset[HoldKind]:
    """Those kinds that stop the case's clock."""
    return frozenset(kind for kind in kinds if EFFECTS[kind].suspends_case)
