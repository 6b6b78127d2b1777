"""Parties of a loan after it was made, who paid, and deaths."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Amount, ShortText, Wire
from contracts.loans import Balances
from contracts.parties import ExternalReference

BereavementStatus = Literal["notified", "verified", "reversed"]


class EditParty(Wire):
    """Other terms of a party: what was agreed with a co-borrower."""

    liability: Literal["full", "several"]
    share_percent: Amount | None = None
    """With `several`, and only then."""


class CallGuarantor(Wire):
    """A guarantor was given notice of the default: from that day on he may be asked to pay."""

    notice_on: date
    """The day on which the notice was given."""
    evidence_ref: ExternalReference


class EndParty(Wire):
    """Somebody is no longer a party of the loan, from today on."""

    reason: Literal["released", "withdrawn", "mistake"]


class Payer(Wire):
    """Which party of the loan a payment came from."""

    customer_id: UUID


class PaymentPayer(Payer):
    """Who paid, as recorded."""

    payment_id: UUID
    recorded_at: datetime


class NewBereavement(Wire):
    """Somebody says that a customer has died: contact stops at once."""

    source: Literal["call", "letter", "email", "sms", "visit", "registry", "other"]
    died_on: date | None = None
    """As far as it was said."""


class VerifyBereavement(Wire):
    """A death that a person has seen proof of."""

    died_on: date
    evidence_ref: ExternalReference
    """Where the proof is kept: the number of a certificate or of a document."""
    representative_id: UUID
    """The customer row of whoever represents the estate, with his own addresses."""


class ReverseBereavement(Wire):
    """It was a mistake: the customer lives."""

    reason: ShortText
    """Kept encrypted."""


class BereavedLoan(Wire):
    """What a loan of the deceased stood at."""

    loan_id: UUID
    currency: str
    balance_at_death: Balances
    """What was owed when that day ended, by the books as they are known now."""
    successor_id: UUID | None
    """The co-borrower whose loan it is now; null where the estate answers for it."""


class Bereavement(Wire):
    """The death of a customer, as far as it is known."""

    id: UUID
    customer_id: UUID
    status: BereavementStatus
    source: str
    notified_on: date
    died_on: date | None
    evidence_ref: str | None
    verified_at: datetime | None
    representative_id: UUID | None
    reversed_at: datetime | None
    loans: Annotated[list[BereavedLoan], Field(max_length=200)]
    version: int
