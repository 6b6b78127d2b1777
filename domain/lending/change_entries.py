"""The journal entries of changes to a loan: each kind's accounts in one place."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from domain.lending.ledger import RECEIVABLES, Account, Entry, EntryKind, Line
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO

WAIVED: Mapping[Component, Account] = MappingProxyType(
    {
        Component.PENALTY: Account.PENALTIES_WAIVED,
        Component.FEE: Account.FEES_WAIVED,
        Component.INTEREST: Account.INTEREST_WAIVED,
        Component.PRINCIPAL: Account.FORGIVENESS_EXPENSE,
    }
)
"""What bears the loss when a component is not asked for: income taken back, or an expense."""


def _entry(kind: EntryKind, moved: Mapping[Account, Decimal]) -> Entry:
    return Entry(kind, tuple(Line(account, amount) for account, amount in moved.items() if amount))


def relief_entry(
    kind: EntryKind,
    allocations: Sequence[Allocation],
    absorbed: Decimal = ZERO,
    *,
    borne_by: Account | None = None,
    credit: Decimal = ZERO,
) -> Entry:
    """What is owed falls without money.

    Args:
        kind: Waiver, forgiveness, settlement or goodwill credit.
        allocations: What is taken off.
        absorbed: What of it was written off before: no loss a second time.
        borne_by: The one account that bears the loss; the contra account of each component
            unless given.
        credit: What is more than was owed and becomes the customer's credit.

    Raises `ValueError` where more is absorbed than is taken off.
    """
    moved: dict[Account, Decimal] = {}
    left = absorbed
    for part in allocations:
        loss = part.amount - min(left, part.amount)
        left -= part.amount - loss
        bearer = borne_by or WAIVED[part.component]
        receivable = RECEIVABLES[part.component]
        moved[bearer] = moved.get(bearer, ZERO) + loss
        moved[receivable] = moved.get(receivable, ZERO) - part.amount
    if left:
        raise ValueError("more is absorbed than is taken off")
    if absorbed:
        moved[Account.WRITTEN_OFF] = absorbed
    if credit:
        bearer = borne_by or Account.FORGIVENESS_EXPENSE
        moved[bearer] = moved.get(bearer, ZERO) + credit
        moved[Account.CUSTOMER_CREDIT] = -credit
    return _entry(kind, moved)


def write_off_entry(kind: EntryKind, amount: Decimal) -> Entry:
    """The book balance falls; what is owed stays in the receivables."""
    return _entry(kind, {Account.WRITE_OFF_EXPENSE: amount, Account.WRITTEN_OFF: -amount})


def recovery_entry(amount: Decimal) -> Entry:
    """Money came for what was written off; below zero where it was taken back."""
    return _entry(
        EntryKind.RECOVERY, {Account.WRITTEN_OFF: amount, Account.RECOVERY_INCOME: -amount}
    )


def charge_entry(component: Component, amount: Decimal) -> Entry:
    """A fee or a penalty is owed, and earned; raises `ValueError` for another component."""
    income = {
        Component.FEE: Account.FEE_INCOME,
        Component.PENALTY: Account.PENALTY_INCOME,
    }.get(component)
    if income is None:
        raise ValueError("what is charged is a fee or a penalty")
    return _entry(EntryKind.CHARGE, {RECEIVABLES[component]: amount, income: -amount})


def refund_entry(amount: Decimal) -> Entry:
    """The customer's credit goes back to the customer."""
    return _entry(EntryKind.REFUND, {Account.CUSTOMER_CREDIT: amount, Account.CASH: -amount})


def capitalisation_entry(interest: Decimal) -> Entry:
    """Billed interest becomes principal and is owed with the rest of the schedule."""
    return _entry(
        EntryKind.CAPITALISATION,
        {Account.PRINCIPAL_RECEIVABLE: interest, Account.INTEREST_RECEIVABLE: -interest},
    )
