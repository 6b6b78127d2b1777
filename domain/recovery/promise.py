"""Promises to pay: which are acceptable, and what became of them, found from cleared money.

Only money that cleared counts, dated inside the promise's own window; money is taken first in,
first out, so one payment never keeps two promises.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO

_PERCENT = 100

Receipt = tuple[date, Decimal]
"""Cleared money: its value date and amount, net of reversals."""


class PromiseState(StrEnum):
    """What became of a promise so far."""

    OPEN = "open"
    KEPT = "kept"
    PARTIAL = "partial"
    BROKEN = "broken"
    REPLACED = "replaced"
    """Overtaken by another promise, or by the end of the debt: neither kept nor broken."""


@dataclass(frozen=True, slots=True)
class PromisePolicy:
    """What a strategy accepts as a promise and how it judges one.

    Attributes:
        grace_days: Days after the promised date on which money still counts.
        threshold_percent: Share of the amount that keeps the promise.
        max_days_ahead: How far away the promised date may be.
        min_percent_of_overdue: Smallest share of the overdue amount worth promising.
        max_broken: From this number of broken promises on, a promise suspends nothing.
        max_promises: Promises in the life of a case.
    """

    grace_days: int
    threshold_percent: Decimal
    max_days_ahead: int
    min_percent_of_overdue: Decimal
    max_broken: int
    max_promises: int


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise as the case knows it.

    Attributes:
        id: Its key, opaque here.
        amount: What was promised.
        made_on: Local day it was made; money from that day on counts.
        due_on: Promised date.
        state: What became of it so far.
        resolved_on: Day it stopped being open.
        received: Money that was counted for it when it was resolved.
        waits: A hold covers its date, and nobody knows when that ends.
    """

    id: str
    amount: Decimal
    made_on: date
    due_on: date
    state: PromiseState = PromiseState.OPEN
    resolved_on: date | None = None
    received: Decimal = ZERO
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an open promise has come to, and the money that was counted for it."""

    promise_id: str
    state: PromiseState
    received: Decimal


def last_day(due_on: date, grace_days: int) -> date:
    """The last day on which money counts for a promise."""
    return due_on + timedelta(days=grace_days)


def judge(
    amount: Decimal,
    due_on: date,
    received: Iterable[Receipt],
    today: date,
    *,
    grace_days: int,
    threshold_percent: Decimal,
) -> PromiseState:
    """What a promise has come to.

    Args:
        amount: What was promised.
        due_on: The promised date.
        received: Cleared money that is not used up by an earlier promise, since it was made.
        today: The present day.
        grace_days: Days after the promised date on which money still counts.
        threshold_percent: Share of the amount that keeps the promise once its time is over.

    Returns:
        `KEPT` as soon as the whole amount is there; otherwise `OPEN` until the last day is over,
        and then `KEPT` (threshold reached), `PARTIAL` (some money) or `BROKEN` (none).
    """
    end = last_day(due_on, grace_days)
    counted = sum((money for value_on, money in received if value_on <= end), ZERO)
    if counted >= amount:
        return PromiseState.KEPT
    if today <= end:
        return PromiseState.OPEN
    if counted * _PERCENT >= amount * threshold_percent:
        return PromiseState.KEPT
    return PromiseState.PARTIAL if counted > ZERO else PromiseState.BROKEN


def judge_open(
    promises: Sequence[Promise], receipts: Iterable[Receipt], policy: PromisePolicy, today: date
) -> tuple[Verdict, ...]:
    """Judge every open promise of a case, money first in, first out.

    Promises already resolved take their share first, if they were made earlier; replaced ones
    take nothing. `today` is the day the ledger is complete up to, the present one included.
    """
    purse = sorted(receipt for receipt in receipts if receipt[1] > ZERO)
    verdicts = []
    for promise in sorted(promises, key=lambda each: (each.made_on, each.due_on, each.id)):
        if promise.state is PromiseState.REPLACED:
            continue
        taken, purse = _take(promise, purse, policy.grace_days)
        if promise.state is not PromiseState.OPEN:
            continue
        state = judge(
            promise.amount,
            promise.due_on,
            taken,
            today,
            grace_days=policy.grace_days,
            threshold_percent=policy.threshold_percent,
        )
        verdicts.append(Verdict(promise.id, state, sum((money for _, money in taken), ZERO)))
    return tuple(verdicts)


def _take(
    promise: Promise, purse: Sequence[Receipt], grace_days: int
) -> tuple[list[Receipt], list[Receipt]]:
    """Split money into what a promise takes, oldest first, and what it leaves."""
    end = last_day(promise.due_on, grace_days)
    if promise.resolved_on is not None:
        end = min(end, promise.resolved_on)
    taken: list[Receipt] = []
    left: list[Receipt] = []
    missing = promise.amount
    for value_on, money in purse:
        share = min(money, missing) if promise.made_on <= value_on <= end else ZERO
        if share > ZERO:
            taken.append((value_on, share))
            missing -= share
        if money > share:
            left.append((value_on, money - share))
    return taken, left


def validate(
    amount: Decimal,
    due_on: date,
    *,
    policy: PromisePolicy,
    overdue_amount: Decimal,
    promises_so_far: int,
    today: date,
) -> None:
    """Refuse a promise outside the policy.

    Args:
        amount: What is promised, in the case's currency.
        due_on: When.
        policy: The bounds.
        overdue_amount: What is overdue now; more than that cannot be promised.
        promises_so_far: Promises made in this case before.
        today: The customer's day.

    Raises:
        DomainError: `PROMISE_OUT_OF_POLICY`; fact `bound` is one of `due_on_past`,
            `max_days_ahead`, `amount_positive`, `min_percent_of_overdue`, `overdue_amount`,
            `max_promises`, and fact `limit` gives its value.
    """
    if due_on < today:
        raise _refusal("due_on_past", today.isoformat(), "The promised date is past.")
    latest = today + timedelta(days=policy.max_days_ahead)
    if due_on > latest:
        raise _refusal("max_days_ahead", latest.isoformat(), "The promised date is too far away.")
    if amount <= ZERO:
        raise _refusal("amount_positive", "0", "The promised amount must be above zero.")
    if amount > overdue_amount:
        raise _refusal(
            "overdue_amount", format(overdue_amount, "f"), "More is promised than is overdue."
        )
    if amount * _PERCENT < overdue_amount * policy.min_percent_of_overdue:
        raise _refusal(
            "min_percent_of_overdue",
            format(policy.min_percent_of_overdue, "f"),
            "Less is promised than the smallest share of the overdue amount.",
        )
    if promises_so_far >= policy.max_promises:
        raise _refusal(
            "max_promises", str(policy.max_promises), "The case has had all its promises."
        )


def _refusal(bound: str, limit: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.PROMISE_OUT_OF_POLICY, detail, {"bound": bound, "limit": limit})
