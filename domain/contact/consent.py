"""Whether a person lets us use an address: opt-outs bind always, consent where a rule asks it."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.contact.channel import Channel, Purpose


class ConsentState(StrEnum):
    """What a person last said about a medium."""

    GIVEN = "given"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Consent:
    """The latest word of a person about one medium (at the address in use).

    Attributes:
        channel: The medium.
        state: Given or revoked.
        purpose: What it was given for; None covers every purpose.
        given_on: The day it was said, where that is known.
    """

    channel: Channel
    state: ConsentState
    purpose: Purpose | None = None
    given_on: date | None = field(default=None, compare=False)

    def covers(self, channel: Channel, purpose: Purpose) -> bool:
        """Tell whether this word is about the medium and the purpose."""
        return self.channel is channel and self.purpose in (None, purpose)


def freshly_given(
    channel: Channel, purpose: Purpose, consents: Iterable[Consent], today: date, days: int
) -> bool:
    """Whether the person consented to the medium within so many days, the day of it the first."""
    said = [consent for consent in consents if consent.covers(channel, purpose)]
    return all(consent.state is ConsentState.GIVEN for consent in said) and any(
        consent.given_on is not None and 0 <= (today - consent.given_on).days < days
        for consent in said
    )


class ConsentProblem(StrEnum):
    """Why an address may not be used."""

    OPTED_OUT = "opted-out"
    REVOKED = "consent-revoked"
    MISSING = "consent-missing"


def may_use(
    channel: Channel,
    purpose: Purpose,
    consents: Iterable[Consent],
    opted_out: Set[Channel],
    *,
    required: Set[Channel] = frozenset(Channel),
) -> ConsentProblem | None:
    """Why the person's address of a medium may not be used for a purpose; None if it may.

    Args:
        channel: The medium.
        purpose: What the message is for. A reply needs no consent beyond the question it answers.
        consents: What the person said so far; a revocation beats any consent.
        opted_out: Media whose address was opted out (STOP, an unsubscribe link).
        required: Media for which a rule pack demands consent; without it all of them.
    """
    if channel in opted_out:
        return ConsentProblem.OPTED_OUT
    said = [consent.state for consent in consents if consent.covers(channel, purpose)]
    if ConsentState.REVOKED in said:
        return ConsentProblem.REVOKED
    if channel in required and purpose is not Purpose.REPLY and ConsentState.GIVEN not in said:
        return ConsentProblem.MISSING
    return None
