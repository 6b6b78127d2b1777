"""Creditors, products and customers."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import EmailStr, Field, StringConstraints

from contracts.base import Amount, Code, Country, Currency, ShortText, Wire
from contracts.product_terms import (
    ArrearsLadder,
    PaymentLifeTerms,
    ProvisioningTerms,
    Waterfall,
)
from contracts.schedule_terms import DayCountName, FrequencyName, ScheduleTerms
from domain.lending.ledger import Account

Zone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Field(description="IANA time zone", examples=["America/New_York"]),
]
Phone = Annotated[
    str,
    StringConstraints(min_length=5, max_length=32),
    Field(description="Phone number in international form", examples=["+14155550101"]),
]

Region = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$"),
    Field(description="State or province, ISO 3166-2", examples=["US-MA"]),
]
"""It decides which contact rules bind; while it is unknown, those of every region may."""

Town = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$"),
    Field(description="Town or city", examples=["Brooklyn"]),
]
Postcode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z \-]{1,11}$"),
    Field(description="Postal code", examples=["10001"]),
]

ExternalReference = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,64}$"),
    Field(description="The key of the same thing in your own system; nothing personal"),
]


class OpeningHours(Wire):
    """The hours of one day of the week, by the creditor's clocks."""

    opens: time = Field(examples=["09:00:00"])
    closes: time = Field(examples=["17:30:00"])


class BusinessHours(Wire):
    """When a creditor works."""

    week: Annotated[list[OpeningHours | None], Field(min_length=7, max_length=7)]
    """The days of the week, Monday first; null for a day on which it is closed."""
    closed_on: Annotated[list[date], Field(max_length=1000)] = Field(default_factory=list)
    """Holidays: days on which it is closed whatever the weekday."""


class SetBusinessHours(Wire):
    """When a creditor works from now on; null for around the clock."""

    business_hours: BusinessHours | None


AddressLine = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f]$"),
    Field(examples=["1 Harbor Street"]),
]
"""A line of a postal address, as it is printed."""


class Correspondence(Wire):
    """Where customers write to a creditor and call it, as its letters print it."""

    address: Annotated[list[AddressLine], Field(min_length=1, max_length=6)]
    """The postal address, line by line, without the creditor's name."""
    phone: Phone | None = None
    email: EmailStr | None = None
    complaints_address: Annotated[list[AddressLine], Field(max_length=6)] = Field(
        default_factory=list
    )
    """Where complaints go by post; empty: to `address`."""
    complaints_email: EmailStr | None = None
    """Where complaints go by e-mail; null: to `email`."""
    collects_for: ShortText | None = None
    """To whom the debts in its book are owed, where it collects them for somebody else."""


class SetCorrespondence(Wire):
    """Where a creditor is written to from now on; null where it has nowhere."""

    correspondence: Correspondence | None


class NewCreditor(Wire):
    """A creditor: whose book a loan is in."""

    code: Code
    name: ShortText
    country: Country
    zone: Zone
    licence_kind: Literal["creditor", "bank", "nbfc", "microfinance", "collector", "debt_buyer"] = (
        "creditor"
    )
    """Which contact rules bind: some are for collectors and debt buyers, some for microfinance."""
    legal_order: Waterfall | None = None
    """How the law of the creditor's country wants payments split. It overrides the `waterfall` of
    every product version made for this creditor, and so of the loans that keep it."""
    business_hours: BusinessHours | None = None
    """In which escalations, and the patience before a task escalates, are counted; null for around
    the clock."""
    correspondence: Correspondence | None = None
    """Where its letters say that it is written to; notices that the law wants an address on are
    not written while it is null."""


class Creditor(NewCreditor):
    """A creditor as kept."""

    id: UUID
    version: int


class PenaltyTerms(Wire):
    """When a late instalment costs a penalty, and how much; never a fee on a fee."""

    kind: Literal["none", "flat", "percent", "flat_per_day", "annual_rate"] = "none"
    """`flat` and `percent` arise once, on the first day after grace. `flat_per_day` and
    `annual_rate` (penalty interest) arise on that day and on every later one on which principal
    or interest of the instalment is overdue."""
    amount: Amount = Decimal(0)
    """Currency units for `flat` and `flat_per_day`; percent of the overdue principal and interest
    for `percent`, the same a year of 365 days for `annual_rate`."""
    grace_days: int = Field(default=0, ge=0, le=90)
    """Full days of lateness that cost nothing."""
    cap_per_instalment: Amount | None = None
    """In currency units: all penalties of an instalment come to no more, waived ones among them."""
    cap_per_loan: Amount | None = None
    """In currency units: all penalties of a loan come to no more, waived ones among them."""


class AccountName(Wire):
    """The number and the name of one account of the journal in a general ledger."""

    role: Account
    number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]{0,19}$")]
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,80}$")]


