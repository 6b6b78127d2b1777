"""What we sent to somebody lately, so that an echo of it is not taken for his own word."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from api.messages.received import Received
from api.messages.tables import BODY, MessageRow
from api.work import Work

LATELY: Final = timedelta(days=30)
_MOST: Final = 10


async def sent_lately(work: Work, received: Received) -> Sequence[str]:
    """The last texts we sent to the writer by this medium, the newest first."""
    holder = received.only_holder
    if holder is None or holder.wrapped_key is None:
        return ()
    found = await work.session.scalars(
        select(MessageRow.body_ct)
        .where(
            MessageRow.customer_id == holder.id,
            MessageRow.channel == received.said.channel.value,
            MessageRow.direction == "outbound",
            MessageRow.body_ct.is_not(None),
            MessageRow.due_at > received.clock.now - LATELY,
        )
        .order_by(MessageRow.sequence.desc())
        .limit(_MOST)
    )
    cipher = work.vault.cipher(holder.wrapped_key)
    return [text for data in found if (text := cipher.maybe_decrypt(data, BODY))]
