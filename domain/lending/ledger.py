"""The double-entry journal of a loan: accounts, balanced entries, and who builds which.

Debits are positive, credits negative, and every entry sums to zero. Interest becomes a
receivable on its due date; a component paid before that leaves its receivable in credit until
the entry of the due date meets it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO


class Account(StrEnum):
    """The accounts every loan is kept in, one set per currency."""

    CASH = "cash"
    GATEWAY_CLEARING = "gateway_clearing"
    """Taken by a gateway for us and not yet on our account."""
    PAYOUT_CLEARING = "payout_clearing"
    """Ordered to leave our account and not yet gone: a liability."""
    PRINCIPAL_RECEIVABLE = "principal_receivable"
    INTEREST_RECEIVABLE = "interest_receivable"
    ACCRUED_INTEREST = "accrued_interest"
    """Earned by the day but not yet due."""
    FEE_RECEIVABLE = "fee_receivable"
    PENALTY_RECEIVABLE = "penalty_receivable"
    INTEREST_INCOME = "interest_income"
    FEE_INCOME = "fee_income"
    PENALTY_INCOME = "penalty_income"
    CUSTOMER_CREDIT = "customer_credit"
    """Money of the customer beyond what was owed: a liability."""
    FEES_WAIVED = "fees_waived"
    """Fees earned and not asked for after all: takes from fee income."""
    PENALTIES_WAIVED = "penalties_waived"
    """Penalties earned and not asked for after all: takes from penalty income."""
    INTEREST_WAIVED = "interest_waived"
    """Interest earned and not asked for after all: takes from interest income."""
    FORGIVENESS_EXPENSE = "forgiveness_expense"
    """What a borrower need not pay any more, by forgiveness or a settlement."""
    GOODWILL_EXPENSE = "goodwill_expense"
    WRITTEN_OFF = "written_off"
    """Owed still, but out of the book balance: stands against the receivables, in credit."""
    WRITE_OFF_EXPENSE = "write_off_expense"
    RECOVERY_INCOME = "recovery_income"
    """Money received for what was written off."""
    SUSPENDED_INTEREST = "suspended_interest"
    """Interest earned in non-accrual and not paid: stands against the receivables, in credit."""
    LOSS_ALLOWANCE = "loss_allowance"
    """What of the book balance is expected to be lost: stands against it, in credit."""
    PROVISION_EXPENSE = "provision_expense"


class EntryKind(StrEnum):
    """What happened."""

    DISBURSEMENT = "disbursement"
    PAYOUT_SETTLED = "payout_settled"
    ORIGINATION_FEE = "origination_fee"
    ACCRUAL = "accrual"
    INTEREST_DUE = "interest_due"
    REPAYMENT = "repayment"
    LATE_FEE = "late_fee"
    PAYOFF_INTEREST = "payoff_interest"
    UNEARNED_INTEREST = "unearned_interest"
    REVERSAL = "reversal"
    REALLOCATION = "reallocation"
    WAIVER = "waiver"
    FORGIVENESS = "forgiveness"
    SETTLEMENT = "settlement"
    GOODWILL_CREDIT = "goodwill_credit"
    CHARGE = "charge"
    REFUND = "refund"
    CHARGE_OFF = "charge_off"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    CAPITALISATION = "capitalisation"
    INTEREST_CORRECTION = "interest_correction"
    PROVISION = "provision"
    INTEREST_SUSPENSION = "interest_suspension"


RECEIVABLES: Mapping[Component, Account] = MappingProxyType(
    {
        Component.PENALTY: Account.PENALTY_RECEIVABLE,
        Component.FEE: Account.FEE_RECEIVABLE,
        Component.INTEREST: Account.INTEREST_RECEIVABLE,
        Component.PRINCIPAL: Account.PRINCIPAL_RECEIVABLE,
    }
)
"""The account in which each component is owed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry: a debit above zero, a credit below; never zero."""

    account: Account
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement in the journal.

    Raises `ValueError` unless it has two lines or more, none of them zero, one per account, that
    sum to zero: an unbalanced entry is a mistake in the program, never a refusal.
    """

    kind: EntryKind
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        """Refuse what would unbalance the books."""
        if sum((line.amount for line in self.lines), ZERO) != 0:
            raise ValueError(f"a {self.kind.value} entry does not sum to zero")
        if not self.lines or any(line.amount == 0 for line in self.lines):
            raise ValueError(f"a {self.kind.value} entry moves nothing")
        if len({line.account for line in self.lines}) != len(self.lines):
            raise ValueError(f"a {self.kind.value} entry names an account twice")


def _transfer(kind: EntryKind, debit: Account, credit: Account, amount: Decimal) -> Entry:
    if amount <= 0:
        raise ValueError(f"a {kind.value} entry needs an amount above zero")
    return Entry(kind, (Line(debit, amount), Line(credit, -amount)))


