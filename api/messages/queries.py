"""SQL of messages: what is due, what is in flight, what it depends on, and lists of them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row, and_, any_, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from api.creditors.tables import CreditorRow
from api.customers.tables import CustomerRow
from api.db.base import among
from api.loans.tables import InstalmentRow, LoanRow
from api.loans.unpaid import unpaid as unpaid_amount
from api.messages.tables import ContactDecisionRow, ContactSlotRow, MessageRow
from api.pagination import PageRequest
from api.recovery.tables import CaseLoanRow, CaseRow, PromiseRow
from api.security.access import visible_customer
from api.work import Work

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


# -- what is due -------------------------------------------------------------------------------


async def due(
    work: Work, channel: str, shard: str, now: datetime, limit: int
) -> list[tuple[UUID, UUID]]:
    """Ids of messages that are due or whose lease has lapsed, each with its customer; no locks."""
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
        )
        .order_by(*_TURN)
        .limit(limit)
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
    """Lock those messages that are still to be taken, in the order in which they go out."""
    found = await work.session.scalars(
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
    return list(found)


async def locked(work: Work, ids: Collection[UUID]) -> list[MessageRow]:
    """Lock messages by id, in a fixed order; wait for whoever holds them."""
    found = await work.session.scalars(
        select(MessageRow)
        .where(among(MessageRow.id, ids))
        .order_by(MessageRow.sequence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


async def customers_of(work: Work, ids: Collection[UUID]) -> list[UUID]:
    """The customers of messages."""
    found = await work.session.scalars(
        select(MessageRow.customer_id)
        .where(among(MessageRow.id, ids), MessageRow.customer_id.is_not(None))
        .distinct()
    )
    return [customer_id for customer_id in found if customer_id is not None]


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


# -- what a message depends on -----------------------------------------------------------------


async def share_loans_and_cases(
    work: Work, message_ids: Collection[UUID], customer_ids: Collection[UUID]
) -> None:
    """Keep payments, holds and promises out until the commit: the last look must stay true.

    Loans come before cases, each in the order of their numbers.
    """
    about = (
        await work.session.execute(
            select(MessageRow.loan_id, MessageRow.case_id).where(among(MessageRow.id, message_ids))
        )
    ).all()
    loan_ids = {loan_id for loan_id, _ in about if loan_id is not None}
    case_ids = {case_id for _, case_id in about if case_id is not None}
    in_cases = select(CaseLoanRow.loan_id).where(among(CaseLoanRow.case_id, case_ids))
    await work.session.execute(
        select(LoanRow.id)
        .where(or_(among(LoanRow.id, loan_ids), LoanRow.id.in_(in_cases)))
        .order_by(LoanRow.number)
        .with_for_update(read=True)
    )
    await work.session.execute(
        select(CaseRow.id)
        .where(
            or_(
                among(CaseRow.id, case_ids),
                and_(among(CaseRow.customer_id, customer_ids), CaseRow.status == "open"),
            )
        )
        .order_by(CaseRow.number)
        .with_for_update(read=True)
    )


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan that messages speak of."""

    id: UUID
    number: int
    lifecycle: str
    creditor_id: UUID
    currency: str


async def loans(work: Work, loan_ids: Collection[UUID]) -> dict[UUID, Loan]:
    """Loans by id."""
    if not loan_ids:
        return {}
    rows = await work.session.execute(
        select(
            LoanRow.id, LoanRow.number, LoanRow.lifecycle, LoanRow.creditor_id, LoanRow.currency
        ).where(among(LoanRow.id, loan_ids))
    )
    return {row.id: Loan(*row) for row in rows}


