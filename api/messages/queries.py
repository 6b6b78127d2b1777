"""SQL of messages: what is due, who is locked for it, and what is in flight."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, any_, func, literal, or_, select, text, true, update
from sqlalchemy.orm import aliased

from api.customers.tables import CustomerRow
from api.db.base import among
from api.db.bulk import as_json, save_rows
from api.loans.tables import LoanRow
from api.messages.tables import MessageRow
from api.work import Work
from contracts.work import LeaseMessages

_TURN = (
    MessageRow.due_at,
    CustomerRow.number,
    LoanRow.number,
    MessageRow.template,
    MessageRow.sequence,
)
"""Who goes first where caps are short: by human numbers, so that no arrival decides it."""

IN_FLIGHT = ("leased", "dispatched")
"""Statuses in which somebody holds a lease on a message."""


async def due(work: Work, request: LeaseMessages, now: datetime) -> list[tuple[UUID, UUID]]:
    """Ids of messages that are due or whose lease has lapsed, each with its customer; no locks.

    `apart`, whoever has a message under way by this channel waits until its outcome is known:
    whether it took its slot decides about the next, and no arrival of answers must.
    """
    channel, shard = request.channel, request.shard
    other = aliased(MessageRow)
    under_way = (
        select(other.id)
        .where(
            other.customer_id == MessageRow.customer_id,
            other.channel == channel,
            other.shard == shard,
            other.status.in_(IN_FLIGHT),
            other.lease_until >= work.now,
        )
        .exists()
    )
    found = await work.session.execute(
        select(MessageRow.id, MessageRow.customer_id)
        .join(CustomerRow, CustomerRow.id == MessageRow.customer_id)
        .outerjoin(LoanRow, LoanRow.id == MessageRow.loan_id)
        .where(
            MessageRow.channel == channel,
            MessageRow.shard == shard,
            or_(
                and_(MessageRow.status == "queued", MessageRow.due_at <= now),
                and_(MessageRow.status.in_(IN_FLIGHT), MessageRow.lease_until < work.now),
            ),
            ~under_way if request.apart else true(),
        )
        .order_by(*_TURN)
        .limit(request.limit)
    )
    return [(message, customer) for message, customer in found if customer is not None]


async def lock_customers(work: Work, customer_ids: Collection[UUID]) -> None:
    """Lock customers in the order of their numbers.

    Not against references to them (payments go on), only against who else decides on contact.
    """
    await work.session.execute(
        select(CustomerRow.id)
        .where(among(CustomerRow.id, customer_ids))
        .order_by(CustomerRow.number)
        .with_for_update(key_share=True)
    )


async def take(work: Work, ids: Sequence[UUID], now: datetime) -> list[MessageRow]:
    """Lock those messages that are still to be taken, in the order in which they go out.

    The session lets go of them, as with `locked`.
    """
    rows = await work.session.scalars(
        select(MessageRow)
        .join(CustomerRow, CustomerRow.id == MessageRow.customer_id)
        .outerjoin(LoanRow, LoanRow.id == MessageRow.loan_id)
        .where(
            among(MessageRow.id, ids),
            or_(
                and_(MessageRow.status == "queued", MessageRow.due_at <= now),
                and_(MessageRow.status.in_(IN_FLIGHT), MessageRow.lease_until < work.now),
            ),
        )
        .order_by(*_TURN)
        .with_for_update(of=MessageRow, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return _let_go(work, rows)


async def locked(work: Work, ids: Collection[UUID]) -> list[MessageRow]:
    """Lock messages by id, in a fixed order; wait for whoever holds them.

    The session lets go of them: what is changed is written by `save`, all of it together.
    """
    rows = await work.session.scalars(
        select(MessageRow)
        .where(among(MessageRow.id, ids))
        .order_by(MessageRow.sequence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return _let_go(work, rows)


def _let_go(work: Work, rows: Iterable[MessageRow]) -> list[MessageRow]:
    found = list(rows)
    for row in found:
        work.session.expunge(row)
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that its provider has taken."""

    id: UUID
    customer_id: UUID | None
    purpose: str
    case_id: UUID | None
    loan_id: UUID | None
    channel: str
    shard: str
    test_clock_id: UUID | None


_TAKEN: Final = text(
    """
    with said as materialized (
        select * from json_to_recordset(cast(:said as json))
            as s(id uuid, provider_id text, provider text)
    ), held as materialized (
        select m.id from messages m join said s on s.id = m.id
        where m.group_id = :group and m.status = 'dispatched' and m.provider_id is null
        order by m.sequence
        for no key update of m
    )
    update messages t
    set status = 'sent', sent_at = :at, reasons = '{}', group_id = null, lease_until = null,
        provider_id = s.provider_id, provider = coalesce(s.provider, t.provider)
    from said s join held h on h.id = s.id
    where t.id = s.id
    returning t.id, t.customer_id, t.purpose, t.case_id, t.loan_id, t.channel, t.shard,
        t.test_clock_id
    """
)


