"""Payments: posting, allocation, history, reversal, overdue list."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Amount, Currency, ShortText, Wire
from contracts.loans import Balances, ExternalRef, ScheduledRow

Method = Literal["bank_transfer", "cash", "card", "direct_debit", "cheque", "other"]

PaymentStatus = Literal[
    "reported", "pending", "cleared", "returned", "reversed", "withdrawn", "expired"
]
"""Where a payment is in its life. `reported`: somebody says that he has paid; it moves no balance.
`pending`: the bank says that it is under way. `cleared`: the money is there. `returned`: the bank
took it back or never sent it. `reversed`: taken back by ourselves, or charged back. `withdrawn`:
the report was taken back. `expired`: it was reported, and no money came in its days."""


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
    status: Literal["reported", "pending", "cleared"] = "cleared"
    """`cleared`: the money is there. `reported` moves no balance and holds reminders back for some
    days. `pending` is under way at the bank; the product says whether it counts already. Money that
    is announced first and comes later is one payment, not two: it is known again by its amount and
    its reference."""


class NewReport(Wire):
    """A borrower says that he has paid."""

    amount: Amount
    currency: Currency
    paid_on: date | None = None
    """The day of the payment; today unless given."""
    method: Method = "bank_transfer"
    reference: ExternalRef | None = None
    """What the transfer bears, so that it is known again."""


class ClearPayment(Wire):
    """The money of a payment is there."""

    amount: Amount | None = None
    """What came, where it is not what was announced; a payment that counts already cannot change
    its amount: let it be returned."""
    value_on: date | None = None
    """The day the money counts from. Unless given: today for a payment that was reported, the day
    that was announced for a pending one."""


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


class Split(Wire):
    """What a payment paid, and what was left of it."""

    allocations: list[AllocationLine]
    credited: Amount
    """What was more than owed, held as the customer's credit."""
    interest_rebated: Amount
    """Interest not asked for, where the payment was a payoff."""


class Reallocated(Wire):
    """An earlier payment that pays other things than it did."""

    payment_id: UUID
    number: str
    amount: Amount
    value_on: date
    before: Split
    after: Split


class CorrectedFee(Wire):
    """A late fee that is withdrawn, or charged after all."""

    instalment: int
    amount: Amount
    value_on: date
    """The day on which it arose, or would have."""


class ArrearsStand(Wire):
    """How late a loan is on its business date."""

    past_due_days: int
    overdue: Amount
    bucket: str


class BucketSpell(Wire):
    """A bucket that a loan turns out to have been in, from a day on until the next one's."""

    from_on: date
    bucket: str


class UnduePeriod(Wire):
    """Days on which a loan was held for late and, as is known now, was not."""

    first: date
    last: date


class UndueContact(Wire):
    """A message that asked for overdue money when nothing was overdue."""

    message_id: UUID
    channel: str
    template: str | None
    sent_at: datetime
    case_id: UUID | None


class ReliefCorrected(Wire):
    """Something let off or given by hand that meets something else than it did."""

    kind: str
    value_on: date
    before: Split
    after: Split


class Correction(Wire):
    """What moves besides a payment itself, when the past is told again from a day on."""

    since: date
    reallocated: list[Reallocated]
    reliefs: list[ReliefCorrected] = []
    """Waivers, forgiveness and goodwill that meet something else than they did."""
    fees_withdrawn: list[CorrectedFee]
    fees_charged: list[CorrectedFee]
    outstanding_before: Balances
    outstanding_after: Balances
    credit_before: Amount
    credit_after: Amount
    arrears_before: ArrearsStand
    arrears_after: ArrearsStand
    lifecycle_before: str
    lifecycle_after: str
    buckets: list[BucketSpell]
    """The corrected history of buckets; empty where it stays as it was."""
    undue_periods: list[UnduePeriod]
    undue_contacts: list[UndueContact]
    cases: list[UUID]
    """Recovery cases that learn of it."""
    schedule_before: list[ScheduledRow] | None = None
    """The instalments as they were planned, where money paid ahead plans them otherwise."""
    schedule_after: list[ScheduledRow] | None = None


class PaymentLife(Wire):
    """What is known of a payment that was announced before its money was final."""

    source: Literal["customer", "staff"]
    announced_at: datetime
    pending_at: datetime | None
    cleared_at: datetime | None
    ended_at: datetime | None
    """When it was returned, reversed, withdrawn, or expired."""
    counts: bool
    """Its amount is allocated: it is cleared, or pending and counted provisionally."""
    pauses_reminders: bool
    """It holds reminders back until `awaited_until`."""
    awaited_until: date | None
    """The first day on which it is no longer awaited; null once it is not."""
    reason: str | None
    """Why it was returned or reversed."""
    return_fee: Amount | None = None
    """In the answer to a return: what it costs the borrower."""


class Payment(Wire):
    """A payment with its split."""

    id: UUID
    number: str
    loan_id: UUID
    amount: Amount
    currency: str
    value_on: date
    booked_at: datetime
    method: str
    reference: str | None
    status: PaymentStatus
    life: PaymentLife | None = None
    """How it came to be cleared; null for money that was simply received."""
    version: int
    """For If-Match: it grows with every step of the payment's life."""
    allocations: list[AllocationLine]
    """What it pays as things stand; the last split it had, once reversed. Nothing while it does
    not count."""
    credited: Amount
    """What was more than owed, held as the customer's credit."""
    reallocated: bool = False
    """A later correction changed what it pays."""
    outstanding_after: Balances
    """What the loan owed right after it was posted."""
    loan_closed: bool
    correction: Correction | None = None
    """In the answer to what changes the past: what else moved with it."""


class PaymentPreview(Wire):
    """What a payment, or taking one back, would do; nothing of it has happened."""

    dry_run: Literal[True] = True
    loan_id: UUID
    payment_id: UUID | None
    """The payment that would be taken back; null for a new one."""
    amount: Amount
    currency: str
    value_on: date
    split: Split
    """What the payment would pay, or what it would give back."""
    correction: Correction


ReversalKind = Literal["reversal", "chargeback", "returned"]
ReversalReason = Literal[
    "bounced",
    "chargeback",
    "posted_in_error",
    "insufficient_funds",
    "account_closed",
    "mandate_revoked",
    "disputed",
    "duplicate",
    "wrong_loan",
    "wrong_amount",
    "wrong_date",
    "other",
]


class ReturnPayment(Wire):
    """Why the bank did not pay, or took the money back."""

    reason: ReversalReason
    note: ShortText | None = None
    waive_fee: bool = False
    """True leaves out the fee that the product charges for a returned payment."""


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
    """Why a payment did not hold: returned by the bank, charged back, posted in error."""

    kind: ReversalKind | None = None
    """Who took it back: we ourselves (`reversal`), the payer at his card company (`chargeback`),
    or his bank (`returned`). Unless given, it follows from the reason."""
    reason: ReversalReason
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
    number: str
    """In the chart of the product; the default one where a product maps nothing."""
    name: str
    kind: str
    balance: Amount


class TrialBalance(Wire):
    """All accounts; `balanced` is true when every currency sums to zero."""

    rows: list[TrialBalanceRow]
    balanced: bool
