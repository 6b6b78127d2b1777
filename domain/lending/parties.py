"""The parties of a loan: who they are, what each owes, and who may be asked to pay.

A loan has exactly one primary at any time. Others are added and leave; a party that left stays on
record. Dates are business days of the creditor; a party binds from `from_on` up to, and not
including, `until_on`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import DomainError, ErrorCode

WHOLE: Final = Decimal(100)
"""All of a debt, in percent."""

MOST_PARTIES: Final = 20
"""How many people may stand on a loan at a time."""


class PartyRole(StrEnum):
    """What somebody is on a loan."""

    PRIMARY = "primary"
    """The customer whose loan it is."""
    CO_BORROWER = "co_borrower"
    GUARANTOR = "guarantor"
    AUTHORISED_THIRD_PARTY = "authorised_third_party"
    """May ask and be told what the primary allows; owes nothing."""
    ESTATE = "estate"
    """Represents what a primary left who has died."""


class Liability(StrEnum):
    """What a party owes."""

    FULL = "full"
    """The whole debt, jointly with the others."""
    SEVERAL = "several"
    """A share of the debt and no more."""
    GUARANTEE = "guarantee"
    """The whole debt, once the guarantor was given notice of the default."""
    NONE = "none"


class Standing(StrEnum):
    """Whether somebody may be asked to pay a loan today."""

    LIABLE = "liable"
    NOT_CALLED = "not-called"
    """A guarantor who was not given notice of a default."""
    NOT_LIABLE = "not-liable"
    """A party that owes nothing, or nobody on the loan at all."""
    ESTATE = "estate"
    """What is owed is settled with the estate, by people."""


ALLOWED: Final[dict[PartyRole, tuple[Liability, ...]]] = {
    PartyRole.PRIMARY: (Liability.FULL,),
    PartyRole.CO_BORROWER: (Liability.FULL, Liability.SEVERAL),
    PartyRole.GUARANTOR: (Liability.GUARANTEE,),
    PartyRole.AUTHORISED_THIRD_PARTY: (Liability.NONE,),
    PartyRole.ESTATE: (Liability.FULL,),
}
"""The liabilities a role may have; the first is the usual one."""


@dataclass(frozen=True, slots=True)
class Party:
    """One person in one role on one loan.

    Attributes:
        person: The customer.
        role: What he is on the loan.
        liability: What he owes.
        from_on: First business day on which he is a party.
        share_percent: His share of the debt, for a several liability; None otherwise.
        until_on: First business day on which he no longer is; None while he is.
        called_on: The day of the notice of default, for a guarantor who was given one.
    """

    person: UUID
    role: PartyRole
    liability: Liability
    from_on: date
    share_percent: Decimal | None = None
    until_on: date | None = None
    called_on: date | None = None


def usual_liability(role: PartyRole) -> Liability:
    """What a role owes unless something else was agreed."""
    return ALLOWED[role][0]


def is_current(party: Party, on: date) -> bool:
    """Tell whether somebody is a party on a business day."""
    return party.from_on <= on and (party.until_on is None or on < party.until_on)


def standing(party: Party | None, on: date) -> Standing:
    """Whether a person may be asked to pay on a business day; None: he is not on the loan."""
    if party is None or not is_current(party, on) or party.liability is Liability.NONE:
        return Standing.NOT_LIABLE
    if party.role is PartyRole.ESTATE:
        return Standing.ESTATE
    if party.liability is Liability.GUARANTEE and (party.called_on is None or on < party.called_on):
        return Standing.NOT_CALLED
    return Standing.LIABLE


def share_of(party: Party) -> Decimal:
    """The share of the debt that a party owes, in percent."""
    if party.liability is Liability.NONE:
        return Decimal(0)
    return WHOLE if party.share_percent is None else party.share_percent


def check_terms(party: Party) -> None:
    """Refuse a role that cannot have its liability, and a share that is none.

    Raises:
        DomainError: `INVALID_PARTY`, with the field.
    """
    if party.liability not in ALLOWED[party.role]:
        raise _invalid(
            f"A party of the role {party.role} cannot have the liability {party.liability}.",
            "liability",
        )
    if (party.liability is Liability.SEVERAL) != (party.share_percent is not None):
        raise _invalid(
            "A several liability has a share of the debt, and no other has one.", "share_percent"
        )
    if party.share_percent is not None and not 0 < party.share_percent < WHOLE:
        raise _invalid("A share is more than nothing and less than all.", "share_percent")


def check_all(parties: Sequence[Party], on: date) -> None:
    """Refuse a set of parties that a loan cannot have on a business day.

    Raises:
        DomainError: `INVALID_PARTY`: not exactly one primary, a person who stands twice, shares
            that come to more than the debt, too many people, or a party that `check_terms`
            refuses.
    """
    current = [party for party in parties if is_current(party, on)]
    if sum(party.role is PartyRole.PRIMARY for party in current) != 1:
        raise _invalid("A loan has exactly one primary.", "role")
    if len({party.person for party in current}) != len(current):
        raise _invalid("Each person stands once on a loan, the primary included.", "customer_id")
    if len(current) > MOST_PARTIES:
        raise _invalid(f"A loan has at most {MOST_PARTIES} parties at a time.", "customer_id")
    for party in current:
        check_terms(party)
    shares = [party.share_percent for party in current if party.share_percent is not None]
    if sum(shares, Decimal(0)) > WHOLE:
        raise _invalid("The shares come to more than the debt.", "share_percent")


def added(parties: Sequence[Party], new: Party, today: date) -> tuple[Party, ...]:
    """The parties of a loan with one more.

    Raises:
        DomainError: `INVALID_PARTY` where the set would not do, or for a primary or an estate:
            these follow from a loan and from a death; `INVALID_DATE` for a day to come.
    """
    if new.role in {PartyRole.PRIMARY, PartyRole.ESTATE}:
        raise _invalid(
            "The primary is the loan's customer, and an estate follows from a verified death.",
            "role",
        )
    if new.from_on > today:
        raise DomainError(
            ErrorCode.INVALID_DATE, "Nobody is a party from a day to come.", {"field": "from_on"}
        )
    found = (*parties, new)
    check_all(found, today)
    return found


def ended(party: Party, on: date) -> Party:
    """A party that is one no longer from today on.

    Raises:
        DomainError: `INVALID_PARTY` for the primary, or an estate, and `ILLEGAL_TRANSITION` for
            one that has left.
    """
    if party.role in {PartyRole.PRIMARY, PartyRole.ESTATE}:
        raise _invalid("The primary and an estate stay while the loan is theirs.", "role")
    _require_current(party)
    return replace(party, until_on=max(on, party.from_on))


def called(party: Party, notice_on: date, today: date) -> Party:
    """A guarantor who was given notice of the default.

    Args:
        party: The guarantor.
        notice_on: The day on which the notice was given.
        today: The creditor's business date.

    Raises:
        DomainError: `INVALID_PARTY` for anybody but a guarantor, `ILLEGAL_TRANSITION` for one who
            left or was called, `INVALID_DATE` for a notice before he was one, or to come.
    """
    if party.role is not PartyRole.GUARANTOR:
        raise _invalid("Only a guarantor is called.", "role")
    _require_current(party)
    if party.called_on is not None:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "The guarantor was called before.",
            {"called_on": party.called_on.isoformat()},
        )
    if not party.from_on <= notice_on <= today:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "A guarantor is given notice while he is one, and not on a day to come.",
            {"field": "notice_on"},
        )
    return replace(party, called_on=notice_on)


def successor(parties: Sequence[Party], deceased: UUID, on: date) -> Party | None:
    """Who becomes the primary when the primary has died: the co-borrower who owes it all.

    The one who has been on the loan longest; of several from the same day, the first given. None
    where nobody is: a guarantor or somebody with a share does not take the loan over.
    """
    able = [
        party
        for party in parties
        if is_current(party, on)
        and party.role is PartyRole.CO_BORROWER
        and party.liability is Liability.FULL
        and party.person != deceased
    ]
    return min(able, key=lambda party: party.from_on, default=None)


@dataclass(frozen=True, slots=True)
class Succession:
    """What becomes of a loan's parties when its primary has died, or turns out to live.

    Attributes:
        ended: The people whose present part in the loan ends.
        begun: The parts that begin.
        primary: Whose loan it is afterwards.
    """

    ended: frozenset[UUID]
    begun: tuple[Party, ...]
    primary: UUID


def succession(
    parties: Sequence[Party], deceased: UUID, representative: UUID, on: date
) -> Succession:
    """Let an estate stand on the loan of somebody who has died, and a survivor take it over.

    The estate owes what the deceased owed. A co-borrower who owes all of the debt becomes the
    primary; where there is none the deceased stays, whom nobody contacts.

    Raises:
        DomainError: `INVALID_PARTY` if the representative stands on the loan already: an estate
            is a person of its own, with addresses of its own.
    """
    if any(party.person == representative and is_current(party, on) for party in parties):
        raise _invalid(
            "The representative is a party of the loan already; make a customer of the estate's "
            "own for what is written to it.",
            "representative_id",
        )
    estate = Party(representative, PartyRole.ESTATE, Liability.FULL, on)
    heir = successor(parties, deceased, on)
    if heir is None:
        return Succession(frozenset(), (estate,), deceased)
    primary = Party(heir.person, PartyRole.PRIMARY, Liability.FULL, on)
    return Succession(frozenset({deceased, heir.person}), (primary, estate), heir.person)


def restoration(
    parties: Sequence[Party],
    living: UUID,
    representative: UUID,
    heir: UUID | None,
    on: date,
) -> Succession:
    """Take a succession back: the one who was said to have died is the primary as before.

    Raises:
        DomainError: `ILLEGAL_TRANSITION` where the loan has another customer by now.
    """
    primary = next(
        party.person
        for party in parties
        if party.role is PartyRole.PRIMARY and is_current(party, on)
    )
    if primary != (heir or living):
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION, "The loan has passed to somebody else since then."
        )
    ended_estate = frozenset(
        party.person
        for party in parties
        if party.role is PartyRole.ESTATE and party.person == representative
    )
    if heir is None:
        return Succession(ended_estate, (), living)
    return Succession(
        ended_estate | {heir},
        (
            Party(living, PartyRole.PRIMARY, Liability.FULL, on),
            Party(heir, PartyRole.CO_BORROWER, Liability.FULL, on),
        ),
        living,
    )


def _require_current(party: Party) -> None:
    if party.until_on is not None:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "This party has left the loan.",
            {"until_on": party.until_on.isoformat()},
        )


def _invalid(detail: str, field: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_PARTY, detail, {"field": field})
