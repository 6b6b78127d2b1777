"""How test cards behave at the Stripe stand-in; tokens are Stripe's own where Stripe has one."""

import re
from dataclasses import dataclass
from typing import Final

PAYS: Final = "pays"

_REFUSED_AT_ONCE: Final = {
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
    "pm_card_chargeDeclinedProcessingError": "processing_error",
}
"""Cards that cannot even be saved, as at Stripe."""

_REFUSED_LATER: Final = {
    "pm_card_chargeCustomerFail": "generic_decline",
    "pm_card_authenticationRequired": "authentication_required",
}
"""Cards that can be saved and whose charges are declined."""

_SOME_DECLINED: Final = re.compile(r"pm_card_declines((?:_\d{1,4}){1,40})\Z", re.ASCII)
"""Sandbox only: `pm_card_declines_3_17` has no money at its third and seventeenth charge."""


@dataclass(frozen=True, slots=True)
class PageCard:
    """A card that may be chosen on the hosted page."""

    token: str
    name: str
    decline: str | None = None


PAGE_CARDS: Final = (
    PageCard("visa", "Visa •••• 4242, pays"),
    PageCard("insufficient", "Visa •••• 9995, has no money", "insufficient_funds"),
    PageCard("lost", "Visa •••• 9987, reported lost", "lost_card"),
)


def decline_on_save(token: str) -> str | None:
    """The decline code with which a card is refused when it is saved."""
    return _REFUSED_AT_ONCE.get(token)


def decline_on_charge(token: str, number: int) -> str | None:
    """The decline code of a card's charge, the first being number 1; None when it is paid."""
    some = _SOME_DECLINED.fullmatch(token)
    if some is not None:
        declined = {int(each) for each in some[1].split("_") if each}
        return "insufficient_funds" if number in declined else None
    return _REFUSED_LATER.get(token) or _REFUSED_AT_ONCE.get(token)
