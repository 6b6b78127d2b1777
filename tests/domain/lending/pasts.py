"""Loans as they were paid out, with money of any day, and how their days are lived."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from domain.calendar import MONTHLY, WEEKLY
from domain.daycount import DayCount
from domain.lending.charges import late_fee, late_fee_on
from domain.lending.correction import (
    Charged,
    Fact,
    FeeDay,
    Given,
    LateFee,
    LetOff,
    Opening,
    Receipt,
    Restored,
    Rules,
    Start,
    Story,
    Told,
    Uncharged,
)
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.telling import pinned_fees, tell
from domain.lending.terms import InterestMethod, PenaltyKind, PenaltyPolicy, Terms
from domain.lending.waterfall import (
    Allocated,
    Allocation,
    Component,
    FutureRule,
    Owed,
    Processing,
    Waterfall,
    after,
    apply_waterfall,
)
from domain.money import ZERO
from tests.domain.lending.strategies import money

DAY = timedelta(days=1)
PAID_OUT = date(2028, 1, 31)
LAST_DAY = date(2028, 10, 31)
PLAIN = Terms(
    principal=Decimal(600),
    currency="EUR",
    annual_rate_percent=Decimal(18),
    instalments=6,
    frequency=MONTHLY,
    interest_method=InterestMethod.DECLINING_BALANCE,
    day_count=DayCount.THIRTY_360,
    disbursed_on=PAID_OUT,
    first_due_on=date(2028, 2, 29),
)
SCHEDULES = {
    "EUR": build_schedule(PLAIN),
    "JPY": build_schedule(
        replace(
            PLAIN,
            principal=Decimal(60_000),
            currency="JPY",
            frequency=WEEKLY,
            first_due_on=date(2028, 2, 7),
            interest_method=InterestMethod.FLAT,
        )
    ),
    "KWD": build_schedule(replace(PLAIN, principal=Decimal("350.125"), currency="KWD")),
}
ORDERS = st.permutations(list(Component)).map(tuple)
WAYS = st.builds(
    Waterfall,
    past_due=ORDERS,
    due=ORDERS,
    in_advance=ORDERS,
    processing=st.sampled_from(Processing),
    future=st.sampled_from(FutureRule),
)
"""Every allocation that a product's terms can spell out."""


@dataclass(frozen=True, slots=True)
class Past:
    """A loan as it was paid out, how it is told, and money that came."""

    schedule: tuple[Instalment, ...]
    start: Start
    way: Waterfall
    rules: Rules
    money: tuple[Receipt, ...]


