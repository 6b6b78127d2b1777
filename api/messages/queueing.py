"""Putting messages into the queue: once per dedupe key, due on the customer's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.clock import Clock
from api.customers import service as customers
from api.db.base import new_id
from api.db.bulk import as_json
from api.wakes.service import schedule_wake
from api.work import Work
from contracts.names import WakeKind
from domain.contact.channel import Channel, Purpose
from domain.errors import Fact
from domain.ids import delivery_shard, delivery_workflow_id


class Validity(StrEnum):
    """What must still be true when a message goes."""

    ALWAYS = "always"
    INSTALMENT_UNPAID = "instalment_unpaid"
    CASE_OPEN = "case_open"
    DATE_ARRANGED = "date_arranged"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message somebody wants sent.

    Attributes:
        customer_id: To whom.
        channel: A `Channel`, as text: `sms`, `email`.
        purpose: A `Purpose`, as text: `statutory`, `servicing`, `collection`, `reply`.
        template: Key of the text in the template pack.
        due_at: When it may go at the earliest, on the customer's clock.
        not_after: When it has lost its point, on the same clock; None: never.
        validity: A `Validity`, as text.
        dedupe_key: Natural key; a second message with the same key is never made.
        loan_id: The loan it speaks of.
        case_id: The recovery case it belongs to.
        instalment: Number of the instalment it speaks of.
        facts: Figures for the text that are not read from the loan when it goes: `amount`
            (decimal text) and `currency`, or dates as ISO text under names ending in `_on`.
    """

    customer_id: UUID
    channel: str
    purpose: str
    template: str
    due_at: datetime
    not_after: datetime | None
    validity: str
    dedupe_key: str
    loan_id: UUID | None = None
    case_id: UUID | None = None
    instalment: int | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


_COLUMNS: Final = """
    id, direction, dedupe_key, customer_id, loan_id, case_id, instalment, test_clock_id, shard,
    channel, purpose, template, language, validity, status, reasons, due_at, not_after, attempts,
    facts, created_at
    """
_QUEUE: Final = text(
    f"""
    insert into messages ({_COLUMNS})
    select {_COLUMNS} from json_populate_recordset(null::messages, cast(:rows as json))
    on conflict (dedupe_key) do nothing
    returning id, channel, due_at
    """  # noqa: S608 - our own columns
)


async def queue(work: Work, clock: Clock, new: NewMessage) -> UUID | None:
    """Queue one message and see to it that its delivery wakes up in time.

    Call it late in a use case: messages and wakes are last in the lock order.

    Args:
        work: The unit of work the message stands and falls with.
        clock: The customer's clock; it decides which shard delivers.
        new: The message.

    Returns:
        Its id, or None when its dedupe key exists already.
    """
    made = await queue_many(work, clock, [new])
    return made[0] if made else None


async def queue_many(work: Work, clock: Clock, news: Sequence[NewMessage]) -> list[UUID]:
    """Queue messages of customers who share a clock: one insert, one wake per channel.

    Returns:
        The ids of those that are new, in the order given.
    """
    if not news:
        return []
    shard = delivery_shard(clock.test_clock_id)
    languages = await customers.languages(work, {new.customer_id for new in news})
    rows = [
        (key, _row(clock, key, languages[new.customer_id], new))
        for key, new in ((new_id(), new) for new in news)
    ]
    made = (
        await work.session.execute(_QUEUE, {"rows": as_json([values for _, values in rows])})
    ).all()
    earliest: dict[str, datetime] = {}
    for _, channel, due_at in made:
        earliest[channel] = min(due_at, earliest.get(channel, due_at))
    for channel in sorted(earliest):
        await schedule_wake(
            work,
            delivery_workflow_id(channel, shard),
            WakeKind.DELIVERY,
            earliest[channel],
            clock.test_clock_id,
        )
    fresh = {key for key, _, _ in made}
    return [key for key, _ in rows if key in fresh]


def _row(clock: Clock, key: UUID, language: str, new: NewMessage) -> dict[str, object]:
    return {
        "id": key,
        "direction": "outbound",
        "dedupe_key": new.dedupe_key,
        "customer_id": new.customer_id,
        "loan_id": new.loan_id,
        "case_id": new.case_id,
        "instalment": new.instalment,
        "test_clock_id": clock.test_clock_id,
        "shard": delivery_shard(clock.test_clock_id),
        "channel": Channel(new.channel).value,
        "purpose": Purpose(new.purpose).value,
        "template": new.template,
        "language": language,
        "validity": Validity(new.validity).value,
        "status": "queued",
        "reasons": [],
        "due_at": new.due_at,
        "not_after": new.not_after,
        "attempts": 0,
        "facts": dict(new.facts),
        "created_at": clock.now,
    }
