"""Money asked for through a gateway, and money paid out: methods, autopay, links, payouts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Amount, Instant, ShortText, Wire

GatewayToken = Annotated[
    str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,120}$"), Field(examples=["pm_card_visa"])
]
"""A gateway's name for a payment method. Card numbers never come here."""

GatewayCustomer = Annotated[str, StringConstraints(pattern=r"^cus_[A-Za-z0-9_]{1,120}$")]
Brand = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$"), Field(examples=["visa"])]
LastFour = Annotated[str, StringConstraints(pattern=r"^\d{4}$"), Field(examples=["4242"])]
Account = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9]{4,34}$"), Field(examples=["GB29NWBK60161331926819"])
]
"""A bank account: an IBAN, or routing and account number in one, without spaces."""

LinkAmount = Literal["due", "overdue", "full", "other"]
"""What a link asks for when it is opened: what is overdue or else the next instalment; only what
is overdue; all that closes the loan that day; or a fixed amount."""

ConsentSource = Literal["web", "phone", "paper", "import"]


class NewPaymentMethod(Wire):
    """A payment method that the customer gave to the gateway, and his consent to keep it."""

    gateway: Literal["stripe"] = "stripe"
    token: GatewayToken
    gateway_customer: GatewayCustomer | None = None
    """Whose method it is at the gateway; made and attached at the first charge unless given."""
    brand: Brand | None = None
    last4: LastFour | None = None
    consent_source: ConsentSource = "web"
    consented_at: Instant | None = None
    """When the customer agreed that it is kept; now unless given, never in the future."""


class PaymentMethod(Wire):
    """A saved payment method; the gateway's token is not shown."""

    id: UUID
    customer_id: UUID
    gateway: str
    brand: str | None
    last4: str | None
    status: Literal["active", "removed"]
    consent_source: str
    consented_at: datetime
    version: int


class NewAutopay(Wire):
    """A mandate: the instalments of a loan are charged to a method on their due dates."""

    payment_method_id: UUID
    agreed_at: Instant | None = None
    """When the customer agreed to it; now unless given, never in the future."""


class Autopay(Wire):
    """The mandate of a loan."""

    id: UUID
    loan_id: UUID
    payment_method_id: UUID
    status: Literal["active", "cancelled"]
    agreed_at: datetime
    cancelled_at: datetime | None
    version: int


class NewPayLink(Wire):
    """A link by which somebody pays on the gateway's page."""

    asks: LinkAmount = "due"
    amount: Amount | None = None
    """Only with `other`: how much."""
    valid_days: int = Field(default=7, ge=1, le=60)


class PayLink(Wire):
    """A link and where it stands; `amount` is what it asks for now."""

    id: UUID
    number: str
    loan_id: UUID
    asks: LinkAmount
    amount: Amount
    currency: str
    status: Literal["open", "paid", "failed", "expired", "cancelled"]
    url: str
    """What the payer opens; it leads on to the gateway's page."""
    created_at: datetime
    expires_at: datetime
    payment_id: UUID | None
    version: int


class CollectionAttempt(Wire):
    """One call of the gateway: a charge, or a page that was opened."""

    id: UUID
    number: int
    action: Literal["charge", "page"]
    status: Literal["claimed", "open", "succeeded", "failed", "expired"]
    amount: Amount
    gateway_reference: str | None
    failure_code: str | None
    claimed_at: datetime
    ended_at: datetime | None


class Collection(Wire):
    """An intent to collect: an instalment by autopay, or a pay link; with its attempts."""

    id: UUID
    number: str
    loan_id: UUID
    kind: Literal["autopay", "link"]
    status: Literal["open", "paid", "failed", "expired", "cancelled"]
    reason: str | None
    """Why it ended without money: a gateway's code, or a word of ours."""
    currency: str
    instalment: int | None
    asks: str
    collected: Amount
    payment_id: UUID | None
    next_at: datetime | None
    """When it is looked at next, on the loan's clock."""
    created_at: datetime
    test_clock_id: UUID | None
    workflow_id: str
    version: int
    attempts: list[CollectionAttempt]


class PayOutTo(Wire):
    """Where the money of a loan is sent."""

    account: Account
    holder: ShortText


class Payout(Wire):
    """Money on its way to a borrower; the account is not shown."""

    id: UUID
    number: str
    loan_id: UUID
    status: Literal["ordered", "sending", "settled", "failed"]
    amount: Amount
    currency: str
    bank_reference: str | None
    failure_code: str | None
    created_at: datetime
    settled_at: datetime | None
    workflow_id: str
    version: int
