"""SQL of the worklist: which open cases wait for somebody, and what was last heard of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from api.customers.tables import CustomerRow
from api.messages.tables import MessageRow
from api.recovery.tables import CaseEventRow, CaseRow, PromiseRow
from api.tasks.tables import TaskRow
from api.work import Work
from domain.recovery.case import AWAITED_PAYMENT


class Tab(StrEnum):
    """The parts of the worklist."""

    MINE = "mine"
    TEAM = "team"
    BROKEN = "broken"
    REPLIES = "replies"
    UNASSIGNED = "unassigned"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class Sought:
    """What a list is narrowed to, within its tab; null means all."""

    tab: Tab
    user_id: UUID | None
    stage: str | None = None
    case_number: int | None = None
    customer_number: int | None = None
    risk_level: str | None = None
    assignee_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """What a customer has promised and not yet kept or broken."""

    amount: Decimal
    due_on: date


@dataclass(frozen=True, slots=True)
class Contact:
    """The last time something went to a customer or came from him."""

    at: datetime
    how: str
    """`sms`, `email` or `call`."""
    came: bool
    result: str


_EXCHANGED = ("sent", "delivered", "received", "failed", "unknown")
"""Statuses of messages that went, or tried to, or came."""


def _belongs(tab: Tab, user_id: UUID | None) -> ColumnElement[bool]:
    """Whether an open case is in a tab."""
    match tab:
        case Tab.MINE:
            return CaseRow.assignee_id == user_id
        case Tab.TEAM:
            return CaseRow.id.is_not(None)
        case Tab.BROKEN:
            return and_(_promised("broken", "partial"), ~_promised("open"))
        case Tab.REPLIES:
            return exists().where(
                TaskRow.kind == "reply",
                TaskRow.status == "open",
                or_(TaskRow.case_id == CaseRow.id, TaskRow.customer_id == CaseRow.customer_id),
            )
        case Tab.UNASSIGNED:
            return CaseRow.assignee_id.is_(None)
        case Tab.HOLDS:
            return and_(
                CaseRow.suspended_by.is_not(None),
                CaseRow.suspended_by.not_in(
                    ("promise", "arrangement", "settlement", AWAITED_PAYMENT)
                ),
            )


def _promised(*statuses: str) -> ColumnElement[bool]:
    return exists().where(PromiseRow.case_id == CaseRow.id, PromiseRow.status.in_(statuses))


async def page(
    work: Work, sought: Sought, after: tuple[int, int] | None, count: int
) -> Sequence[CaseRow]:
    """Open cases of a tab, the highest priority first, after a key of that order."""
    query = select(CaseRow).where(CaseRow.status == "open", _belongs(sought.tab, sought.user_id))
    if after is not None:
        priority, number = after
        query = query.where(
            CaseRow.priority <= priority,
            or_(CaseRow.priority < priority, CaseRow.number > number),
        )
    if sought.stage is not None:
        query = query.where(CaseRow.stage == sought.stage)
    if sought.case_number is not None:
        query = query.where(CaseRow.number == sought.case_number)
    if sought.customer_number is not None:
        query = query.join(CustomerRow, CustomerRow.id == CaseRow.customer_id).where(
            CustomerRow.number == sought.customer_number
        )
    if sought.risk_level is not None:
        query = query.where(CaseRow.risk_level == sought.risk_level)
    if sought.assignee_id is not None:
        query = query.where(CaseRow.assignee_id == sought.assignee_id)
    query = query.order_by(CaseRow.priority.desc(), CaseRow.number).limit(count)
    return (await work.session.scalars(query)).all()


async def counts(work: Work, user_id: UUID | None) -> Mapping[Tab, int]:
    """How many open cases each tab holds."""
    found = (
        await work.session.execute(
            select(*(func.count().filter(_belongs(tab, user_id)) for tab in Tab))
            .select_from(CaseRow)
            .where(CaseRow.status == "open")
        )
    ).one()
    return dict(zip(Tab, found, strict=True))


async def stages(work: Work) -> Sequence[str]:
    """The stages that open cases are in."""
    return (
        await work.session.scalars(
            select(CaseRow.stage)
            .where(CaseRow.status == "open")
            .group_by(CaseRow.stage)
            .order_by(func.min(CaseRow.anchor_on).desc())
        )
    ).all()


async def open_promises(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, OpenPromise]:
    """The open promise of each of the cases that has one."""
    found = await work.session.execute(
        select(PromiseRow.case_id, PromiseRow.amount, PromiseRow.due_on).where(
            PromiseRow.case_id.in_(list(case_ids)), PromiseRow.status == "open"
        )
    )
    return {case_id: OpenPromise(amount, due_on) for case_id, amount, due_on in found}


async def last_contacts(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, Contact]:
    """The last message or call of each of the cases that had one."""
    ids = list(case_ids)
    messages = await work.session.execute(
        select(
            MessageRow.case_id,
            func.coalesce(MessageRow.sent_at, MessageRow.due_at),
            MessageRow.channel,
            MessageRow.direction,
            MessageRow.status,
        )
        .ext(distinct_on(MessageRow.case_id))
        .where(MessageRow.case_id.in_(ids), MessageRow.status.in_(_EXCHANGED))
        .order_by(MessageRow.case_id, MessageRow.sequence.desc())
    )
    found: dict[UUID, Contact] = {
        case_id: Contact(at, channel, direction == "inbound", status)
        for case_id, at, channel, direction, status in messages
        if case_id is not None
    }
    calls = await work.session.execute(
        select(CaseEventRow.case_id, CaseEventRow.at, CaseEventRow.facts)
        .ext(distinct_on(CaseEventRow.case_id))
        .where(
            CaseEventRow.case_id.in_(ids),
            CaseEventRow.kind == "task_done",
            CaseEventRow.facts["task_kind"].astext == "call",
        )
        .order_by(CaseEventRow.case_id, CaseEventRow.at.desc(), CaseEventRow.id.desc())
    )
    for case_id, at, facts in calls:
        if case_id not in found or at > found[case_id].at:
            found[case_id] = Contact(at, "call", False, str(facts.get("outcome") or "done"))
    return found
