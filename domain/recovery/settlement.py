"""Settlements: a part of the debt is taken for the whole, if it is paid in full by a day.

An offer lapses unless it is accepted, or paid in full, by its last day. One that was accepted and
is not paid in full in time is broken: the old debt stands again, and what was paid counts. Only
cleared money since the offer counts; once it is all there, exactly what is left is forgiven.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO, quantize
from domain.recovery.promise import Receipt

_PERCENT = 100


class SettlementState(StrEnum):
    """What became of a settlement so far."""

    PROPOSED = "proposed"
    """It waits for a second person; nothing was offered yet."""
    OFFERED = "offered"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    """Paid in full in time: the rest is forgiven."""
    LAPSED = "lapsed"
    """Nobody accepted or paid it in time, or there was nothing left to settle."""
    BROKEN = "broken"
    """Accepted, and not paid in full in time; or its money was taken back later."""
    WITHDRAWN = "withdrawn"
    """Taken back by us, declined by the second person, or replaced."""


STANDING = frozenset({SettlementState.PROPOSED, SettlementState.OFFERED, SettlementState.ACCEPTED})
"""States of which a case has at most one settlement."""


@dataclass(frozen=True, slots=True)
class SettlementPolicy:
    """What a strategy lets its people offer.

    Attributes:
        min_percent: Smallest share of what closes the loans.
        max_valid_days: How long an offer may stand.
        max_pay_days: How far away the last day of its payment may be.
    """

    min_percent: Decimal = Decimal(40)
    max_valid_days: int = 60
    max_pay_days: int = 184


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement as the case knows it.

    Attributes:
        id: Its key, opaque here.
        amount: What settles the debt.
        made_on: Business day it was offered; money recorded since counts.
        valid_until: Last day on which it may be accepted.
        pay_by: Last day on which its money counts, grace included.
        state: What is recorded of it.
        accepted_on: Business day it was accepted.
        ended_on: Business day it stopped standing.
        receipts: Cleared money since it was offered, net of what was taken back.
        waits: A hold covers the last day of its payment, and nobody knows when that ends.
    """

    id: str
    amount: Decimal
    made_on: date
    valid_until: date
    pay_by: date
    state: SettlementState
    accepted_on: date | None = None
    ended_on: date | None = None
    receipts: tuple[Receipt, ...] = ()
    waits: bool = False

    @property
    def suspends(self) -> bool:
        """Whether chasing rests for it now: somebody accepted it and it is being paid."""
        return self.state is SettlementState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a settlement has come to, and the money that was counted for it."""

    state: SettlementState
    received: Decimal


def judge(settlement: Settlement, today: date) -> Judgement:
    """What a settlement has come to.

    Args:
        settlement: It and its money.
        today: The last day that has begun everywhere it is looked at from.

    Returns:
        Of one that stands: `COMPLETED` as soon as all of its amount is there; an offer past its
        last day is `LAPSED`, an accepted one past its own `BROKEN`. Others stay what they are.
    """
    is_offer = settlement.state is SettlementState.OFFERED
    end = settlement.valid_until if is_offer else settlement.pay_by
    received = _received(settlement.receipts, end)
    if settlement.state not in {SettlementState.OFFERED, SettlementState.ACCEPTED}:
        return Judgement(settlement.state, received)
    if received >= settlement.amount:
        return Judgement(SettlementState.COMPLETED, received)
    if today <= end:
        return Judgement(settlement.state, received)
    return Judgement(SettlementState.LAPSED if is_offer else SettlementState.BROKEN, received)


def _received(receipts: Iterable[Receipt], end: date) -> Decimal:
    return sum((money for value_on, money in receipts if value_on <= end), ZERO)


def amount_of(owed: Decimal, percent: Decimal, currency: str) -> Decimal:
    """A share of what is owed, rounded up to the currency's decimals."""
    return quantize(owed * percent / _PERCENT, currency, ROUND_UP)


def validate(  # noqa: PLR0913 - an offer is made of these
    amount: Decimal,
    valid_until: date,
    pay_by: date,
    *,
    policy: SettlementPolicy,
    owed: Decimal,
    today: date,
) -> None:
    """Refuse a settlement outside the policy.

    Args:
        amount: What is to settle the debt, in the case's currency.
        valid_until: Last day on which it may be accepted.
        pay_by: Last day of its payment.
        policy: The bounds.
        owed: What would close the loans today.
        today: The creditor's business day.

    Raises:
        DomainError: `SETTLEMENT_OUT_OF_POLICY`; fact `bound` is one of `amount_positive`, `owed`,
            `min_percent`, `valid_until_past`, `max_valid_days`, `pay_by_before_valid_until`,
            `max_pay_days`, and fact `limit` gives its value.
    """
    if amount <= ZERO:
        raise _refusal("amount_positive", "0", "The amount must be above zero.")
    if amount >= owed:
        raise _refusal("owed", format(owed, "f"), "Nothing would be forgiven.")
    if amount * _PERCENT < owed * policy.min_percent:
        raise _refusal(
            "min_percent", format(policy.min_percent, "f"), "Less is asked than the smallest share."
        )
    if valid_until < today:
        raise _refusal("valid_until_past", today.isoformat(), "The offer's last day is past.")
    latest = today + timedelta(days=policy.max_valid_days)
    if valid_until > latest:
        raise _refusal("max_valid_days", latest.isoformat(), "The offer would stand too long.")
    if pay_by < valid_until:
        raise _refusal(
            "pay_by_before_valid_until",
            valid_until.isoformat(),
            "Who accepts on the last day could not pay in time.",
        )
    longest = today + timedelta(days=policy.max_pay_days)
    if pay_by > longest:
        raise _refusal("max_pay_days", longest.isoformat(), "The last payment is too far away.")


def _refusal(bound: str, limit: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.SETTLEMENT_OUT_OF_POLICY, detail, {"bound": bound, "limit": limit})
