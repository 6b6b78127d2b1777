"""SQL of lists of messages, as far as somebody may see them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, select

from api.customers.tables import CustomerRow
from api.messages.tables import ContactDecisionRow, MessageRow
from api.pagination import PageRequest
from api.security.access import visible_customer
from api.work import Work


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
