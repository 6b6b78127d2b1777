"""A loan's past told again: what its payments paid and which late fees arose, in order of dates.

When a movement is added to the past, or taken out of it, everything after it is told again from
that point: late fees at the opening of the day on which they arise, then the money of the day,
by value date and then by entry number. What is told is what would have happened, had every fact
been known on its day.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import takewhile

from domain.lending.caps import Cost, Limit, room_for
from domain.lending.charges import late_fee, late_fee_on, room_left
from domain.lending.early import Taking
from domain.lending.payoff import payoff
from domain.lending.schedule import Instalment
from domain.lending.terms import PenaltyPolicy
from domain.lending.waterfall import Allocated, Allocation, Component, Owed, after
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
    """What a receipt paid.

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
        other_cost: What counts against that beside planned interest and penalties: fees, less what
            was waived of interest.
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


def tell(start: Start, receipts: Sequence[Receipt], rules: Rules) -> Story:
    """Tell a loan's past from a point on; all receipts count from its day or later."""
    teller = _Teller(start, rules)
    ordered = sorted(receipts, key=lambda receipt: (receipt.value_on, receipt.number))
    events = [
        *((receipt.value_on, 1, receipt.number, receipt) for receipt in ordered),
        *((on, 0, number, None) for number, on in _fee_days(start, rules)),
        *((on, -1, 0, None) for on in _days_after_due_dates(start, rules)),
    ]
    for on, order, number, receipt in sorted(events, key=lambda event: event[:3]):
        if receipt is not None:
            teller.receive(receipt)
        elif order < 0:
            teller.pass_due_date(on)
        else:
            teller.open_day(on, number)
    return teller.story()


def pinned_fees(
    start: Start, receipts: Sequence[Receipt], rules: Rules, charged: Mapping[FeeDay, LateFee]
) -> tuple[Story, dict[FeeDay, LateFee | None]]:
    """The past as it was told so far, and the fees in it that the policy does not account for.

    `charged` are the late fees that really stand, by instalment and day. Where the policy, told
    the same past, says otherwise, something else decided, and it is left as it is.
    """
    days = _fee_days(start, replace(rules, pinned=charged))
    as_it_is = replace(rules, pinned={day: charged.get(day) for day in days})
    story = tell(start, receipts, as_it_is)
    return story, {
        day: charged.get(day)
        for day, by_rule in story.by_rule.items()
        if by_rule != charged.get(day)
    }


def _fee_days(start: Start, rules: Rules) -> set[FeeDay]:
    """The days after the start on whose opening an instalment may cost a fee, or did."""
    policy = rules.policy
    may_cost = {opening.scheduled.number for opening in start.openings if opening.may_cost}
    found = {
        (number, on)
        for (number, on), fee in rules.pinned.items()
        if fee is not None and number in may_cost
    }
    for opening in start.openings:
        if policy is None or not opening.may_cost:
            continue
        first = late_fee_on(policy, opening.owed.due_on)
        last = rules.fees_through if policy.kind.is_daily else min(first, rules.fees_through)
        found |= {
            (opening.scheduled.number, on) for on in _days(max(first, start.since + DAY), last)
        }
    return {day for day in found if start.since < day[1] <= rules.fees_through}


def _days_after_due_dates(start: Start, rules: Rules) -> set[date]:
    """The days on whose opening it shows that an instalment was not paid on its date; the last."""
    if rules.early is None:
        return set()
    days = {opening.scheduled.due_on + DAY for opening in start.openings}
    if days and max(days) < rules.fees_through:
        days.add(rules.fees_through)
    return {day for day in days if start.since < day <= rules.fees_through}