class NewProduct(Wire):
    """A loan product as data; making one of the same code makes its next version."""

    code: Code
    name: ShortText
    creditor_id: UUID
    currency: Currency
    annual_rate_percent: Amount
    interest_method: Literal["declining_balance", "flat"] = "declining_balance"
    frequency: FrequencyName = "monthly"
    day_count: DayCountName = "30/360"
    schedule: ScheduleTerms = ScheduleTerms()
    """What its schedules do beyond that."""
    min_principal: Amount = Decimal(1)
    max_principal: Amount = Decimal(100_000_000)
    min_instalments: int = Field(default=1, ge=1, le=600)
    max_instalments: int = Field(default=120, ge=1, le=600)
    waterfall: Waterfall = "penalty_fee_interest_principal"
    """How payments are split over instalments and their components."""
    origination_fee: Amount = Decimal(0)
    """Charged with the first instalment, in currency units."""
    penalty: PenaltyTerms = PenaltyTerms()
    arrears_grace_days: int = Field(default=0, ge=0, le=60)
    """Days of lateness that put a loan into no bucket; for late fees see `penalty`."""
    arrears_tolerance: Amount = Decimal(0)
    """In currency units: an instalment of which no more than this is unpaid counts as met. It
    makes no loan late and costs no fee; it is still owed."""
    arrears_ladder: ArrearsLadder = "standard"
    """The buckets that delinquent days fall into."""
    payment_life: PaymentLifeTerms = PaymentLifeTerms()
    """What is done with payments that are reported or pending, and when one is returned."""
    provisioning: ProvisioningTerms | None = None
    """What is set aside for losses by bucket, and when interest is no income any more; null:
    nothing, and never."""
    strategy: Code = "default"
    accounts: list[AccountName] = Field(default_factory=list, max_length=100)
    """Numbers and names that accounts of the journal have in your general ledger; those left out
    keep the default ones (`GET /ledger/accounts`)."""


class Product(NewProduct):
    """One version of a product."""

    id: UUID
    version: int
    created_at: datetime
    legal_order: Waterfall | None
    """The creditor's order by law when this version was made: where there is one, payments are
    split by it and not by `waterfall`."""


class ConsentTerms(Wire):
    """A wish about one medium, as the customer gave it."""

    medium: Literal["sms", "email", "call"]
    purpose: Literal["any", "servicing", "collection"] = "any"
    """What it is about; a wish about any purpose covers each."""
    granted: bool
    source: ShortText = "application"


class ContactHours(Wire):
    """A span of the day in which a customer asked to be contacted, on his own clock."""

    days: Annotated[
        list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]],
        Field(min_length=1, max_length=7),
    ]
    opens: Annotated[time, Field(examples=["18:00:00"])]
    closes: Annotated[time, Field(examples=["20:00:00"])]
    """Later than `opens`."""


class NewCustomer(Wire):
    """A person. Without a zone nobody is called or texted until one is known."""

    name: ShortText
    country: Country
    zone: Zone | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"
    """In which he is written to (ISO 639-1): `en`, `es` or `hi`; any other gets English."""
    email: EmailStr | None = None
    phone: Phone | None = None
    address: Annotated[str, StringConstraints(max_length=500)] | None = None
    region: Region | None = None
    city: Town | None = None
    postcode: Postcode | None = None
    contact_hours: list[ContactHours] = Field(default_factory=list, max_length=14)
    """When the customer asked to be contacted; empty: at any lawful time. It narrows what the
    rules allow, it never widens it."""
    born_on: date | None = None
    test_clock_id: UUID | None = None
    external_ref: ExternalReference | None = None
    consents: list[ConsentTerms] = Field(default_factory=list, max_length=10)


class CustomerSearch(Wire):
    """What a customer is sought by: whole addresses, whole words of the name; all must fit.

    It travels in a body because it is personal: addresses of pages are logged on the way.
    """

    name: ShortText | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    country: Country | None = None
    """How to read a phone number that is written without its country code."""
    number: Annotated[str, StringConstraints(max_length=24)] | None = Field(
        default=None, examples=["CU-1001"]
    )


class CustomerEdit(Wire):
    """What may be changed of a customer; a field left out stays, null clears it."""

    name: ShortText | None = None
    zone: Zone | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    address: Annotated[str, StringConstraints(max_length=500)] | None = None
    region: Region | None = None
    city: Town | None = None
    postcode: Postcode | None = None
    contact_hours: list[ContactHours] | None = Field(default=None, max_length=14)
    consents: list[ConsentTerms] = Field(default_factory=list, max_length=10)


class Customer(Wire):
    """A person as kept; `opted_out` lists the media that may not be used."""

    id: UUID
    number: str
    name: str
    country: str
    zone: str | None
    language: str
    email: str | None
    phone: str | None
    address: str | None
    region: str | None = None
    city: str | None = None
    postcode: str | None = None
    contact_hours: list[ContactHours] = Field(default_factory=list)
    born_on: date | None
    test_clock_id: UUID | None
    external_ref: str | None
    opted_out: list[str]
    created_at: datetime
    version: int
