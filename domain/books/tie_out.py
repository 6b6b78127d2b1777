"""Tie-out: the general ledger against what the loans know on their own, difference by difference.

A control account (principal, interest due, interest accrued, fees, penalties, customers' credit)
must equal the sum of its sub-ledger. Both sides are taken at one instant and rolled back by what
was booked since, so that a month can be tied out after its end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.lending.ledger import Account
from domain.money import ZERO


class DifferenceKind(StrEnum):
    """What does not agree."""

    LOAN = "loan"
    """A loan's balance is not what its entries come to."""
    UNASSIGNED = "unassigned"
    """A control account has entries that belong to no loan."""
    ACCRUAL = "accrual"
    """Interest accrued in the books is not what the schedules say was earned."""
    SET_ASIDE = "set_aside"
    """Provisions or suspended interest in the books are not what the loans keep of them."""
    CURRENCY = "currency"
    """The accounts of a currency do not sum to zero."""
    ENTRY = "entry"
    """An entry does not sum to zero, or names an account that no chart has."""


@dataclass(frozen=True, slots=True)
class Position:
    """One control account of one loan (or of a product as a whole): both sides of it.

    `general_ledger` and `sub_ledger` are signed as in the journal: debits positive.
    """

    currency: str
    product_id: UUID | None
    account: Account
    loan_id: UUID | None
    general_ledger: Decimal
    sub_ledger: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """One control account of a product in one currency."""

    currency: str
    product_id: UUID | None
    account: Account
    general_ledger: Decimal
    sub_ledger: Decimal

    @property
    def difference(self) -> Decimal:
        """By how much the general ledger is higher."""
        return self.general_ledger - self.sub_ledger


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree, by name."""

    kind: DifferenceKind
    currency: str
    account: str | None
    loan_id: UUID | None
    entry_id: UUID | None
    general_ledger: Decimal
    sub_ledger: Decimal


def totals(positions: Iterable[Position]) -> tuple[Total, ...]:
    """Sum positions by currency, product and account."""
    sums: dict[tuple[str, UUID | None, Account], tuple[Decimal, Decimal]] = {}
    for each in positions:
        key = each.currency, each.product_id, each.account
        books, loans = sums.get(key, (ZERO, ZERO))
        sums[key] = books + each.general_ledger, loans + each.sub_ledger
    return tuple(
        Total(*key, *sums[key])
        for key in sorted(sums, key=lambda key: (key[0], str(key[1] or ""), key[2]))
    )


def differences(positions: Iterable[Position]) -> tuple[Difference, ...]:
    """Name each position whose two sides are not the same."""
    return tuple(
        Difference(
            kind=_kind(each),
            currency=each.currency,
            account=each.account.value,
            loan_id=each.loan_id,
            entry_id=None,
            general_ledger=each.general_ledger,
            sub_ledger=each.sub_ledger,
        )
        for each in positions
        if each.general_ledger != each.sub_ledger
    )


def _kind(position: Position) -> DifferenceKind:
    if position.loan_id is not None:
        return DifferenceKind.LOAN
    if position.account is Account.ACCRUED_INTEREST:
        return DifferenceKind.ACCRUAL
    if position.account in {Account.LOSS_ALLOWANCE, Account.SUSPENDED_INTEREST}:
        return DifferenceKind.SET_ASIDE
    return DifferenceKind.UNASSIGNED