async def latest_loans(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, Loan]:
    """The latest loan of each customer who has one."""
    if not customer_ids:
        return {}
    rows = await work.session.execute(
        select(
            LoanRow.customer_id,
            LoanRow.id,
            LoanRow.number,
            LoanRow.lifecycle,
            LoanRow.creditor_id,
            LoanRow.currency,
        )
        .ext(distinct_on(LoanRow.customer_id))
        .where(among(LoanRow.customer_id, customer_ids))
        .order_by(LoanRow.customer_id, LoanRow.number.desc())
    )
    return {row[0]: Loan(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class Case:
    """A recovery case that messages belong to, and when its open promise was made, if any."""

    id: UUID
    status: str
    suspended_by: str | None
    creditor_id: UUID
    currency: str
    promised_at: datetime | None


async def cases(work: Work, case_ids: Collection[UUID]) -> dict[UUID, Case]:
    """Cases by id."""
    if not case_ids:
        return {}
    rows = await work.session.execute(
        select(
            CaseRow.id,
            CaseRow.status,
            CaseRow.suspended_by,
            CaseRow.creditor_id,
            CaseRow.currency,
            PromiseRow.made_at,
        )
        .outerjoin(PromiseRow, and_(PromiseRow.case_id == CaseRow.id, PromiseRow.status == "open"))
        .where(among(CaseRow.id, case_ids))
    )
    return {row.id: Case(*row) for row in rows}


async def loans_in_cases(work: Work, case_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The loans that are in each case now."""
    if not case_ids:
        return {}
    rows = await work.session.execute(
        select(CaseLoanRow.case_id, CaseLoanRow.loan_id).where(
            among(CaseLoanRow.case_id, case_ids), CaseLoanRow.left_on.is_(None)
        )
    )
    found: dict[UUID, set[UUID]] = {}
    for case_id, loan_id in rows:
        found.setdefault(case_id, set()).add(loan_id)
    return found


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who writes, and the zone of the book."""

    id: UUID
    name: str
    zone: str
    licence_kind: str


async def creditors(work: Work, creditor_ids: Collection[UUID]) -> dict[UUID, Creditor]:
    """Creditors by id."""
    if not creditor_ids:
        return {}
    rows = await work.session.execute(
        select(CreditorRow.id, CreditorRow.name, CreditorRow.zone, CreditorRow.licence_kind).where(
            among(CreditorRow.id, creditor_ids)
        )
    )
    return {row.id: Creditor(*row) for row in rows}


async def only_creditor_name(work: Work) -> str | None:
    """The name of the house's creditor, if there is just one."""
    names = (await work.session.scalars(select(CreditorRow.name).limit(2))).all()
    return names[0] if len(names) == 1 else None


@dataclass(frozen=True, slots=True)
class Unpaid:
    """What is open of an instalment; penalties are part of the amount."""

    loan_id: UUID
    number: int
    due_on: date
    amount: Decimal


async def unpaid(
    work: Work,
    loan_ids: Collection[UUID],
    *,
    through: date,
    also: Collection[tuple[UUID, int]] = (),
) -> list[Unpaid]:
    """Unmet instalments of loans that fall due up to a day, oldest first; and some by number."""
    if not loan_ids:
        return []
    rows = await work.session.execute(
        select(InstalmentRow.loan_id, InstalmentRow.number, InstalmentRow.due_on, unpaid_amount())
        .join(LoanRow, LoanRow.id == InstalmentRow.loan_id)
        .where(
            InstalmentRow.met_on.is_(None),
            among(InstalmentRow.loan_id, loan_ids),
            or_(
                InstalmentRow.due_on <= through,
                tuple_(InstalmentRow.loan_id, InstalmentRow.number).in_(list(also)),
            ),
        )
        .order_by(InstalmentRow.due_on, LoanRow.number, InstalmentRow.number)
    )
    return [Unpaid(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open recovery case, its currency, and its creditor's zone."""

    id: UUID
    currency: str
    zone: str


async def customer_of_case(work: Work, case_id: UUID) -> UUID | None:
    """Whom a case is about; null where there is no such case."""
    found: UUID | None = await work.session.scalar(
        select(CaseRow.customer_id).where(CaseRow.id == case_id)
    )
    return found


async def call(work: Work, call_id: UUID) -> MessageRow | None:
    """A call by its id; null for what is none."""
    found: MessageRow | None = await work.session.scalar(
        select(MessageRow)
        .where(MessageRow.id == call_id, MessageRow.channel == "call")
        .execution_options(populate_existing=True)
    )
    return found


async def open_case(work: Work, customer_id: UUID) -> OpenCase | None:
    """A customer's open case; the oldest if he has several."""
    found = (
        await work.session.execute(
            select(CaseRow.id, CaseRow.currency, CreditorRow.zone)
            .join(CreditorRow, CreditorRow.id == CaseRow.creditor_id)
            .where(CaseRow.customer_id == customer_id, CaseRow.status == "open")
            .order_by(CaseRow.number)
            .limit(1)
        )
    ).first()
    return None if found is None else OpenCase(*found)


async def overdue_amount(work: Work, case_id: UUID, today: date) -> Decimal:
    """What fell due before a day and is unpaid on the loans of a case, penalties included."""
    loan_ids = (await loans_in_cases(work, [case_id])).get(case_id, set())
    rows = await unpaid(work, loan_ids, through=today - timedelta(days=1))
    return sum((row.amount for row in rows), Decimal(0))


@dataclass(frozen=True, slots=True)
class Answered:
    """A message of ours that somebody says he answers."""

    customer_id: UUID | None
    body_ct: bytes | None


async def answered(work: Work, channel: str, ids: Sequence[UUID]) -> Answered | None:
    """The first of these that is a message we sent by that channel."""
    if not ids:
        return None
    rows = await work.session.execute(
        select(MessageRow.id, MessageRow.customer_id, MessageRow.body_ct).where(
            MessageRow.id.in_(ids),
            MessageRow.channel == channel,
            MessageRow.direction == "outbound",
            MessageRow.dispatched_at.is_not(None),
        )
    )
    found = {row.id: Answered(row.customer_id, row.body_ct) for row in rows}
    return next((found[key] for key in ids if key in found), None)


async def insert_inbound(work: Work, values: dict[str, object]) -> bool:
    """Store a message that came in; false when it is there already."""
    made = await work.session.scalar(
        insert(MessageRow)
        .values(values)
        .on_conflict_do_nothing(index_elements=[MessageRow.dedupe_key])
        .returning(MessageRow.id)
    )
    return made is not None


# -- slots and decisions -----------------------------------------------------------------------


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
    statement = insert(ContactSlotRow).values([asdict(slot) for slot in wanted])
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[ContactSlotRow.message_id],
            set_={
                "local_on": statement.excluded.local_on,
                "loan_ids": statement.excluded.loan_ids,
                "kind": statement.excluded.kind,
                "consented": statement.excluded.consented,
            },
        )
    )


async def free_slots(work: Work, message_ids: Collection[UUID]) -> None:
    """Give back the slots of messages that certainly did not go."""
    if message_ids:
        await work.session.execute(
            delete(ContactSlotRow).where(among(ContactSlotRow.message_id, message_ids))
        )


async def notices(work: Work, loan_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When a statutory notice about each loan, or about its case, first went."""
    if not loan_ids:
        return {}
    went = MessageRow.status.in_(("sent", "delivered")) & (MessageRow.purpose == "statutory")
    about = or_(
        MessageRow.loan_id == CaseLoanRow.loan_id,
        and_(MessageRow.loan_id.is_(None), MessageRow.case_id == CaseLoanRow.case_id),
    )
    rows = await work.session.execute(
        select(CaseLoanRow.loan_id, func.min(MessageRow.sent_at))
        .join(MessageRow, about)
        .where(among(CaseLoanRow.loan_id, loan_ids), went)
        .group_by(CaseLoanRow.loan_id)
    )
    return {loan_id: sent_at for loan_id, sent_at in rows if sent_at is not None}


async def last_decision(work: Work, message_id: UUID) -> ContactDecisionRow | None:
    """The newest decision on a message."""
    found: ContactDecisionRow | None = await work.session.scalar(
        select(ContactDecisionRow)
        .where(ContactDecisionRow.message_id == message_id)
        .order_by(ContactDecisionRow.id.desc())
        .limit(1)
    )
    return found


# -- lists -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of messages is narrowed to; null: not by this."""

    status: str | None = None
    channel: str | None = None
    customer_id: UUID | None = None
    case_id: UUID | None = None
    loan_id: UUID | None = None
    exchanged: bool = False
    """Only those that went or came, not what was planned, withheld or failed."""


async def page(
    work: Work, filters: Filters, request: PageRequest
) -> list[Row[MessageRow, bytes | None]]:
    """One message more than a page, oldest first, each with its customer's wrapped key."""
    statement = (
        select(MessageRow, CustomerRow.wrapped_key)
        .outerjoin(CustomerRow, CustomerRow.id == MessageRow.customer_id)
        .where(MessageRow.sequence > request.after_number())
        .order_by(MessageRow.sequence)
        .limit(request.limit + 1)
    )
    wanted = (
        (MessageRow.status, filters.status),
        (MessageRow.channel, filters.channel),
        (MessageRow.customer_id, filters.customer_id),
        (MessageRow.case_id, filters.case_id),
        (MessageRow.loan_id, filters.loan_id),
        (MessageRow.customer_id, visible_customer(work.principal)),
    )
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    if filters.exchanged:
        statement = statement.where(MessageRow.status.in_(("sent", "delivered", "received")))
    return list((await work.session.execute(statement)).all())


async def exists(work: Work, message_id: UUID) -> bool:
    """Whether the principal may know of a message."""
    statement = select(MessageRow.id).where(MessageRow.id == message_id)
    visible = visible_customer(work.principal)
    if visible is not None:
        statement = statement.where(MessageRow.customer_id == visible)
    return await work.session.scalar(statement) is not None


async def customer_visible(work: Work, customer_id: UUID) -> bool:
    """Whether the principal may know of a customer."""
    statement = select(CustomerRow.id).where(CustomerRow.id == customer_id)
    visible = visible_customer(work.principal)
    if visible is not None:
        statement = statement.where(CustomerRow.id == visible)
    return await work.session.scalar(statement) is not None


async def decisions(work: Work, message_id: UUID) -> list[ContactDecisionRow]:
    """The decisions on a message, oldest first."""
    found = await work.session.scalars(
        select(ContactDecisionRow)
        .where(ContactDecisionRow.message_id == message_id)
        .order_by(ContactDecisionRow.id)
    )
    return list(found)
