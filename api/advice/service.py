"""Use cases of debt advice.

Advice data (income, other debts, expenses) is read by advisors and by the customer himself; the
policy keeps everybody else out, and collections sees only that advice was asked for.
"""

import asyncio
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from api.advice import queries
from api.advice.assessing import Standing, made
from api.advice.tables import AssessmentRow, AssessmentVersionRow
from api.audit.service import record
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.db.base import new_id
from api.pagination import PageRequest
from api.tasks import service as tasks
from api.tasks.service import ADVICE, Subject, TaskFilter, Watched
from api.versions import check_version
from api.work import Work
from contracts.advice import (
    AdviceRequest,
    AskForAdvice,
    Assessment,
    AssessmentSummary,
    Means,
    NewAssessment,
    StoredDebtPlan,
)
from contracts.base import Page
from contracts.names import Role
from contracts.tasks import Task
from domain.errors import DomainError, ErrorCode
from domain.tasks import Terms

ASSESSMENT: Final = "debt_assessment_versions.assessment"
PLAN: Final = "debt_assessment_versions.plan"
"""Bind what is encrypted to its columns."""

ANSWER_WITHIN_DAYS: Final = 2
"""Working days in which an advisor has answered who asked for advice."""

FOLLOW_UP: Final = Terms((timedelta(hours=24), timedelta(hours=2)), timedelta(hours=24))
"""The advisor is reminded twice; a day late, a manager is asked."""

_SATURDAY: Final = 5


# -- assessments -------------------------------------------------------------------------------


async def make(work: Work, new: NewAssessment) -> Assessment:
    """Assess a customer's means and keep it with the plans made from it.

    Raises `NOT_FOUND` for a customer whom the principal may not see, and what the rules raise.
    """
    customer = await customers.lock(work, new.customer_id)
    clock = await clock_for(work, customer.test_clock_id)
    means = Means.model_validate(new.model_dump(exclude={"customer_id"}))
    row = AssessmentRow(
        id=new_id(), customer_id=customer.id, version=1, made_at=clock.now, changed_at=clock.now
    )
    work.session.add(row)
    await work.session.flush()
    return await _keep(work, row, means)


async def change(work: Work, assessment_id: UUID, means: Means, seen: int) -> Assessment:
    """Make a new version of an assessment from other means; the old one is kept.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, and what the rules raise.
    """
    row = await queries.find(work, assessment_id, lock=True)
    if row is None:
        raise _missing()
    check_version(seen, row.version)
    row.version += 1
    row.changed_at = (await _clock(work, row.customer_id)).now
    await work.session.flush()
    return await _keep(work, row, means)


async def get(work: Work, assessment_id: UUID, version: int | None = None) -> Assessment:
    """An assessment, in its newest version or an older one. Raises `NOT_FOUND`."""
    row = await queries.find(work, assessment_id)
    if row is None:
        raise _missing()
    kept = await queries.version(work, row, version or row.version)
    text = None if kept is None else await _opened(work, row, kept.assessment_ct, ASSESSMENT)
    if text is None:
        raise _missing()
    return Assessment.model_validate_json(text)


async def list_(work: Work, customer_id: UUID | None, page: PageRequest) -> Page[AssessmentSummary]:
    """Assessments in the order they were made; `INVALID_REQUEST` for a foreign cursor."""
    rows = await queries.page(work, customer_id, page.after_id(), page.limit)
    shown, cursor = page.cut(rows, [row.id for row in rows])
    items = [
        AssessmentSummary(
            id=row.id,
            customer_id=row.customer_id,
            version=row.version,
            made_at=row.made_at,
            changed_at=row.changed_at,
        )
        for row in shown
    ]
    return Page(items=items, next_cursor=cursor)


async def plan_of(work: Work, customer_id: UUID) -> StoredDebtPlan:
    """The plans made with a customer's newest assessment. Raises `NOT_FOUND`."""
    await customers.by_id(work, customer_id)
    row = await queries.newest_of(work, customer_id)
    kept = None if row is None else await queries.version(work, row, row.version)
    text = None
    if row is not None and kept is not None:
        text = await _opened(work, row, kept.plan_ct, PLAN)
    if text is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no debt plan: make an assessment first.")
    return StoredDebtPlan.model_validate_json(text)