async def taken(
    work: Work, group: UUID, said: Mapping[UUID, tuple[str, str | None]], at: datetime
) -> list[Taken]:
    """Record as sent what a provider took of a lease; those that stood otherwise are left out.

    Args:
        work: The unit of work.
        group: The lease.
        said: By message, the provider's id of it, and the provider's name where it is known.
        at: Now, on the customers' clock.
    """
    rows = [
        {"id": key, "provider_id": provider_id, "provider": provider}
        for key, (provider_id, provider) in said.items()
    ]
    found = await work.session.execute(_TAKEN, {"said": as_json(rows), "group": group, "at": at})
    return [Taken(*row) for row in found]


async def save(work: Work, messages: Sequence[MessageRow]) -> None:
    """Write what was changed of messages that were taken or locked."""
    await save_rows(work.session, messages)


async def customers_of(work: Work, ids: Collection[UUID]) -> list[UUID]:
    """The customers of messages."""
    found = await work.session.scalars(
        select(MessageRow.customer_id)
        .where(among(MessageRow.id, ids), MessageRow.customer_id.is_not(None))
        .distinct()
    )
    return [customer_id for customer_id in found if customer_id is not None]


async def test_clock_of(work: Work, message_id: UUID) -> UUID | None:
    """The test clock that a message is on; null for a live one."""
    found: UUID | None = await work.session.scalar(
        select(MessageRow.test_clock_id).where(MessageRow.id == message_id)
    )
    return found


async def holders_of(work: Work, ids: Collection[UUID]) -> list[UUID]:
    """Everybody who has the address that one of these messages went to."""
    used = select(MessageRow.address_index).where(
        among(MessageRow.id, ids), MessageRow.address_index.is_not(None)
    )
    found = await work.session.scalars(
        select(CustomerRow.id).where(
            or_(CustomerRow.phone_index.in_(used), CustomerRow.email_index.in_(used))
        )
    )
    return list(found)


async def expire_reminders(
    work: Work, loan_id: UUID, numbers: Collection[int], reason: str
) -> list[tuple[UUID, str, str]]:
    """Expire the queued reminders of a loan's instalments: id, channel and shard of each."""
    found = await work.session.execute(
        update(MessageRow)
        .where(
            MessageRow.loan_id == loan_id,
            among(MessageRow.instalment, numbers),
            MessageRow.status == "queued",
            MessageRow.validity == "instalment_unpaid",
        )
        .values(status="expired", reasons=[reason])
        .returning(MessageRow.id, MessageRow.channel, MessageRow.shard)
        .execution_options(synchronize_session=False)
    )
    return [(row[0], row[1], row[2]) for row in found]


async def release_reminders(
    work: Work, loan_id: UUID, case_id: UUID | None, reason: str, now: datetime
) -> list[tuple[UUID, str, str]]:
    """Let queued messages of a loan or case that were put off for a reason fall due now.

    Answers id, channel and shard of each.
    """
    about = MessageRow.loan_id == loan_id
    if case_id is not None:
        about = or_(about, MessageRow.case_id == case_id)
    found = await work.session.execute(
        update(MessageRow)
        .where(
            about,
            MessageRow.status == "queued",
            MessageRow.due_at > now,
            literal(reason) == any_(MessageRow.reasons),
        )
        .values(due_at=now, reasons=[])
        .returning(MessageRow.id, MessageRow.channel, MessageRow.shard)
        .execution_options(synchronize_session=False)
    )
    return [(row[0], row[1], row[2]) for row in found]


async def loans_with_reminders(work: Work, loan_ids: Collection[UUID]) -> set[UUID]:
    """Which of some loans have reminders queued that hang on an unpaid instalment."""
    found = await work.session.scalars(
        select(MessageRow.loan_id)
        .where(
            among(MessageRow.loan_id, loan_ids),
            MessageRow.status == "queued",
            MessageRow.validity == "instalment_unpaid",
        )
        .distinct()
    )
    return {loan_id for loan_id in found if loan_id is not None}


async def next_due(work: Work, channel: str, shard: str) -> datetime | None:
    """When the next queued message of a channel and shard falls due, on its shard's clock."""
    found: datetime | None = await work.session.scalar(
        select(func.min(MessageRow.due_at)).where(
            MessageRow.channel == channel,
            MessageRow.shard == shard,
            MessageRow.status == "queued",
        )
    )
    return found


async def in_flight_until(work: Work, channel: str, shard: str) -> datetime | None:
    """When the first lease of a channel and shard lapses (technical time); null without any."""
    found: datetime | None = await work.session.scalar(
        select(func.min(MessageRow.lease_until)).where(
            MessageRow.channel == channel,
            MessageRow.shard == shard,
            MessageRow.status.in_(IN_FLIGHT),
        )
    )
    return found
