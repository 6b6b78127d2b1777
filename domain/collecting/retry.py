"""What follows a declined charge: whether it may be tried again, and when.

The schemes of cards allow few tries and forbid some outright (Visa: fifteen in thirty days, none
after a category-1 decline). Tenor stays well below: an account without money is asked again after
paydays may have come, a temporary fault the next day, and a definite "no" never.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from domain.calendar import local_instant

CHARGE_TIME = time(9)
"""The book-local time of day at which charges are made."""
MOST_TRIES = 4
"""The first charge and three more."""


class Decline(StrEnum):
    """Kinds of declines, by what they say of another try."""

    NO_MONEY = "no_money"
    """The account may have money again in some days."""
    PASSING = "passing"
    """A fault that is gone tomorrow."""
    FINAL = "final"
    """The card or its holder says no: another try would say no again."""


_KINDS: Mapping[str, Decline] = MappingProxyType(
    {
        "insufficient_funds": Decline.NO_MONEY,
        "card_velocity_exceeded": Decline.NO_MONEY,
        "withdrawal_count_limit_exceeded": Decline.NO_MONEY,
        "approve_with_id": Decline.PASSING,
        "issuer_not_available": Decline.PASSING,
        "processing_error": Decline.PASSING,
        "reenter_transaction": Decline.PASSING,
        "try_again_later": Decline.PASSING,
        "generic_decline": Decline.NO_MONEY,
        "do_not_honor": Decline.NO_MONEY,
    }
)
"""Codes of Stripe's `decline_code` that allow another try; every other code is final."""

_WAITS: Mapping[Decline, tuple[int, ...]] = MappingProxyType(
    {Decline.NO_MONEY: (3, 4, 7), Decline.PASSING: (1, 1, 2)}
)
"""Days until the next try, after the first, second and third one that failed."""


def kind_of(code: str) -> Decline:
    """What a gateway's code says of another try."""
    return _KINDS.get(code, Decline.FINAL)


def charge_at(on: date, zone: str) -> datetime:
    """The instant at which charges of a day are made; raises `UNKNOWN_ZONE`."""
    return local_instant(on, CHARGE_TIME, zone)


@dataclass(frozen=True, slots=True)
class Failed:
    """A charge that was declined."""

    code: str
    tries: int
    """Charges made so far, this one included."""
    on: date


def next_try(failed: Failed, zone: str) -> datetime | None:
    """When to charge again; None when there is no use in it or enough was tried."""
    waits = _WAITS.get(kind_of(failed.code))
    if waits is None or failed.tries >= MOST_TRIES:
        return None
    days = waits[min(failed.tries, len(waits)) - 1]
    return charge_at(failed.on + timedelta(days=days), zone)
