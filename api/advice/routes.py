"""Debt advice over HTTP: parse, call, answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.advice import service
from api.deps import IfMatch, OnceDep, WorkDep
from api.pagination import PageQuery
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

router = APIRouter(tags=["advice"])


@router.post(
    "/debt-assessments",
    summary="Assess a customer's means",
    status_code=201,
    response_model=Assessment,
)
async def make_assessment(work: WorkDep, once: OnceDep, body: NewAssessment) -> Response:
    """Income against expenses and debts: what is left, debt to income, risk and why, what to do.

    For advisors, and for the customer himself. The figures are kept encrypted; no amount of other
    debts is shown to collections.
    """
    return await once.run(
        work,
        body,
        lambda: service.make(work, body),
        reread=lambda assessment_id: service.get(work, assessment_id, 1),
    )


@router.get("/debt-assessments", summary="List assessments")
async def list_assessments(
    work: WorkDep, page: PageQuery, customer_id: UUID | None = None
) -> Page[AssessmentSummary]:
    """Assessments in the order they were made, without figures; a customer sees his own."""
    return await service.list_(work, customer_id, page)


@router.get("/debt-assessments/{assessment_id}", summary="Read an assessment")
async def get_assessment(
    work: WorkDep,
    assessment_id: UUID,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=1_000_000, description="An older one")] = None,
) -> Assessment:
    """The newest version, or an older one."""
    found = await service.get(work, assessment_id, version)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/debt-assessments/{assessment_id}", summary="Assess anew")
async def change_assessment(
    *, work: WorkDep, assessment_id: UUID, body: Means, seen: IfMatch, response: Response
) -> Assessment:
    """Makes a new version with other figures; the versions before it are kept. Needs If-Match."""
    found = await service.change(work, assessment_id, body, seen)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/customers/{customer_id}/debt-plan", summary="A customer's ways out of debt")
async def get_debt_plan(work: WorkDep, customer_id: UUID) -> StoredDebtPlan:
    """Avalanche and snowball month by month, as made with the newest assessment, or why not."""
    return await service.plan_of(work, customer_id)


@router.post(
    "/customers/{customer_id}/request-advice",
    summary="Ask for debt advice",
    status_code=201,
    response_model=AdviceRequest,
)
async def request_advice(
    work: WorkDep, once: OnceDep, customer_id: UUID, body: AskForAdvice | None = None
) -> Response:
    """An advisor is asked to answer within two working days, and reminded; then a manager is.

    While a request is open, asking again answers that one.
    """
    said = body or AskForAdvice()
    return await once.run(
        work,
        said,
        lambda: service.request_advice(work, customer_id, said),
        reread=lambda task_id: service.get_request(work, task_id),
    )


@router.get("/customers/{customer_id}/advice-requests", summary="A customer's requests for advice")
async def list_advice_requests(
    work: WorkDep, page: PageQuery, customer_id: UUID
) -> Page[AdviceRequest]:
    """When advice was asked for, until when it is to be given, and when it was."""
    return await service.list_requests(work, customer_id, page)
