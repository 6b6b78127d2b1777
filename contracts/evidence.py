"""Evidence: the keys that sign it, why a case is where it is, and past contacts judged again."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from contracts.base import Wire
from domain.evidence.pack import Signer


class EvidenceJwk(Wire):
    """A public key that signs evidence packs (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    kid: str
    """The fingerprint that packs name: SHA-256 of the key, in hexadecimal."""
    x: str


class EvidenceKeys(Wire):
    """The keys under which this installation signs evidence packs."""

    keys: list[EvidenceJwk]

    @classmethod
    def of(cls, signer: Signer) -> Self:
        """The set with one key in it."""
        return cls(keys=[EvidenceJwk(kid=signer.fingerprint, x=signer.public_key)])


class NewContactAudit(Wire):
    """Which past contacts to judge again, and by which rules."""

    from_on: date | None = None
    """First day (UTC, on the customer's clock) of the contacts; null: from the first on."""
    to_on: date | None = None
    """Last day of the contacts, itself included."""
    customer_id: UUID | None = None
    case_id: UUID | None = None
    rules_on: date | None = None
    """Judge by the rule packs in force on this day; null: the first day of `pack`, and without
    one the day of each contact."""
    pack: dict[str, JsonValue] | None = Field(
        default=None, examples=[{"id": "us", "version": 2, "effective_on": "2028-07-01"}]
    )
    """A rule pack on trial, whole, as its file would say it; it takes the place of the one with
    its id."""


class AuditedContact(Wire):
    """A contact that was made, and would not have been under the rules asked for."""

    decision_id: UUID
    message_id: UUID
    customer_id: UUID
    decided_at: datetime
    local_time: str | None
    channel: str
    purpose: str
    packs_then: list[str]
    packs_now: list[str]
    outcome: Literal["defer", "deny"]
    rules: list[str] = Field(examples=[["us.hours: outside-hours"]])
    """The rules that would have stopped it, each with its word."""
    defer_until: datetime | None
    missing_inputs: list[str]
    """What was not kept when it was decided, and is taken as the least strict now."""


class ContactAudit(Wire):
    """A page of past contacts, judged again; those that would have been made are left out."""

    items: list[AuditedContact]
    examined: int
    """How many contacts the page looked at."""
    next_cursor: str | None = None
