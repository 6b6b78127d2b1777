"""Loans: application, decision, schedule, balances, arrears."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Amount, Code, Currency, ShortText, TimelineEntry, Wire
from contracts.collecting import PayOutTo

OtherRole = Literal["co_borrower", "guarantor", "authorised_third_party"]
"""What somebody may be made on a loan beside its customer."""
PartyRole = Literal["primary", "co_borrower", "guarantor", "authorised_third_party", "estate"]
Liability = Literal["full", "several", "guarantee", "none"]
Instalments = Annotated[int, Field(ge=1, le=600)]
ExternalRef = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NewParty(Wire):
    """Another person on the loan: a customer of his own, with his own addresses and wishes."""

    customer_id: UUID
    role: OtherRole
    liability: Liability | None = None
    """What he owes. Unless given: a co-borrower all of it (`full`), a guarantor all of it once he
    was given notice of a default (`guarantee`), a third party nothing (`none`). A co-borrower may
    owe a share instead (`several`)."""
    share_percent: Amount | None = None
    """The share of the debt he owes, with `several`."""
    from_on: date | None = None
    """The business day from which he is a party; today unless given, never one to come."""


class NewLoan(Wire):
    """A loan that is already agreed: it is disbursed and active at once."""

    customer_id: UUID
    product: Code
    principal: Amount
    currency: Currency
    instalments: Instalments
    annual_rate_percent: Amount | None = None
    """The product's rate unless given."""
    disbursed_on: date | None = None
    """The creditor's business date unless given; not in the future."""
    first_due_on: date
    parties: list[NewParty] = Field(default_factory=list, max_length=5)
    external_ref: ExternalRef | None = None


class QuoteLoan(Wire):
    """A loan somebody thinks of."""

    product: Code
    principal: Amount
    currency: Currency
    instalments: Instalments
    annual_rate_percent: Amount | None = None
    """The product's rate unless given."""
    disbursed_on: date | None = None
    """The creditor's business date unless given."""
    first_due_on: date


class QuotedInstalment(Wire):
    """One row of a schedule that binds nobody yet."""

    number: int
    from_on: date
    due_on: date
    principal: Amount
    interest: Amount
    fee: Amount
    total: Amount


class QuoteTotals(Wire):
    """What the whole loan comes to."""

    principal: Amount
    interest: Amount
    fee: Amount
    to_pay: Amount


class YearlyCost(Wire):
    """The cost of the credit in percent a year, every fee included, by two laws.

    `us_actuarial_percent` is the annual percentage rate of Regulation Z, Appendix J;
    `eu_aprc_percent` the annual percentage rate of charge of Directive 2008/48/EC, Annex I.
    """

    us_actuarial_percent: Amount
    eu_aprc_percent: Amount


class QuotedCap(Wire):
    """A cap that holds for the loan, and what counts against it when all is paid in time."""

    rule: str
    source: str
    measure: Literal[
        "single_charge", "default_charges", "contract_cost", "total_cost", "yearly_cost"
    ]
    """Each charge alone; all penalties; interest and fees; these three together; the annual
    percentage rate of charge."""
    most: Amount
    """Currency units; percent for `yearly_cost`."""
    costs: Amount


class Quote(Wire):
    """What a loan would cost."""

    product: str
    product_version: int
    currency: str
    disbursed_on: date
    annual_rate_percent: Amount
    schedule: list[QuotedInstalment]
    totals: QuoteTotals
    yearly_cost: YearlyCost
    caps: list[QuotedCap]
    """What the law of the creditor's country lets such a loan cost, whatever the product says: a
    loan beyond is refused, and late fees are cut down to the room that is left."""


class LoanApplication(Wire):
    """A wish for a loan, to be decided."""

    customer_id: UUID
    product: Code
    principal: Amount
    currency: Currency
    instalments: Instalments
    external_ref: ExternalRef | None = None


class ApproveLoan(Wire):
    """The offer: what is approved may be less than what was asked for."""

    principal: Amount | None = None
    note: ShortText | None = None


class RejectLoan(Wire):
    """A refusal always has a reason code that the notice can name."""

    reason: Literal[
        "affordability", "credit_history", "identity", "incomplete_application", "policy"
    ]


class WithdrawLoan(Wire):
    """The applicant no longer wants the loan."""

    note: ShortText | None = None


