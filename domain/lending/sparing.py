"""What money that becomes known late leaves alone: what was let off after its day.

Entered in time, such a waiver would have found nothing to take off and been refused; told again,
it is honoured, so that money sent earlier never costs the customer what he was let off.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from domain.lending.correction import Fact, LetOff, Uncharged
from domain.lending.waterfall import Allocation, Component, Owed, is_charge
from domain.money import ZERO

Place = tuple[int, int, Component]
"""The entry number of what lets something off, the instalment and the component."""


class Sparing:
    """What money leaves alone, because it was let off after its day."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        parts = [(fact.value_on, fact.number, part) for fact in facts for part in let_off_by(fact)]
        self._on = {number: on for on, number, _ in parts}
        self._most: dict[Place, Decimal] = {
            (number, part.instalment, part.component): part.amount for _, number, part in parts
        }
        self._free: dict[Place, Decimal] = {}

    def keep_free(self, taken: Mapping[Place, Decimal]) -> bool:
        """Keep free what money took of what was let off; answers whether that is more than was."""
        before = dict(self._free)
        for place, amount in taken.items():
            self._free[place] = min(self._most[place], self._free.get(place, ZERO) + amount)
        return self._free != before

    def spared(
        self, owed: Sequence[Owed], on: date, number: int, *, charges_alone: bool
    ) -> list[Owed]:
        """What money of a day and an entry number may pay."""
        left = {row.number: row for row in owed}
        for (of, instalment, component), amount in self._free.items():
            row = left.get(instalment)
            if row is None or (self._on[of], of) < (on, number):
                continue
            if charges_alone and not is_charge(component):
                continue
            left[instalment] = row.having(component, max(ZERO, row.of(component) - amount))
        return [left[row.number] for row in owed]


def let_off_by(fact: Fact) -> tuple[Allocation, ...]:
    """What a fact takes off without money, part by part; nothing for most."""
    match fact:
        case LetOff():
            return fact.parts
        case Uncharged():
            return (Allocation(fact.instalment, fact.component, fact.amount),)
        case _:
            return ()
