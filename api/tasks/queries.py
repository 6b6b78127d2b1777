"""All SQL about tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from api.creditors.tables import CreditorRow
from api.customers.tables import CustomerRow
from api.identity.tables import UserRow
from api.loans.tables import LoanRow
from api.recovery.tables import CaseRow
from api.security.access import visible_customer
from api.tasks.tables import TaskEventRow, TaskRow
from api.work import Work

# -- one task ----------------------------------------------------------------------------------


async def insert_task(work: Work, row: Mapping[str, object]) -> UUID | None:
    """Make a task once by its natural key; null when it is there."""
    found: UUID | None = await work.session.scalar(
        insert(TaskRow)
        .values(**row)
        .on_conflict_do_nothing(index_elements=[TaskRow.natural_key])
        .returning(TaskRow.id)
    )
    return found


async def find(work: Work, task_id: UUID) -> TaskRow | None:
    """A task as it stands now."""
    return await work.session.get(TaskRow, task_id, populate_existing=True)


async def lock(work: Work, task_id: UUID) -> TaskRow | None:
    """A task, locked; after its case, where it has one."""
    return await work.session.get(TaskRow, task_id, with_for_update=True, populate_existing=True)


async def lock_by_natural_key(work: Work, natural_key: str) -> TaskRow | None:
    """The task that a rule opened under a natural key, locked; null when there is none."""
    found: TaskRow | None = await work.session.scalar(
        select(TaskRow)
        .where(TaskRow.natural_key == natural_key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def of_case(work: Work, case_id: UUID) -> Sequence[TaskRow]:
    """All tasks of a case, oldest first."""
    return (
        await work.session.scalars(
            select(TaskRow)
            .where(TaskRow.case_id == case_id)
            .order_by(TaskRow.created_at, TaskRow.id)
        )
    ).all()


async def open_of(work: Work, customer_id: UUID, kind: str) -> TaskRow | None:
    """The customer's open task of a kind; the oldest, if there are several."""
    found: TaskRow | None = await work.session.scalar(
        select(TaskRow)
        .where(TaskRow.customer_id == customer_id, TaskRow.kind == kind, TaskRow.status == "open")
        .order_by(TaskRow.id)
        .limit(1)
    )
    return found


async def events(work: Work, task_id: UUID) -> Sequence[TaskEventRow]:
    """The story of a task, oldest first."""
    return (
        await work.session.scalars(
            select(TaskEventRow).where(TaskEventRow.task_id == task_id).order_by(TaskEventRow.id)
        )
    ).all()


async def steps_done(work: Work, task_id: UUID) -> frozenset[str]:
    """The steps of a task's follow-up that were made or passed over."""
    found = await work.session.scalars(
        select(TaskEventRow.step).where(
            TaskEventRow.task_id == task_id, TaskEventRow.step.is_not(None)
        )
    )
    return frozenset(step for step in found if step is not None)


# -- whom and what it is about -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task is about, made whole: the customer of a loan, the loan's creditor, the clock."""

    label: str
    """The human number of the nearest thing: `RC-1007`, `LN-1042`, `CU-1001`; or empty."""
    customer_id: UUID | None = None
    loan_id: UUID | None = None
    case_id: UUID | None = None
    creditor_id: UUID | None = None
    test_clock_id: UUID | None = None


async def subject_of_case(work: Work, case_id: UUID) -> Subject | None:
    """A case as the subject of a task."""
    row = await work.session.get(CaseRow, case_id)
    if row is None:
        return None
    return Subject(
        f"RC-{row.number}",
        customer_id=row.customer_id,
        case_id=row.id,
        creditor_id=row.creditor_id,
        test_clock_id=row.test_clock_id,
    )


async def subject_of_loan(work: Work, loan_id: UUID) -> Subject | None:
    """A loan as the subject of a task: its primary customer's."""
    row = await work.session.get(LoanRow, loan_id)
    if row is None:
        return None
    return Subject(
        f"LN-{row.number}",
        customer_id=row.customer_id,
        loan_id=row.id,
        creditor_id=row.creditor_id,
        test_clock_id=row.test_clock_id,
    )


async def subject_of_customer(work: Work, customer_id: UUID) -> Subject | None:
    """A customer as the subject of a task."""
    row = await work.session.get(CustomerRow, customer_id)
    if row is None:
        return None
    return Subject(f"CU-{row.number}", customer_id=row.id, test_clock_id=row.test_clock_id)


async def creditor_zone(work: Work, creditor_id: UUID) -> str | None:
    """The zone of a creditor; null when there is none."""
    found: str | None = await work.session.scalar(
        select(CreditorRow.zone).where(CreditorRow.id == creditor_id)
    )
    return found


async def active_role(work: Work, user_id: UUID) -> str | None:
    """The role of a user who may log in; null for anybody else."""
    found: str | None = await work.session.scalar(
        select(UserRow.role).where(UserRow.id == user_id, UserRow.disabled_at.is_(None))
    )
    return found


# -- lists -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows; null means all."""

    status: str | None = None
    role: str | None = None
    case_id: UUID | None = None
    customer_id: UUID | None = None
    kind: str | None = None
    assignee_id: UUID | None = None
    loan_id: UUID | None = None
    due_before: datetime | None = None
    escalated: bool | None = None


async def page(work: Work, which: TaskFilter, after: UUID | None, limit: int) -> Sequence[TaskRow]:
    """Tasks in the order they were made; one more than `limit`, if there are more."""
    query = select(TaskRow)
    own = visible_customer(work.principal)
    if own is not None:
        query = query.where(TaskRow.customer_id == own)
    if after is not None:
        query = query.where(TaskRow.id > after)
    for column, wanted in (
        (TaskRow.status, which.status),
        (TaskRow.role, which.role),
        (TaskRow.kind, which.kind),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    for key, id_wanted in (
        (TaskRow.case_id, which.case_id),
        (TaskRow.customer_id, which.customer_id),
        (TaskRow.assignee_id, which.assignee_id),
        (TaskRow.loan_id, which.loan_id),
    ):
        if id_wanted is not None:
            query = query.where(key == id_wanted)
    if which.due_before is not None:
        query = query.where(TaskRow.due_at < which.due_before)
    if which.escalated is not None:
        query = query.where((TaskRow.escalations > 0) == which.escalated)
    return (await work.session.scalars(query.order_by(TaskRow.id).limit(limit + 1))).all()
