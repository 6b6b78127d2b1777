"""What may be taken off a loan without money: waived, forgiven or credited, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import DomainError, ErrorCode
from domain.lending.waterfall import Allocation, Component, Owed
from domain.money import ZERO, positive, quantize


@dataclass(frozen=True, slots=True)
class Relief:
    """What is to be taken off a component.

    Attributes:
        component: Of what.
        amount: How much; None for all of it.
        instalment: Of which instalment; None for the oldest first, as far as the amount goes.
    """

    component: Component
    amount: Decimal | None = None
    instalment: int | None = None


def relieve(
    earned: Sequence[Owed], reliefs: Sequence[Relief], currency: str
) -> tuple[Allocation, ...]:
    """Spread reliefs over what is owed, oldest due date first; nothing ends below zero.

    `earned` is what may be asked for on the day (`domain.lending.payoff.earned_part`): interest
    of days to come cannot be waived, for it is not owed yet. Raises `CHANGE_EXCEEDS_OWED` with the
    facts `component` and `most`, and the refusals of amounts.
    """
    left = {(row.number, component): row.of(component) for row in earned for component in Component}
    order = [row.number for row in sorted(earned, key=lambda row: (row.due_on, row.number))]
    taken: dict[tuple[int, Component], Decimal] = {}
    for relief in reliefs:
        numbers = order if relief.instalment is None else [relief.instalment]
        keys = [(number, relief.component) for number in numbers]
        most = sum((left.get(key, ZERO) for key in keys), ZERO)
        wanted = most if relief.amount is None else positive(relief.amount, currency)
        if wanted > most or not wanted:
            raise _too_much(relief, most, currency)
        for key in keys:
            part = min(wanted, left.get(key, ZERO))
            if part > 0:
                left[key] -= part
                taken[key] = taken.get(key, ZERO) + part
                wanted -= part
    return tuple(
        Allocation(number, component, amount) for (number, component), amount in taken.items()
    )


def _too_much(relief: Relief, most: Decimal, currency: str) -> DomainError:
    where = "" if relief.instalment is None else f" of instalment {relief.instalment}"
    highest = quantize(most, currency)
    return DomainError(
        ErrorCode.CHANGE_EXCEEDS_OWED,
        f"Of {relief.component.value}{where} {highest} {currency} can be taken off, no more.",
        {"component": relief.component.value, "most": str(highest)},
    )
