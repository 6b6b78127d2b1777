"""A loan's events applied again in the order in which they count: value date, then entry.

A payment entered late, one that is undone, a charge that is added: each changes what came after
it. So nothing is patched: from the schedule and all live events the account is worked out anew.
What a payment paid follows from that, also where money that was left over settled a later charge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import assert_never

from domain.lending.waterfall import (
    Allocation,
    Component,
    FutureRule,
    Owed,
    Waterfall,
    after,
    apply_waterfall,
)
from domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Planned:
    """An instalment as it was scheduled: the period (from_on, due_on] and what it asks for."""

    number: int
    from_on: date
    due_on: date
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee or penalty with a due date of its own.

    It belongs to the instalment in whose period it falls due; after the last one, to an extra
    instalment at the latest such date.
    """

    component: Component
    amount: Decimal
    due_on: date
    entered_on: date


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that counts from a day; `future` overrides the waterfall's rule for it."""

    key: str
    value_on: date
    amount: Decimal
    future: FutureRule | None = None


@dataclass(frozen=True, slots=True)
class CreditRefund:
    """Credit that was paid out to the customer.

    Where there is not so much credit (any more), the rest was lent again: it becomes principal,
    due that day or, after the last instalment, with the extra one.
    """

    key: str
    value_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ChargeOff:
    """What is owed on a day leaves the book balance; what the customer owes stays."""

    key: str
    value_on: date


Event = Charge | Receipt | CreditRefund | ChargeOff


@dataclass(frozen=True, slots=True)
class Applied:
    """What an event moved.

    Attributes:
        key: The event's.
        value_on: The day it counts from.
        amount: Money received or refunded, or what was owed at a charge-off.
        parts: What it paid, or what was owed, by instalment and component.
        principal_after: Principal owed right after it; after a charge-off, that of the book.
    """

    key: str
    value_on: date
    amount: Decimal
    parts: tuple[Allocation, ...]
    principal_after: Decimal

    def of(self, component: Component) -> Decimal:
        """What went to one component."""
        return sum((part.amount for part in self.parts if part.component is component), ZERO)


@dataclass(frozen=True, slots=True)
class Line:
    """An instalment with all that was charged on it, and what was paid of it."""

    asked: Owed
    owed: Owed
    paid: Decimal
    paid_in_advance: Decimal
    """Paid before its due date."""
    paid_late: Decimal
    """Paid after its due date."""


@dataclass(frozen=True, slots=True)
class Account:
    """A loan's account after all its events; `credit` is what was paid beyond what is owed."""

    lines: tuple[Line, ...]
    applied: tuple[Applied, ...]
    credit: Decimal

    @property
    def outstanding(self) -> Decimal:
        """All that is owed."""
        return sum((line.owed.total for line in self.lines), ZERO)


def replay(
    plan: Sequence[Planned],
    events: Sequence[Event],
    waterfall: Waterfall,
    currency: str,
    *,
    charges_by_date: bool,
) -> Account:
    """Apply events to a schedule.

    Args:
        plan: The schedule, in order; at least one instalment.
        events: The live events in the order in which they were entered.
        waterfall: How receipts are split.
        currency: The loan's currency.
        charges_by_date: A charge takes effect at the earlier of its due date and its entry, and
            money left over before then settles it. False: every charge counts from the start.

    Raises what `apply_waterfall` raises for an amount.
    """
    book = _Book(plan, [event for event in events if isinstance(event, Charge)])
    for on, event in _in_order(events, charges_by_date=charges_by_date):
        match event:
            case Charge():
                book.charge(event)
                book.settle_from_credit(waterfall, on, currency)
            case Receipt():
                rule = waterfall
                if event.future is not None:
                    rule = replace(waterfall, future=event.future)
                book.receive(event, rule, currency)
                book.settle_from_credit(waterfall, on, currency)
            case CreditRefund():
                book.refund(event)
            case ChargeOff():
                book.charge_off(event)
            case _:
                assert_never(event)
    return book.account()


def _in_order(events: Sequence[Event], *, charges_by_date: bool) -> list[tuple[date, Event]]:
    dated: list[tuple[date, Event]] = []
    for event in events:
        if not isinstance(event, Charge):
            dated.append((event.value_on, event))
        elif charges_by_date:
            dated.append((min(event.due_on, event.entered_on), event))
        else:
            dated.append((date.min, event))
    # Sorting is stable: what counts from the same day stays in the order of its entry.
    return sorted(dated, key=lambda pair: pair[0])


@dataclass(slots=True)
class _Moved:
    """An event while its parts are still growing: its credit may settle a later charge."""

    key: str
    value_on: date
    amount: Decimal
    principal_after: Decimal
    credit: Decimal = ZERO
    parts: dict[tuple[int, Component], Decimal] = field(default_factory=dict)

    def add(self, allocations: Sequence[Allocation]) -> None:
        for part in allocations:
            key = (part.instalment, part.component)
            self.parts[key] = self.parts.get(key, ZERO) + part.amount

    def applied(self) -> Applied:
        parts = tuple(Allocation(number, what, paid) for (number, what), paid in self.parts.items())
        return Applied(self.key, self.value_on, self.amount, parts, self.principal_after)


@dataclass(slots=True)
class _Row:
    """An instalment while events are applied."""

    asked: Owed
    owed: Owed
    charges: list[tuple[date, Component, Decimal]] = field(default_factory=list)


