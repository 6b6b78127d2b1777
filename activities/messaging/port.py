"""The port every messaging provider is reached through: what is sent and what may come of it.

A send has exactly three endings. `Accepted` and `Refused` are definite; `Unknown` means the
request may have left and no answer was understood, so nothing may be sent again before the
provider was asked (`Sender.look_up`). Addresses and text travel only in `Outbound`: no ending, no
log line and no exception repeats them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Channel(StrEnum):
    """The way a message travels."""

    SMS = "sms"
    EMAIL = "email"
    IN_APP = "in_app"


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message on its way out.

    Attributes:
        message_id: Tenor's key of the message; travels to the provider wherever it has room for it.
        to: E.164 phone number or e-mail address.
        subject: Subject line; e-mail only.
        body: The text, final.
        dispatched_at: The technical instant (never a test clock's) the send was committed;
            look-ups compare it with the provider's own timestamps.
        unsubscribe_url: Where one click ends e-mails to this address; e-mail only, empty for none.
        provider: The name of the provider that was asked to send it, for look-ups; None where that
            is not known, or nobody was asked yet.
    """

    message_id: UUID
    to: str = field(repr=False)
    subject: str | None = field(repr=False)
    body: str = field(repr=False)
    dispatched_at: datetime
    unsubscribe_url: str = field(default="", repr=False)
    provider: str | None = None

    def __post_init__(self) -> None:
        """Refuse an instant without a zone: providers date in UTC."""
        if self.dispatched_at.tzinfo is None:
            raise ValueError("dispatched_at needs a time zone")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message; `provider_id` is its key there.

    `provider` is the provider's name where a channel has several, here and in the other endings.
    """

    provider_id: str
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The message was definitely not sent.

    Attributes:
        code: The provider's error code, or the HTTP status, or `connect-failed`.
        retryable: The same message may be tried later (rate limit, no connection, credentials).
        retire_address: The address is of no use for this channel any more (invalid, opted out).
        retry_after_seconds: The shortest wait before a retry that the provider asked for.
        provider_fault: It has nothing to do with the message: the provider is not reached, lets us
            in no more or has too much to do. Another provider may take the message.
        provider: Who refused.
    """

    code: str
    retryable: bool
    retire_address: bool
    retry_after_seconds: float | None = None
    provider_fault: bool = False
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer was understood after the request may have left; `code` says how it ended."""

    code: str = "no-answer"
    provider: str | None = None


SendOutcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The provider has the message under `provider_id`."""

    provider_id: str
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider answered and does not list the message.

    Proof that it was not sent only once `Sender.settle_seconds` have passed since the dispatch.
    """


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The provider is away, busy or not understood just now: asking again may tell."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider does not offer the question, refuses it, or names more than one message."""


LookedUp = Found | NotFound | Unanswered | CannotTell


class Sender(Protocol):
    """A channel's provider. Safe for concurrent use on one event loop."""

    @property
    def channel(self) -> Channel:
        """The channel it serves."""
        ...

    @property
    def can_look_up(self) -> bool:
        """Whether the provider offers any way to ask after a message; if not: `CannotTell`."""
        ...

    @property
    def settle_seconds(self) -> float:
        """How long after `dispatched_at` a `NotFound` may still turn into `Found`, in seconds."""
        ...

    async def send(self, message: Outbound) -> SendOutcome:
        """Hand one message to the provider, once; never raises for what a provider may do."""
        ...

    async def look_up(self, message: Outbound) -> LookedUp:
        """Ask the provider whether it has the message; never raises for what it may do."""
        ...

    async def close(self) -> None:
        """Release connections and threads; the sender is not used afterwards."""
        ...
