"""A loan's past told again: the facts it is told of, what comes of them, and how two compare.

When a movement is added to the past, or taken out of it, everything after it is told again from
that point (`domain.lending.telling`): late fees at the opening of the day on which they arise, then
the facts of the day, by value date and then by entry number. What is told is what would have
happened, had every fact been known on its day.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import takewhile

from domain.lending.caps import Limit
from domain.lending.early import Taking
from domain.lending.schedule import Instalment
from domain.lending.terms import PenaltyPolicy
from domain.lending.waterfall import Allocated, Allocation, Component, Owed
from domain.money import ZERO

DAY = timedelta(days=1)

Split = Callable[[Sequence[Owed], Decimal, date], Allocated]
"""How the loan's product splits money that counts from a day over what is owed."""

FeeDay = tuple[int, date]
"""An instalment, and a day on whose opening it may cost a late fee."""

LAST = 2**63 - 1
"""The entry number of a movement that is not entered yet: after all others of its day."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that was received and not taken back.

    Attributes:
        number: Its entry number: what of one value date came first.
        value_on: The day it counts from.
        amount: How much.
        is_payoff: It was taken as the payoff of that day; where it still covers one, it is again.
    """

    number: int
    value_on: date
    amount: Decimal
    is_payoff: bool = False


@dataclass(frozen=True, slots=True)
class Charged:
    """A fee or a penalty that a person charged, on an instalment, from a day on."""

    number: int
    value_on: date
    instalment: int
    component: Component
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Uncharged:
    """A charge that was taken back, from the day on which it was; no money ever paid it."""

    number: int
    value_on: date
    instalment: int
    component: Component
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LetOff:
    """What a person took off without money, part by part.

    Told again, a part takes off no more than is owed of it then: a fee that never arose needs no
    waiver. But money that came before does not pay what is let off afterwards.
    """

    number: int
    value_on: date
    parts: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What a person paid for the customer without money, as the product allocates payments."""

    number: int
    value_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Restored:
    """What was let off or given is owed again, from the day on which that was undone.

    Attributes:
        number: Its entry number.
        value_on: That day.
        relief: The entry number of what is undone.
        parts: What that had met, where it happened before the point from which is told.
    """

    number: int
    value_on: date
    relief: int
    parts: tuple[Allocation, ...]


ByHand = Charged | Uncharged | LetOff | Given | Restored
"""What a person does to what is owed, without money."""

Fact = Receipt | ByHand
"""What a past is told of. Of one value date, that with the lower entry number came first."""


@dataclass(frozen=True, slots=True)
class LateFee:
    """A late fee of an instalment, and the day on whose opening it arose."""

    instalment: int
    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Opening:
    """An instalment as it stood before the first movement that is told again.

    `may_cost` is false once its only late fee arose before that point, or may not arise any more.
    `penalties` is what it was charged in penalties by then, waived ones among them.
    """

    scheduled: Instalment
    owed: Owed
    met_on: date | None
    may_cost: bool = True
    penalties: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Told:
    """What a receipt paid, or what was met without money.

    `rebate` is the unpaid interest that a payoff gave back, `unearned` the interest paid ahead
    that it turned into credit; both are nothing for an ordinary payment. `asked` is what would
    have closed the loan on the day of one that was meant as a payoff.
    """

    allocations: tuple[Allocation, ...]
    unapplied: Decimal
    rebate: tuple[Allocation, ...] = ()
    unearned: Decimal = ZERO
    asked: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What was unpaid from the end of a day on: due dates, and what makes late when unpaid.

    The oldest due date comes first.
    """

    on: date
    unpaid: tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A past, told to its end.

    Attributes:
        receipts: What each receipt paid, by its entry number.
        let_off: What was met without money, by the entry number of what met it.
        fees: The late fees that arose, by instalment and day.
        by_rule: What the penalty policy alone says of each instalment and day looked at: the fee
            that arises, or None.
        owed: What is owed in the end, by instalment.
        met_on: Since when each instalment is met; None for one that is not.
        standings: What was unpaid, from the first day told on; one for each day that changed it.
        schedule: The instalments as they are planned in the end.
        plans: The same right after each receipt that changed it, by the receipt's number.
    """

    receipts: Mapping[int, Told]
    let_off: Mapping[int, Told]
    fees: Mapping[FeeDay, LateFee]
    by_rule: Mapping[FeeDay, LateFee | None]
    owed: Mapping[int, Owed]
    met_on: Mapping[int, date | None]
    standings: tuple[Standing, ...]
    schedule: tuple[Instalment, ...]
    plans: Mapping[int, tuple[Instalment, ...]]

    def unpaid_at_end_of(self, day: date) -> tuple[tuple[date, Decimal], ...]:
        """What was unpaid when a day ended; the day is not before the first one told."""
        place = bisect_right(self.standings, day, key=lambda standing: standing.on)
        return self.standings[max(0, place - 1)].unpaid

    def overdue(self, at_end_of: date, on: date) -> tuple[tuple[date, Decimal], ...]:
        """What of that had fallen due before another day."""
        return tuple(takewhile(lambda row: row[0] < on, self.unpaid_at_end_of(at_end_of)))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a loan's past is told by.

    Attributes:
        split: The product's allocation.
        policy: The product's late fee; None where lateness costs nothing.
        currency: The loan's currency.
        fees_through: The last day whose opening has charged late fees.
        early: What money paid ahead or late makes of the schedule; None where the schedule stays.
        pinned: Late fees that are as they are, whatever the policy says: waived by a person, or
            charged by hand. None: no fee arises for that instalment on that day.
        no_fees_after: The day on which the loan was charged off: later ones cost nothing.
        limits: What the law lets the loan cost.
        other_cost: What counted against that at the start beside planned interest and penalties:
            fees, less what was waived of interest.
    """

    split: Split
    policy: PenaltyPolicy | None
    currency: str
    fees_through: date
    pinned: Mapping[FeeDay, LateFee | None]
    early: Taking | None = None
    no_fees_after: date | None = None
    limits: tuple[Limit, ...] = ()
    other_cost: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Start:
    """The point from which a past is told.

    Attributes:
        since: Its day. Late fees of that day arose before its money and are part of the openings.
        openings: How each instalment stood.
        paid_to_penalties: What earlier payments went to penalties.
    """

    since: date
    openings: tuple[Opening, ...]
    paid_to_penalties: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from `first` to `last`, both among them."""

    first: date
    last: date


Unpaid = Sequence[tuple[date, Decimal]]
"""Due dates, and what of each makes late when unpaid."""


def buckets(
    story: Story, since: date, through: date, bucket: Callable[[Unpaid, date], str]
) -> dict[date, str]:
    """The bucket of a loan at the end of each day."""
    return {day: bucket(story.overdue(day, day), day) for day in _days(since, through)}


def not_late_after_all(
    before: Story, told: Story, since: date, through: date, is_late: Callable[[Unpaid, date], bool]
) -> tuple[Stretch, ...]:
    """Stretches of days that opened with the loan held for late, while it was not.

    `is_late` is told what was overdue at the end of the day before, and the day.
    """
    found: list[Stretch] = []
    for day in _days(since + DAY, through):
        yesterday = day - DAY
        held = is_late(before.overdue(yesterday, day), day)
        if not held or is_late(told.overdue(yesterday, day), day):
            continue
        if found and found[-1].last == yesterday:
            found[-1] = Stretch(found[-1].first, day)
        else:
            found.append(Stretch(day, day))
    return tuple(found)


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += DAY
