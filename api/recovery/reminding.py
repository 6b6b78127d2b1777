"""Reminds customers of the dates of their arrangements, a few days ahead."""

from datetime import time, timedelta
from typing import Final

from api.customers import service as customers
from api.customers.contact import contact_cards
from api.messages.queueing import NewMessage, Validity, queue
from api.recovery import facts, plan_queries
from api.recovery.cases import Held
from api.work import Work
from domain.calendar import local_instant
from domain.contact.channel import Channel, Purpose
from domain.money import quantize
from domain.recovery.case import RemindOfPart

ARRANGED: Final = "arrangement_reminder"
"""Key of the text of a reminder."""


async def remind(work: Work, held: Held, effect: RemindOfPart) -> None:
    """Queue the reminder of one date, once; who cannot be reached is not reminded."""
    rows = await plan_queries.arrangements(work, held.case.id)
    row = next(each for each in rows if str(each.id) == effect.arrangement_id)
    parts = (await plan_queries.parts(work, [row.id]))[row.id]
    part = next(each for each in parts if each.number == effect.number)
    part.reminded = True
    customer_id = held.case.customer_id
    card = (await contact_cards(work, [customer_id])).get(customer_id)
    reachable = frozenset() if card is None else facts.reachable(card)
    channel = next((each for each in (Channel.SMS, Channel.EMAIL) if each in reachable), None)
    if channel is None:
        return
    zone = await customers.zone_of(work, customer_id) or held.zone
    told = {
        "amount": format(quantize(part.amount - part.received, row.currency), "f"),
        "currency": row.currency,
        "due_on": effect.due_on.isoformat(),
    }
    if effect.due_on != part.due_on:
        told["arranged_for"] = part.due_on.isoformat()
    message = NewMessage(
        customer_id=customer_id,
        channel=channel.value,
        purpose=Purpose.SERVICING.value,
        template=ARRANGED,
        due_at=held.clock.now,
        not_after=local_instant(effect.due_on + timedelta(days=1), time(0), zone),
        validity=Validity.DATE_ARRANGED.value,
        dedupe_key=f"arrangement:{row.id}:{part.number}",
        case_id=held.case.id,
        facts=told,
    )

    async def send() -> None:
        await queue(work, held.clock, message)

    # After the case's own wake: both are taken in the order of their names.
    work.at_end.append(send)