async def _keep(work: Work, row: AssessmentRow, means: Means) -> Assessment:
    standing = Standing(row.id, row.customer_id, row.version, row.made_at, row.changed_at)
    # Fifty debts over fifty years are a good part of a second of arithmetic.
    assessment, plan = await asyncio.to_thread(made, standing, means)
    work.session.add(
        AssessmentVersionRow(
            assessment_id=row.id,
            version=row.version,
            made_at=row.changed_at,
            made_by=work.principal.actor,
            assessment_ct=await _sealed(work, row, assessment.model_dump_json(), ASSESSMENT),
            plan_ct=await _sealed(work, row, plan.model_dump_json(), PLAN),
        )
    )
    record(
        work,
        "assessment.made" if row.version == 1 else "assessment.changed",
        "assessment",
        row.id,
        {"customer_id": str(row.customer_id), "version": row.version, "rules": assessment.rules},
    )
    await work.session.flush()
    return assessment


async def _sealed(work: Work, row: AssessmentRow, text: str, column: str) -> bytes:
    sealed = await customers.encrypt(work, row.customer_id, text, column)
    if sealed is None:
        raise _missing()
    return sealed


async def _opened(work: Work, row: AssessmentRow, data: bytes, column: str) -> str | None:
    return await customers.decrypt(work, row.customer_id, data, column)


# -- asking for an advisor ---------------------------------------------------------------------


async def request_advice(work: Work, customer_id: UUID, command: AskForAdvice) -> AdviceRequest:
    """Ask an advisor to speak with a customer; while one is asked, the request stands as it is.

    Raises `NOT_FOUND` for a customer whom the principal may not see.
    """
    # Of two requests at once the second finds the first: both lock the customer.
    customer = await customers.lock(work, customer_id)
    clock = await clock_for(work, customer.test_clock_id)
    asked = await tasks.open_of(work, customer_id, ADVICE)
    if asked is None:
        zone = await customers.zone_of(work, customer_id) or "UTC"
        answer_on = _working_day(clock.today(zone), ANSWER_WITHIN_DAYS)
        asked = await tasks.watch(
            work,
            clock,
            Watched(
                kind=ADVICE,
                subject=Subject(
                    customers.number_of(customer),
                    customer_id=customer_id,
                    test_clock_id=customer.test_clock_id,
                ),
                role=Role.ADVISOR,
                due_at=tasks.end_of_work(answer_on, zone),
                terms=FOLLOW_UP,
                note=command.note,
            ),
        )
    return _request_of(tasks.task_of(asked, clock.now))


async def get_request(work: Work, task_id: UUID) -> AdviceRequest:
    """A request for advice; `NOT_FOUND` alike for a foreign and a missing one."""
    row = await tasks.find(work, task_id)
    if row is None or row.kind != ADVICE or row.customer_id is None:
        raise tasks.missing()
    await customers.by_id(work, row.customer_id)
    return _request_of(tasks.task_of(row, row.created_at))


async def list_requests(work: Work, customer_id: UUID, page: PageRequest) -> Page[AdviceRequest]:
    """A customer's requests for advice, oldest first. Raises `NOT_FOUND`."""
    await customers.by_id(work, customer_id)
    found = await tasks.list_tasks(work, TaskFilter(customer_id=customer_id, kind=ADVICE), page)
    return Page(items=[_request_of(task) for task in found.items], next_cursor=found.next_cursor)


def _request_of(task: Task) -> AdviceRequest:
    if task.customer_id is None:
        raise tasks.missing()
    return AdviceRequest(
        id=task.id,
        customer_id=task.customer_id,
        status=task.status,
        asked_at=task.created_at,
        answer_by=task.due_at,
        answered_at=task.done_at if task.status == "done" else None,
    )


def _working_day(day: date, ahead: int) -> date:
    """The working day that many after a day; Saturdays and Sundays are none."""
    while ahead:
        day += timedelta(days=1)
        ahead -= day.weekday() < _SATURDAY
    return day


async def _clock(work: Work, customer_id: UUID) -> Clock:
    return await clock_for(work, (await customers.by_id(work, customer_id)).test_clock_id)


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such assessment.")