def disbursement_entry(principal: Decimal, paid_from: Account = Account.CASH) -> Entry:
    """The money leaves, or is ordered to (`PAYOUT_CLEARING`), and is owed."""
    return _transfer(EntryKind.DISBURSEMENT, Account.PRINCIPAL_RECEIVABLE, paid_from, principal)


def payout_settled_entry(amount: Decimal) -> Entry:
    """Money that was ordered to leave has left."""
    return _transfer(EntryKind.PAYOUT_SETTLED, Account.PAYOUT_CLEARING, Account.CASH, amount)


def origination_fee_entry(amount: Decimal) -> Entry:
    """The fee for making the loan is owed, and earned."""
    return _transfer(EntryKind.ORIGINATION_FEE, Account.FEE_RECEIVABLE, Account.FEE_INCOME, amount)


def late_fee_entry(amount: Decimal) -> Entry:
    """A late fee is owed, and earned."""
    return _transfer(EntryKind.LATE_FEE, Account.PENALTY_RECEIVABLE, Account.PENALTY_INCOME, amount)


def accrual_entry(amount: Decimal) -> Entry:
    """Interest earned by the passing of days, not yet due."""
    return _transfer(EntryKind.ACCRUAL, Account.ACCRUED_INTEREST, Account.INTEREST_INCOME, amount)


def interest_due_entry(amount: Decimal) -> Entry:
    """Accrued interest falls due and may be demanded."""
    return _transfer(
        EntryKind.INTEREST_DUE, Account.INTEREST_RECEIVABLE, Account.ACCRUED_INTEREST, amount
    )


def payoff_interest_entry(to_bill: Decimal, already_accrued: Decimal) -> Entry | None:
    """Bill the running period's interest at payoff, and true up income to it.

    `to_bill` becomes due; `already_accrued` is taken out of accrued interest; the difference is
    income, or takes income back where more was accrued than the payoff asks for. None where
    nothing moves. Raises `ValueError` for amounts below zero.
    """
    if to_bill < 0 or already_accrued < 0:
        raise ValueError("billed and accrued interest are not below zero")
    lines = (
        (Account.INTEREST_RECEIVABLE, to_bill),
        (Account.ACCRUED_INTEREST, -already_accrued),
        (Account.INTEREST_INCOME, already_accrued - to_bill),
    )
    moved = tuple(Line(account, amount) for account, amount in lines if amount)
    return Entry(EntryKind.PAYOFF_INTEREST, moved) if moved else None


def unearned_interest_entry(amount: Decimal) -> Entry:
    """Interest that was paid ahead and will not be earned becomes the customer's credit."""
    return _transfer(
        EntryKind.UNEARNED_INTEREST,
        Account.INTEREST_RECEIVABLE,
        Account.CUSTOMER_CREDIT,
        amount,
    )


def repayment_entry(
    allocations: Sequence[Allocation], credit: Decimal, received_in: Account = Account.CASH
) -> Entry:
    """Money comes in, pays what was allocated, and the rest is the customer's credit.

    `received_in` is where it lies: on our account, or still at a gateway.

    Raises `ValueError` where both are nothing or the credit is below zero.
    """
    if credit < 0:
        raise ValueError("the customer's credit is not below zero")
    paid = dict.fromkeys(RECEIVABLES, ZERO)
    for allocation in allocations:
        paid[allocation.component] += allocation.amount
    received = sum(paid.values(), credit)
    lines = (
        (received_in, received),
        *((RECEIVABLES[component], -amount) for component, amount in paid.items()),
        (Account.CUSTOMER_CREDIT, -credit),
    )
    return Entry(
        EntryKind.REPAYMENT, tuple(Line(account, amount) for account, amount in lines if amount)
    )


def reallocation_entry(
    before: Sequence[Allocation], credit_before: Decimal, now: Sequence[Allocation], credit: Decimal
) -> Entry | None:
    """A payment's old split is taken off and its new one put on; where the money lies is the same.

    Both splits are of the same payment. None where no account moves: only instalments changed.
    """
    return correcting_entry(repayment_entry(before, credit_before), repayment_entry(now, credit))


def correcting_entry(before: Entry, now: Entry) -> Entry | None:
    """One entry is taken off and another put on; None where no account moves."""
    moved: dict[Account, Decimal] = {}
    for sign, entry in ((-1, before), (1, now)):
        for line in entry.lines:
            moved[line.account] = moved.get(line.account, ZERO) + sign * line.amount
    lines = tuple(Line(account, amount) for account, amount in moved.items() if amount)
    return Entry(EntryKind.REALLOCATION, lines) if lines else None


def reversal_entry(entry: Entry) -> Entry:
    """The exact opposite of an entry; the two together move nothing.

    Raises `ValueError` for a reversal: what was reversed is posted anew, not un-reversed.
    """
    if entry.kind is EntryKind.REVERSAL:
        raise ValueError("a reversal is not reversed")
    return Entry(
        EntryKind.REVERSAL, tuple(Line(line.account, -line.amount) for line in entry.lines)
    )
