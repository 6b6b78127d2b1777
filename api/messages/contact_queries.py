"""SQL of contacts that count: slots, notices, and what was decided last."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, text

from api.db.base import among
from api.db.bulk import as_json
from api.messages.tables import ContactDecisionRow, ContactSlotRow, MessageRow
from api.recovery.tables import CaseLoanRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class Slot:
    """A reserved contact; what `domain.contact.caps.Contact` asks about it."""

    message_id: UUID
    customer_id: UUID
    channel: str
    local_on: date
    loan_ids: list[UUID]
    kind: str
    by_customer: bool
    consented: bool


_SLOT: Final = tuple(field.name for field in fields(Slot))


async def slots(work: Work, customer_ids: Collection[UUID], since: date) -> list[Slot]:
    """Contacts reserved for customers since a local day."""
    rows = await work.session.execute(
        select(
            ContactSlotRow.message_id,
            ContactSlotRow.customer_id,
            ContactSlotRow.channel,
            ContactSlotRow.local_on,
            ContactSlotRow.loan_ids,
            ContactSlotRow.kind,
            ContactSlotRow.by_customer,
            ContactSlotRow.consented,
        ).where(among(ContactSlotRow.customer_id, customer_ids), ContactSlotRow.local_on >= since)
    )
    return [Slot(*row) for row in rows]


async def reserve_slots(work: Work, wanted: Collection[Slot]) -> None:
    """Reserve slots, or move those that messages have to another day."""
    if not wanted:
        return
    rows = as_json([{name: getattr(slot, name) for name in _SLOT} for slot in wanted])
    await work.session.execute(_RESERVE, {"rows": rows})


_RESERVE: Final = text(
    """
    insert into contact_slots
        (message_id, customer_id, channel, local_on, loan_ids, kind, by_customer, consented)
    select message_id, customer_id, channel, local_on, loan_ids, kind, by_customer, consented
    from json_populate_recordset(null::contact_slots, cast(:rows as json))
    on conflict (message_id) do update
    set local_on = excluded.local_on, loan_ids = excluded.loan_ids, kind = excluded.kind,
        consented = excluded.consented
    """
)


async def free_slots(work: Work, message_ids: Collection[UUID]) -> None:
    """Give back the slots of messages that certainly did not go."""
    if message_ids:
        await work.session.execute(
            delete(ContactSlotRow).where(among(ContactSlotRow.message_id, message_ids))
        )


NOT_ABOUT_A_DEBT: Final = ("complaint_received", "complaint_answered")
"""Statutory texts that give no notice of a debt: no wait of a collector begins with them."""


async def notices(work: Work, loan_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], datetime]:
    """When a statutory notice about each loan, or about its case, first went to each person.

    By person and loan: a notice to one party is none to another.
    """
    if not loan_ids:
        return {}
    went = MessageRow.status.in_(("sent", "delivered")) & (MessageRow.purpose == "statutory")
    went &= func.coalesce(MessageRow.template, "").not_in(NOT_ABOUT_A_DEBT)
    about = or_(
        MessageRow.loan_id == CaseLoanRow.loan_id,
        and_(MessageRow.loan_id.is_(None), MessageRow.case_id == CaseLoanRow.case_id),
    )
    rows = await work.session.execute(
        select(MessageRow.customer_id, CaseLoanRow.loan_id, func.min(MessageRow.sent_at))
        .join(MessageRow, about)
        .where(among(CaseLoanRow.loan_id, loan_ids), went)
        .group_by(MessageRow.customer_id, CaseLoanRow.loan_id)
    )
    return {
        (customer_id, loan_id): sent_at
        for customer_id, loan_id, sent_at in rows
        if customer_id is not None and sent_at is not None
    }


async def last_decision(work: Work, message_id: UUID) -> ContactDecisionRow | None:
    """The newest decision on a message."""
    found: ContactDecisionRow | None = await work.session.scalar(
        select(ContactDecisionRow)
        .where(ContactDecisionRow.message_id == message_id)
        .order_by(ContactDecisionRow.id.desc())
        .limit(1)
    )
    return found
