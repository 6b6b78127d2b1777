"""The two ways a past is told, and the days as they are lived, agree on every cent.

`correction.tell` corrects the loans of the system of record, `replay.replay` answers for cases
that are only described. Each is checked against the other over every allocation a product may
ask for, and the first against a plain walk through the days.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.calendar import MONTHLY, WEEKLY
from domain.daycount import DayCount
from domain.lending import replay
from domain.lending.charges import late_fee, late_fee_on
from domain.lending.correction import (
    FeeDay,
    LateFee,
    Opening,
    Receipt,
    Rules,
    Start,
    Story,
    Told,
    pinned_fees,
    tell,
)
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.terms import InterestMethod, PenaltyKind, PenaltyPolicy, Terms
from domain.lending.waterfall import (
    Allocated,
    Component,
    FutureRule,
    Owed,
    Processing,
    Waterfall,
    after,
    apply_waterfall,
)
from domain.money import ZERO
from tests.domain.lending.strategies import money, thorough

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


@thorough
@given(pasts(fees=False), st.randoms(use_true_random=False))
def test_both_engines_split_the_same_however_a_product_allocates(
    past: Past, chance: st.DataObject
) -> None:
    """Whatever order the facts are entered in: of one day, that of their numbers is kept."""
    story = tell(past.start, past.money, past.rules)
    events: list[replay.Event] = [
        replay.Charge(component, opening.owed.of(component), opening.owed.due_on, PAID_OUT)
        for opening in past.start.openings
        for component in (Component.FEE, Component.PENALTY)
        if opening.owed.of(component)
    ]
    events += [replay.Receipt(str(one.number), one.value_on, one.amount) for one in past.money]
    if len({one.value_on for one in past.money}) == len(past.money):
        chance.shuffle(events)  # type: ignore[attr-defined] # a Random, says hypothesis
    account = replay.replay(
        [
            replay.Planned(row.number, row.from_on, row.due_on, row.principal, row.interest)
            for row in past.schedule
        ],
        events,
        past.way,
        past.rules.currency,
        charges_by_date=True,
    )
    assert len(account.applied) == len(past.money)
    for applied in account.applied:
        assert set(applied.parts) == set(story.receipts[int(applied.key)].allocations)
    assert {line.owed.number: line.owed for line in account.lines} == story.owed
    assert account.credit == sum((told.unapplied for told in story.receipts.values()), ZERO)


def lived(past: Past) -> tuple[dict[int, Owed], dict[FeeDay, LateFee], dict[int, Told]]:
    """The days one after the other: late fees as a day opens, then its money as it came."""
    policy, currency = past.rules.policy, past.rules.currency
    owed = {opening.owed.number: opening.owed for opening in past.start.openings}
    fees: dict[FeeDay, LateFee] = {}
    paid: dict[int, Told] = {}
    to_penalties = ZERO
    day = PAID_OUT
    while day < LAST_DAY:
        day += DAY
        for number in sorted(owed):
            if policy is None or day > past.rules.fees_through:
                break
            if day != late_fee_on(policy, owed[number].due_on):
                continue
            amount = late_fee(
                policy,
                owed[number],
                day,
                currency,
                already_charged=any(number == charged for charged, _ in fees),
                paid_to_penalties=to_penalties,
            )
            if amount is not None:
                fees[number, day] = LateFee(number, day, amount)
                owed[number] = replace(owed[number], penalty=owed[number].penalty + amount)
        for receipt in sorted(past.money, key=lambda one: one.number):
            if receipt.value_on != day:
                continue
            split = apply_waterfall(list(owed.values()), receipt.amount, past.way, day, currency)
            owed = {row.number: row for row in after(list(owed.values()), split.allocations)}
            paid[receipt.number] = Told(split.allocations, split.unapplied)
            to_penalties += sum(
                part.amount for part in split.allocations if part.component is Component.PENALTY
            )
    return owed, fees, paid


@thorough
@given(pasts())
def test_a_past_is_told_as_it_would_have_been_lived(past: Past) -> None:
    story = tell(past.start, past.money, past.rules)
    assert (story.owed, story.fees, story.receipts) == lived(past)


def corrected(past: Past, standing: Story, known: list[Receipt], now: list[Receipt]) -> Story:
    """What a correction comes to: fees that stand and that no rule explains are left alone."""
    _, pinned = pinned_fees(past.start, known, past.rules, standing.fees)
    return tell(past.start, now, replace(past.rules, pinned=pinned))


@thorough
@given(pasts(), st.data())
def test_a_payment_that_is_taken_back_leaves_no_trace(past: Past, data: st.DataObject) -> None:
    """Balances, fees, splits of the others, days met and days late are exactly what they were."""
    known = list(past.money)
    before = tell(past.start, known, past.rules)
    added = Receipt(
        data.draw(st.integers(100, 200)),
        PAID_OUT + data.draw(st.integers(1, 240)) * DAY,
        money(data.draw(st.integers(1, 70_000)), past.rules.currency),
        is_payoff=data.draw(st.booleans()),
    )
    with_it = corrected(past, before, known, [*known, added])
    without = corrected(past, with_it, [*known, added], known)
    assert without.receipts == before.receipts
    assert (without.owed, without.fees, without.met_on) == (
        before.owed,
        before.fees,
        before.met_on,
    )
    day = PAID_OUT
    while day < LAST_DAY:
        assert without.unpaid_at_end_of(day) == before.unpaid_at_end_of(day)
        day += DAY


@thorough
@given(pasts(), st.data())
def test_facts_known_one_by_one_in_any_order_end_as_if_all_had_been_known(
    past: Past, data: st.DataObject
) -> None:
    """Each fact corrects what was told before it: as in the system of record."""
    order = data.draw(st.permutations(past.money))
    known: list[Receipt] = []
    story = tell(past.start, known, past.rules)
    for receipt in order:
        story = corrected(past, story, known, [*known, receipt])
        known.append(receipt)
    whole = tell(past.start, past.money, past.rules)
    assert (story.receipts, story.fees) == (whole.receipts, whole.fees)
    assert (story.owed, story.met_on) == (whole.owed, whole.met_on)


@thorough
@given(pasts(), st.integers(1, 270))
def test_a_payoff_paid_on_its_day_closes_at_nothing(past: Past, days: int) -> None:
    on = PAID_OUT + days * DAY
    earlier = [receipt for receipt in past.money if receipt.value_on <= on]
    probe = Receipt(1_000, on, money(1, past.rules.currency), is_payoff=True)
    asked = tell(past.start, [*earlier, probe], past.rules).receipts[1_000].asked
    assume(asked)
    story = tell(past.start, [*earlier, replace(probe, amount=asked)], past.rules)
    assert all(row.total == 0 for row in story.owed.values())
    told = story.receipts[1_000]
    assert told.unapplied == 0
    assert sum((part.amount for part in told.allocations), ZERO) == asked
    assert all(met is not None for met in story.met_on.values())
