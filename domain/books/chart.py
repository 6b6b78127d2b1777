"""The chart of accounts: each role the journal posts to has a number, a name and a class.

The journal is kept by role (`domain.lending.ledger.Account`), so a renumbering never touches an
entry. A product may give a role the number and name that its creditor's general ledger knows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.errors import DomainError, ErrorCode
from domain.lending.ledger import Account

_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,19}", re.ASCII)
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,80}")


class AccountClass(StrEnum):
    """Where an account stands in the statements; it gives the side it normally has."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"

    @property
    def is_debit(self) -> bool:
        """Whether its balance normally stands on the debit side."""
        return self in {AccountClass.ASSET, AccountClass.EXPENSE}


class SubLedger(StrEnum):
    """What the loans know on their own, and a control account must agree with."""

    PRINCIPAL = "principal"
    INTEREST_DUE = "interest_due"
    """Interest that fell due, less what was paid of interest, ahead or not."""
    INTEREST_ACCRUED = "interest_accrued"
    """Interest earned by the day and not yet due."""
    FEE = "fee"
    PENALTY = "penalty"
    CREDIT = "credit"
    """Money of customers held beyond what was owed: a liability, so below zero."""
    WRITTEN_OFF = "written_off"
    """What was written off and not recovered since: stands against the rest, so below zero."""
    SUSPENDED_INTEREST = "suspended_interest"
    """Interest of non-accrual loans that is no income: stands against the rest, so below zero."""
    ALLOWANCE = "allowance"
    """What is expected to be lost: stands against the rest, so below zero."""


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One account as accountants know it."""

    role: Account
    number: str
    name: str
    kind: AccountClass


@dataclass(frozen=True, slots=True)
class Mapped:
    """The number and name a product gives a role."""

    role: Account
    number: str
    name: str


_ASSET, _LIABILITY = AccountClass.ASSET, AccountClass.LIABILITY
_INCOME, _EXPENSE = AccountClass.INCOME, AccountClass.EXPENSE

_DEFAULTS: Final = (
    ChartAccount(Account.CASH, "1000", "Cash at bank", _ASSET),
    ChartAccount(Account.GATEWAY_CLEARING, "1050", "Payment gateway clearing", _ASSET),
    ChartAccount(Account.PRINCIPAL_RECEIVABLE, "1200", "Loans: principal", _ASSET),
    ChartAccount(Account.INTEREST_RECEIVABLE, "1210", "Loans: interest due", _ASSET),
    ChartAccount(Account.ACCRUED_INTEREST, "1220", "Loans: interest accrued", _ASSET),
    ChartAccount(Account.FEE_RECEIVABLE, "1230", "Loans: fees due", _ASSET),
    ChartAccount(Account.PENALTY_RECEIVABLE, "1240", "Loans: penalties due", _ASSET),
    ChartAccount(Account.WRITTEN_OFF, "1290", "Loans: written off", _ASSET),
    ChartAccount(Account.SUSPENDED_INTEREST, "1291", "Loans: interest suspended", _ASSET),
    ChartAccount(Account.LOSS_ALLOWANCE, "1292", "Loans: allowance for losses", _ASSET),
    ChartAccount(Account.PAYOUT_CLEARING, "2000", "Payouts on their way", _LIABILITY),
    ChartAccount(Account.CUSTOMER_CREDIT, "2100", "Customers' credit", _LIABILITY),
    ChartAccount(Account.INTEREST_INCOME, "4000", "Interest income", _INCOME),
    ChartAccount(Account.FEE_INCOME, "4100", "Fee income", _INCOME),
    ChartAccount(Account.PENALTY_INCOME, "4200", "Penalty income", _INCOME),
    ChartAccount(Account.INTEREST_WAIVED, "4090", "Interest waived", _INCOME),
    ChartAccount(Account.FEES_WAIVED, "4190", "Fees waived", _INCOME),
    ChartAccount(Account.PENALTIES_WAIVED, "4290", "Penalties waived", _INCOME),
    ChartAccount(Account.RECOVERY_INCOME, "4300", "Recoveries of written-off loans", _INCOME),
    ChartAccount(Account.WRITE_OFF_EXPENSE, "5000", "Loans written off", _EXPENSE),
    ChartAccount(Account.FORGIVENESS_EXPENSE, "5100", "Debt forgiven", _EXPENSE),
    ChartAccount(Account.GOODWILL_EXPENSE, "5200", "Goodwill", _EXPENSE),
    ChartAccount(Account.PROVISION_EXPENSE, "5300", "Provisions for losses", _EXPENSE),
)

DEFAULT_CHART: Final[Mapping[Account, ChartAccount]] = MappingProxyType(
    {account.role: account for account in _DEFAULTS}
)
"""Every role with the number it has unless a product says otherwise; a test walks all roles."""

CONTROL: Final[Mapping[Account, SubLedger]] = MappingProxyType(
    {
        Account.PRINCIPAL_RECEIVABLE: SubLedger.PRINCIPAL,
        Account.INTEREST_RECEIVABLE: SubLedger.INTEREST_DUE,
        Account.ACCRUED_INTEREST: SubLedger.INTEREST_ACCRUED,
        Account.FEE_RECEIVABLE: SubLedger.FEE,
        Account.PENALTY_RECEIVABLE: SubLedger.PENALTY,
        Account.CUSTOMER_CREDIT: SubLedger.CREDIT,
        Account.WRITTEN_OFF: SubLedger.WRITTEN_OFF,
        Account.SUSPENDED_INTEREST: SubLedger.SUSPENDED_INTEREST,
        Account.LOSS_ALLOWANCE: SubLedger.ALLOWANCE,
    }
)
"""Accounts that must equal the sum of what the loans know on their own."""


def chart(mapped: Iterable[Mapped]) -> Mapping[Account, ChartAccount]:
    """The chart of a product: the default one with what it maps put in.

    Several roles may share a number where accountants do not tell them apart; then they share the
    name and the class as well, and none of them is a control account, which could no longer be
    tied to its sub-ledger. Raises `INVALID_TERMS` with the fact `field`.
    """
    found = dict(DEFAULT_CHART)
    seen: set[Account] = set()
    for each in mapped:
        if each.role in seen:
            raise _invalid(f"The account {each.role.value} is mapped twice.")
        if not _NUMBER.fullmatch(each.number):
            raise _invalid("An account number is 1 to 20 letters, digits, dots and hyphens.")
        if not _NAME.fullmatch(each.name):
            raise _invalid("An account's name is 1 to 80 printable characters.")
        seen.add(each.role)
        found[each.role] = ChartAccount(
            each.role, each.number, each.name, DEFAULT_CHART[each.role].kind
        )
    _check_shared(found.values())
    return MappingProxyType(found)


def _check_shared(accounts: Iterable[ChartAccount]) -> None:
    by_number: dict[str, ChartAccount] = {}
    for account in accounts:
        other = by_number.setdefault(account.number, account)
        if other.role is account.role:
            continue
        if account.role in CONTROL or other.role in CONTROL:
            raise _invalid(
                f"Number {account.number} is shared by {other.role.value} and "
                f"{account.role.value}: an account that is tied to the loans stands alone."
            )
        if (account.name, account.kind) != (other.name, other.kind):
            raise _invalid(
                f"Number {account.number} has two names or classes: {other.role.value} and "
                f"{account.role.value} may share it only with the same ones."
            )


def _invalid(detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_TERMS, detail, {"field": "accounts"})
