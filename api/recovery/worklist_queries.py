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
from api.recovery.tables import CaseEventRow, CaseRow, HoldRow, PromiseRow
from api.tasks.tables import TaskRow
from api.work import Work
from domain.recovery.case import AWAITED_PAYMENT
from domain.recovery.holds import HoldKind


class Tab(StrEnum):
    """The parts of the worklist."""

    MINE = "mine"
    TEAM = "team"
    BROKEN = "broken"
    CALLS = "calls"
    REPLIES = "replies"
    DISPUTES = "disputes"
    HARDSHIP = "hardship"
    UNASSIGNED = "unassigned"
    HOLDS = "holds"


class Sort(StrEnum):
    """In which order cases are listed."""

    PRIORITY = "priority"
    """The highest first."""
    OLDEST = "oldest"
    """Those first that are late for the longest."""
    NEWEST = "newest"
    """The last that was opened first."""


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
    creditor_id: UUID | None = None
    currency: str | None = None


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
        case Tab.CALLS:
            return exists().where(
                TaskRow.kind == "call", TaskRow.status == "open", TaskRow.case_id == CaseRow.id
            )
        case Tab.DISPUTES:
            return _held(HoldKind.DISPUTE)
        case Tab.HARDSHIP:
            return _held(HoldKind.HARDSHIP)
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


def _held(kind: HoldKind) -> ColumnElement[bool]:
    """Whether a hold of a kind was placed on the case and nobody ended it."""
    return exists().where(
        HoldRow.case_id == CaseRow.id, HoldRow.kind == kind.value, HoldRow.ended_at.is_(None)
    )


def _meets(sought: Sought) -> ColumnElement[bool]:
    """Whether an open case is what is sought."""
    found = [_belongs(sought.tab, sought.user_id)]
    if sought.stage is not None:
        found.append(CaseRow.stage == sought.stage)
    if sought.case_number is not None:
        found.append(CaseRow.number == sought.case_number)
    if sought.customer_number is not None:
        found.append(
            exists().where(
                CustomerRow.id == CaseRow.customer_id,
                CustomerRow.number == sought.customer_number,
            )
        )
    if sought.risk_level is not None:
        found.append(CaseRow.risk_level == sought.risk_level)
    if sought.assignee_id is not None:
        found.append(CaseRow.assignee_id == sought.assignee_id)
    if sought.creditor_id is not None:
        found.append(CaseRow.creditor_id == sought.creditor_id)
    if sought.currency is not None:
        found.append(CaseRow.currency == sought.currency)
    return and_(*found)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the case with this number, whose key of the order is `at`."""

    at: int | date
    number: int


async def page(
    work: Work, sought: Sought, sort: Sort, after: Place | None, count: int
) -> Sequence[CaseRow]:
    """Open cases that are what is sought, in an order, after a place in it."""
    query = select(CaseRow).where(CaseRow.status == "open", _meets(sought)).limit(count)
    match sort:
        case Sort.PRIORITY:
            query = query.order_by(CaseRow.priority.desc(), CaseRow.number)
            if after is not None:
                query = query.where(
                    CaseRow.priority <= after.at,
                    or_(CaseRow.priority < after.at, CaseRow.number > after.number),
                )
        case Sort.OLDEST:
            query = query.order_by(CaseRow.anchor_on, CaseRow.number)
            if after is not None:
                query = query.where(
                    CaseRow.anchor_on >= after.at,
                    or_(CaseRow.anchor_on > after.at, CaseRow.number > after.number),
                )
        case Sort.NEWEST:
            query = query.order_by(CaseRow.number.desc())
            if after is not None:
                query = query.where(CaseRow.number < after.number)
    return (await work.session.scalars(query)).all()


async def counts(work: Work, sought: Sequence[Sought]) -> Sequence[int]:
    """How many open cases are what is sought, of each in one look."""
    if not sought:
        return []
    found = (
        await work.session.execute(
            select(*(func.count().filter(_meets(each)) for each in sought))
            .select_from(CaseRow)
            .where(CaseRow.status == "open")
        )
    ).one()
    return list(found)


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
