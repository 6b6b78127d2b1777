"""Why a loan's balance is what it is: each movement in words, with what it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
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
    """A movement as it was recorded: `after` is what the loan owed right after it."""

    kind: str
    amount: Decimal
    currency: str
    after: Balance
    parts: Sequence[Allocation] = ()
    credited: Decimal = ZERO
    reason: str | None = None
    reverses: str | None = None
    """Number of the movement it takes back."""


def changes(movements: Sequence[Told]) -> list[Balance]:
    """What each movement did, in the order they were recorded.

    The changes add up to the last balance exactly: each is the difference of two balances.
    """
    found, before = [], Balance()
    for movement in movements:
        found.append(movement.after.less(before))
        before = movement.after
    return found


_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "disbursement": "{amount} was paid out; {interest} of interest is planned on it.",
        "origination_fee": "The fee for making the loan, {amount}, is owed.",
        "late_fee": "A late fee of {amount} was charged{on}.",
        "repayment": "A payment of {amount} came in: {split}.",
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
        split=_split(told),
        back=told.reverses or "a movement",
        why=_why(told),
    )


def _why(told: Told) -> str:
    return "" if told.reason is None else f" ({told.reason.replace('_', ' ')})"


def _money(amount: Decimal, currency: str) -> str:
    return f"{quantize(amount, currency):,f} {currency}"


def _on(parts: Sequence[Allocation]) -> str:
    return "".join(f" on instalment {part.instalment}" for part in parts[:1])


def _split(told: Told) -> str:
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
