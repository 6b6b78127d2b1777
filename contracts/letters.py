"""Letters: what is asked for, and what was written."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Instant, ShortText, Wire

AskedLetter = Literal[
    "arrears_notice",
    "default_notice",
    "statement",
    "payoff",
    "no_dues",
    "settlement_agreement",
    "agency_notice",
    "validation_notice",
]
"""Letters that may be asked for; `case_text` is the text of a strategy's step on paper."""

LetterDelivery = Literal["post", "portal"]
"""`post`: somebody is asked to print and post it. Both can be read in the portal."""

LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$"), Field(examples=["es"])]


class NewLetter(Wire):
    """A letter about a loan, with today's figures.

    Each of the last fields is for one letter, which needs it or has the default that is named.
    """

    code: AskedLetter
    language: LanguageCode | None = None
    """The customer's unless given, and English for `validation_notice`. English as well where that
    is not shipped or cannot be printed."""
    deliver: LetterDelivery = "post"
    from_on: date | None = None
    """`statement`: its first day; the first of the month before unless given."""
    to_on: date | None = None
    """`statement`: its last day; the last of the month before unless given."""
    good_on: date | None = None
    """`payoff`: the day of payment; today unless given."""
    pay_by_on: date | None = None
    """`default_notice`: the last day to put it right; at least 14 days away, which it is unless
    given."""
    proposal_id: UUID | None = None
    """`settlement_agreement`: the approved offer of the loan's case."""
    agency_name: ShortText | None = None
    """`agency_notice`: who collects."""


class Letter(Wire):
    """A letter that was written; it never changes. Its file is at `/letters/{id}/content`."""

    id: UUID
    number: str = Field(examples=["LT-1001"])
    code: AskedLetter | Literal["case_text", "complaint_received", "complaint_answered"]
    customer_id: UUID
    loan_id: UUID | None
    """Null for one that is about no single loan, such as the answer to a complaint."""
    case_id: UUID | None
    language: str
    """In which it is written."""
    asked_language: str
    """In which it was wanted; another one where that could not be printed."""
    template_version: str = Field(examples=["shipped-1"])
    """Of the text it was written from."""
    deliver: LetterDelivery
    dispute_until: date | None = None
    """The last day on which the debt can be disputed in full; validation notices only."""
    written_at: Instant
    """On the customer's clock."""
    written_by: str
