"""Interest earned day by day on the principal really outstanding, in servicing.

The instalments are amounts of money, as they were agreed. What of one is interest follows from the
days on which money really came: a payment pays the interest earned by its value date, oldest
instalment first, and the rest of it principal, in the order that the product's waterfall says.
Unpaid interest is carried, bears none itself, and is rounded once, when it is asked for. The last
instalment takes what is left, and what is earned after its date as it is earned. Interest earned
after an instalment was paid in full ahead of its
date is asked for with the next one that is not.

The rows of a schedule hold all that is needed: their stretches tell on which balance each day's
interest is earned, and which balance is known; later ones take it that all is paid in time.
Source: US simple interest, `domain.lending.simple_interest`, which tests hold against this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.lending.early import Settled
from domain.lending.payoff import earned_through
from domain.lending.rounding import Rounding, from_minor, to_minor
from domain.lending.schedule import Bearing, Instalment, Stretch
from domain.lending.waterfall import (
    Allocated,
    Allocation,
    Component,
    Owed,
    Waterfall,
    apply_waterfall,
    at_most,
    is_charge,
)
from domain.money import ZERO

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """How a loan whose interest is earned by the day takes money, and the passing of time.

    Attributes:
        waterfall: How money is split over what is owed.
        currency: The loan's currency.
        rounding: How the interest of a whole period is rounded.
    """

    waterfall: Waterfall
    currency: str
    rounding: Rounding

    @property
    def ends_of_itself(self) -> bool:
        """Nothing is planned that is not earned: what a payoff asks for is all that is owed."""
        return True

    def settle(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], amount: Decimal, on: date
    ) -> Settled:
        """Split money that counts from a day; with the instalments that ask for something else.

        All instalments are given, and no money counted from a later day before. Raises
        `AMOUNT_NOT_POSITIVE` and `AMOUNT_PRECISION`.
        """
        rest = _Rest(self, scheduled, owed)
        rest.reach(on)
        asked = rest.asked(on)
        split = apply_waterfall(asked, amount, self.waterfall, on, self.currency)
        return rest.settled(asked, split, on)

    def give(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], amount: Decimal, on: date
    ) -> Settled:
        """Split what is given as money is: what is met by it bears no more interest."""
        return self.settle(scheduled, owed, amount, on)

    def let_off(
        self,
        scheduled: Sequence[Instalment],
        owed: Sequence[Owed],
        parts: Sequence[Allocation],
        on: date,
    ) -> Settled:
        """Take parts off, none more than may be asked for on the day.

        What is let off of interest or principal is let off wherever it is asked for by then,
        the oldest instalment first: which one that is follows from all that was paid.
        """
        rest = _Rest(self, scheduled, owed)
        rest.reach(on)
        asked = rest.asked(on)
        charges = [part for part in parts if is_charge(part.component)]
        borne = [
            Allocation(row.number, component, amount)
            for component in (Component.INTEREST, Component.PRINCIPAL)
            for row, amount in _oldest_first(asked, component, parts)
        ]
        taken = (*at_most(asked, charges), *borne)
        return rest.settled(asked, Allocated(taken, ZERO), on)

    def restore(
        self,
        scheduled: Sequence[Instalment],
        owed: Sequence[Owed],
        parts: Sequence[Allocation],
        on: date,
    ) -> tuple[Instalment, ...]:
        """What was let off is owed again, and what of it is principal bears interest again."""
        rest = _Rest(self, scheduled, owed)
        rest.reach(on)
        back = [replace(part, amount=-part.amount) for part in parts]
        return rest.settled(rest.asked(on), Allocated(tuple(back), ZERO), on).replanned

    def as_of(
        self, scheduled: Sequence[Instalment], owed: Sequence[Owed], on: date
    ) -> tuple[Instalment, ...]:
        """The instalments that ask for something else as a day opens, due dates having passed.

        What was not paid on its due date goes on bearing interest, whatever was planned.
        """
        rest = _Rest(self, scheduled, owed)
        rest.pass_due_dates(on)
        return rest.changed()

    def agreed(self, scheduled: Sequence[Instalment]) -> tuple[Instalment, ...]:
        """The instalments as they were agreed: all paid in time, nothing before or after it."""
        whole = [
            replace(row, principal=ZERO, interest=ZERO, earning=_uncut(row)) for row in scheduled
        ]
        principal = sum((row.principal for row in scheduled), ZERO)
        whole[-1] = replace(whole[-1], principal=principal)
        owed = [Owed(row.number, row.due_on, principal=row.principal) for row in whole]
        rest = _Rest(self, whole, owed)
        rest.plan(scheduled[0].from_on)
        return rest.rows


def _oldest_first(
    asked: Sequence[Owed], component: Component, parts: Sequence[Allocation]
) -> Iterator[tuple[Owed, Decimal]]:
    """What of a component each instalment gets of the parts of all."""
    left = sum((part.amount for part in parts if part.component is component), ZERO)
    for row in asked:
        amount = min(left, row.of(component))
        left -= amount
        if amount > 0:
            yield row, amount


def _uncut(row: Instalment) -> tuple[Stretch, ...]:
    """The stretches of a period without the cuts of payments, on no known balance."""
    found: list[Stretch] = []
    for stretch in row.earning:
        if stretch.from_on >= row.due_on:
            break
        bearing = stretch.bearing
        if bearing is None:
            raise ValueError("interest by the day is told by what bears it")
        plain = replace(stretch, bearing=Bearing(bearing.balance, bearing.rate))
        last = found[-1] if found else None
        if (
            last is not None
            and last.bearing is not None
            and last.until_on == stretch.from_on
            and last.bearing.rate == bearing.rate
        ):
            found[-1] = replace(last, until_on=stretch.until_on)
        else:
            found.append(plain)
    return tuple(found)


class _Rest:
    """A loan's instalments while what they ask for is worked out anew."""

    def __init__(self, rules: Daily, scheduled: Sequence[Instalment], owed: Sequence[Owed]) -> None:
        self._rules = rules
        self._before = tuple(scheduled)
        self._rows = list(scheduled)
        self._owed = {row.number: row for row in owed}
        self._interest = {row.number: row.interest - self._left(row).interest for row in scheduled}
        self._principal = {
            row.number: row.principal - self._left(row).principal for row in scheduled
        }
        self._line = [
            (row.number, stretch, _borne_by(stretch))
            for row in scheduled
            for stretch in row.earning
        ]

    def _left(self, row: Instalment) -> Owed:
        return self._owed.get(row.number) or Owed(row.number, row.due_on)

    @property
    def rows(self) -> tuple[Instalment, ...]:
        """The instalments as they are now, with where their interest is earned."""
        earning: dict[int, list[Stretch]] = {row.number: [] for row in self._rows}
        for number, stretch, _ in self._line:
            earning[number].append(stretch)
        return tuple(replace(row, earning=tuple(earning[row.number])) for row in self._rows)

    def changed(self) -> tuple[Instalment, ...]:
        """Those that are others than they were."""
        return tuple(
            now for before, now in zip(self._before, self.rows, strict=True) if before != now
        )

    def reach(self, on: date) -> None:
        """Let time pass until a day: what is earned by then stays as it is."""
        self.pass_due_dates(on)
        self.cut(on)

    def settled(self, asked: Sequence[Owed], split: Allocated, on: date) -> Settled:
        """What comes of a split of what may be asked for on a day."""
        self.take(asked, split.allocations, on)
        self.plan(on)
        return Settled(split, self.changed())

    # -- time -------------------------------------------------------------------------------------

    def pass_due_dates(self, on: date) -> None:
        """Let what was due before a day and is unpaid go on bearing interest."""
        balance = self._balance()
        for place in range(len(self._line)):
            number, stretch, bearing = self._line[place]
            if stretch.from_on >= on:
                break
            if bearing.known or bearing.balance > balance:
                continue
            now = replace(bearing, balance=balance, carried=self._carried(place))
            if now == bearing:
                continue
            self._set(place, stretch, now)
            self._know(place)
            self._bill(number, place + 1)
        if on > self._rows[-1].due_on:
            self._go_on(on)
            self._bill_last(on - _DAY)

    def _go_on(self, on: date) -> None:
        """Let what is unpaid after the last due date bear interest until a day, and beyond."""
        last = self._rows[-1]
        own = [part for number, part, _ in self._line if number == last.number]
        length = last.due_on - last.from_on
        while self._balance() and own and self._line[-1][1].until_on < on:
            until = self._line[-1][1].until_on
            place, rate = len(self._line), self._line[-1][2].rate
            stretch = Stretch(until, until + length, ZERO)
            self._line.append((last.number, stretch, Bearing(0, rate)))
            carried = self._carried(place)
            self._set(place, stretch, Bearing(self._balance(), rate, carried, known=True))

    def _bill_last(self, on: date) -> None:
        """Ask for interest earned after the last due date as it is earned."""
        last = self._rows[-1]
        billed = sum((row.interest for row in self._rows[:-1]), ZERO)
        met = self._interest[last.number]
        self._rows[-1] = replace(last, interest=max(met, self._earned(on) - billed))

    def cut(self, on: date) -> None:
        """Part the stretch that a day ends: what is earned by then stays as it is."""
        for place, (number, stretch, bearing) in enumerate(self._line):
            if not stretch.from_on < on < stretch.until_on:
                continue
            earned = bearing.rounded((on - stretch.from_on).days, Rounding.HALF_UP)
            first = Stretch(stretch.from_on, on, self._money(earned), replace(bearing, known=True))
            rest = replace(stretch, from_on=on)
            self._line[place : place + 1] = [
                (number, first, _borne_by(first)),
                (number, rest, bearing),
            ]
            return

    def plan(self, on: date) -> None:
        """Plan what comes after a day, all being paid in time."""
        first = next(
            (place for place, (_, part, _) in enumerate(self._line) if part.from_on >= on),
            len(self._line),
        )
        number = next((row.number for row in self._rows if row.due_on >= on), None)
        if number is None:
            if first < len(self._line):
                stretch, bearing = self._line[first][1:]
                carried = self._carried(first)
                self._set(
                    first, stretch, replace(bearing, balance=self._balance(), carried=carried)
                )
                self._know(first)
            self._bill_last(on)
            return
        if first < len(self._line) and self._line[first][0] == number:
            place, stretch, bearing = first, *self._line[first][1:]
            carried = self._carried(place)
            self._set(place, stretch, replace(bearing, balance=self._balance(), carried=carried))
            if on > self._rows[0].from_on:
                self._know(place)
            first += 1
        self._bill(number, first)

    # -- money ------------------------------------------------------------------------------------

    def asked(self, on: date) -> list[Owed]:
        """What may be paid on a day: interest earned by it, and all principal."""
        interest = max(ZERO, self._earned(on) - self._met_interest())
        principal = self._unpaid_principal()
        found = []
        for position, row in enumerate(self._rows):
            if position == len(self._rows) - 1:
                part, rest = interest, principal
            else:
                left = self._left_of_agreed(row)
                demanded = row.interest - self._interest[row.number] if row.due_on <= on else ZERO
                part = min(interest, max(left, demanded))
                rest = min(principal, max(ZERO, left - part))
            interest -= part
            principal -= rest
            found.append(replace(self._left(row), interest=part, principal=rest))
        return found

    def take(self, asked: Sequence[Owed], parts: Sequence[Allocation], on: date) -> None:
        """Take off what was paid; what had fallen due stays as it was asked for."""
        for position, (row, ask) in enumerate(zip(self._rows, asked, strict=True)):
            if row.due_on < on:
                self._rows[position] = replace(
                    row,
                    interest=self._interest[row.number] + ask.interest,
                    principal=self._principal[row.number] + ask.principal,
                )
        for part in parts:
            if part.component is Component.INTEREST:
                self._interest[part.instalment] += part.amount
            elif part.component is Component.PRINCIPAL:
                self._principal[part.instalment] += part.amount

    # -- what it is made of ------------------------------------------------------------------------

    def _bill(self, number: int, place: int) -> None:
        """Tell what instalments ask for from one on; its period's stretches are borne before."""
        total = sum((row.principal for row in self._before), ZERO)
        rows = self._rows
        first = next(position for position, row in enumerate(rows) if row.number == number)
        billed = sum((row.interest for row in rows[:first]), ZERO)
        billed += sum((self._interest[row.number] for row in rows[first:]), ZERO)
        left = total - sum((row.principal for row in rows[:first]), ZERO)
        ahead = sum((self._principal[row.number] for row in rows[first:]), ZERO)
        balance = self._balance()
        earned = sum((part.interest for _, part, _ in self._line[:place]), ZERO)
        unpaid = False
        # As long as nothing is taken to be paid that is not, what follows is known already.
        known = all(self._is_met(row) for row in rows[:first])
        for position in range(first, len(rows)):
            row = rows[position]
            while place < len(self._line) and self._line[place][0] == row.number:
                _, stretch, bearing = self._line[place]
                within = place > 0 and self._line[place - 1][0] == row.number
                carried = self._residue(place - 1) if within or unpaid else Fraction(0)
                self._set(place, stretch, Bearing(balance, bearing.rate, carried, known=known))
                earned += self._line[place][1].interest
                place += 1
            met_interest, met_principal = self._interest[row.number], self._principal[row.number]
            ahead -= met_principal
            interest = met_interest + max(ZERO, earned - billed)
            if position == len(rows) - 1:
                principal = left
            elif self._left_of_agreed(row) == 0:
                interest, principal = met_interest, met_principal
            else:
                agreed = row.agreed or ZERO
                principal = max(met_principal, min(agreed - interest, left - ahead))
            rows[position] = replace(row, interest=interest, principal=principal)
            billed += interest - met_interest
            unpaid = earned > billed  # it was paid ahead: the next one asks for this interest
            left -= principal
            known = known and self._is_met(rows[position])
            balance = self._minor(left - ahead)

    def _is_met(self, row: Instalment) -> bool:
        met = self._interest[row.number], self._principal[row.number]
        return met == (row.interest, row.principal)

    def _left_of_agreed(self, row: Instalment) -> Decimal:
        met = self._interest[row.number] + self._principal[row.number]
        return max(ZERO, (row.agreed or ZERO) - met)

    def _carried(self, place: int) -> Fraction:
        """What rounding left of interest that is unpaid as a stretch begins."""
        if place == 0 or self._earned(self._line[place][1].from_on) <= self._met_interest():
            return Fraction(0)
        return self._residue(place - 1)

    def _residue(self, place: int) -> Fraction:
        _, stretch, bearing = self._line[place]
        return bearing.exact(stretch.days) - self._minor(stretch.interest)

    def _set(self, place: int, stretch: Stretch, bearing: Bearing) -> None:
        interest = self._money(bearing.rounded(stretch.days, self._rules.rounding))
        now = replace(stretch, interest=interest, bearing=bearing)
        self._line[place] = (self._line[place][0], now, bearing)

    def _know(self, place: int) -> None:
        number, stretch, bearing = self._line[place]
        known = replace(bearing, known=True)
        self._line[place] = (number, replace(stretch, bearing=known), known)

    def _earned(self, on: date) -> Decimal:
        return earned_through((part for _, part, _ in self._line), on, self._rules.currency)

    def _met_interest(self) -> Decimal:
        return sum(self._interest.values(), ZERO)

    def _unpaid_principal(self) -> Decimal:
        total = sum((row.principal for row in self._before), ZERO)
        return total - sum(self._principal.values(), ZERO)

    def _balance(self) -> int:
        return self._minor(self._unpaid_principal())

    def _minor(self, amount: Decimal) -> int:
        return to_minor(amount, self._rules.currency)

    def _money(self, minor: int) -> Decimal:
        return from_minor(minor, self._rules.currency)


def _borne_by(stretch: Stretch) -> Bearing:
    if stretch.bearing is None:
        raise ValueError("interest by the day is told by what bears it")
    return stretch.bearing
