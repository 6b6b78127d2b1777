"""Arrangements: several dated amounts agreed on a case, and what became of them.

Like a promise an arrangement is judged from cleared money alone, first in, first out: money fills
the parts in the order of their dates, and counts for a part up to its last day. It is judged as a
whole each time, so that money which is taken back reopens what it had kept. An arrangement moves
no contractual due date: the loan's days past due go on, and the arrangement keeps its own clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO
from domain.recovery.promise import PromisePolicy, Receipt, last_day

_PERCENT = 100


class ArrangementState(StrEnum):
    """What became of an arrangement so far."""

    PROPOSED = "proposed"
    """It waits for a second person; it suspends nothing."""
    OPEN = "open"
    COMPLETED = "completed"
    BROKEN = "broken"
    REPLACED = "replaced"
    """Overtaken by another one, by a settlement, or by the end of the arrears."""
    CANCELLED = "cancelled"
    """Taken back, or declined before it began."""


STANDING = frozenset({ArrangementState.PROPOSED, ArrangementState.OPEN})
"""States of which a case has at most one arrangement."""


class PartState(StrEnum):
    """What became of one dated amount."""

    DUE = "due"
    KEPT = "kept"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class ArrangementPolicy:
    """What a strategy accepts as an arrangement.

    Grace days and the share that keeps a part are those of its promises.

    Attributes:
        max_parts: Dated amounts of one arrangement.
        max_days: How far away its last date may be.
        first_within_days: How far away its first date may be.
        min_percent_of_overdue: Smallest share of the overdue amount that it covers.
        max_broken: From this number of broken ones on, an arrangement suspends nothing.
        alone_days: Up to this length one person agrees to it; a longer one needs a second.
        alone_amount: Up to this total, in the case's currency; None: however much it is.
        remind_days: Days before each date on which the customer is reminded of it; 0: never.
    """

    max_parts: int = 24
    max_days: int = 366
    first_within_days: int = 31
    min_percent_of_overdue: Decimal = Decimal(50)
    max_broken: int = 2
    alone_days: int = 92
    alone_amount: Decimal | None = None
    remind_days: int = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One dated amount, and what is recorded of it.

    Attributes:
        number: From 1, in the order of the dates.
        due_on: Agreed date.
        amount: Agreed amount.
        state: What is recorded of it.
        received: Money that is recorded for it.
        reminded: The customer was reminded of it, or it was decided not to.
        waits: A hold covers its date, and nobody knows when that ends.
    """

    number: int
    due_on: date
    amount: Decimal
    state: PartState = PartState.DUE
    received: Decimal = ZERO
    reminded: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An arrangement as the case knows it.

    Attributes:
        id: Its key, opaque here.
        parts: In the order of their dates.
        made_on: Business day it was proposed; money from that day on counts.
        state: What is recorded of it.
        started_on: Business day it was agreed; None while it waits.
        ended_on: Business day it stopped being open.
        receipts: Cleared money since it was proposed, net of what was taken back.
    """

    id: str
    parts: tuple[Part, ...]
    made_on: date
    state: ArrangementState
    started_on: date | None = None
    ended_on: date | None = None
    receipts: tuple[Receipt, ...] = ()

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum((part.amount for part in self.parts), ZERO)


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """What one part has come to."""

    number: int
    state: PartState
    received: Decimal


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an arrangement has come to: open, completed or broken, part by part."""

    state: ArrangementState
    parts: tuple[JudgedPart, ...]

    @property
    def received(self) -> Decimal:
        """Money that was counted for it."""
        return sum((part.received for part in self.parts), ZERO)


def judge(
    parts: Sequence[Part], receipts: Iterable[Receipt], keeping: PromisePolicy, today: date
) -> Judgement:
    """What an arrangement has come to.

    Args:
        parts: Its dated amounts, in order.
        receipts: Cleared money since it was proposed.
        keeping: Grace days and the share that keeps a part.
        today: The last day that has begun everywhere it is looked at from.

    Returns:
        Each part is kept as soon as all of its money is there, or once its last day is over and the
        threshold is reached; it is missed when its last day is over and it is not. One missed part
        breaks the whole; all kept complete it.
    """
    purse = sorted(receipt for receipt in receipts if receipt[1] > ZERO)
    judged = []
    for part in parts:
        end = last_day(part.due_on, keeping.grace_days)
        received, purse = _take(part.amount, end, purse)
        judged.append(
            JudgedPart(part.number, _of_part(part, received, end, keeping, today), received)
        )
    states = {part.state for part in judged}
    if PartState.MISSED in states:
        state = ArrangementState.BROKEN
    elif PartState.DUE in states:
        state = ArrangementState.OPEN
    else:
        state = ArrangementState.COMPLETED
    return Judgement(state, tuple(judged))


