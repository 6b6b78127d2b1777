"""Who takes a payment back, and which reasons say so by themselves."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ReversalKind(StrEnum):
    """By whom a payment was taken back."""

    REVERSAL = "reversal"
    """By ourselves: it should not have been posted so."""
    CHARGEBACK = "chargeback"
    """By the payer, at his card company."""
    RETURNED = "returned"
    """By the payer's bank."""


KINDS: Mapping[str, ReversalKind] = MappingProxyType(
    {
        "bounced": ReversalKind.RETURNED,
        "insufficient_funds": ReversalKind.RETURNED,
        "account_closed": ReversalKind.RETURNED,
        "mandate_revoked": ReversalKind.RETURNED,
        "chargeback": ReversalKind.CHARGEBACK,
        "disputed": ReversalKind.CHARGEBACK,
    }
)
"""Reasons that stand for a kind; every other one is our own."""


def kind_of(reason: str, given: str | None = None) -> ReversalKind:
    """The kind that was given, or the one that the reason stands for."""
    return KINDS.get(reason, ReversalKind.REVERSAL) if given is None else ReversalKind(given)
