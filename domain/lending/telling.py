"""Tells a loan's past: late fees as its days open, then money and what was done by hand.

Sources of the order: late fees arise as a day opens (`domain.lending.charges`); what happens on a
day comes in the order in which it was entered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import assert_never

from domain.lending.caps import Cost, room_for
from domain.lending.charges import late_fee, late_fee_on, room_left
from domain.lending.correction import (
    Charged,
    Fact,
    FeeDay,
    Given,
    LateFee,
    LetOff,
    Receipt,
    Restored,
    Rules,
    Standing,
    Start,
    Story,
    Told,
    Uncharged,
)
from domain.lending.payoff import payoff
from domain.lending.schedule import Instalment
from domain.lending.sparing import Place, Sparing, let_off_by
from domain.lending.terms import PenaltyPolicy
from domain.lending.waterfall import (
    Allocated,
    Allocation,
    Component,
    Owed,
    after,
    at_most,
    is_charge,
)
from domain.money import ZERO

DAY = timedelta(days=1)


def tell(start: Start, facts: Sequence[Fact], rules: Rules) -> Story:
    """Tell a loan's past from a point on; all facts count from its day or later.

    Where money took what was let off afterwards, it is told once more without that: each time some
    more is kept free of money, never more than was let off.
    """
    later = Sparing(facts)
    while True:
        teller = _told(start, facts, rules, later)
        if not later.keep_free(teller.taken):
            return teller.story()


def _told(start: Start, facts: Sequence[Fact], rules: Rules, later: Sparing) -> "_Teller":
    teller = _Teller(start, rules, later)
    events = [
        *((fact.value_on, 1, fact.number, fact) for fact in facts),
        *((on, 0, number, None) for number, on in _fee_days(start, rules)),
        *((on, -1, 0, None) for on in _days_after_due_dates(start, rules)),
    ]
    for on, order, number, fact in sorted(events, key=lambda event: event[:3]):
        if fact is not None:
            teller.take_in(fact)
        elif order < 0:
            teller.pass_due_date(on)
        else:
            teller.open_day(on, number)
    return teller


def pinned_fees(
    start: Start, facts: Sequence[Fact], rules: Rules, charged: Mapping[FeeDay, LateFee]
) -> tuple[Story, dict[FeeDay, LateFee | None]]:
    """The past as it was told so far, and the fees in it that the policy does not account for.

    `charged` are the late fees that really stand, by instalment and day. Where the policy, told
    the same past, says otherwise, something else decided, and it is left as it is.
    """
    days = _fee_days(start, replace(rules, pinned=charged))
    as_it_is = replace(rules, pinned={day: charged.get(day) for day in days})
    story = tell(start, facts, as_it_is)
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

    def __init__(self, start: Start, rules: Rules, later: Sparing) -> None:
        openings = {opening.scheduled.number: opening for opening in start.openings}
        self._since = start.since
        self._openings = openings
        self._scheduled = [opening.scheduled for opening in start.openings]
        self._owed = {number: opening.owed for number, opening in openings.items()}
        self._met_on = {number: opening.met_on for number, opening in openings.items()}
        self._rules = rules
        self._later = later
        self._other_cost = rules.other_cost
        self._to_penalties = start.paid_to_penalties
        self._receipts: dict[int, Told] = {}
        self._let_off: dict[int, Told] = {}
        self._by_money: dict[tuple[int, Component], Decimal] = {}
        self.taken: dict[Place, Decimal] = {}
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
            fees=self._other_cost,
            penalties=charged,
        )
        return room_for(rules.limits, cost, Component.PENALTY)

    def take_in(self, fact: Fact) -> None:
        """Let a fact happen."""
        match fact:
            case Receipt():
                self._receive(fact)
            case Charged():
                self._charge(fact, fact.amount)
            case Uncharged():
                self._uncharge(fact)
            case Restored():
                self._restore(fact)
            case LetOff():
                self._take_off(fact)
            case Given():
                self._give(fact)
            case _:
                assert_never(fact)
        self._standings.append(Standing(fact.value_on, self._unpaid()))

    def _charge(self, charged: Charged | Uncharged, amount: Decimal) -> None:
        """What was charged by hand is owed from its day on."""
        self.pass_due_date(charged.value_on)
        number, component = charged.instalment, charged.component
        if component is Component.PENALTY:
            self._penalties[number] += amount
        else:
            self._other_cost += amount
        self._raise(number, component, amount, charged.value_on)

    def _uncharge(self, uncharged: Uncharged) -> None:
        """What was charged is not asked for any more; money never paid it."""
        wanted = let_off_by(uncharged)
        parts = at_most(list(self._owed.values()), wanted)
        self._note_taken(uncharged.number, wanted, parts)
        for part in parts:
            self._charge(uncharged, -part.amount)

    def _restore(self, restored: Restored) -> None:
        """What was let off is owed again."""
        on = restored.value_on
        self.pass_due_date(on)
        undone = self._let_off.get(restored.relief)
        parts = restored.parts if undone is None else undone.allocations
        early = self._rules.early
        replanned: tuple[Instalment, ...] = ()
        if early is not None:
            replanned = early.restore(self._scheduled, list(self._owed.values()), parts, on)
        for part in parts:
            if part.component in {Component.FEE, Component.INTEREST}:
                self._other_cost += part.amount
            self._raise(part.instalment, part.component, part.amount, on)
        # The new plan asks for what is owed with that; without it more may be met than it asks for.
        self._replan(replanned, on)
        if early is not None:
            self._unmeet()

    def _raise(self, number: int, component: Component, amount: Decimal, on: date) -> None:
        row = self._owed[number]
        now = row.having(component, row.of(component) + amount)
        self._owed[number] = now
        if _makes_late(now) > 0:
            self._met_on[number] = None
        elif self._met_on[number] is None:
            self._met_on[number] = on

    def _take_off(self, let_off: LetOff) -> None:
        """Take off what is owed of what was let off; what money paid of it before is noted."""
        on, early, owed = let_off.value_on, self._rules.early, list(self._owed.values())
        if early is None:
            parts = at_most(owed, let_off.parts)
        else:
            settled = early.let_off(self._scheduled, owed, let_off.parts, on)
            self._replan(settled.replanned, on)
            parts = settled.split.allocations
        self._note_taken(let_off.number, let_off.parts, parts)
        self._meet_without_money(let_off.number, Told(parts, ZERO), on)

    def _note_taken(
        self, number: int, wanted: Sequence[Allocation], parts: Sequence[Allocation]
    ) -> None:
        """Note what money paid of what was let off afterwards, as far as it may be spared."""
        met = {(part.instalment, part.component): part.amount for part in parts}
        for part in wanted:
            key = part.instalment, part.component
            short = min(part.amount - met.get(key, ZERO), self._by_money.get(key, ZERO))
            if short > 0 and (self._rules.early is None or is_charge(part.component)):
                self.taken[number, *key] = short

    def _give(self, given: Given) -> None:
        """Split what is given as the product splits money."""
        on, early, owed = given.value_on, self._rules.early, list(self._owed.values())
        if early is None:
            split = self._rules.split(owed, given.amount, on)
        else:
            settled = early.give(self._scheduled, owed, given.amount, on)
            self._replan(settled.replanned, on)
            split = settled.split
        self._meet_without_money(given.number, Told(split.allocations, split.unapplied), on)

    def _meet_without_money(self, number: int, told: Told, on: date) -> None:
        self._take(told.allocations, on)
        if self._rules.early is not None:
            self._unmeet()
        self._other_cost -= sum(
            (
                part.amount
                for part in told.allocations
                if part.component in {Component.FEE, Component.INTEREST}
            ),
            ZERO,
        )
        self._let_off[number] = told

    def _receive(self, receipt: Receipt) -> None:
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
        for part in split.allocations:
            key = part.instalment, part.component
            self._by_money[key] = self._by_money.get(key, ZERO) + part.amount
        self._take(split.allocations, receipt.value_on)
        if self._rules.early is not None:
            self._unmeet()
        self._receipts[receipt.number] = Told(
            split.allocations, split.unapplied, rebate, unearned, asked
        )

    def _split(self, receipt: Receipt, *, pays_off: bool) -> Allocated:
        """Split money; what is paid ahead may change the schedule before it is taken off."""
        early, on = self._rules.early, receipt.value_on
        owed = self._later.spared(
            list(self._owed.values()), on, receipt.number, charges_alone=early is not None
        )
        if early is None or pays_off:
            return self._rules.split(owed, receipt.amount, on)
        settled = early.settle(self._scheduled, owed, receipt.amount, on)
        if settled.replanned:
            self._replan(settled.replanned, on)
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
            let_off=self._let_off,
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


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += DAY
