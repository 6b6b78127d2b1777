"""Payments: posting, allocation, history, reversal, overdue list."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from contracts.base import Amount, Currency, ShortText, Wire
from contracts.loans import Balances, ExternalRef

Method = Literal["bank_transfer", "cash", "card", "direct_debit", "cheque", "other"]


class NewPayment(Wire):
    """Money received for a loan."""

    amount: Amount
    currency: Currency
    value_on: date | None = None
    """The day the money counts from; the creditor's business date unless given."""
    method: Method = "bank_transfer"
    reference: ExternalRef | None = None
    payoff: bool = False
    """True closes the loan early: the amount must be the payoff of that day."""


class NewCollection(NewPayment):
    """Money received, with the loan it is for."""

    loan_id: UUID


class AllocationLine(Wire):
    """A part of a payment and what it paid."""

    instalment: int
    component: str
    amount: Amount


class Payment(Wire):
    """A payment as posted, with its split."""

    id: UUID
    number: str
    loan_id: UUID
    amount: Amount
    currency: str
    value_on: date
    booked_at: datetime
    method: str
    reference: str | None
    status: Literal["posted", "reversed"]
    allocations: list[AllocationLine]
    credited: Amount
    """What was more than owed, held as the customer's credit."""
    outstanding_after: Balances
    loan_closed: bool


class ReversePayment(Wire):
    """Why a payment did not hold: bounced, charged back, posted in error."""

    reason: Literal["bounced", "chargeback", "posted_in_error"]
    note: ShortText | None = None


class OverdueItem(Wire):
    """A loan with something overdue."""

    loan_id: UUID
    loan_number: str
    customer_id: UUID
    currency: str
    overdue: Amount
    past_due_days: int
    past_due_since: date
    bucket: str
    case_id: UUID | None


class JournalLine(Wire):
    """One side of an entry; debits are positive."""

    account: str
    amount: Amount


class JournalEntry(Wire):
    """A balanced entry of the journal."""

    id: UUID
    kind: str
    currency: str
    value_on: date
    booked_on: date
    lines: list[JournalLine]


class TrialBalanceRow(Wire):
    """The balance of one account in one currency; debits are positive."""

    currency: str
    account: str
    balance: Amount


class TrialBalance(Wire):
    """All accounts; `balanced` is true when every currency sums to zero."""

    rows: list[TrialBalanceRow]
    balanced: bool