class DisburseLoan(Wire):
    """The money leaves today; the schedule is fixed now."""

    first_due_on: date
    reference: ExternalRef | None = None
    payout: PayOutTo | None = None
    """Where the bank is to send the money; without it the money leaves outside of Tenor."""


class Instalment(Wire):
    """One row of the schedule, with what has been paid of it."""

    number: int
    from_on: date
    due_on: date
    principal: Amount
    interest: Amount
    fee: Amount
    penalty: Amount
    total: Amount
    paid: Amount
    outstanding: Amount
    met_on: date | None


class Party(Wire):
    """A person on the loan. A customer is shown himself alone."""

    id: UUID
    loan_id: UUID
    customer_id: UUID
    role: PartyRole
    liability: Liability
    share_percent: Amount | None
    from_on: date
    until_on: date | None
    """The first business day on which he was no party any more; null while he is one."""
    called_on: date | None
    """When a guarantor was given notice of a default."""
    liable: bool
    """Whether he may be asked to pay today."""
    standing: Literal["liable", "not-called", "not-liable", "estate"]
    """Why, or why not."""
    version: int


class Balances(Wire):
    """What is still owed, by component."""

    principal: Amount
    interest: Amount
    fee: Amount
    penalty: Amount
    total: Amount


class Loan(Wire):
    """A loan as it stands.

    `outstanding` is all of the plan that is still unpaid, future interest included.
    """

    id: UUID
    number: str
    customer_id: UUID
    creditor_id: UUID
    product: str
    product_version: int
    currency: str
    principal: Amount
    annual_rate_percent: Amount
    instalment_count: int
    lifecycle: str
    closed_reason: str | None
    bucket: str
    past_due_days: int
    overdue: Amount
    outstanding: Balances
    credit: Amount
    """Money of the customer held on this loan beyond what was owed."""
    applied_at: datetime
    disbursed_on: date | None
    closed_on: date | None
    external_ref: str | None
    test_clock_id: UUID | None
    workflow_id: str
    version: int


class LoanDetail(Loan):
    """A loan with its schedule, its parties and its story."""

    schedule: list[Instalment]
    parties: list[Party]
    history: list[TimelineEntry]


class ScheduledRow(Wire):
    """A row of a schedule as it was planned."""

    number: int
    from_on: date
    due_on: date
    principal: Amount
    interest: Amount


class Payoff(Wire):
    """What closes the loan on a date: interest that has not yet run is given back."""

    on: date
    principal: Amount
    interest: Amount
    fee: Amount
    penalty: Amount
    total: Amount
    interest_rebate: Amount


class AwaitedMoney(Wire):
    """Payments of a loan that are announced and not final."""

    reported: Amount
    """What somebody says he has paid; it is still in every balance."""
    pending: Amount
    """What is under way at the bank and still in every balance."""
    provisional: Amount
    """What is under way at the bank and has been taken off the balances already."""


class Outstanding(Wire):
    """What is owed of a loan on a date, by component."""

    loan_id: UUID
    currency: str
    as_of: date
    basis: Literal["plan", "books"] = "plan"
    """`plan`: all of the schedule that is unpaid, future interest included. `books`, for a past
    day: what the journal says was owed then; interest counts once it fell due, and is below zero
    where it was paid ahead; `overdue` sets principal that was due against all principal paid."""
    outstanding: Balances
    overdue: Balances
    credit: Amount
    awaited: AwaitedMoney
    """Payments that are announced and not final."""
    owed: Amount
    """What may be asked for on the day: the payoff; nothing unless the loan is active."""
    paid_ahead: Amount
    """Interest paid for days to come: received, and not in the books as income yet."""
    written_off: Amount
    """What was taken out of the book balance and not paid since; it is owed all the same."""
    book: Amount
    """The book balance: `owed` less `paid_ahead` and `written_off`."""
    charged_off_on: date | None
    payoff: Payoff | None
    """Null when the loan is not active."""


class Delinquency(Wire):
    """How late a loan is, on the creditor's business date."""

    loan_id: UUID
    currency: str
    as_of: date
    is_delinquent: bool
    past_due_days: int
    delinquent_days: int
    past_due_since: date | None
    overdue: Amount
    bucket: str
    case_id: UUID | None
