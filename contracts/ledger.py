"""The books: accounts, general ledger, periods and their snapshots; why a balance is what it is."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from contracts.base import Amount, ShortText, Wire
from contracts.loans import Balances
from contracts.payments import JournalLine


class LedgerAccount(Wire):
    """An account of the journal, by the number and name it has in a product's chart."""

    role: str
    number: str
    name: str
    kind: Literal["asset", "liability", "income", "expense"]
    sub_ledger: str | None
    """What the loans know on their own and the account is tied to at each close."""


class LedgerEntry(Wire):
    """An entry of the general ledger."""

    id: UUID
    kind: str
    currency: str
    loan_id: UUID | None
    product_id: UUID | None
    value_on: date
    booked_on: date
    booked_at: datetime
    lines: list[JournalLine]


class BookOf(Wire):
    """Whose book is meant: a creditor's live one, or the one he has on a test clock."""

    creditor_id: UUID
    test_clock_id: UUID | None = None


class SignOffPeriod(BookOf):
    """Who signs says which snapshot he saw."""

    snapshot_id: UUID
    note: ShortText | None = None
    """Why differences are accepted; needed where there are any."""


class PeriodAccount(Wire):
    """An account of a product over a month; debits are positive."""

    currency: str
    product_id: UUID | None
    account: str
    number: str
    name: str
    kind: str
    opening: Amount
    debit: Amount
    credit: Amount
    closing: Amount


class PeriodTotal(Wire):
    """A control account against its sub-ledger at the month's end."""

    currency: str
    product_id: UUID | None
    account: str
    general_ledger: Amount
    sub_ledger: Amount
    difference: Amount


class PeriodDifference(Wire):
    """Something that does not agree, by name."""

    kind: str
    currency: str
    account: str | None
    loan_id: UUID | None
    entry_id: UUID | None
    general_ledger: Amount
    sub_ledger: Amount


class Period(Wire):
    """A month of a book whose totals were taken."""

    period: str
    creditor_id: UUID
    test_clock_id: UUID | None
    state: Literal["awaiting_sign_off", "closed"]
    snapshot_id: UUID
    taken_at: datetime
    taken_by: str
    differences: int
    signed_at: datetime | None
    signed_by: str | None
    note: str | None


class PeriodDetail(Period):
    """A month with its trial balance, its tie-out and what does not agree."""

    trial_balance: list[PeriodAccount]
    tie_out: list[PeriodTotal]
    differing: list[PeriodDifference]


class Provision(Wire):
    """What was set aside for the loans of a product in one bucket at the end of a day."""

    as_of: date
    product_id: UUID
    product: str
    product_version: int
    currency: str
    bucket: str
    loans: int
    non_accrual_loans: int
    """Of these: whose interest is no income."""
    book_balance: Amount
    """Principal, interest due, fees and penalties, less what was written off or is suspended."""
    percent: Amount
    allowance: Amount
    suspended_interest: Amount
    """Earned and not paid, and kept out of income."""


class Explained(Wire):
    """One movement in words, what it did to each component, and what was owed after it.

    The last may be no movement: `interest_by_the_day`, under the loan's id and without a number,
    says what interest that is earned by the day has added since.
    """

    id: UUID
    number: str
    kind: str
    value_on: date
    booked_on: date
    text: str
    change: Balances
    after: Balances
