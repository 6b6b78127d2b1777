"""What we answer by ourselves: once for each reply, and never endlessly."""

from datetime import UTC, timedelta
from typing import Final

from sqlalchemy import func, select

from api.customers.tables import CustomerRow
from api.messages.permits import RECEIVED_AT, REPLY_TO
from api.messages.queueing import NewMessage, Validity, queue
from api.messages.received import Received
from api.messages.tables import MessageRow
from api.work import Work
from domain.contact.channel import Channel, Purpose
from domain.contact.decision import REPLY_WITHIN, ReplyTo
from domain.errors import Fact

MOST_A_DAY: Final = 6
"""Automatic answers to one person by one medium in 24 hours; whoever needs more is a machine."""


async def answer(
    work: Work,
    received: Received,
    template: str,
    to: ReplyTo = ReplyTo.MESSAGE,
    *,
    within: timedelta = REPLY_WITHIN,
    once: str | None = None,
    facts: dict[str, Fact] | None = None,
) -> None:
    """Queue an answer to a reply; the confirmation of a STOP always, others so often a day."""
    if to is not ReplyTo.STOP and await _enough(work, received):
        return
    now = received.clock.now
    await queue(
        work,
        received.clock,
        NewMessage(
            customer_id=(received.only_holder or received.holders[0]).id,
            channel=received.said.channel.value,
            purpose=Purpose.REPLY.value,
            template=template,
            due_at=now,
            not_after=now + within,
            validity=Validity.ALWAYS.value,
            dedupe_key=once or f"reply:{received.message_id}",
            case_id=None if received.case is None else received.case.id,
            facts={
                **(facts or {}),
                REPLY_TO: to.value,
                RECEIVED_AT: now.astimezone(UTC).isoformat(),
            },
        ),
    )


def once_a_day(name: str, received: Received, holder: CustomerRow) -> str:
    """The dedupe key of an answer that is given once a day on each medium."""
    key = f"{name}:{holder.id}:{received.utc_day}"
    return key if received.said.channel is Channel.SMS else f"{received.said.channel.value}_{key}"


async def _enough(work: Work, received: Received) -> bool:
    holder = received.only_holder or received.holders[0]
    count = await work.session.scalar(
        select(func.count())
        .select_from(MessageRow)
        .where(
            MessageRow.customer_id == holder.id,
            MessageRow.channel == received.said.channel.value,
            MessageRow.direction == "outbound",
            MessageRow.purpose == Purpose.REPLY.value,
            MessageRow.due_at > received.clock.now - timedelta(days=1),
        )
    )
    return (count or 0) >= MOST_A_DAY
