"""What a change of the past comes to: everything that moves, found before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from api.arrears.history import Spell
from api.arrears.tables import BookRow
from api.loans.balances import counts_as_late, owed, scheduled, sum_owed, together
from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.payments.past import Deed, LiveFee, LivePayment, Past
from api.products.terms import ladder_of, penalty_policy, waterfall_of
from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import Arrears, Pause, assess
from domain.lending.correction import (
    LAST,
    Fact,
    LateFee,
    Opening,
    Rules,
    Start,
    Story,
    Stretch,
    Told,
    buckets,
    not_late_after_all,
)
from domain.lending.early import Taking
from domain.lending.loan import Lifecycle
from domain.lending.schedule import Instalment
from domain.lending.telling import owed_by_plan, pinned_fees, replanned, tell
from domain.lending.waterfall import Allocated, Allocation, Component, Owed, apply_waterfall
from domain.money import ZERO

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ground:
    """A loan whose past is looked into: instalments, its book's days, the date, its pauses."""

    book: Book
    rows: Sequence[InstalmentRow]
    days: BookRow
    today: date
    pauses: Sequence[Pause]
    early: Taking | None = None
    """What money paid ahead or late makes of the schedule, where it changes it."""

    def arrears(self, unpaid: Sequence[tuple[date, Decimal]], day: date) -> Arrears:
        """How late the loan is on a day with something unpaid."""
        product = self.book.product
        return assess(
            unpaid,
            day,
            product.arrears_grace_days,
            self.pauses,
            ladder_of(product),
            tolerance=product.arrears_tolerance,
        )

    def split(self, rows: Sequence[Owed], amount: Decimal, value_on: date) -> Allocated:
        """The product's allocation."""
        return apply_waterfall(
            rows,
            amount,
            waterfall_of(self.book.product),
            value_on,
            self.book.loan.currency,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to the past from a day on.

    A fact more, a payment less, or instalments that were planned otherwise (by a change).
    """

    since: date
    added: Fact | None = None
    taken: LivePayment | None = None
    planned: tuple[Instalment, ...] = ()
    change_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A payment that stands and pays something else than it did."""

    payment: LivePayment
    now: Told


@dataclass(frozen=True, slots=True)
class MovedRelief:
    """What was let off or given by hand, and meets something else than it did."""

    deed: Deed
    now: Told


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a change of the past moves.

    Attributes:
        since: The day from which the past is told again.
        before: The past as it was known.
        now: The past as it is known now.
        moved: Payments that pay something else, in the order of their value dates.
        relieved: What was let off by hand and meets something else, in the same order.
        withdrawn: Late fees that would not have arisen.
        charged: Late fees that would have.
        owed_before: What was owed in all.
        owed_now: What is owed in all.
        credit_before: The customer's credit on the loan.
        credit_now: The same; below zero where it was used already.
        overpaid: What of it the payments told again leave over.
        lifecycle_before: The loan's state.
        lifecycle_now: The state it is in with what it owes now.
        arrears_before: How late the loan was thought to be.
        arrears_now: How late it is.
        buckets: The corrected history of buckets, from the first day that differs on; empty where
            only the end of today does, or none.
        undue: Days on which the loan was held for late and was not.
        schedule_before: The instalments as they were planned.
        schedule_since: The same at the point from which the past is told, as it is known now.
        change_id: The change to the loan that planned them otherwise.
    """

    since: date
    before: Story
    now: Story
    moved: tuple[Moved, ...]
    relieved: tuple[MovedRelief, ...]
    withdrawn: tuple[LiveFee, ...]
    charged: tuple[LateFee, ...]
    owed_before: Owed
    owed_now: Owed
    credit_before: Decimal
    credit_now: Decimal
    overpaid: Decimal
    lifecycle_before: Lifecycle
    lifecycle_now: Lifecycle
    arrears_before: Arrears
    arrears_now: Arrears
    buckets: tuple[Spell, ...]
    undue: tuple[Stretch, ...]
    schedule_before: tuple[Instalment, ...]
    schedule_since: tuple[Instalment, ...]
    change_id: UUID | None

    @property
    def replans(self) -> bool:
        """Whether the instalments are planned otherwise."""
        return self.schedule_before != self.now.schedule

    @property
    def rewrites(self) -> bool:
        """Whether anything moves that was there before."""
        return self.replans or bool(
            self.moved
            or self.relieved
            or self.withdrawn
            or self.charged
            or self.buckets
            or self.undue
        )


def plan(ground: Ground, past: Past, change: Change) -> Plan:
    """Tell the past as it was known and as it is known now, and compare."""
    known = past.facts
    policy = penalty_policy(ground.book.product)
    start = Start(
        past.since,
        tuple(_openings(ground.rows, past, once=policy is None or not policy.kind.is_daily)),
        _paid_to_penalties(ground.rows, past.payments),
    )
    start = replanned(start, past.schedule)
    standing = {(fee.fee.instalment, fee.fee.on): fee.fee for fee in past.fees}
    rules = Rules(
        split=ground.split,
        policy=policy,
        currency=ground.book.loan.currency,
        fees_through=max(
            [ground.days.closed_through + DAY, *(fee.on for fee in standing.values())]
        ),
        pinned={},
        early=ground.early,
        no_fees_after=ground.book.loan.charged_off_on,
        limits=past.limits,
        other_cost=_other_cost(ground.rows, past),
    )
    before, pinned = pinned_fees(start, known, rules, charged=standing)
    facts = [
        fact for fact in known if change.taken is None or fact.number != change.taken.row.number
    ]
    if change.added is not None:
        facts.append(change.added)
    start = _as_planned(start, change)
    now = tell(start, facts, replace(rules, pinned=pinned))
    since = tuple(opening.scheduled for opening in start.openings)
    return _compared(ground, past, change, before, now, since)


def _as_planned(start: Start, change: Change) -> Start:
    """The point from which the past is told, with the instalments of a change."""
    try:
        return replanned(start, change.planned)
    except ValueError:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "More interest of an instalment was waived or given back than it would ask for.",
        ) from None


def _compared(  # noqa: PLR0913, PLR0917 - the two stories and what they are told of
    ground: Ground,
    past: Past,
    change: Change,
    before: Story,
    now: Story,
    since: tuple[Instalment, ...],
) -> Plan:
    moved = tuple(
        Moved(payment, told)
        for payment in past.payments
        if (told := now.receipts.get(payment.row.number)) is not None
        and not _alike(payment.told, told)
    )
    gone = [payment for payment in past.payments if not payment.is_kept or payment is change.taken]
    credit = ground.book.loan.credit
    to_refund = sum((told.unapplied + told.unearned for told in now.receipts.values()), ZERO)
    standing = {deed.row.number: deed for deed in past.deeds if deed.stands} | {LAST: None}
    to_refund += sum(
        (told.unapplied for number, told in now.let_off.items() if number in standing), ZERO
    )
    credit_now = credit + to_refund - sum((payment.credited for payment in gone), ZERO)
    credit_now -= sum((deed.told.unapplied for deed in past.deeds if deed.stands), ZERO)
    today = ground.today
    undue = not_late_after_all(
        before,
        now,
        change.since,
        today,
        lambda unpaid, day: ground.arrears(unpaid, day).delinquent_days > 0,
    )
    still_owed = together(list(now.owed.values()))
    return Plan(
        since=change.since,
        before=before,
        now=now,
        moved=moved,
        relieved=tuple(
            MovedRelief(deed, told)
            for deed in past.deeds
            if deed.stands
            and (told := now.let_off.get(deed.row.number)) is not None
            and not _alike(deed.told, told)
        ),
        withdrawn=tuple(
            fee for fee in past.fees if now.fees.get((fee.fee.instalment, fee.fee.on)) != fee.fee
        ),
        charged=tuple(
            fee
            for _, fee in sorted(now.fees.items())
            if fee not in {standing.fee for standing in past.fees}
        ),
        owed_before=sum_owed(ground.rows),
        owed_now=still_owed,
        credit_before=credit,
        credit_now=credit_now,
        overpaid=to_refund,
        lifecycle_before=Lifecycle(ground.book.loan.lifecycle),
        lifecycle_now=Lifecycle.ACTIVE if still_owed.total else Lifecycle.CLOSED,
        arrears_before=ground.arrears(
            [(row.due_on, counts_as_late(row)) for row in ground.rows], today
        ),
        arrears_now=ground.arrears(now.unpaid_at_end_of(today), today),
        buckets=_corrected_buckets(ground, change.since, before, now, undue),
        undue=undue,
        schedule_before=tuple(scheduled(row) for row in ground.rows),
        schedule_since=since,
        change_id=change.change_id,
    )


def _openings(rows: Sequence[InstalmentRow], past: Past, *, once: bool) -> list[Opening]:
    """Every instalment as it stood before the facts and fees that are told again.

    `once`: an instalment whose late fee arose before costs no other.
    """
    given: dict[tuple[int, Component], Decimal] = {}
    for payment in past.payments:
        for part in (*payment.told.allocations, *payment.told.rebate):
            key = (part.instalment, part.component)
            given[key] = given.get(key, ZERO) + part.amount
    charged: dict[int, Decimal] = {}
    for number, component, amount, is_charge in _effects(past):
        key = (number, component)
        given[key] = given.get(key, ZERO) - amount
        if is_charge and component is Component.PENALTY:
            charged[number] = charged.get(number, ZERO) + amount
    planned = {row.number: row for row in past.schedule}
    found = []
    for row in rows:
        left = owed(row)
        before = Owed(
            row.number,
            row.due_on,
            **{
                component.value: left.of(component) + given.get((row.number, component), ZERO)
                for component in Component
            },
        )
        # What was repaid ahead since has made an instalment larger that was met before it.
        then = owed_by_plan(before, scheduled(row), planned.get(row.number, scheduled(row)))
        was_met = then.principal + then.interest + then.fee == 0
        found.append(
            Opening(
                scheduled=scheduled(row),
                owed=before,
                met_on=row.met_on if was_met else None,
                may_cost=not (once and row.number in past.settled),
                penalties=row.penalty - charged.get(row.number, ZERO),
            )
        )
    return found


def _effects(past: Past) -> Iterator[tuple[int, Component, Decimal, bool]]:
    """What fees and deeds since the start did to what is owed, and whether by charging."""
    for fee in past.fees:
        yield fee.fee.instalment, Component.PENALTY, fee.fee.amount, True
    for deed in past.deeds:
        for number, component, amount in deed.effects():
            yield number, component, amount, deed.charges


def _paid_to_penalties(rows: Sequence[InstalmentRow], replayed: Sequence[LivePayment]) -> Decimal:
    """What payments that are not told again went to penalties."""
    return sum((row.penalty_paid for row in rows), ZERO) - sum(
        (
            part.amount
            for payment in replayed
            for part in payment.told.allocations
            if part.component is Component.PENALTY
        ),
        ZERO,
    )


def _other_cost(rows: Sequence[InstalmentRow], past: Past) -> Decimal:
    """What of the loan's cost was neither planned interest nor a penalty at the start.

    Interest that payoffs gave back counts, and so does what was let off: they are told again.
    """
    given_back = sum(
        (part.amount for payment in past.payments for part in payment.told.rebate), ZERO
    )
    given_back -= sum(
        (
            amount
            for _, component, amount, is_charge in _effects(past)
            if component is Component.FEE or (component is Component.INTEREST and not is_charge)
        ),
        ZERO,
    )
    return sum(
        (row.fee - row.fee_relieved - row.interest_rebated - row.interest_relieved for row in rows),
        given_back,
    )


def _alike(one: Told, other: Told) -> bool:
    """Whether two splits pay the same, in whatever order they name it."""
    return (
        one.unapplied == other.unapplied
        and one.unearned == other.unearned
        and _by_place(one.allocations) == _by_place(other.allocations)
        and _by_place(one.rebate) == _by_place(other.rebate)
    )


def _by_place(parts: Sequence[Allocation]) -> dict[tuple[int, Component], Decimal]:
    return {(part.instalment, part.component): part.amount for part in parts}


def _corrected_buckets(
    ground: Ground, since: date, before: Story, now: Story, undue: Sequence[Stretch]
) -> tuple[Spell, ...]:
    """The changes of bucket from the first past day on that turns out to have been another.

    A day that only opened late, and ended as it should, is such a day too.
    """

    def bucket(unpaid: Sequence[tuple[date, Decimal]], day: date) -> str:
        return ground.arrears(unpaid, day).bucket

    held = buckets(before, since, ground.today, bucket)
    true = buckets(now, since, ground.today, bucket)
    others = [day for day in held if held[day] != true[day] and day < ground.today]
    others += [stretch.first for stretch in undue]
    if not others:
        return ()
    first = min(others)
    spells = [Spell(first, held[first], true[first])]
    for day, name in true.items():
        if day > first and spells[-1].after != name:
            spells.append(Spell(day, spells[-1].after, name))
    return tuple(spells)
