"""SQL of suggestions: promises, tasks, reviews and answers of many cases at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from api.customers.tables import CustomerRow
from api.db.base import among
from api.messages.tables import MessageRow
from api.recovery.risk_queries import has_open_way
from api.recovery.tables import CaseRow, HoldRow, PromiseRow
from api.tasks.tables import TaskRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class LastPromise:
    """The last promise of a case, and how many were broken."""

    status: str
    due_on: date
    source: str
    broken: int


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task of a case that waits for somebody."""

    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a customer lives, and whether anything is left by which to reach him."""

    zone: str | None
    is_reachable: bool


async def last_promises(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, LastPromise]:
    """The last promise of each of the cases that has one."""
    broken = (
        func.count().filter(PromiseRow.status == "broken").over(partition_by=PromiseRow.case_id)
    )
    rows = await work.session.execute(
        select(PromiseRow.case_id, PromiseRow.status, PromiseRow.due_on, PromiseRow.source, broken)
        .ext(distinct_on(PromiseRow.case_id))
        .where(among(PromiseRow.case_id, case_ids))
        .order_by(PromiseRow.case_id, PromiseRow.made_at.desc(), PromiseRow.id.desc())
    )
    return {row[0]: LastPromise(*row[1:]) for row in rows}


async def open_tasks(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, list[OpenTask]]:
    """The open tasks of each of the cases, the earliest due first.

    A reply that belongs to a customer and to no case is one of each of his open cases.
    """
    rows = await work.session.execute(
        select(CaseRow.id, TaskRow.kind, TaskRow.due_at)
        .join(
            TaskRow,
            or_(
                TaskRow.case_id == CaseRow.id,
                and_(
                    TaskRow.case_id.is_(None),
                    TaskRow.kind == "reply",
                    TaskRow.customer_id == CaseRow.customer_id,
                ),
            ),
        )
        .where(among(CaseRow.id, case_ids), TaskRow.status == "open")
        .order_by(TaskRow.due_at, TaskRow.id)
    )
    found: dict[UUID, list[OpenTask]] = {}
    for case_id, kind, due_at in rows:
        found.setdefault(case_id, []).append(OpenTask(kind, due_at))
    return found


async def reviews(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """The earliest day of review among the holds of each customer that nobody ended."""
    rows = await work.session.execute(
        select(HoldRow.customer_id, func.min(HoldRow.review_on))
        .where(among(HoldRow.customer_id, customer_ids), HoldRow.ended_at.is_(None))
        .group_by(HoldRow.customer_id)
    )
    return {customer_id: on for customer_id, on in rows if on is not None}


async def answers(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, Sequence[datetime]]:
    """When the customer of each case wrote, or was spoken with."""
    at = func.coalesce(MessageRow.sent_at, MessageRow.due_at)
    rows = await work.session.execute(
        select(MessageRow.case_id, func.array_agg(at))
        .where(
            among(MessageRow.case_id, case_ids),
            or_(
                MessageRow.direction == "inbound",
                func.jsonb_extract_path_text(MessageRow.facts, "outcome") == "conversation",
            ),
        )
        .group_by(MessageRow.case_id)
    )
    return {case_id: instants for case_id, instants in rows if case_id is not None}


async def reachable(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, Reached]:
    """Where each of these customers lives, and whether a way to reach him is left."""
    rows = await work.session.execute(
        select(CustomerRow.id, CustomerRow.zone, has_open_way()).where(
            among(CustomerRow.id, customer_ids)
        )
    )
    return {customer_id: Reached(zone, is_open) for customer_id, zone, is_open in rows}
