"""What is agreed with a customer on a case: arrangements, settlements, moratoria."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Amount, ShortText, Wire

# -- arrangements ------------------------------------------------------------------------------


class NewPart(Wire):
    """One dated amount."""

    due_on: date
    amount: Amount


class NewArrangement(Wire):
    """Several dated amounts, in the order of their dates, within the policy of the strategy."""

    parts: Annotated[list[NewPart], Field(min_length=1, max_length=120)]


class OwnPlan(Wire):
    """What a customer can pay of what is overdue: so much each time, from a day on."""

    amount: Amount
    first_on: date
    every: Literal["week", "fortnight", "month"]
    total: Amount | None = None
    """What was overdue when the dates were shown; it is refused if that has changed."""


class ArrangementPart(Wire):
    """One dated amount, and what came of it."""

    number: int
    due_on: date
    """As agreed."""
    amount: Amount
    status: Literal["due", "kept", "missed"]
    received: Amount
    moved_to: date | None = None
    """The day it is due now, where a hold moved it on."""
    waits: bool = False
    """A hold covers it, and nobody knows when that ends."""


class Arrangement(Wire):
    """An agreement to pay by dates of its own; it moves no contractual due date.

    Both clocks are told: the loan's `past_due_days` go on, and `next_due_on` is the arrangement's
    own next date. While it is open the debt is in `forbearance`.
    """

    id: UUID | None
    """None in a preview."""
    case_id: UUID
    currency: str
    status: Literal["preview", "proposed", "open", "completed", "broken", "replaced", "cancelled"]
    total: Amount
    received: Amount
    parts: list[ArrangementPart]
    needs_approval: bool
    """A second person has, or would have, to agree."""
    pauses: bool
    """Chasing rests while it is open: not after too many were broken."""
    forbearance: bool
    next_due_on: date | None
    past_due_days: int
    """Of the case, by the contracts."""
    made_at: datetime
    made_by: str
    approved_by: str | None
    started_on: date | None
    ended_on: date | None


class EndPlan(Wire):
    """Why something agreed is taken back or declined; kept encrypted."""

    reason: ShortText


# -- settlements -------------------------------------------------------------------------------


class NewSettlement(Wire):
    """An offer to take a part for the whole: a share of what closes the loans, or an amount."""

    percent: Amount | None = None
    amount: Amount | None = None
    valid_until: date
    pay_by: date | None = None
    """The last day of its payment; the offer's own last day unless given."""


class AcceptSettlement(Wire):
    """That the customer accepts an offer."""

    pay_by: date | None = None
    """An earlier last day than was offered, if that is agreed."""


class Settlement(Wire):
    """A part of the debt taken for the whole, if it is paid in full in time."""

    id: UUID | None
    """None in a preview."""
    case_id: UUID
    currency: str
    status: Literal[
        "preview",
        "proposed",
        "offered",
        "accepted",
        "completed",
        "lapsed",
        "broken",
        "withdrawn",
    ]
    amount: Amount
    owed: Amount
    """What would have closed the loans when it was made."""
    forgives: Amount
    """What it would forgive if it were paid at once; of a completed one: what was forgiven."""
    received: Amount
    needs_approval: bool
    valid_until: date
    pay_by: date
    moved_to: date | None = None
    """The last day of an accepted one's payment now, where a hold moved it on."""
    made_at: datetime
    made_by: str
    approved_by: str | None
    accepted_on: date | None
    ended_on: date | None


# -- moratoria ---------------------------------------------------------------------------------

SchemeName = Literal["standard", "mental_health_crisis", "scotland"]


class NewMoratorium(Wire):
    """A statutory moratorium that an adviser, or the court, has notified."""

    customer_id: UUID | None = None
    """Whom it protects: a party of a loan in the case; the case's customer unless given."""
    scheme: SchemeName
    starts_on: date | None = None
    """Its first day, which may be past; today unless given."""
    treatment_ended_on: date | None = None
    """Of a crisis: the last day of treatment, once it is known."""
    reference: ShortText | None = None
    """The adviser's; kept encrypted."""


class EndTreatment(Wire):
    """The last day of crisis treatment: the moratorium ends thirty days after it."""

    treatment_ended_on: date


class ReviewMoratorium(Wire):
    """What a review of a moratorium found."""

    outcome: Literal["continue", "end"]
    reason: ShortText


class PausedInterest(Wire):
    """Days on which a loan earns no interest because of a moratorium."""

    loan_id: UUID
    from_on: date
    to_on: date
    done: bool
    """False where the change could not be made by itself and a person was asked to."""


class Moratorium(Wire):
    """A statutory moratorium: nothing is asked for, charged or enforced while it binds."""

    id: UUID
    case_id: UUID
    customer_id: UUID
    """Whom it protects."""
    hold_id: UUID
    scheme: SchemeName
    reference: str | None
    starts_on: date
    ends_on: date | None
    """First day on which it no longer binds; null while crisis treatment goes on."""
    treatment_ended_on: date | None
    active: bool
    review_opens_on: date | None
    """From when its next review is asked for; null where there is none."""
    review_closes_on: date | None
    reviews: int
    paused: list[PausedInterest]
