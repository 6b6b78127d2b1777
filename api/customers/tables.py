"""Customers, their wishes about contact, and addresses that may not be used."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, Sequence, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Number

CUSTOMER_NUMBERS = Sequence("customer_numbers", start=1001, metadata=Base.metadata)


class CustomerRow(Base):
    """A person. Columns ending in `_ct` are encrypted under the customer's own key.

    `wrapped_key` is that key under the master key; destroying it erases the person.
    Columns ending in `_index` are keyed digests for exact look-up, `name_tokens` for words.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_phone_index", "phone_index"),
        Index("ix_customers_email_index", "email_index"),
        Index("ix_customers_name_tokens", "name_tokens", postgresql_using="gin"),
        Index(
            "uq_customers_external_ref",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref is not null"),
        ),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    country: Mapped[str]
    region: Mapped[str | None]
    """ISO 3166-2; with the country it decides which contact rules bind."""
    zone: Mapped[str | None]
    language: Mapped[str]
    external_ref: Mapped[str | None]
    wrapped_key: Mapped[bytes | None]
    name_ct: Mapped[bytes | None]
    name_tokens: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary()))
    email_ct: Mapped[bytes | None]
    email_index: Mapped[bytes | None]
    phone_ct: Mapped[bytes | None]
    phone_index: Mapped[bytes | None]
    address_ct: Mapped[bytes | None]
    city_ct: Mapped[bytes | None]
    postcode_ct: Mapped[bytes | None]
    contact_hours: Mapped[list[dict[str, object]]] = mapped_column(
        JSONB(), default=list, server_default=text("'[]'")
    )
    """When the customer asked to be contacted: spans of local time; empty: he named none."""
    born_on_ct: Mapped[bytes | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ConsentRow(Base):
    """A wish about one medium and address, as given; the newest one counts. Append-only."""

    __tablename__ = "consents"

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    medium: Mapped[str]
    purpose: Mapped[str]
    address_index: Mapped[bytes | None]
    granted: Mapped[bool]
    source: Mapped[str]
    given_at: Mapped[datetime]


class SuppressionRow(Base):
    """An address nobody may be contacted at: `reason` is `stop` or `invalid`."""

    __tablename__ = "suppressions"

    medium: Mapped[str] = mapped_column(primary_key=True)
    address_index: Mapped[bytes] = mapped_column(primary_key=True)
    reason: Mapped[str]
    since: Mapped[datetime]
