"""The terms of a product that are more than a number: splits, buckets, provisions, and more."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from contracts.base import Amount, Wire

ComponentName = Literal["penalty", "fee", "interest", "principal"]

ComponentOrder = Annotated[
    tuple[ComponentName, ComponentName, ComponentName, ComponentName],
    Field(description="All four components, the first one served first"),
]


class AllocationTerms(Wire):
    """How a payment is split: an order for what is past due, due, and paid in advance."""

    past_due: ComponentOrder
    """The order in instalments whose due date is over."""
    due: ComponentOrder
    """The order in instalments that fall due on the day of the payment."""
    in_advance: ComponentOrder
    """The order in instalments due later."""
    processing: Literal["horizontal", "vertical"] = "horizontal"
    """`horizontal` finishes an instalment before the next one; `vertical` finishes a component
    over all instalments that are past due (then due, then in advance) before the next one."""
    future: Literal["next_instalment", "last_instalment", "reamortise"] = "next_instalment"
    """Who takes money paid in advance: the next instalments, the last ones (a shorter term), or
    all of them in equal shares (smaller instalments)."""

    @model_validator(mode="after")
    def _orders_are_whole(self) -> "AllocationTerms":
        """An order that forgot a component would leave it unpaid for ever."""
        for order in (self.past_due, self.due, self.in_advance):
            if len(set(order)) != len(order):
                raise ValueError("an order names each of the four components once")
        return self


Waterfall = (
    Literal["interest_first", "penalty_fee_interest_principal", "principal_first"] | AllocationTerms
)
"""A named order, the same for every instalment, or one spelt out."""


BucketName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9+_./ -]{0,31}$")]


class BucketTerms(Wire):
    """A bucket of arrears: all delinquent days from `from_days` to the next bucket."""

    name: BucketName
    from_days: int = Field(ge=1, le=3650)


OwnBuckets = Annotated[list[BucketTerms], Field(min_length=1, max_length=24)]

ArrearsLadder = Literal["standard", "rbi_sma"] | OwnBuckets
"""`standard` (1-29, 30-59, 60-89, 90+), `rbi_sma` (SMA-0 from day 1, SMA-1 from 31, SMA-2 from 61,
NPA from 91: the Reserve Bank counts the due date itself), or buckets of your own in rising order;
below the first one a loan is `current`."""


class PaymentLifeTerms(Wire):
    """What a product does with payments that are reported or pending, and when one is returned."""

    reported_days: int = Field(default=5, ge=0, le=60)
    """How many days a payment that is merely reported holds reminders back. Then it expires, and
    chasing goes on. It moves no balance."""
    unkept_reports: int = Field(default=2, ge=0, le=100)
    """After so many reports that came to nothing since money last came, one more pauses nothing."""
    pending_days: int = Field(default=10, ge=0, le=90)
    """How many days a payment may be pending without news of it."""
    pending_ends: Literal["ask", "clear"] = "ask"
    """What happens then: a person is asked to find out, or the payment is held for cleared."""
    pending_counts: Literal["when_cleared", "provisionally"] = "when_cleared"
    """`provisionally` allocates a pending payment at its value date at once, to be taken back if
    it is returned; `when_cleared` moves nothing before it is final."""
    pending_pauses: bool = True
    """Whether a pending payment holds reminders back for its days."""
    return_fee: Amount = Field(default=Decimal(0), ge=0)
    """What a returned payment costs the borrower, in currency units. The caps of the creditor's
    country come first: what they do not allow is not charged."""
    return_window_days: int = Field(default=60, ge=0, le=400)
    """For how many days after a payment its bank may still take it back (60 for ACH, 56 for SEPA
    direct debits, 120 for most cards). Only then is a repaid loan confirmed to be free of dues."""


class ProvisionRate(Wire):
    """What is set aside for the loans in a bucket."""

    bucket: BucketName
    """One of the product's buckets, or `current`."""
    percent: Amount
    """Of their book balance: principal, interest due, fees and penalties, less what was written
    off and the interest that is suspended."""


class ProvisioningTerms(Wire):
    """What is set aside for losses, and when interest is no income any more.

    At the end of each day the allowance is brought to what the day asks for, and the difference
    is expense (or comes back from it).
    """

    rates: Annotated[list[ProvisionRate], Field(max_length=25)] = []
    """Buckets left out have no provision."""
    non_accrual_from: BucketName | None = None
    """From this bucket on, interest that is earned and not paid stands in suspense instead of
    income; what is paid of it is income. Null: in no bucket."""
    accrues_again: Literal["cured", "below"] = "cured"
    """`cured`: once the loan has left all buckets; `below`: as soon as it is in a bucket below."""
