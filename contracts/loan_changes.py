"""Changes to a loan: what may be asked for, what would move, and what became of it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Amount, Code, Currency, LongText, Wire
from contracts.loans import Balances, ExternalRef, Instalment, Instalments, Payoff, ScheduledRow
from contracts.product_terms import ComponentName

ChangeKind = Literal[
    "waiver",
    "forgiveness",
    "settlement",
    "charge_off",
    "write_off",
    "goodwill_credit",
    "charge",
    "refund",
    "re_amortise",
    "reschedule",
    "payment_holiday",
    "re_age",
    "interest_pause",
    "refinance",
    "undo",
]
ChangeStatus = Literal["pending", "applied", "rejected", "undone"]
ChangeReason = Literal[
    "hardship",
    "goodwill",
    "complaint",
    "error",
    "agreement",
    "settlement",
    "uncollectable",
    "bankruptcy",
    "deceased",
    "fraud",
    "overpaid",
    "service",
    "other",
]


class ReliefPart(Wire):
    """What is taken off a component."""

    component: ComponentName
    amount: Amount | None = None
    """All of it unless given."""
    instalment: Annotated[int, Field(ge=1, le=1200)] | None = None
    """The oldest first unless given."""


class WaivedPart(ReliefPart):
    """What is waived: principal is never waived, only forgiven."""

    component: Literal["penalty", "fee", "interest"]


class Waiver(Wire):
    """Penalties, fees or earned interest are not asked for; income is taken back."""

    kind: Literal["waiver"]
    parts: Annotated[list[WaivedPart], Field(min_length=1, max_length=100)]


class Forgiveness(Wire):
    """The borrower owes less, for ever; without `parts` everything, which closes the loan."""

    kind: Literal["forgiveness"]
    parts: Annotated[list[ReliefPart], Field(min_length=1, max_length=100)] | None = None


class Settlement(Wire):
    """An agreed part was paid; the rest is forgiven and the loan closes as settled."""

    kind: Literal["settlement"]


class ChargeOff(Wire):
    """All of the book balance is expensed; what is owed stays, and so does the case."""

    kind: Literal["charge_off"]


class WriteOff(Wire):
    """A part of the book balance is expensed; what is owed stays."""

    kind: Literal["write_off"]
    amount: Amount


class GoodwillCredit(Wire):
    """The creditor pays a part of the loan, allocated like a payment; the rest is credit."""

    kind: Literal["goodwill_credit"]
    amount: Amount


class Charge(Wire):
    """A fee or a penalty is charged by hand, due with the running instalment."""

    kind: Literal["charge"]
    component: Literal["fee", "penalty"]
    amount: Amount


class Refund(Wire):
    """The customer's credit was paid back, outside of Tenor."""

    kind: Literal["refund"]
    amount: Amount | None = None
    """All of the credit unless given."""
    reference: ExternalRef | None = None


class ReAmortise(Wire):
    """The principal of all periods to come is spread anew over the remaining instalments."""

    kind: Literal["re_amortise"]
    instalments: Instalments | None = None
    """How many are to come after the running one; as many as now unless given."""


class Reschedule(Wire):
    """The rest of the loan gets another term, rate or first due date, from the next period on."""

    kind: Literal["reschedule"]
    instalments: Instalments | None = None
    """How many are to come after the running one; as many as now unless given."""
    annual_rate_percent: Amount | None = None
    first_due_on: date | None = None
    """When the first of them is due, and the day of the month from then on."""


class PaymentHoliday(Wire):
    """The next instalments ask for interest alone; their principal is paid later."""

    kind: Literal["payment_holiday"]
    instalments: Annotated[int, Field(ge=1, le=36)]
    extend: bool = True
    """The loan ends so much later; false: the later instalments are higher."""


class ReAge(Wire):
    """What is past due is owed with the rest of the schedule, and the loan is current.

    Billed interest becomes principal; fees and penalties fall due with the next new instalment.
    """

    kind: Literal["re_age"]
    instalments: Instalments | None = None
    """How many are to come after the running one; as many as now unless given."""


