"""What a collection does next: a pure decision from where it stands, told the instant.

A collection by autopay charges a saved method until the money is there or there is no use in it.
A pay link waits for somebody to open it; then a page stands at the gateway until it is paid, is
no longer wanted, or asks for the wrong amount. What was claimed and not answered comes first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

LOOK_AFTER = timedelta(minutes=30)
"""An opened page whose outcome nobody told is looked up so long after it was opened."""
LOOK_AGAIN = timedelta(hours=24)
"""And so long after each look; the gateway's pages live no longer than that."""


class Kind(StrEnum):
    """The two ways of asking."""

    AUTOPAY = "autopay"
    LINK = "link"


class AttemptState(StrEnum):
    """Where the call of a gateway stands."""

    CLAIMED = "claimed"
    """It may have reached the gateway: what became of it is not known yet."""
    OPEN = "open"
    """A page is there on which somebody may pay."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last call of the gateway."""

    state: AttemptState
    is_page: bool
    amount: Decimal
    look_at: datetime | None = None
    """Of an open page: when to look it up."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the next step depends on.

    Attributes:
        wanted: What is to be collected now; zero when nothing is owed any more.
        may_ask: False while a hold forbids automatic charges.
        method_ready: Whether there is a mandate and a method to charge (autopay).
        due_at: When the next charge is to be made (autopay).
        expires_at: When a link ends.
        page_wanted: Somebody has opened the link and waits for a page.
    """

    kind: Kind
    wanted: Decimal
    may_ask: bool = True
    method_ready: bool = True
    attempt: Attempt | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    page_wanted: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """Charge the saved method now."""


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Make a page at the gateway now."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the gateway what became of the page."""


@dataclass(frozen=True, slots=True)
class ClosePage:
    """See to it that nobody can pay on the page any more."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before an instant, or before a fact when there is none."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class End:
    """It is over without money: `status` and a word that says why."""

    status: str
    reason: str


Step = Charge | OpenPage | LookUp | ClosePage | Wait | End


def next_step(facts: Facts, now: datetime) -> Step:
    """What to do for an open collection at an instant."""
    match facts.kind:
        case Kind.AUTOPAY:
            return _autopay(facts, now)
        case Kind.LINK:
            return _link(facts, now)
        case _:
            assert_never(facts.kind)


def _autopay(facts: Facts, now: datetime) -> Step:
    if facts.attempt is not None and facts.attempt.state is AttemptState.CLAIMED:
        return Charge()
    if facts.wanted <= 0:
        return End("cancelled", "nothing-owed")
    if not facts.method_ready:
        return End("cancelled", "autopay-off")
    if facts.due_at is None or facts.due_at > now:
        return Wait(facts.due_at)
    if not facts.may_ask:
        return End("cancelled", "hold")
    return Charge()


def _link(facts: Facts, now: datetime) -> Step:
    attempt = facts.attempt
    over = facts.expires_at is not None and facts.expires_at <= now
    if attempt is not None and attempt.state is AttemptState.CLAIMED:
        return OpenPage()
    if attempt is not None and attempt.state is AttemptState.OPEN:
        if over or attempt.amount != facts.wanted:
            return ClosePage()
        if attempt.look_at is not None and attempt.look_at <= now:
            return LookUp()
        return Wait(_first(attempt.look_at, facts.expires_at))
    if facts.wanted <= 0:
        return End("cancelled", "nothing-owed")
    if over:
        return End("expired", "not-paid-in-time")
    return OpenPage() if facts.page_wanted else Wait(facts.expires_at)


def look_next(opened_at: datetime, now: datetime) -> datetime:
    """When a page is looked up next, after a look that found nothing new."""
    first = opened_at + LOOK_AFTER
    return first if now < first else now + LOOK_AGAIN


def _first(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
