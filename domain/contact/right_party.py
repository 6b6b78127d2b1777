"""Whether we speak with the right person: what has to be asked before a debt is disclosed.

Somebody who answers may be anybody. Before anything of a debt is said, he is asked for facts of
his, of which one at least is no matter of an envelope, a letter or a door plate. Which facts were
asked is kept, never what was answered. The rule is ours, and stricter than law asks for where a
name alone would do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import DomainError, ErrorCode

LEAST_FACTS: Final = 2
"""So many facts fit before somebody counts as the right person."""

LASTS: Final = timedelta(hours=1)
"""A confirmation is for one conversation, and no conversation is reported later than this."""


class Fact(StrEnum):
    """Something that he is asked for."""

    FULL_NAME = "full_name"
    ADDRESS = "address"
    POSTCODE = "postcode"
    PHONE = "phone"
    EMAIL = "email"
    LOAN_NUMBER = "loan_number"
    BIRTH_DATE = "birth_date"
    LAST_PAYMENT = "last_payment"
    INSTALMENT = "instalment"
    PAYMENT_ACCOUNT = "payment_account"
    """The last digits of the account or the card that pays."""
    PASSWORD = "password"  # noqa: S105 - the name of a fact
    """A word that was agreed on for the phone."""


PRIVATE: Final = frozenset(
    {
        Fact.BIRTH_DATE,
        Fact.LAST_PAYMENT,
        Fact.INSTALMENT,
        Fact.PAYMENT_ACCOUNT,
        Fact.PASSWORD,
    }
)
"""Facts that nobody reads off an envelope, a letter head or a door."""


class CheckOutcome(StrEnum):
    """What came of asking."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    """The answers did not fit, or not enough of them."""
    REFUSED = "refused"
    """He would not say."""
    WRONG_PERSON = "wrong_person"
    """Somebody else answered."""


@dataclass(frozen=True, slots=True)
class Check:
    """A confirmation as kept.

    Attributes:
        person: Who was to be spoken with.
        outcome: What came of it.
        at: When, on the customer's clock.
        actor: Who asked.
        conversation: The call or the task that it was used for; None while it was used for none.
    """

    person: UUID
    outcome: CheckOutcome
    at: datetime
    actor: str
    conversation: UUID | None = None


def check_asked(facts: Collection[Fact], outcome: CheckOutcome) -> None:
    """Refuse to call somebody confirmed of whom too little was asked.

    Raises:
        DomainError: `INVALID_REQUEST`, with the field.
    """
    asked = set(facts)
    if outcome is not CheckOutcome.CONFIRMED:
        return
    if len(asked) < LEAST_FACTS:
        raise _too_little(f"At least {LEAST_FACTS} facts fit before somebody is confirmed.")
    if not asked & PRIVATE:
        raise _too_little("One of the facts at least is known to himself alone.")


def covers(check: Check, person: UUID, actor: str, conversation: UUID, now: datetime) -> bool:
    """Tell whether a check lets something be disclosed to a person in a conversation."""
    return (
        check.outcome is CheckOutcome.CONFIRMED
        and check.person == person
        and check.actor == actor
        and check.conversation in {None, conversation}
        and timedelta(0) <= now - check.at <= LASTS
    )


def _too_little(detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": "facts"})
