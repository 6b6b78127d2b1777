"""Payments: posting, allocation, history, reversal, overdue list."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

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


class BatchPayment(NewCollection):
    """One payment of a batch."""

    key: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")] | None = None
    """As the Idempotency-Key of the payment on its own; without one the batch's, with its place."""


class PaymentBatch(Wire):
    """Payments that are posted together; each has a result of its own."""

    items: list[BatchPayment] = Field(min_length=1, max_length=1000)


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


class BatchProblem(Wire):
    """Why one payment of a batch was not posted."""

    code: str
    detail: str


class BatchResult(Wire):
    """What became of one payment of a batch."""

    index: int
    """Its place in the batch, from 0."""
    status: int
    """The status that the payment on its own would have been answered with."""
    replayed: bool
    """It had been posted before, under the same key."""
    payment: Payment | None = None
    problem: BatchProblem | None = None


class BatchResults(Wire):
    """What became of a batch, in its order."""

    items: list[BatchResult]


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