def _of_part(
    part: Part, received: Decimal, end: date, keeping: PromisePolicy, today: date
) -> PartState:
    if received >= part.amount:
        return PartState.KEPT
    if today <= end:
        return PartState.DUE
    reached = received * _PERCENT >= part.amount * keeping.threshold_percent
    return PartState.KEPT if reached else PartState.MISSED


def _take(amount: Decimal, end: date, purse: Sequence[Receipt]) -> tuple[Decimal, list[Receipt]]:
    """What a part takes of the money, oldest first, and what it leaves."""
    left: list[Receipt] = []
    taken = ZERO
    for value_on, money in purse:
        share = min(money, amount - taken) if value_on <= end else ZERO
        taken += share
        if money > share:
            left.append((value_on, money - share))
    return taken, left


def pausing(
    arrangements: Sequence[Arrangement], policy: ArrangementPolicy
) -> tuple[Arrangement, ...]:
    """The arrangements that suspend chasing: none after too many were broken."""
    found = []
    for each in arrangements:
        broken = [
            other
            for other in arrangements
            if other.state is ArrangementState.BROKEN
            and other.id != each.id
            and other.ended_on is not None
            and other.ended_on <= each.made_on
        ]
        if each.started_on is not None and len(broken) < policy.max_broken:
            found.append(each)
    return tuple(found)


def needs_second_person(
    total: Decimal, last_on: date, policy: ArrangementPolicy, today: date
) -> bool:
    """Whether an arrangement is beyond what one person may agree to."""
    too_long = last_on > today + timedelta(days=policy.alone_days)
    return too_long or (policy.alone_amount is not None and total > policy.alone_amount)


def validate(
    parts: Sequence[tuple[date, Decimal]],
    *,
    policy: ArrangementPolicy,
    overdue_amount: Decimal,
    most: Decimal,
    today: date,
) -> None:
    """Refuse an arrangement outside the policy.

    Args:
        parts: Dates and amounts, in the case's currency, in the order given.
        policy: The bounds.
        overdue_amount: What is overdue now.
        most: What is overdue now or falls due until the last date; more cannot be arranged.
        today: The customer's day.

    Raises:
        DomainError: `ARRANGEMENT_OUT_OF_POLICY`; fact `bound` is one of `count`, `amount_positive`,
            `order`, `due_on_past`, `first_within_days`, `max_days`, `nothing_overdue`,
            `min_percent_of_overdue`, `most`, and fact `limit` gives its value.
    """
    if not 1 <= len(parts) <= policy.max_parts:
        raise _refusal("count", str(policy.max_parts), "It has no amounts, or too many.")
    if any(amount <= ZERO for _, amount in parts):
        raise _refusal("amount_positive", "0", "Every amount must be above zero.")
    days = [due_on for due_on, _ in parts]
    if any(later <= earlier for earlier, later in zip(days, days[1:], strict=False)):
        raise _refusal("order", "rising", "Every date must be later than the one before.")
    if days[0] < today:
        raise _refusal("due_on_past", today.isoformat(), "The first date is past.")
    _check_days(days, policy, today)
    total = sum((amount for _, amount in parts), ZERO)
    if overdue_amount <= ZERO:
        raise _refusal("nothing_overdue", "0", "Nothing is overdue.")
    if total * _PERCENT < overdue_amount * policy.min_percent_of_overdue:
        raise _refusal(
            "min_percent_of_overdue",
            format(policy.min_percent_of_overdue, "f"),
            "Less is arranged than the smallest share of the overdue amount.",
        )
    if total > most:
        raise _refusal("most", format(most, "f"), "More is arranged than falls due until its end.")


def _check_days(days: Sequence[date], policy: ArrangementPolicy, today: date) -> None:
    first = today + timedelta(days=policy.first_within_days)
    if days[0] > first:
        raise _refusal("first_within_days", first.isoformat(), "The first date is too far away.")
    latest = today + timedelta(days=policy.max_days)
    if days[-1] > latest:
        raise _refusal("max_days", latest.isoformat(), "The last date is too far away.")


def _refusal(bound: str, limit: str, detail: str) -> DomainError:
    return DomainError(
        ErrorCode.ARRANGEMENT_OUT_OF_POLICY, detail, {"bound": bound, "limit": limit}
    )
