"""What the sandbox remembers, as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Provider(StrEnum):
    """The providers it stands in for."""

    TWILIO = "twilio"
    SENDGRID = "sendgrid"
    STRIPE = "stripe"
    BANK = "bank"


class Direction(StrEnum):
    """Seen from Tenor, as the providers say it."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class FaultKind(StrEnum):
    """Ways a send can be told to go wrong."""

    TIMEOUT_AFTER_ACCEPT = "timeout-after-accept"
    SERVER_ERROR = "server-error"
    RATE_LIMITED = "rate-limited"
    GARBAGE = "garbage"
    """Kept, and answered with something nobody understands."""
    SLOW = "slow"
    """Kept, and answered late."""

    @property
    def keeps(self) -> bool:
        """Whether the send is kept all the same."""
        return self not in {FaultKind.SERVER_ERROR, FaultKind.RATE_LIMITED}


class WebhookKind(StrEnum):
    """The webhooks it posts."""

    TWILIO_STATUS = "twilio-status"
    TWILIO_INBOUND = "twilio-inbound"
    SENDGRID_EVENT = "sendgrid-event"
    SENDGRID_INBOUND = "sendgrid-inbound"
    STRIPE_EVENT = "stripe-event"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, before it is kept.

    Attributes:
        sid: The provider's key of it.
        party: The person's address: whose phone or mailbox it lies in.
        reference: Tenor's message id where it came along, else None.
        reply_to: Where answers to a mail go, if elsewhere than to its sender.
        header_id: The Message-ID of a mail, if it has one.
    """

    provider: Provider
    direction: Direction
    sid: str
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    party: str = field(repr=False)
    subject: str | None = field(repr=False)
    body: str = field(repr=False)
    reference: str | None
    created_at: datetime
    reply_to: str | None = field(default=None, repr=False)
    header_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message with its place in the order of arrival, from 1 up."""

    id: int
    message: Message


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook to post.

    Attributes:
        stream: Webhooks of one stream are posted one after another, in order.
        url: Target; empty for the SendGrid event webhook, which has one for all.
        fields: Form fields (Twilio) or event (SendGrid), all text or numbers.
        due_at: Not before this instant.
    """

    kind: WebhookKind
    stream: str
    url: str
    fields: dict[str, str | int]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PendingWebhook:
    """A webhook that was not accepted yet; `last_status` 0 means there was no answer."""

    id: int
    webhook: Webhook
    attempts: int
    last_status: int | None


@dataclass(frozen=True, slots=True)
class Party:
    """A phone or mailbox, with what lies in it.

    `key` names it in addresses of pages, where a phone number has no place: the id of its first
    message.
    """

    key: int
    provider: Provider
    address: str = field(repr=False)
    received: int
    replied: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderCounts:
    """How much a provider was handed, and by how many people."""

    outbound: int
    inbound: int
    parties: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is set.

    Attributes:
        provider: Whose sends go wrong.
        kind: How.
        remaining: For how many more sends.
        share: Of a hundred sends, how many meet it, evenly spread; the others go well.
    """

    provider: Provider
    kind: FaultKind
    remaining: int
    share: int = 100
