"""SQL of the ledger of contacts, of the audit, and of past checks: newest first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from api.audit.tables import AuditRow
from api.customers.tables import CustomerRow
from api.messages.tables import ContactDecisionRow, MessageRow
from api.recovery.tables import CaseRow
from api.work import Work
from contracts.compliance import AuditFilter, ContactFilter

CHECKED: Final = "evidence.checked"
CHECK: Final = "evidence_check"
"""How the audit names a check, and what it is about."""


async def attempts(
    work: Work, only: ContactFilter, after: UUID | None, count: int
) -> Sequence[Row[ContactDecisionRow, MessageRow, int, int | None]]:
    """Decisions with their message, the customer's number and the case's, newest first."""
    query = (
        select(ContactDecisionRow, MessageRow, CustomerRow.number, CaseRow.number)
        .join(MessageRow, MessageRow.id == ContactDecisionRow.message_id)
        .join(CustomerRow, CustomerRow.id == ContactDecisionRow.customer_id)
        .outerjoin(CaseRow, CaseRow.id == MessageRow.case_id)
        .where(*_period(ContactDecisionRow.decided_at, only.from_on, only.to_on))
        .order_by(ContactDecisionRow.id.desc())
        .limit(count)
    )
    for column, value in (
        (ContactDecisionRow.customer_id, only.customer_id),
        (ContactDecisionRow.outcome, only.outcome),
        (MessageRow.case_id, only.case_id),
        (MessageRow.channel, only.channel),
    ):
        if value is not None:
            query = query.where(column == value)
    if only.rule is not None:
        said = func.unnest(ContactDecisionRow.reasons).column_valued("said")
        query = query.where(
            exists(
                select(1).where(
                    or_(
                        func.split_part(said, ": ", 1) == only.rule,
                        func.split_part(said, ": ", 2) == only.rule,
                    )
                )
            )
        )
    if after is not None:
        query = query.where(ContactDecisionRow.id < after)
    return (await work.session.execute(query)).all()


async def acts(work: Work, only: AuditFilter, after: UUID | None, count: int) -> Sequence[AuditRow]:
    """What was done, newest first."""
    query = (
        select(AuditRow)
        .where(*_period(AuditRow.at, only.from_on, only.to_on))
        .order_by(AuditRow.id.desc())
        .limit(count)
    )
    if only.actor is not None:
        query = query.where(AuditRow.actor == only.actor)
    if only.action is not None:
        query = query.where(
            AuditRow.action.startswith(only.action, autoescape=True)
            if only.action.endswith(".")
            else AuditRow.action == only.action
        )
    if only.subject_id is not None:
        query = query.where(AuditRow.subject_id == only.subject_id)
    if after is not None:
        query = query.where(AuditRow.id < after)
    return (await work.session.scalars(query)).all()


async def checks(work: Work, after: UUID | None, count: int) -> Sequence[AuditRow]:
    """Checks that were made, newest first; their keys rise with time."""
    query = (
        select(AuditRow)
        .where(AuditRow.subject_kind == CHECK)
        .order_by(AuditRow.subject_id.desc())
        .limit(count)
    )
    if after is not None:
        query = query.where(AuditRow.subject_id < after)
    return (await work.session.scalars(query)).all()


async def count_decisions(work: Work) -> int:
    """How many decisions about contact there are."""
    found = await work.session.scalar(select(func.count()).select_from(ContactDecisionRow))
    return found or 0


def _period(
    column: InstrumentedAttribute[datetime], from_on: date | None, to_on: date | None
) -> list[ColumnElement[bool]]:
    """That an instant lies in some days of UTC."""
    found: list[ColumnElement[bool]] = []
    if from_on is not None:
        found.append(column >= datetime.combine(from_on, time.min, UTC))
    if to_on is not None:
        found.append(column <= datetime.combine(to_on, time.max, UTC))
    return found