class _Teller:
    """The state of a past while it is told."""

    def __init__(self, start: Start, rules: Rules) -> None:
        openings = {opening.scheduled.number: opening for opening in start.openings}
        self._since = start.since
        self._openings = openings
        self._scheduled = [opening.scheduled for opening in start.openings]
        self._owed = {number: opening.owed for number, opening in openings.items()}
        self._met_on = {number: opening.met_on for number, opening in openings.items()}
        self._rules = rules
        self._to_penalties = start.paid_to_penalties
        self._receipts: dict[int, Told] = {}
        self._fees: dict[FeeDay, LateFee] = {}
        self._by_rule: dict[FeeDay, LateFee | None] = {}
        self._plans: dict[int, tuple[Instalment, ...]] = {}
        self._penalties = {number: opening.penalties for number, opening in openings.items()}
        # An instalment has one fee: where that was decided, the policy has no say on other days.
        daily = rules.policy is not None and rules.policy.kind.is_daily
        self._decided = set() if daily else {number for number, _ in rules.pinned}
        self._standings = [Standing(start.since, self._unpaid())]

    def open_day(self, on: date, number: int) -> None:
        """Charge what arises at the opening of a day for one instalment."""
        self.pass_due_date(on)
        day = number, on
        by_rule = self._fee_by_rule(on, number)
        self._by_rule[day] = by_rule
        fee = self._rules.pinned.get(day, None if number in self._decided else by_rule)
        if fee is None:
            return
        owed = self._owed[number]
        self._owed[number] = replace(owed, penalty=owed.penalty + fee.amount)
        self._fees[day] = fee
        self._penalties[number] += fee.amount

    def _fee_by_rule(self, on: date, number: int) -> LateFee | None:
        policy, owed = self._rules.policy, self._owed[number]
        ended = self._rules.no_fees_after
        if policy is None or (ended is not None and on > ended):
            return None
        if not policy.kind.is_daily and on != late_fee_on(policy, owed.due_on):
            return None
        amount = late_fee(
            policy,
            owed,
            on,
            self._rules.currency,
            already_charged=False,
            paid_to_penalties=self._to_penalties,
            room=self._room(policy, number),
        )
        return None if amount is None else LateFee(number, on, amount)

    def _room(self, policy: PenaltyPolicy, number: int) -> Decimal | None:
        charged = sum(self._penalties.values(), ZERO)
        return room_left(
            policy,
            on_instalment=self._penalties[number],
            on_loan=charged,
            by_law=self._room_by_law(charged) if self._rules.limits else None,
        )

    def _room_by_law(self, charged: Decimal) -> Decimal | None:
        rules = self._rules
        cost = Cost(
            principal=sum((row.principal for row in self._scheduled), ZERO),
            currency=rules.currency,
            interest=sum((row.interest for row in self._scheduled), ZERO),
            fees=rules.other_cost,
            penalties=charged,
        )
        return room_for(rules.limits, cost, Component.PENALTY)

    def receive(self, receipt: Receipt) -> None:
        """Split money over what is owed."""
        rebate: tuple[Allocation, ...] = ()
        unearned = ZERO
        asked: Decimal | None = None
        pays_off = False
        if receipt.is_payoff:
            self.pass_due_date(receipt.value_on)
            owed = list(self._owed.values())
            quote = payoff(owed, self._scheduled, receipt.value_on, self._rules.currency)
            asked = quote.total
            early = self._rules.early
            pays_off = receipt.amount >= asked and not (early and early.ends_of_itself)
            if pays_off:
                rebate = self._rebate(receipt.value_on)
                unearned = quote.unearned_paid_interest
                self._take(rebate, receipt.value_on)
        split = self._split(receipt, pays_off=pays_off)
        self._to_penalties += sum(
            (part.amount for part in split.allocations if part.component is Component.PENALTY),
            ZERO,
        )
        self._take(split.allocations, receipt.value_on)
        if self._rules.early is not None:
            self._unmeet()
        self._receipts[receipt.number] = Told(
            split.allocations, split.unapplied, rebate, unearned, asked
        )
        self._standings.append(Standing(receipt.value_on, self._unpaid()))

    def _split(self, receipt: Receipt, *, pays_off: bool) -> Allocated:
        """Split money; what is paid ahead may change the schedule before it is taken off."""
        early, owed = self._rules.early, list(self._owed.values())
        if early is None or pays_off:
            return self._rules.split(owed, receipt.amount, receipt.value_on)
        settled = early.settle(self._scheduled, owed, receipt.amount, receipt.value_on)
        if settled.replanned:
            self._replan(settled.replanned, receipt.value_on)
            self._plans[receipt.number] = tuple(self._scheduled)
        return settled.split

    def pass_due_date(self, on: date) -> None:
        """Let the schedule follow from what was not paid by the opening of a day."""
        early = self._rules.early
        if early is None:
            return
        replanned = early.as_of(self._scheduled, list(self._owed.values()), on)
        if replanned:
            self._replan(replanned, on)
            self._unmeet()
            self._standings.append(Standing(on, self._unpaid()))

    def _replan(self, rows: Sequence[Instalment], on: date) -> None:
        """Put instalments in the place of those with their numbers."""
        new = {row.number: row for row in rows}
        for position, row in enumerate(self._scheduled):
            planned = new.get(row.number)
            if planned is None:
                continue
            left = owed_by_plan(self._owed[row.number], row, planned)
            self._scheduled[position] = planned
            self._owed[row.number] = left
            if _makes_late(left) == 0 and self._met_on[row.number] is None:
                self._met_on[row.number] = on

    def _unmeet(self) -> None:
        """What asks for something again is not met any more."""
        for number, row in self._owed.items():
            if _makes_late(row) > 0:
                self._met_on[number] = None

    def _take(self, parts: Sequence[Allocation], on: date) -> None:
        """Take off what was paid or given back; what is met by it is met on that day."""
        touched = [self._owed[number] for number in sorted({part.instalment for part in parts})]
        for row in after(touched, parts):
            self._owed[row.number] = row
            if _makes_late(row) == 0 and self._met_on[row.number] is None:
                self._met_on[row.number] = on

    def _rebate(self, on: date) -> tuple[Allocation, ...]:
        """Unpaid interest that a payoff of a day does not ask for."""
        parts = []
        for instalment in self._scheduled:
            single = payoff(
                [self._owed[instalment.number]], [instalment], on, self._rules.currency
            ).rebate_interest
            if single > 0:
                parts.append(Allocation(instalment.number, Component.INTEREST, single))
        return tuple(parts)

    def _unpaid(self) -> tuple[tuple[date, Decimal], ...]:
        return tuple(
            sorted(
                (row.due_on, late) for row in self._owed.values() if (late := _makes_late(row)) > 0
            )
        )

    def story(self) -> Story:
        """All that was told."""
        return Story(
            receipts=self._receipts,
            fees=self._fees,
            by_rule=self._by_rule,
            owed=self._owed,
            met_on=self._met_on,
            standings=tuple(self._standings),
            schedule=tuple(self._scheduled),
            plans=self._plans,
        )


def owed_by_plan(owed: Owed, before: Instalment, now: Instalment) -> Owed:
    """What is owed of an instalment that is planned otherwise; `ValueError` if below zero."""
    left = replace(
        owed,
        principal=owed.principal + now.principal - before.principal,
        interest=owed.interest + now.interest - before.interest,
    )
    if left.principal < 0 or left.interest < 0:
        raise ValueError(f"more of instalment {now.number} is met than its plan asks for")
    return left


def replanned(start: Start, rows: Sequence[Instalment]) -> Start:
    """The same point of the past with other instalments planned; dates and numbers are the same."""
    new = {row.number: row for row in rows}
    return replace(
        start,
        openings=tuple(
            opening
            if (row := new.get(opening.scheduled.number)) is None
            else replace(
                opening, scheduled=row, owed=owed_by_plan(opening.owed, opening.scheduled, row)
            )
            for opening in start.openings
        ),
    )


def _makes_late(row: Owed) -> Decimal:
    """A penalty alone never makes an instalment late (16 CFR 444.4)."""
    return row.principal + row.interest + row.fee


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