class _Book:
    """The account while events are applied to it."""

    def __init__(self, plan: Sequence[Planned], charges: Sequence[Charge]) -> None:
        self._periods = [(planned.from_on, planned.due_on) for planned in plan]
        self._rows = []
        for planned in plan:
            asked = Owed(
                planned.number,
                planned.due_on,
                interest=planned.interest,
                principal=planned.principal,
            )
            self._rows.append(_Row(asked, asked))
        self._moved: list[_Moved] = []
        self._paid: list[tuple[date, Allocation]] = []
        last_due_on = plan[-1].due_on
        beyond = [charge.due_on for charge in charges if charge.due_on > last_due_on]
        if beyond:
            self._extra(max(beyond))

    def _extra(self, due_on: date) -> _Row:
        """The instalment after the last one, for what falls due after maturity."""
        if len(self._rows) == len(self._periods):
            extra = Owed(self._rows[-1].asked.number + 1, due_on)
            self._rows.append(_Row(extra, extra))
        row = self._rows[-1]
        if row.asked.due_on < due_on:
            row.asked = replace(row.asked, due_on=due_on)
            row.owed = replace(row.owed, due_on=due_on)
        return row

    def _row_for(self, on: date) -> _Row:
        for (_, due_on), row in zip(self._periods, self._rows, strict=False):
            if on <= due_on:
                return row
        return self._extra(on)

    def charge(self, charge: Charge) -> None:
        row = self._row_for(charge.due_on)
        row.charges.append((charge.due_on, charge.component, charge.amount))
        row.asked = _plus(row.asked, charge.component, charge.amount)
        row.owed = _plus(row.owed, charge.component, charge.amount)

    def receive(self, receipt: Receipt, waterfall: Waterfall, currency: str) -> None:
        split = apply_waterfall(
            self._owed_on(receipt.value_on), receipt.amount, waterfall, receipt.value_on, currency
        )
        self._take(split.allocations)
        moved = _Moved(receipt.key, receipt.value_on, receipt.amount, self._principal())
        moved.add(split.allocations)
        moved.credit = split.unapplied
        self._paid += [(receipt.value_on, part) for part in split.allocations]
        self._moved.append(moved)

    def settle_from_credit(self, waterfall: Waterfall, on: date, currency: str) -> None:
        """What was paid too much pays what is asked since, as the payment it came from."""
        for moved in self._moved:
            if not moved.credit or not any(row.owed.total for row in self._rows):
                continue
            split = apply_waterfall(self._owed_on(on), moved.credit, waterfall, on, currency)
            self._take(split.allocations)
            moved.add(split.allocations)
            moved.credit = split.unapplied
            self._paid += [(moved.value_on, part) for part in split.allocations]

    def refund(self, refund: CreditRefund) -> None:
        left = refund.amount
        for moved in self._moved:
            part = min(left, moved.credit)
            moved.credit -= part
            left -= part
        if left:
            row = self._row_for(refund.value_on)
            row.asked = _plus(row.asked, Component.PRINCIPAL, left)
            row.owed = _plus(row.owed, Component.PRINCIPAL, left)
        moved = _Moved(refund.key, refund.value_on, refund.amount, self._principal())
        self._moved.append(moved)

    def charge_off(self, charge_off: ChargeOff) -> None:
        parts = [
            Allocation(row.owed.number, component, row.owed.of(component))
            for row in self._rows
            for component in Component
            if row.owed.of(component)
        ]
        total = sum((part.amount for part in parts), ZERO)
        moved = _Moved(charge_off.key, charge_off.value_on, total, ZERO)
        moved.add(parts)
        self._moved.append(moved)

    def _owed_on(self, on: date) -> list[Owed]:
        """What is owed, with the charges whose own due date has come."""
        return [
            replace(
                row.owed,
                penalty_due=_fallen_due(row, Component.PENALTY, on),
                fee_due=_fallen_due(row, Component.FEE, on),
            )
            if row.charges
            else row.owed
            for row in self._rows
        ]

    def _take(self, allocations: Sequence[Allocation]) -> None:
        left = after([row.owed for row in self._rows], allocations)
        for row, owed in zip(self._rows, left, strict=True):
            row.owed = owed

    def _principal(self) -> Decimal:
        return sum((row.owed.principal for row in self._rows), ZERO)

    def account(self) -> Account:
        return Account(
            lines=tuple(self._line(row) for row in self._rows),
            applied=tuple(moved.applied() for moved in self._moved),
            credit=sum((moved.credit for moved in self._moved), ZERO),
        )

    def _line(self, row: _Row) -> Line:
        number, due_on = row.asked.number, row.asked.due_on
        paid = [(on, part.amount) for on, part in self._paid if part.instalment == number]
        return Line(
            asked=row.asked,
            owed=row.owed,
            paid=sum((amount for _, amount in paid), ZERO),
            paid_in_advance=sum((amount for on, amount in paid if on < due_on), ZERO),
            paid_late=sum((amount for on, amount in paid if on > due_on), ZERO),
        )


def _plus(owed: Owed, component: Component, amount: Decimal) -> Owed:
    match component:
        case Component.PENALTY:
            return replace(owed, penalty=owed.penalty + amount)
        case Component.FEE:
            return replace(owed, fee=owed.fee + amount)
        case Component.INTEREST:
            return replace(owed, interest=owed.interest + amount)
        case Component.PRINCIPAL:
            return replace(owed, principal=owed.principal + amount)
        case _:
            assert_never(component)


def _fallen_due(row: _Row, component: Component, on: date) -> Decimal:
    """What is unpaid of the charges of a component that fell due by a day."""
    charged = sum((amount for _, what, amount in row.charges if what is component), ZERO)
    fallen = sum(
        (amount for due_on, what, amount in row.charges if what is component and due_on <= on),
        ZERO,
    )
    paid = charged - row.owed.of(component)
    return max(ZERO, fallen - paid)
