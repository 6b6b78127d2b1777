"""A reply that came in, and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

from api.clock import Clock
from api.customers.tables import CustomerRow
from api.messages import ground_queries
from domain.contact.channel import Channel


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that came in.

    Attributes:
        channel: By which medium.
        provider_id: The provider's id of it, or what else tells it from others; makes it happen
            once.
        sender: The number (E.164) or the e-mail address it came from.
        text: What its writer says.
        subject: Of an e-mail.
        answers: Ids that may be those of the message it answers, the likeliest first.
        automatic: A machine wrote it: it is kept, and neither answered nor taken for a wish.
        genuine: Whether it is sure that its sender wrote it. What is not may stop us, nothing
            else: anybody can write another's address on an e-mail.
        attachments: How many files came with it; they are not kept.
    """

    channel: Channel
    provider_id: str
    sender: str
    text: str
    subject: str | None = None
    answers: Sequence[UUID] = ()
    automatic: bool = False
    genuine: bool = True
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """A reply that was kept, and whose it is.

    Attributes:
        message_id: Our id of it.
        said: What came in.
        index: Blind index of the address it came from.
        holders: Everybody who has that address, by number of customer.
        only_holder: Who wrote it, if only one can have.
        clock: The clock of the first of them, or the live one.
        case: The open case of the only holder, if he has one.
        zone: Where he is, or where his case is; None where nobody knows.
    """

    message_id: UUID
    said: Inbound
    index: bytes
    holders: Sequence[CustomerRow]
    only_holder: CustomerRow | None
    clock: Clock
    case: ground_queries.OpenCase | None
    zone: str | None

    @property
    def today(self) -> date:
        """The writer's own day, in UTC where nobody knows where he is."""
        if self.zone is None:
            return self.clock.now.astimezone(UTC).date()
        return self.clock.today(self.zone)

    @property
    def utc_day(self) -> str:
        """The day in UTC, for what happens once a day."""
        return self.clock.now.astimezone(UTC).date().isoformat()
