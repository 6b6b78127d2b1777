"""Messages out and in, decisions about contact, and reserved contact slots."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Facts, Key

BODY: Final = "messages.body"
SUBJECT: Final = "messages.subject"
"""Names the ciphertexts of a message are bound to."""


class MessageRow(Base):
    """A message. Its text is encrypted under the customer's key once it has been rendered.

    Outbound life: queued → leased → dispatched → sent → delivered | failed | bounced (the
    address took it back); or withheld (denied
    by rule), expired (no longer true), unknown (the provider cannot say: a person looks).
    `due_at`, `not_after`, `sent_at` are the customer's clock; `lease_until` and
    `dispatched_at` are technical time.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_due",
            "channel",
            "shard",
            "due_at",
            postgresql_where=text("status = 'queued'"),
        ),
        Index(
            "ix_messages_in_flight",
            "shard",
            "channel",
            postgresql_where=text("status in ('leased', 'dispatched')"),
        ),
        Index("ix_messages_sent_at", "sent_at", postgresql_using="brin"),
        Index(
            "uq_messages_provider",
            "channel",
            "direction",
            "provider_id",
            unique=True,
            postgresql_where=text("provider_id is not null"),
        ),
    )

    id: Mapped[Key]
    sequence: Mapped[int] = mapped_column(BigInteger(), Identity(), unique=True)
    direction: Mapped[str]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    loan_id: Mapped[UUID | None] = mapped_column(ForeignKey("loans.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery_cases.id"), index=True)
    instalment: Mapped[int | None]
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"), index=True)
    shard: Mapped[str]
    channel: Mapped[str]
    purpose: Mapped[str]
    template: Mapped[str | None]
    template_version: Mapped[str | None]
    """Of the text it was written from; null until then."""
    language: Mapped[str]
    validity: Mapped[str]
    """What must still be true when it goes: `always`, `instalment_unpaid`, `case_open`."""
    status: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String()), default=list)
    due_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    group_id: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    permit_until: Mapped[datetime | None]
    permit_horizon: Mapped[int | None] = mapped_column(BigInteger())
    """Up to which transaction the facts of its permit were read (`news_queries`)."""
    dispatched_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str | None]
    """The name of the provider that was asked last, where the worker said it."""
    provider_id: Mapped[str | None]
    address_index: Mapped[bytes | None]
    subject_ct: Mapped[bytes | None]
    body_ct: Mapped[bytes | None]
    facts: Mapped[Facts] = mapped_column(default=dict)
    """Figures for the template that are not read from the loan, such as a promised date."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class ContactDecisionRow(Base):
    """A decision to allow, put off or deny one contact, with its inputs and rules. Append-only.

    The decisions about a customer are a chain: `place` counts them, and `link` is the digest of
    the decision and of the link before it (`domain.evidence.chain`).
    """

    __tablename__ = "contact_decisions"
    __table_args__ = (
        UniqueConstraint("customer_id", "place"),
        Index(
            "ix_contact_decisions_withheld",
            "decided_at",
            postgresql_where=text("outcome <> 'allow'"),
        ),
        Index("ix_contact_decisions_decided_at", "decided_at", postgresql_using="brin"),
    )

    id: Mapped[Key]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    place: Mapped[int] = mapped_column(BigInteger())
    link: Mapped[str]
    outcome: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String()))
    packs: Mapped[list[str]] = mapped_column(ARRAY(String()))
    inputs: Mapped[Facts]
    decided_at: Mapped[datetime]
    defer_until: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]


class ContactSlotRow(Base):
    """A contact reserved against the caps on one customer-local day; freed only if never sent."""

    __tablename__ = "contact_slots"
    __table_args__ = (Index("ix_contact_slots_customer_id_local_on", "customer_id", "local_on"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[str]
    local_on: Mapped[date]
    loan_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    """The debts it was about; empty: unknown, so it counts for each."""
    kind: Mapped[str] = mapped_column(server_default="attempt")
    """`attempt`, `unanswered` or `conversation`."""
    by_customer: Mapped[bool] = mapped_column(server_default=text("false"))
    consented: Mapped[bool] = mapped_column(server_default=text("false"))
    """It was made with consent given for it a few days before."""