@st.composite
def pasts(draw: st.DrawFn, *, fees: bool = True) -> Past:
    """A loan with fees and penalties from the beginning, and money in any order of entry."""
    currency = draw(st.sampled_from(sorted(SCHEDULES)))
    schedule = SCHEDULES[currency]
    way = draw(WAYS)
    size = int(sum(row.total for row in schedule).scaleb(-money(1, currency).as_tuple().exponent))  # type: ignore[operator]
    extra = st.one_of(st.just(0), st.integers(1, size // 9))
    openings = tuple(
        Opening(
            row,
            Owed(
                row.number,
                row.due_on,
                fee=money(draw(extra), currency),
                penalty=money(draw(extra), currency),
                interest=row.interest,
                principal=row.principal,
            ),
            None,
        )
        for row in schedule
    )
    policies = (
        None,
        PenaltyPolicy(3, PenaltyKind.FLAT, money(size // 40, currency)),
        PenaltyPolicy(0, PenaltyKind.PERCENT_OF_OVERDUE, Decimal("7.5")),
        PenaltyPolicy(9, PenaltyKind.FLAT, money(size // 40, currency), money(99, currency)),
    )

    def split(owed: "list[Owed] | tuple[Owed, ...]", amount: Decimal, on: date) -> Allocated:
        return apply_waterfall(owed, amount, way, on, currency)

    fee_days = st.sampled_from(
        [row.due_on + grace * DAY for row in schedule for grace in (0, 1, 3, 4, 9, 10)]
    )
    days = draw(st.lists(st.integers(1, 230), max_size=7))
    return Past(
        schedule,
        Start(PAID_OUT, openings),
        way,
        Rules(
            split=split,  # type: ignore[arg-type] # any sequence will do
            policy=draw(st.sampled_from(policies)) if fees else None,
            currency=currency,
            fees_through=draw(st.one_of(st.dates(PAID_OUT, LAST_DAY), fee_days)),
            pinned={},
        ),
        tuple(
            Receipt(number, PAID_OUT + day * DAY, money(draw(st.integers(1, size)), currency))
            for number, day in enumerate(days)
        ),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person means to do on a day, in terms of what is owed by then.

    `share` is how many eighths of what is owed of the component are waived.
    """

    number: int
    on: date
    kind: str
    instalment: int
    component: Component
    amount: Decimal
    share: int


@st.composite
def wishes(draw: st.DrawFn, past: Past) -> list[Wish]:
    """Charges, waivers, gifts and what takes them back, on any days."""
    currency = past.rules.currency
    return [
        Wish(
            number,
            PAID_OUT + draw(st.integers(1, 230)) * DAY,
            draw(st.sampled_from(["charge", "waive", "waive", "give", "undo"])),
            draw(st.integers(1, len(past.schedule))),
            draw(st.sampled_from(Component)),
            money(draw(st.integers(1, 9_000)), currency),
            draw(st.integers(1, 8)),
        )
        for number in draw(st.lists(st.integers(50, 90), unique=True, max_size=6))
    ]


@dataclass(slots=True)
class Life:
    """A loan while its days are lived one after the other, late fees first."""

    past: Past
    owed: dict[int, Owed]
    fees: dict[FeeDay, LateFee]
    paid: dict[int, Told]
    let_off: dict[int, Told]
    facts: list[Fact]
    to_penalties: Decimal = ZERO

    def charge_late_fees(self, day: date) -> None:
        policy = self.past.rules.policy
        for number in sorted(self.owed):
            if policy is None or day > self.past.rules.fees_through:
                return
            if day != late_fee_on(policy, self.owed[number].due_on):
                continue
            amount = late_fee(
                policy,
                self.owed[number],
                day,
                self.past.rules.currency,
                already_charged=any(number == charged for charged, _ in self.fees),
                paid_to_penalties=self.to_penalties,
            )
            if amount is not None:
                self.fees[number, day] = LateFee(number, day, amount)
                self._add(number, Component.PENALTY, amount)

    def receive(self, receipt: Receipt) -> None:
        split = self._split(receipt.amount, receipt.value_on)
        self._take(split.allocations)
        self.paid[receipt.number] = Told(split.allocations, split.unapplied)
        self.to_penalties += sum(
            part.amount for part in split.allocations if part.component is Component.PENALTY
        )
        self.facts.append(receipt)

    def fulfil(self, wish: Wish) -> None:
        match wish.kind:
            case "charge":
                component = wish.component if wish.component is Component.FEE else Component.PENALTY
                self._add(wish.instalment, component, wish.amount)
                self.facts.append(
                    Charged(wish.number, wish.on, wish.instalment, component, wish.amount)
                )
            case "give":
                split = self._split(wish.amount, wish.on)
                self._take(split.allocations)
                self.let_off[wish.number] = Told(split.allocations, split.unapplied)
                self.facts.append(Given(wish.number, wish.on, wish.amount))
            case "waive":
                self._waive(wish)
            case _:
                self._undo(wish)

    def _waive(self, wish: Wish) -> None:
        left = self.owed[wish.instalment].of(wish.component)
        amount = (left * wish.share / 8).quantize(money(1, self.past.rules.currency))
        if amount > 0:
            parts = (Allocation(wish.instalment, wish.component, amount),)
            self._take(parts)
            self.let_off[wish.number] = Told(parts, ZERO)
            self.facts.append(LetOff(wish.number, wish.on, parts))

    def _undo(self, wish: Wish) -> None:
        """Take back the last thing done by hand; not a charge that was paid, nor twice."""
        gone = {fact.relief for fact in self.facts if isinstance(fact, Restored)}
        gone |= {-fact.amount for fact in self.facts if isinstance(fact, Uncharged)}
        for fact in reversed(self.facts):
            if isinstance(fact, LetOff | Given) and fact.number not in gone:
                parts = self.let_off[fact.number].allocations
                for part in parts:
                    self._add(part.instalment, part.component, part.amount)
                self.facts.append(Restored(wish.number, wish.on, fact.number, parts))
                return
            if isinstance(fact, Charged) and -fact.amount not in gone:
                left = self.owed[fact.instalment].of(fact.component)
                if left >= fact.amount:
                    self._add(fact.instalment, fact.component, -fact.amount)
                    self.facts.append(
                        Uncharged(
                            wish.number, wish.on, fact.instalment, fact.component, fact.amount
                        )
                    )
                return

    def _split(self, amount: Decimal, on: date) -> Allocated:
        rows = list(self.owed.values())
        return apply_waterfall(rows, amount, self.past.way, on, self.past.rules.currency)

    def _take(self, parts: Sequence[Allocation]) -> None:
        self.owed = {row.number: row for row in after(list(self.owed.values()), parts)}

    def _add(self, number: int, component: Component, amount: Decimal) -> None:
        row = self.owed[number]
        self.owed[number] = row.having(component, row.of(component) + amount)


def lived(past: Past, wished: Sequence[Wish] = ()) -> Life:
    """The days one after the other, what happens on each in the order of its numbers."""
    owed = {opening.owed.number: opening.owed for opening in past.start.openings}
    life = Life(past, owed, {}, {}, {}, [])
    happenings = [
        *((receipt.value_on, receipt.number, receipt) for receipt in past.money),
        *((wish.on, wish.number, wish) for wish in wished),
    ]
    day = PAID_OUT
    while day < LAST_DAY:
        day += DAY
        life.charge_late_fees(day)
        for on, _, happening in sorted(happenings, key=lambda each: each[:2]):
            if on != day:
                continue
            if isinstance(happening, Receipt):
                life.receive(happening)
            else:
                life.fulfil(happening)
    return life


def corrected(past: Past, standing: Story, known: Sequence[Fact], now: Sequence[Fact]) -> Story:
    """What a correction comes to: fees that stand and that no rule explains are left alone."""
    _, pinned = pinned_fees(past.start, known, past.rules, standing.fees)
    return tell(past.start, now, replace(past.rules, pinned=pinned))
