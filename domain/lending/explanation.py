"""Why a loan's balance is what it is: each movement in words, with what it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Final

from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO, quantize


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed, by component; or by how much that changed."""

    principal: Decimal = ZERO
    interest: Decimal = ZERO
    fee: Decimal = ZERO
    penalty: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.principal + self.interest + self.fee + self.penalty

    def plus(self, other: "Balance") -> "Balance":
        """Both together."""
        return Balance(
            self.principal + other.principal,
            self.interest + other.interest,
            self.fee + other.fee,
            self.penalty + other.penalty,
        )

    def less(self, other: "Balance") -> "Balance":
        """The change from another balance to this one."""
        return Balance(
            self.principal - other.principal,
            self.interest - other.interest,
            self.fee - other.fee,
            self.penalty - other.penalty,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A movement as it was recorded.

    Attributes:
        number: Its own.
        moment: When it was recorded; movements of one moment were written together, and `after`
            is what the loan owed after all of them.
        parts: What it paid, charged or relieved.
        reverses: Number of the movement it takes back.
        parent: Number of the payment it belongs to.
    """

    number: str
    kind: str
    amount: Decimal
    currency: str
    moment: datetime
    after: Balance
    parts: Sequence[Allocation] = ()
    credited: Decimal = ZERO
    reason: str | None = None
    reverses: str | None = None
    parent: str | None = None


_CHARGES: Final = frozenset({"late_fee", "charge"})
_PAYS: Final = frozenset(
    {
        "repayment",
        "interest_rebate",
        "waiver",
        "forgiveness",
        "settlement",
        "goodwill_credit",
    }
)
_MOVES_NOTHING: Final = frozenset(
    {"unearned_interest", "charge_off", "write_off", "recovery", "refund"}
)
_TAKES_BACK: Final = frozenset({"reversal", "returned", "chargeback"})


def changes(movements: Sequence[Told]) -> list[Balance]:
    """What each movement did to what is owed, in the order they were recorded.

    Of most kinds the parts say it. What was written in one moment leaves one balance together;
    what its parts do not say of that (a disbursement, a schedule planned anew) is the change of the
    movement that has none. So the changes always add up to the last balance exactly.
    """
    found: list[Balance] = []
    known: dict[str, Balance | None] = {}
    before = Balance()
    for _, written in groupby(movements, key=lambda movement: movement.moment):
        together = list(written)
        effects: list[Balance | None] = []
        for movement in together:
            effect = _effect(movement, known)
            effects.append(effect)
            if movement.kind == "reallocation" and movement.parent is not None:
                known[movement.parent] = _split(movement)
            else:
                known[movement.number] = effect
        after = together[-1].after
        left = after.less(before)
        for effect in effects:
            left = left if effect is None else left.less(effect)
        place = effects.index(None) if None in effects else len(effects) - 1
        for index, effect in enumerate(effects):
            change = effect or Balance()
            found.append(change.plus(left) if index == place else change)
        before = after
    return found


def _effect(movement: Told, known: Mapping[str, Balance | None]) -> Balance | None:
    """What a movement did as far as its parts say it; `known` is what earlier ones stand for."""
    if movement.kind in _PAYS:
        return _split(movement) if movement.parts else None
    if movement.kind in _CHARGES:
        return Balance().less(_split(movement))
    if movement.kind in _MOVES_NOTHING:
        return Balance()
    if movement.kind == "origination_fee":
        return Balance(fee=movement.amount)
    other = movement.parent if movement.kind == "reallocation" else movement.reverses
    held = known.get(other or "")
    if held is None:
        return None
    if movement.kind == "reallocation":
        return _split(movement).less(held)
    return Balance().less(held) if movement.kind in _TAKES_BACK else None


def _split(movement: Told) -> Balance:
    """The parts of a movement, as what they take from what is owed."""
    sums = dict.fromkeys(Component, ZERO)
    for part in movement.parts:
        sums[part.component] -= part.amount
    return Balance(
        principal=sums[Component.PRINCIPAL],
        interest=sums[Component.INTEREST],
        fee=sums[Component.FEE],
        penalty=sums[Component.PENALTY],
    )


_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "disbursement": "{amount} was paid out; {interest} of interest is planned on it.",
        "origination_fee": "The fee for making the loan, {amount}, is owed.",
        "late_fee": "A late fee of {amount} was charged{on}.",
        "repayment": "A payment of {amount} came in: {split}{saved}.",
        "interest_rebate": "{amount} of interest is not asked for, because the loan was paid off "
        "early.",
        "unearned_interest": "{amount} of interest that was paid ahead became the customer's "
        "credit.",
        "charge": "A charge of {amount} was made{on}{why}.",
        "waiver": "{amount} was waived{why}.",
        "forgiveness": "{amount} was forgiven{why}.",
        "settlement": "{amount} was given up by a settlement{why}.",
        "goodwill_credit": "{amount} was given as goodwill{why}.",
        "charge_off": "{amount} was charged off: out of the books, and owed all the same{why}.",
        "write_off": "{amount} was written off: out of the books, and owed all the same{why}.",
        "recovery": "{amount} of what had been written off was recovered.",
        "refund": "{amount} of the customer's credit was paid back{why}.",
        "replanned": "The rest of the schedule was planned anew{why}.",
        "interest_paused": "{amount} of interest is not asked for: some days bear none{why}.",
        "reversal": "{back} was taken back{why}: {amount}.",
        "returned": "The payer's bank took {back} back{why}: {amount}.",
        "chargeback": "The payer took {back} back at the card company{why}: {amount}.",
        "reallocation": "What {back} paid was told again{why}.",
    }
)
_OTHER: Final = "{what}: {amount}{why}."


def sentence(told: Told, change: Balance) -> str:
    """A movement in words."""
    return _WORDS.get(told.kind, _OTHER).format(
        amount=_money(told.amount, told.currency),
        interest=_money(change.interest, told.currency),
        what=told.kind.replace("_", " ").capitalize(),
        on=_on(told.parts),
        split=_paid(told),
        saved=_saved(told, change),
        back=told.reverses or told.parent or "a movement",
        why=_why(told),
    )


def by_the_day(interest: Decimal, currency: str) -> str:
    """What interest that is earned by the day added since the last movement, in words."""
    return f"{_money(interest, currency)} of interest was added since: what is unpaid bears it."


def _why(told: Told) -> str:
    return "" if told.reason is None else f" ({told.reason.replace('_', ' ')})"


def _money(amount: Decimal, currency: str) -> str:
    return f"{quantize(amount, currency):,f} {currency}"


def _on(parts: Sequence[Allocation]) -> str:
    return "".join(f" on instalment {part.instalment}" for part in parts[:1])


def _saved(told: Told, change: Balance) -> str:
    """Interest that is not planned any more, because money paid ahead changed the schedule."""
    saved = _split(told).interest - change.interest
    if told.kind != "repayment" or saved <= 0:
        return ""
    return f"; planned anew, the instalments to come ask for {_money(saved, told.currency)} less"


def _paid(told: Told) -> str:
    said = []
    for component in Component:
        paid = [part for part in told.parts if part.component is component]
        if paid:
            numbers = sorted({part.instalment for part in paid})
            which = (
                f"instalment {numbers[0]}"
                if len(numbers) == 1
                else f"instalments {numbers[0]} to {numbers[-1]}"
            )
            total = sum((part.amount for part in paid), ZERO)
            said.append(f"{_money(total, told.currency)} {component.value} of {which}")
    if told.credited > 0:
        said.append(f"{_money(told.credited, told.currency)} kept as the customer's credit")
    return ", ".join(said)