class InterestPause(Wire):
    """No interest is earned on some days; what the instalments around them ask for falls.

    Days that are over may be paused too: payments since are split again.
    """

    kind: Literal["interest_pause"]
    from_on: date
    """The first day without interest."""
    to_on: date
    """The last one."""


class Refinance(Wire):
    """A new loan of the same persons, paid out today, pays this one off; the rest tops it up."""

    kind: Literal["refinance"]
    product: Code | None = None
    """The newest version of this loan's product unless given."""
    principal: Amount
    """At least the payoff of the day."""
    instalments: Instalments
    annual_rate_percent: Amount | None = None
    first_due_on: date


class Undo(Wire):
    """An applied change is taken back."""

    kind: Literal["undo"]
    change_id: UUID


ChangeTerms = Annotated[
    Waiver
    | Forgiveness
    | Settlement
    | ChargeOff
    | WriteOff
    | GoodwillCredit
    | Charge
    | Refund
    | ReAmortise
    | Reschedule
    | PaymentHoliday
    | ReAge
    | InterestPause
    | Refinance
    | Undo,
    Field(discriminator="kind"),
]


class NewLoanChange(Wire):
    """A change asked for, with its reason."""

    change: ChangeTerms
    reason: ChangeReason
    note: LongText | None = None
    """In words; kept under the customer's key."""


class LoanStanding(Wire):
    """A loan's figures at one moment.

    `outstanding` is all of the plan that is unpaid; `owed` is what may be asked for that day, and
    `book` what of it is in the books: `owed` less interest paid ahead, and less what is written off
    and was not recovered.
    """

    lifecycle: str
    closed_reason: str | None
    outstanding: Balances
    owed: Amount
    paid_ahead: Amount
    written_off: Amount
    recovered: Amount
    book: Amount
    credit: Amount
    next_due_on: date | None


class Moved(Wire):
    """What a change moves: the figures before and after, and its journal entries in words.

    The schedules are given where the change alters one.
    """

    before: LoanStanding
    after: LoanStanding
    entries: list[str]
    schedule_before: list[Instalment] | None = None
    schedule_after: list[Instalment] | None = None


class LoanChange(Wire):
    """A change to a loan. `moved` is what it would move while it is pending, else what it did.

    In a preview `id` and `number` are null and `needs_approval` says whether it would wait.
    """

    id: UUID | None
    number: str | None
    loan_id: UUID
    kind: ChangeKind
    status: ChangeStatus | Literal["preview"]
    change: ChangeTerms
    reason: ChangeReason
    note: str | None
    amount: Amount
    """What is held against the limit: what is taken off, written off, charged or paid out."""
    currency: str
    needs_approval: bool
    on: date
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None
    decided_by: str | None
    undone_by: UUID | None
    made_loan_id: UUID | None
    """The loan that a refinancing made."""
    moved: Moved


class RejectChange(Wire):
    """Why a change is not made."""

    reason: Literal["not_justified", "too_much", "superseded", "error", "other"]


class ChangeLimit(Wire):
    """How much of a kind one manager may do alone; above it a second person decides."""

    kind: ChangeKind
    currency: Currency
    amount: Amount


class ChangeLimits(Wire):
    """All limits of a creditor; for what is not named every change needs a second person."""

    limits: Annotated[list[ChangeLimit], Field(max_length=200)]


class PayoffQuote(Wire):
    """What closes a loan, and until when that is so.

    Paid with `payoff: true` on the day `payoff.on`, the loan closes at exactly zero.
    """

    loan_id: UUID
    currency: str
    payoff: Payoff
    per_day: Amount
    """What the next day adds."""
    valid_until: date
    """The last day on which this amount is the payoff, provided nothing else is posted."""


class ScheduleVersion(Wire):
    """A schedule that a loan had, and the change or payment that made it.

    Both are null for the first one, and for one that a correction of the past began from.
    """

    version: int
    change_id: UUID | None
    payment_id: UUID | None
    made_on: date
    annual_rate_percent: Amount
    rows: list[ScheduledRow]
